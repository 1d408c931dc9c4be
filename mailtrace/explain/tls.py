"""TLS told step by step: what the handshake shows, what an alert says, and what can be known without the keys.

The handshake is told in flights, all that one side says until the other one speaks: that is how people explain it. What
is said inside, where it could be read, is told by the teller of its protocol, and the steps meet by their packets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mailtrace.explain.certificates import certificate_means, certificate_says
from mailtrace.explain.draft import Draft, Scene
from mailtrace.explain.english import ALERTS
from mailtrace.explain.texts import counted, listed, seconds, text
from mailtrace.model import NO_KEYS, Packet, Side, StepKind, TlsAlert, TlsFacts, TlsMessage, WentDark
from mailtrace.model.language import said
from mailtrace.model.remarks import remark

UNREAD = "encrypted"
FINISHING = ("Finished", UNREAD)
"""How the last message of a handshake is called, read or unread."""

SOURCES = {"TLS 1.3": "RFC 8446 section 2", "TLS 1.2": "RFC 5246 section 7.3"}
"""Where the handshake of a version is written."""

ALERT = "Alert"
"""How an alert is called among the messages; it is told on its own."""

ALL_HIDDEN = "TLS 1.3"
"""The version from which on a certificate is encrypted. Source: RFC 8446 section 1.2."""


@dataclass(slots=True)
class _Flight:
    """What one side says of the handshake until the other speaks; `again` where the client says hello once more."""

    side: Side
    messages: list[TlsMessage] = field(default_factory=list)
    packets: list[int] = field(default_factory=list)
    again: bool = False

    @property
    def names(self) -> list[str]:
        """What it is made of, each once."""
        return list(dict.fromkeys(message.name for message in self.messages))


def tell_tls(scene: Scene) -> list[Draft]:
    """Return the steps of TLS in a conversation, none where there is no TLS."""
    dialogue = scene.conversation.dialogue
    dark = next((event for event in dialogue.events if isinstance(event, WentDark)), None)
    if dark is None:
        return []
    rest = [p for p in scene.conversation.packets if p.number >= dark.packet and p.length]
    facts = dialogue.tls
    if facts is None:
        return [_dark(scene, dark, rest)]
    flights = _flights(facts, rest)
    drafts = [_flight(scene, facts, flight) for flight in flights]
    if facts.decrypted and drafts:
        drafts[_last_of_handshake(flights)].means.append(text("tls.opened"))
    alert = facts.alert
    if alert is not None and (alert.fatal or alert.description != "close_notify"):
        drafts.append(_alert(scene, facts, alert))
    told = {number for draft in drafts for number in draft.packets}
    unread = [packet for packet in rest if packet.number not in told]
    if unread and not facts.decrypted:
        drafts.append(_dark(scene, dark, unread))
    return drafts


def _flights(facts: TlsFacts, rest: list[Packet]) -> list[_Flight]:
    """Return the flights of a handshake, each with its packets; a message cut into packets claims all of them."""
    flights: list[_Flight] = []
    seen: list[str] = []
    for message in facts.messages:
        last = flights[-1] if flights else None
        done = sum(name in FINISHING for name in seen) > 1
        if message.name == ALERT:
            continue
        if last is None or last.side is not message.side or (done and message.packet not in last.packets):
            flights.append(_Flight(message.side, again="ClientHello" in seen))
        flights[-1].messages.append(message)
        flights[-1].packets.append(message.packet)
        seen.append(message.name)
    for flight in flights[: _last_of_handshake(flights) + 1]:
        flight.packets = sorted({*flight.packets, *_carrying(rest, flight)})
    return flights


def _carrying(rest: list[Packet], flight: _Flight) -> set[int]:
    """Return the packets that carry a flight's messages, also those that complete none."""
    first, last = flight.messages[0].packet, flight.messages[-1].packet
    found = {p.number for p in rest if first <= p.number <= last and p.side is flight.side}
    for packet in reversed([p for p in rest if p.number < first]):
        if packet.side is not flight.side:
            break
        found.add(packet.number)
    return found


def _last_of_handshake(flights: list[_Flight]) -> int:
    """Return which flight ends the handshake: the second one that has a Finished, else the last one there is."""
    finished = [at for at, flight in enumerate(flights) if any(name in FINISHING for name in flight.names)]
    return finished[1] if len(finished) > 1 else len(flights) - 1


def _flight(scene: Scene, facts: TlsFacts, flight: _Flight) -> Draft:
    """Return the step of a flight: its messages by name, what they say, what that means."""
    says = [", ".join(text("tls.encrypted") if name == UNREAD else name for name in flight.names)]
    means: list[str] = []
    for name in flight.names:
        teller = _MESSAGES.get(name)
        if teller is not None:
            more, meaning = teller(scene, facts, flight)
            says += more
            means += meaning
    return scene.draft(
        StepKind.CONNECT,
        flight.side,
        flight.packets,
        says,
        means or [text("tls.other")],
        SOURCES.get(facts.version or "", SOURCES["TLS 1.3"]),
        flight.messages[0].time_ns,
    )


