"""How a TCP connection begins and ends: set up, refused, not answered, closed, broken off.

Source: RFC 9293 sections 3.5 and 3.6.
"""

from __future__ import annotations

from mailtrace.explain.draft import Draft, Scene
from mailtrace.explain.english import SERVICES
from mailtrace.explain.texts import between, counted, listed, rounded, text
from mailtrace.model import Command, Encryption, Flags, Mark, Packet, Side, StepKind, Transport
from mailtrace.model.language import said

SYN, FIN, RST, ACK = int(Flags.SYN), int(Flags.FIN), int(Flags.RST), int(Flags.ACK)  # plain: every packet is asked

ESTABLISHING = "RFC 9293 section 3.5"
GOODBYES = {"smtp": "QUIT", "pop3": "QUIT", "imap": "LOGOUT"}
"""How each protocol takes its leave."""

RESETTING = "RFC 9293 section 3.5.2"
CLOSING = "RFC 9293 section 3.6"


def is_bare_ack(packet: Packet) -> bool:
    """Tell whether a packet acknowledges and does nothing else."""
    return bool(packet.flags & ACK) and not packet.length and not packet.flags & (SYN | FIN | RST)


def tell_connection(scene: Scene) -> list[Draft]:
    """Return the steps of set-up and closing; none for UDP."""
    if scene.conversation.key.transport is not Transport.TCP:
        return []
    return [_beginning(scene), *_endings(scene)]


def service(scene: Scene) -> dict[str, object]:
    """Return the fields `port` and `service` of the sentences about a connection."""
    port = scene.conversation.key.server.port
    return {"port": port, "service": said(SERVICES[port]) if port in SERVICES else scene.conversation.protocol.upper()}


def _beginning(scene: Scene) -> Draft:
    packets = scene.conversation.packets
    asking = [p for p in packets if p.flags & SYN and p.side is Side.CLIENT]
    granting = [p for p in packets if p.flags & SYN and p.side is Side.SERVER]
    if not asking and not granting:
        return _midstream(scene)
    if granting:
        return _opened(scene, asking, granting)
    refusals = [p for p in packets if p.flags & RST and p.side is Side.SERVER]
    if refusals and not any(p.length for p in packets if p.side is Side.SERVER):
        return _refused(scene, asking, refusals)
    if any(p.side is Side.SERVER or not p.flags & SYN for p in packets):
        return _opened(scene, asking, granting)
    return _unanswered(scene, asking)


def _midstream(scene: Scene) -> Draft:
    """The capture began later than the connection."""
    draft = scene.draft(
        StepKind.CONNECT,
        scene.conversation.packets[0].side,
        [scene.conversation.packets[0].number],
        [text("connect.midstream", **service(scene))],
        [text("connect.midstream.meaning")],
    )
    draft.place -= 1
    return draft


def _opened(scene: Scene, asking: list[Packet], granting: list[Packet]) -> Draft:
    """The three-way handshake, as far as it was captured."""
    shown = [*asking, *granting]
    first = granting[0].number if granting else asking[-1].number
    later = [p for p in scene.conversation.packets if p.number > first and not p.flags & SYN]
    confirming = [p for p in later if p.side is Side.CLIENT]
    if granting and confirming and is_bare_ack(confirming[0]):
        shown.append(confirming[0])
    if not asking:
        how = text("connect.no-syn")
    elif not granting:
        how = text("connect.no-syn-ack")
    elif confirming:
        how = text("connect.opened.meaning")
    else:
        how = text("connect.no-ack")
    repeated = _repeated(asking) if asking else ""
    if len(granting) > 1:
        repeated += text("connect.granted-again", times=counted("times", len(granting)))
    return scene.draft(
        StepKind.CONNECT,
        Side.CLIENT,
        [p.number for p in shown],
        [text("connect.opened", **service(scene))],
        [how, repeated],
        ESTABLISHING,
    )


def _refused(scene: Scene, asking: list[Packet], refusals: list[Packet]) -> Draft:
    return scene.draft(
        StepKind.CONNECT,
        Side.CLIENT,
        [p.number for p in [*asking, *refusals]],
        [text("connect.refused", **service(scene))],
        [text("connect.refused.meaning", server=scene.names[Side.SERVER]), _tried_again(asking)],
        RESETTING,
    )


