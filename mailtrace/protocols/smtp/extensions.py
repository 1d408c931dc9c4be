"""Commands that few use: what they do to a conversation, so that nothing behind them is misread."""

from __future__ import annotations

from mailtrace.model import Command, Outcome, Reply, Side, Turn
from mailtrace.protocols.octets import Octets
from mailtrace.protocols.smtp.grammar import CHUNK_LIMIT, ReadCommand, parse_chunk
from mailtrace.protocols.smtp.reading import ClientReading
from mailtrace.protocols.smtp.state import Asked, Reading


def begin_bdat(session: ClientReading, turn: Turn, said: ReadCommand, command: Command) -> Asked:
    """BDAT brings a chunk, without waiting and even when it is refused. Source: RFC 3030 section 2."""
    chunk, draft = parse_chunk(said.argument), session.book.current
    if chunk is not None and draft is None:
        draft = session.book.begin(None, ())
    if draft is not None:
        draft.packets.extend(command.packets)
    asked = Asked(turn, "BDAT", draft)
    if chunk is None or draft is None:
        session.report("bad-chunk-size", command)
        return asked
    draft.holed = draft.holed or session.unsure
    size, asked.last = chunk
    draft.chunks = draft.chunks or Octets("BDAT")
    session.begin_chunk(asked, draft.chunks, size)
    return asked


def begin_burl(session: ClientReading, turn: Turn, said: ReadCommand, command: Command) -> Asked:
    """BURL names a piece of the mail that the server fetches by itself. Source: RFC 4468 section 3."""
    draft = session.book.current
    asked = Asked(turn, "BURL", draft)
    if draft is not None:
        draft.packets.extend(command.packets)
        asked.last = said.argument.upper().endswith(b" LAST")
        if asked.last:
            session.book.sent_elsewhere(draft)
    return asked


def exchange_answered(session: ClientReading, asked: Asked, reply: Reply) -> None:
    """XEXCH50 of Exchange: upon 354 the client sends the counted octets it announced, which are then answered."""
    command = asked.turn.command
    if reply.status != "354" or asked.last or command is None:
        return
    count = command.line[command.argument_at :].split(b" ")[0]
    if count.isdigit() and len(count) < len(str(CHUNK_LIMIT)):
        session.begin_chunk(Asked(asked.turn, asked.kind, last=True), Octets(asked.kind), int(count))
        session.ask(Asked(asked.turn, asked.kind, last=True), reply.packet)


def begin_turn(session: ClientReading, turn: Turn, said: ReadCommand, command: Command) -> Asked:
    """TURN and ATRN ask to change roles: what follows is sure to be commands only once they are refused."""
    session.turning = True
    return Asked(turn, command.verb)


def turn_answered(session: ClientReading, asked: Asked, reply: Reply) -> None:
    """After TURN and ATRN the two sides have changed roles, which is not followed. Source: RFC 2645 section 5.3."""
    session.turning = False
    if reply.outcome is Outcome.GOOD:
        session.violations.add("roles-turned", Side.SERVER, reply.packet, reply.time_ns)
        session.reading = Reading.DARK
