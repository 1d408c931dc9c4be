"""Decides which protocol a conversation speaks: by what both sides say first; the port is only a hint.

What arrives is held until some row is sure of itself, then replayed into its session, which from then on is fed
directly. When nothing is sure, because a limit is reached or the conversation ends, the row of the server's port gets
it if what was said fits. A conversation that said nothing at all on a mail port is `unknown`; the rows named in
`ALSO_WHEN_SILENT` have a meaning even then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from mailtrace.model import Data, Dialogue, Side, StreamEvent, Transport
from mailtrace.protocols import PROTOCOLS
from mailtrace.protocols.base import Guess, ProtocolRow, Session

HELD_OCTETS_LIMIT = 16 * 1024
"""Octets held of both sides before the port decides: any protocol of the table shows itself in its first lines."""

HELD_EVENTS_LIMIT = 256
"""Events held before the port decides; a greeting that comes octet by octet takes a hundred."""

LOOKED_AT = 4 * 1024
"""Octets of one side that are shown to the rows."""

ALSO_WHEN_SILENT = frozenset({"ident", "dns"})
"""Rows that keep a conversation without payload on their port: an ident question that is refused makes mail wait."""

UNKNOWN = "unknown"


class Chooser:
    """Holds the events of one conversation until their protocol is known; `feed` and `finish` as of a session."""

    def __init__(self, transport: Transport, server_port: int) -> None:
        self.protocol = UNKNOWN
        self._take: Callable[[StreamEvent], None] = self._choose
        self._transport = transport
        self._session: Session | None = None
        self._silent = Dialogue()
        self._held: list[StreamEvent] = []
        self._octets = 0
        self._said = [b"", b""]
        self._hint, self._rows = _rows(transport, server_port)

    @property
    def dialogue(self) -> Dialogue:
        """What has been understood so far; empty while undecided."""
        return self._silent if self._session is None else self._session.dialogue

    def feed(self, event: StreamEvent) -> None:
        """Take the next event of either side."""
        self._take(event)

    def finish(self) -> None:
        """Decide if that is still open, and flush the session."""
        if self._take == self._choose:
            self._decide_by_port()
        if self._session is not None:
            self._session.finish()

    def _choose(self, event: StreamEvent) -> None:
        """Hold `event` and see whether it decides."""
        self._held.append(event)
        if isinstance(event, Data) and event.data:
            self._octets += len(event.data)
            said = self._said[event.side]
            if len(said) < LOOKED_AT:
                self._said[event.side] = said + event.data[: LOOKED_AT - len(said)]
            for row in self._rows:
                if row.recognise(event.side, self._said[event.side]) is Guess.YES:
                    self._replay_into(row)
                    return
        if self._octets > HELD_OCTETS_LIMIT or len(self._held) > HELD_EVENTS_LIMIT:
            self._decide_by_port()

    def _decide_by_port(self) -> None:
        """Take the row of the port if what was said fits it, or nothing at all was said and it wants even that.

        The server's words count more: a client can connect to the wrong port, a server listens where it wants to.
        """
        hint = self._hint
        if hint is not None:
            speaker = Side.SERVER if self._said[Side.SERVER] else Side.CLIENT
            said = self._said[speaker]
            fits = hint.recognise(speaker, said) is not Guess.NO if said else hint.name in ALSO_WHEN_SILENT
            if fits:
                self._replay_into(hint)
                return
        self._held.clear()
        self._take = _ignore

    def _replay_into(self, row: ProtocolRow) -> None:
        """Give the conversation to `row`, with all that was held."""
        self.protocol = row.name
        self._session = row.session(self._transport)
        held, self._held = self._held, []
        self._take = self._session.feed
        for event in held:
            self._take(event)


@cache
def _rows(transport: Transport, server_port: int) -> tuple[ProtocolRow | None, tuple[ProtocolRow, ...]]:
    """Return the row of the port, if any, and all rows of the transport in the order in which they are asked."""
    rows = [row for row in PROTOCOLS if row.ports(transport)]
    hint = next((row for row in rows if server_port in row.ports(transport)), None)
    return hint, tuple(sorted(rows, key=lambda row: row is not hint))


def _ignore(event: StreamEvent) -> None:
    """Drop an event of a conversation that nobody understands."""