def _client_hello(scene: Scene, facts: TlsFacts, flight: _Flight) -> tuple[list[str], list[str]]:
    if flight.again:
        return [], [text("tls.client-hello.again")]
    says, means = [], [text("tls.client-hello")]
    if facts.offered_versions or facts.offered_ciphers:
        ciphers = counted("ciphers", len(facts.offered_ciphers))
        says.append(text("tls.offers", versions=listed(list(facts.offered_versions)) or "TLS", ciphers=ciphers))
    if facts.sni:
        says.append(text("tls.wants", name=facts.sni))
    if facts.offered_alpn:
        says.append(text("tls.speaks", protocols=listed(list(facts.offered_alpn))))
    if facts.hidden_name:
        means.append(text("tls.hidden-name", how=facts.hidden_name, name=facts.sni or text("certificate.nobody")))
    else:
        means.append(text("tls.sni") if facts.sni else text("tls.no-sni"))
    return says, means


def _retry(scene: Scene, facts: TlsFacts, flight: _Flight) -> tuple[list[str], list[str]]:
    return [], [text("tls.retry")]


def _server_hello(scene: Scene, facts: TlsFacts, flight: _Flight) -> tuple[list[str], list[str]]:
    if facts.version is None or facts.cipher is None:
        return [], [text("tls.server-hello.unnamed")]
    fields: dict[str, object] = {"version": facts.version, "cipher": facts.cipher}
    means = [text("tls.server-hello", **fields)]
    if facts.resumed:
        means.append(text("tls.resumed", how=facts.resumption or "PSK"))
    elif facts.version == ALL_HIDDEN:
        means.append(text("tls.all-hidden", **fields))
    return [text("tls.chosen", **fields)], means


def _certificate(scene: Scene, facts: TlsFacts, flight: _Flight) -> tuple[list[str], list[str]]:
    shown = facts.certificate if flight.side is Side.SERVER else facts.client_certificate
    if shown is None:
        return [], [
            text("tls.no-client-certificate", name=scene.names[flight.side])
        ] if flight.side is Side.CLIENT else []
    inside = facts.version == ALL_HIDDEN
    return [certificate_says(shown)], certificate_means(shown, scene, flight.side, inside=inside)


def _asks_client(scene: Scene, facts: TlsFacts, flight: _Flight) -> tuple[list[str], list[str]]:
    return [], [text("tls.asks-client")]


def _keys(scene: Scene, facts: TlsFacts, flight: _Flight) -> tuple[list[str], list[str]]:
    return [], [text("tls.keys")]


def _finished(scene: Scene, facts: TlsFacts, flight: _Flight) -> tuple[list[str], list[str]]:
    name = scene.names[flight.side]
    key = "tls.finished.inside" if facts.version == ALL_HIDDEN else "tls.finished"
    return [], [scene.once(key, name=name) or text("tls.finished.too", name=name)]


def _ticket(scene: Scene, facts: TlsFacts, flight: _Flight) -> tuple[list[str], list[str]]:
    return [], [scene.once("tls.ticket") or text("tls.ticket.another")]


def _update(scene: Scene, facts: TlsFacts, flight: _Flight) -> tuple[list[str], list[str]]:
    return [], [text("tls.update", name=scene.names[flight.side])]


_MESSAGES: dict[str, Callable[[Scene, TlsFacts, _Flight], tuple[list[str], list[str]]]] = {
    "ClientHello": _client_hello,
    "HelloRetryRequest": _retry,
    "ServerHello": _server_hello,
    "Certificate": _certificate,
    "CertificateRequest": _asks_client,
    "ClientKeyExchange": _keys,
    "Finished": _finished,
    "encrypted": _finished,
    "NewSessionTicket": _ticket,
    "KeyUpdate": _update,
}
"""What a step adds for a message; the others speak for themselves by their name."""


def _alert(scene: Scene, facts: TlsFacts, alert: TlsAlert) -> Draft:
    """Return the step of an alert, in the words of its sender."""
    name, words = scene.names[alert.side], ALERTS.get(alert.description)
    nothing_said = not facts.client_octets and not facts.server_octets
    return scene.draft(
        StepKind.TROUBLE if alert.fatal else StepKind.CLOSE,
        alert.side,
        [alert.packet],
        [text("tls.alert.fatal" if alert.fatal else "tls.alert.warning", description=alert.description)],
        [
            text("tls.alert.means", name=name, means=said(words)) if words else text("tls.alert.unknown", name=name),
            text("tls.alert.ends") if alert.fatal else "",
            text("tls.no-dialogue") if alert.fatal and nothing_said else "",
        ],
        "RFC 8446 section 6.2",
        alert.time_ns,
    )


def _dark(scene: Scene, dark: WentDark, rest: list[Packet]) -> Draft:
    """Tell what can still be known of what nobody could read: amounts and time, never the words."""
    facts = scene.conversation.dialogue.tls
    octets = {side: sum(p.length for p in rest if p.side is side) for side in Side}
    key = f"dark.{scene.conversation.protocol}" if dark.why == "starttls" else "dark.implicit"
    lasted = max((p.time_ns for p in rest), default=dark.time_ns) - min((p.time_ns for p in rest), default=dark.time_ns)
    draft = scene.draft(
        StepKind.CONNECT,
        rest[0].side if rest else Side.CLIENT,
        [p.number for p in rest] or [dark.packet],
        [
            text(
                "dark",
                client=scene.names[Side.CLIENT],
                sent=counted("octets", octets[Side.CLIENT]),
                received=counted("octets", octets[Side.SERVER]),
            )
        ],
        [text(key), text("dark.lasted", duration=seconds(lasted))],
        text(f"{key}.source"),
        time_ns=dark.time_ns,
    )
    if facts is not None and facts.unread:
        draft.means.append(text("dark.unread", why=remark(facts.unread)))
    if facts is not None and facts.unread == NO_KEYS:
        draft.means.append(text("dark.keys"))
    return draft