def _unanswered(scene: Scene, asking: list[Packet]) -> Draft:
    packets = [p.number for p in scene.conversation.packets]
    tries = [text("connect.tries", times=counted("times", len(asking)))] if len(asking) > 1 else []
    return scene.draft(
        StepKind.CONNECT,
        Side.CLIENT,
        packets,
        [text("connect.unanswered", **service(scene)), *tries],
        [_repeated(asking), text("connect.unanswered.meaning", server=scene.names[Side.SERVER])],
        ESTABLISHING,
    )


def _repeated(asking: list[Packet]) -> str:
    """Tell after which times the SYN was sent again, '' where it was not."""
    if len(asking) < 2:
        return ""
    delays = [rounded(between(asking[0].time_ns, packet.time_ns)) for packet in asking[1:]]
    return text("connect.repeated", delays=listed(list(dict.fromkeys(delays))), times=counted("times", len(asking)))


def _tried_again(asking: list[Packet]) -> str:
    """Tell that a refused client tried again, '' where it did not."""
    return text("connect.tried", times=counted("times", len(asking))) if len(asking) > 1 else ""


def _endings(scene: Scene) -> list[Draft]:
    """One step for each group of FIN and RST that no new data interrupts."""
    packets = scene.conversation.packets
    refused = not any(p.side is Side.SERVER and not p.flags & RST for p in packets)
    groups: list[list[Packet]] = []
    interrupted = False
    for packet in packets:
        interrupted |= bool(packet.length) and packet.mark is Mark.NONE
        if packet.flags & (FIN | RST) and not refused:
            if interrupted or not groups:
                groups.append([])
            groups[-1].append(packet)
            interrupted = False
    return [_ending(scene, group) for group in groups]


def _ending(scene: Scene, group: list[Packet]) -> Draft:
    first, second = group[0], next((p for p in group if p.side is not group[0].side), None)
    names = {"first": scene.names[first.side], "second": scene.names[first.side.other]}
    if first.flags & RST:
        key = "close.too-late" if _closed_before(scene, first) else "close.broken"
    elif second is None:
        key = "close.broken-late" if any(p.flags & RST for p in group) else _one_sided(scene, group)
    else:
        key = "close.reset" if second.flags & RST else "close.both"
    return scene.draft(
        StepKind.CLOSE,
        first.side,
        [p.number for p in group],
        [text(key, **names)],
        [
            text(f"{key}.meaning", **names),
            text("close.with-octets") if first.length else "",
            _without_goodbye(scene, first),
        ],
        RESETTING if first.flags & RST else CLOSING,
    )


def _closed_before(scene: Scene, reset: Packet) -> bool:
    """Tell whether who sends RST had closed its side before, so that it refuses what came too late."""
    earlier = [p for p in scene.conversation.packets if p.number < reset.number]
    return any(p.flags & FIN and p.side is reset.side for p in earlier)


def _one_sided(scene: Scene, group: list[Packet]) -> str:
    """Tell apart a first FIN, the other side's later FIN, and a FIN whose counterpart was not captured."""
    numbers = {p.number for p in group}
    others = [p for p in scene.conversation.packets if p.flags & (FIN | RST) and p.number not in numbers]
    if any(p.number > group[0].number for p in others):
        return "close.half"
    return "close.rest" if others else "close.one"


def _without_goodbye(scene: Scene, first: Packet) -> str:
    """Tell that a mail conversation ended without a goodbye, '' where it did not or where that cannot be known."""
    conversation = scene.conversation
    commands = [event for event in conversation.dialogue.events if isinstance(event, Command)]
    goodbye = GOODBYES.get(conversation.protocol)
    hidden = conversation.dialogue.encryption is not Encryption.NO
    if goodbye is None or not commands or hidden or any(command.verb == goodbye for command in commands):
        return ""
    return scene.once("close.no-quit", name=scene.names[first.side], goodbye=goodbye)
