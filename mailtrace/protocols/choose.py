"""Decides which protocol a conversation speaks: by what both sides say first; the port is only a hint.

What arrives is held until some row is sure of itself, then replayed into its session, which from then on is fed
directly. When nothing is sure, because a limit is reached or the conversation ends, the row of the server's port gets
it if what was said fits, or was not captured, or may be the middle of what was not captured whole. What nobody
understands is `unknown`; the rows named in `ALSO_WHEN_SILENT` have a meaning even when nothing was said.

Whatever else the first words tell stands at the head of the dialogue: the header of a proxy; a known protocol on the
port of another (`wrong-port`); what is no mail at all (`wrong-service`). Either may be all there is, or what one side
speaks while the other does as it should.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from mailtrace.model import Data, Dialogue, Event, Gap, Side, StreamEvent, Transport, Violation
from mailtrace.protocols import PROTOCOLS, tls
from mailtrace.protocols.base import Guess, ProtocolRow, Session
from mailtrace.protocols.opened import Opened
from mailtrace.protocols.opening import Opening
from mailtrace.protocols.otherservices import other_service
from mailtrace.protocols.stripping import name_stripping
from mailtrace.tls.keys import Keys

FIRST_WORDS_LIMIT = 512
"""Octets of the second speaker by which it is known whether it speaks the same protocol: a line of command."""

ALSO_WHEN_SILENT = frozenset({"ident", "dns"})
"""Rows that keep a conversation without payload on their port: an ident question that is refused makes mail wait."""

UNKNOWN = "unknown"

CLIENT, SERVER = Side.CLIENT, Side.SERVER
LISTENERS = SERVER, CLIENT
"""By side, who listens to it."""

TCP = Transport.TCP
YES, NO = Guess.YES, Guess.NO

NO_TEXT = frozenset(range(32)) - frozenset(b"\t\n\f\r\x1b")
"""Control characters that no text has; ISO-2022-JP and its kin have ESC."""


class Chooser:
    """Holds the events of one conversation until their protocol is known; `feed` and `finish` as of a session.

    `from_start` tells that its first packet was captured. `decode_as` names the protocol, whatever is said.
    `decided_by_content` tells afterwards that the words decided, not the port nor the user. `keys` open TLS; `outer` is
    the dialogue of a conversation whose inside of TLS this one is: it goes on in this one's. Once nothing is left to
    decide `hand_over`, if any, is told who is to be fed from the next event on.
    """

    __slots__ = (
        "_given", "_hint", "_inner", "_keys", "_opening", "_outer", "_port", "_row", "_rows", "_session", "_silent",
        "_take", "_transport", "_watched", "decided_by_content", "hand_over", "protocol",
    )  # fmt: skip

    def __init__(
        self,
        transport: Transport,
        server_port: int,
        from_start: bool = False,
        decode_as: str | None = None,
        keys: Keys | None = None,
        outer: Dialogue | None = None,
    ) -> None:
        self.protocol = UNKNOWN
        self.decided_by_content = False
        self._take: Callable[[StreamEvent], None] = self._choose
        self._transport, self._port = transport, server_port
        self._hint, self._rows = _rows(transport, server_port, outer is not None)
        self._given = None if decode_as is None else next((row for row in self._rows if row.name == decode_as), None)
        self._opening = Opening(from_start, transport is TCP)
        self._row: ProtocolRow | None = None
        self._session: Session | None = None
        self._keys = keys or Keys()
        self._outer = outer
        self._inner: Chooser | None = None
        self._silent: Dialogue | None = None
        self._watched: Side | None = None
        self.hand_over: Callable[[Callable[[StreamEvent], None]], None] | None = None

    @property
    def dialogue(self) -> Dialogue:
        """What has been understood so far; empty while undecided."""
        if self._session is not None:
            return self._session.dialogue
        if self._silent is None:
            self._silent = self._outer or Dialogue()
        return self._silent

    def feed(self, event: StreamEvent) -> None:
        """Take the next event of either side."""
        self._take(event)

    def finish(self) -> None:
        """Decide what is still open, and flush the session."""
        self.hand_over = None
        if self._session is None and self._take is not _ignore:
            self._decide_by_port()
        if self._watched is not None:
            self._judge(self._watched, ended=True)
        session = self._session
        if session is not None:
            session.finish()
            if session is not self._session and isinstance(self._session, Opened):
                self._session.flush()  # TLS began at the end, where the session stopped to wait
            if hasattr(session, "secure"):
                session.secure = None  # nothing may hold what holds it: records die by reference count
        if self._inner is not None and self._inner.protocol != UNKNOWN:
            self.protocol = self._inner.protocol
        if self._row is not None and self._row.tls_ports:
            name_stripping(self.dialogue)

    def _choose(self, event: StreamEvent) -> None:
        """Hold `event` and see whether it decides."""
        opening = self._opening
        opening.hold(event)
        if isinstance(event, Data) and event.data and (event.side is SERVER or opening.is_past_header()):
            row = self._sure(event.side)
            if row is not None:
                self.decided_by_content = row is not self._given
                self._replay_into(row, event.side)
                return
        if opening.is_full:
            self._decide_by_port()

    def _sure(self, side: Side) -> ProtocolRow | None:
        """Return the row that knows what `side` says for its own, if any."""
        said, given = self._opening.said[side], self._given
        if not said:
            return None
        if given is None:
            for row in self._rows:
                if row.recognise(side, said) is YES:
                    return row
            return None
        around = tls.recognise(side, said) if given.tls_ports and self._outer is None else NO
        return given if around is NO else tls.ROW if around is YES else None

    def _decide_by_port(self) -> None:
        """Take the row of the port if what was said fits it; the server's words count more.

        A client can connect to the wrong port, a server listens where it wants to.
        """
        opening = self._opening
        opening.is_past_header(ended=True)
        speaker = SERVER if opening.said[SERVER] else CLIENT
        row = self._given or self._hint
        if row is not None and (row is self._given or self._fits(row, speaker)):
            self._replay_into(row, speaker)
            return
        stranger = self._stranger(speaker)
        self._introduce(self.dialogue, [stranger] if stranger else [])
        opening.release()
        opening.forget()
        self._pass_to(_ignore)

    def _fits(self, row: ProtocolRow, speaker: Side) -> bool:
        """Tell whether what was said may be the protocol of the port.

        A server that only answers a client who is at home elsewhere, is so itself: many say `OK`.
        """
        opening = self._opening
        said = opening.said[speaker]
        if not said:
            return row.name in ALSO_WHEN_SILENT or opening.has_holes
        asked, answered = opening.first
        if asked is not None and answered is not None and asked.packet < answered.packet:
            client = opening.said[CLIENT]
            if row.recognise(CLIENT, client) is NO and other_service(CLIENT, client) is not None:
                return False
        if row.recognise(speaker, said) is not NO:
            return True
        is_text = NO_TEXT.isdisjoint(said)
        return not opening.whole and row.is_text is is_text and other_service(speaker, said) is None

    def _stranger(self, speaker: Side) -> Violation | None:
        """Name what is spoken instead of the protocol of the port; None where there is no more to say."""
        said = self._opening.said
        if self._hint is None or not said[speaker]:
            return None
        for side in (speaker, LISTENERS[speaker]):
            name = other_service(side, said[side])
            if name is not None:
                return self._trouble("wrong-service", side, f"{name} {self._where()}")
        if not self._opening.whole:
            return None
        return self._trouble("wrong-service", speaker, f"something that mailtrace does not know {self._where()}")

    def _replay_into(self, row: ProtocolRow, speaker: Side) -> None:
        """Give the conversation to `row`, recognised by what `speaker` said, with all that was held."""
        opening = self._opening
        opening.is_past_header(ended=True)
        self.protocol = row.name
        self._row = row
        session = self._session = row.session(self._transport)
        if hasattr(session, "secure"):
            session.secure = self._secure
        if self._outer is not None:
            _go_on(self._outer, session.dialogue)
        if self._hint is not None and row is not self._hint and row is not self._given:
            place = f"in clear {self._where()}" if self._hint is tls.ROW else self._where()
            self._introduce(session.dialogue, [self._trouble("wrong-port", speaker, f"{row.name.upper()} {place}")])
        elif opening.proxied is not None:
            self._introduce(session.dialogue, [])
        for event in opening.release():
            self._session.feed(event)
        self._watched = watched = LISTENERS[speaker]
        self._take = self._watch
        if opening.said[watched]:
            self._judge(watched)

    def _secure(self, rest: list[Data | Gap]) -> None:
        """TLS begins: from here on the session is fed what is inside; behind implicit TLS it is a new conversation."""
        inside = self._session
        if inside is None or isinstance(inside, Opened):
            return
        direct = self._take == inside.feed
        if hasattr(inside, "secure"):
            inside.secure = None
        if self._row is tls.ROW:
            inside = self._inner = Chooser(
                self._transport,
                self._port,
                from_start=self._opening.whole,
                decode_as=self._given.name if self._given else None,
                outer=inside.dialogue,
            )
        self._session = Opened(self._keys, rest, inside)
        if direct:
            self._pass_to(self._session.feed)

    def _pass_to(self, take: Callable[[StreamEvent], None]) -> None:
        """Nothing is left to decide: let `take` be fed."""
        self._take = take
        if self.hand_over is not None:
            self.hand_over(take)

    def _watch(self, event: StreamEvent) -> None:
        """Feed the session, and see what the other side says first."""
        if self._session is not None:
            self._session.feed(event)
        if event.side is self._watched and isinstance(event, Data):
            self._opening.hear(event)
            self._judge(event.side)

    def _judge(self, side: Side, ended: bool = False) -> None:
        """Once the second speaker has said a line, tell whether it speaks what the first does."""
        row, session = self._row, self._session
        said = self._opening.said[side]
        end = said.find(b"\n", 0, FIRST_WORDS_LIMIT) + 1
        full = ended or len(said) >= FIRST_WORDS_LIMIT
        if row is None or session is None or not (end or full):
            return
        said, line = said[:FIRST_WORDS_LIMIT], said[:end]
        if said and row.recognise(side, line or said) is NO:
            if not full:
                return
            other = next((each.name.upper() for each in self._rows if each.recognise(side, said) is YES), None)
            name = other or other_service(side, said)
            if name is not None:
                detail = f"the {side.name.lower()} speaks {name}, not {row.name.upper()}"
                trouble = self._trouble("wrong-port" if other else "wrong-service", side, detail)
                self._introduce(session.dialogue, [trouble])
        self._opening.forget()
        self._watched = None
        self._pass_to(session.feed)

    def _introduce(self, dialogue: Dialogue, troubles: list[Violation]) -> None:
        """Put what the first words tell at the head of the dialogue, the header of the proxy before all."""
        opening = self._opening
        head: list[Event] = [*troubles]
        if opening.proxied is not None and dialogue.proxied is None:
            dialogue.proxied = proxied = opening.proxied
            dialogue.events.insert(0, proxied)
            if opening.fault:
                head.insert(0, Violation("bad-proxy-header", CLIENT, proxied.packet, proxied.time_ns, opening.fault))
        at = int(dialogue.proxied is not None)
        dialogue.events[at:at] = head

    def _trouble(self, code: str, side: Side, detail: str) -> Violation:
        """Return what is wrong with the first words of a side."""
        first = self._opening.first[side]
        packet, time_ns = (first.packet, first.time_ns) if first is not None else (0, 0)
        return Violation(code, side, packet, time_ns, detail)

    def _where(self) -> str:
        """Return the port and what it is for."""
        inside = next((row.name.upper() for row in PROTOCOLS if self._port in row.tls_ports), None)
        purpose = f"{inside} over TLS" if inside else self._hint.name.upper() if self._hint else "nobody's"
        return f"on port {self._port} ({purpose})"


def _go_on(outer: Dialogue, dialogue: Dialogue) -> None:
    """Let the dialogue inside TLS begin with what was outside."""
    dialogue.events += outer.events
    dialogue.encryption, dialogue.tls, dialogue.proxied = outer.encryption, outer.tls, outer.proxied


@cache
def _rows(transport: Transport, server_port: int, in_tls: bool) -> tuple[ProtocolRow | None, tuple[ProtocolRow, ...]]:
    """Return the row of the port, if any, and all rows of the transport in the order in which they are asked."""
    rows = [row for row in PROTOCOLS if row.ports(transport) and not (in_tls and row is tls.ROW)]
    hint = next((row for row in rows if server_port in (row.tls_ports if in_tls else row.ports(transport))), None)
    return hint, tuple(sorted(rows, key=lambda row: row is not hint))


def _ignore(event: StreamEvent) -> None:
    """Drop an event of a conversation that nobody understands."""
