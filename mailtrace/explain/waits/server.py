"""What a server did while it was waited for: asked ident, looked something up, or paused on purpose.

A server that asks the client's ident service waits for the answer before it greets. A refusal comes at once and costs
nothing, so what remains after it has another reason: Sendmail pauses for some whole seconds, to catch clients that talk
before they are greeted (FEATURE(greet_pause)). Where nobody answers, Sendmail gives ident up after five seconds, unless
told otherwise, and pauses then. Resolvers give a try up after five seconds, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mailtrace.explain.waits.causes import Causes, ident_outcome, question
from mailtrace.explain.waits.said import LATE_NS
from mailtrace.explain.waits.tiles import laid_over
from mailtrace.mail.causes import reversed_address
from mailtrace.model import Confidence, Conversation, Lookup, Side, Wait, WaitKind, wire_text

SECOND_NS = 1_000_000_000

IDENT_TIMEOUT_NS = 5 * SECOND_NS
"""How long Sendmail waits for ident (Timeout.ident), and Exim where it asks at all."""

RESOLVER_TIMEOUT_NS = 5 * SECOND_NS
"""How long a resolver waits for an answer before it asks again."""

NEARLY_NS = 100_000_000
"""How far a pause set in seconds may be from whole ones: processes start, packets travel."""

KNOWN_TIMEOUTS = ("sendmail", "exim")

ASKING = {
    Side.SERVER: (WaitKind.GREETING, WaitKind.SERVER, WaitKind.LOGIN_REFUSED, WaitKind.LOSS),
    Side.CLIENT: (WaitKind.CLIENT,),
}
"""Waits for a side, in which it may have asked somebody else."""


def explained(tiles: Sequence[Wait], conversation: Conversation, found: Causes, greeted_ns: int | None) -> list[Wait]:
    """Return the tiles with what the server or the client did meanwhile in place of waiting for them.

    `greeted_ns` is when the server greeted, None where it did not.
    """
    told = list(tiles)
    client, server = conversation.key.client.host, conversation.key.server.host
    for side, host in ((Side.SERVER, server), (Side.CLIENT, client)):
        asked = sorted((each for each in found.lookups if each.client == host), key=_start_ns)
        if greeted_ns is not None and side is Side.SERVER:
            asked = list(_possible(asked, client, greeted_ns))
        told = laid_over(told, asking(asked, side, conversation.end_ns), ASKING[side])
    if greeted_ns is None:
        return told
    software = _greeting(conversation)
    idents = [_ident(each, greeted_ns, software) for each in found.idents]
    told = laid_over(told, idents, (WaitKind.GREETING, WaitKind.LOOKUP, WaitKind.LOSS))
    return [_unexplained(tile, software, greeted_ns) for tile in told]


def _possible(lookups: Iterable[Lookup], client: str, greeted_ns: int) -> Iterator[Lookup]:
    """Yield the lookups of a server that can be for this client; before it greets it knows nothing but an address.

    So until then only the name of the address, that name's own addresses, and blocklists come into question.
    """
    names: set[str] = set()
    backwards = reversed_address(client)
    for lookup in lookups:
        if lookup.type == "PTR":
            names.update(_first_label(answer) for answer in lookup.answers)
        elif lookup.start_ns < greeted_ns and backwards not in lookup.name and _first_label(lookup.name) not in names:
            continue
        yield lookup


def _first_label(name: str) -> str:
    return name.lower().partition(".")[0]


def _greeting(conversation: Conversation) -> str:
    """Return what the server said first, in lower case: it names its program there."""
    turns = conversation.dialogue.turns
    replies = turns[0].replies if turns and turns[0].command is None else []
    return " ".join(wire_text(line) for reply in replies for line in reply.lines).lower()


def asking(lookups: Sequence[Lookup], side: Side, end_ns: int) -> Iterator[Wait]:
    """Yield the time each lookup took, in their order.

    An unanswered one counts until its resolver gave up, or asked something else.
    """
    for index, lookup in enumerate(lookups):
        took, sure = lookup.took_ns, Confidence.CERTAIN
        if took is None:
            sure = Confidence.LIKELY
            following_ns = lookups[index + 1].start_ns if index + 1 < len(lookups) else end_ns
            until_ns = min(following_ns, lookup.start_ns + RESOLVER_TIMEOUT_NS * (lookup.retries + 1))
            took = max(0, until_ns - lookup.start_ns)
        yield Wait(WaitKind.LOOKUP, lookup.start_ns, took, lookup.packets, sure, question(lookup), side)


def _start_ns(lookup: Lookup) -> int:
    return lookup.start_ns


def _ident(ident: Conversation, greeted_ns: int, software: str) -> Wait:
    """Return how long the greeting waited for ident."""
    outcome = ident_outcome(ident)
    start, end, sure = ident.start_ns, ident.end_ns, Confidence.CERTAIN
    if outcome == "unanswered":
        end, sure = _given_up(start, end, greeted_ns, software)
    return Wait(WaitKind.IDENT, start, max(0, end - start), ident.numbers, sure, outcome, Side.SERVER)


def _given_up(start_ns: int, last_ns: int, greeted_ns: int, software: str) -> tuple[int, Confidence]:
    """Return when the server gave up waiting, and how sure that is."""
    known = any(name in software for name in KNOWN_TIMEOUTS)
    rest = greeted_ns - start_ns - IDENT_TIMEOUT_NS
    if not known or last_ns > start_ns + IDENT_TIMEOUT_NS:
        return greeted_ns, Confidence.LIKELY
    if rest >= LATE_NS:
        return start_ns + IDENT_TIMEOUT_NS, Confidence.CERTAIN
    if rest >= -LATE_NS:
        return greeted_ns, Confidence.CERTAIN
    # Given up early: something told it that there is no way, after which Sendmail pauses as always.
    return (last_ns if greeted_ns - last_ns >= LATE_NS else greeted_ns), Confidence.LIKELY


def _unexplained(tile: Wait, software: str, greeted_ns: int) -> Wait:
    """Return what a long wait for the greeting most likely was, where nothing in the capture explains it.

    A pause on purpose comes last, when all is known that a server wants to know before it greets.
    """
    if tile.kind is not WaitKind.GREETING or tile.duration_ns < LATE_NS:
        return tile
    if _nearly_whole(tile.duration_ns, RESOLVER_TIMEOUT_NS):
        kind = WaitKind.LOOKUP_UNSEEN
    elif tile.end_ns == greeted_ns and "sendmail" in software and _nearly_whole(tile.duration_ns, SECOND_NS):
        kind = WaitKind.GREET_PAUSE
    else:
        return tile
    return Wait(kind, tile.start_ns, tile.duration_ns, tile.packets, Confidence.LIKELY, "", Side.SERVER)


def _nearly_whole(duration_ns: int, of_ns: int) -> bool:
    """Tell whether a time is one or more times another, a little more or less."""
    return duration_ns >= of_ns - NEARLY_NS and (duration_ns + NEARLY_NS) % of_ns <= 2 * NEARLY_NS
