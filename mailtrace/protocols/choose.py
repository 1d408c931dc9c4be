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
from dataclasses import dataclass
from functools import cache

from mailtrace.model import Data, Dialogue, Event, Gap, Side, StreamEvent, Transport, Violation
from mailtrace.protocols import PROTOCOLS, tls
from mailtrace.protocols.base import Guess, ProtocolRow, Session
from mailtrace.protocols.opened import Opened
from mailtrace.protocols.opening import LOOKED_AT, Opening
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a conversation takes place, with the row of the server's `port`, and the one that the user named (`given`).

    `rows` are those of the transport in the order in which they are asked; `greeted` is the one to ask first, if any.
    """

    transport: Transport
    port: int
    in_tls: bool
    hint: ProtocolRow | None
    given: ProtocolRow | None
    rows: tuple[ProtocolRow, ...]
    greeted: ProtocolRow | None

    def where(self) -> str:
        """Return the port and what it is for."""
        inside = next((row.name.upper() for row in PROTOCOLS if self.port in row.tls_ports), None)
        purpose = f"{inside} over TLS" if inside else self.hint.name.upper() if self.hint else "nobody's"
        return f"on port {self.port} ({purpose})"


class Chooser:
    """Holds the events of one conversation until their protocol is known; `feed` and `finish` as of a session.

    `from_start` tells that its first packet was captured. `decode_as` names the protocol, whatever is said.
    `decided_by_content` tells afterwards that the words decided, not the port nor the user. `keys` open TLS; `outer` is
    the dialogue of a conversation whose inside of TLS this one is: it goes on in this one's. Once nothing is left to
    decide `hand_over`, if any, is told who is to be fed from the next event on.
    """

    __slots__ = (
        "_from_start", "_keys", "_opening", "_outside", "_place", "_row", "_session", "_take", "_watched",
        "decided_by_content", "hand_over", "protocol",
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
        self._take: Callable[[StreamEvent], None] = self._begin
        self._place = _place(transport, server_port, decode_as, outer is not None)
        self._from_start = from_start
        self._opening: Opening | None = None  # what is held and kept to be looked at, where one event does not decide
        self._row: ProtocolRow | None = None
        self._session: Session | None = None
        self._keys = keys or Keys()
        self._outside = outer
        self._watched: Side | None = None
        self.hand_over: Callable[[Callable[[StreamEvent], None]], None] | None = None

    @property
    def dialogue(self) -> Dialogue:
        """What has been understood so far; empty while undecided."""
        if self._session is not None:
            return self._session.dialogue
        if self._outside is None:
            self._outside = Dialogue()
        return self._outside

    def feed(self, event: StreamEvent) -> None:
        """Take the next event of either side."""
        self._take(event)

    def finish(self) -> None:
        """Decide what is still open, and flush the session."""
        self.hand_over = None
        if self._session is None and self._take is not _ignore:
            self._decide_by_port(self._held())
        if self._watched is not None:
            self._judge(self._held(), self._watched, ended=True)
        session, row = self._session, self._row
        if session is None or row is None:
            return
        session.finish()
        opened = self._session or session
        if isinstance(opened, Opened):
            if session is not opened:
                opened.flush()  # TLS began at the end, where the session stopped to wait
            if isinstance(opened.inside, Chooser) and opened.inside.protocol != UNKNOWN:
                self.protocol = opened.inside.protocol
        if row.tls_ports:
            name_stripping(opened.dialogue)
        if hasattr(session, "secure"):
            session.secure = None  # nothing may hold what holds it: records die by reference count

    def _begin(self, event: StreamEvent) -> None:
        """Take the first event. Most say at once that this is what the port is for, so nothing has to be held."""
        row = self._place.greeted
        if (
            row is not None
            and type(event) is Data
            and (event.side is SERVER or self._place.transport is not TCP)  # a client's may be the header of a proxy
            and event.data
            and row.recognise(event.side, event.data[:LOOKED_AT]) is YES
        ):
            self.decided_by_content = True
            self._give_to(row, event.side).feed(event)
        else:
            self._take = self._choose
            self._choose(event)

    def _held(self) -> Opening:
        """Return what is kept of the first words, from now on if nothing was so far."""
        opening = self._opening
        if opening is None:
            opening = self._opening = Opening(self._from_start, self._place.transport is TCP)
        return opening

    def _choose(self, event: StreamEvent) -> None:
        """Hold `event` and see whether it decides."""
        opening = self._held()
        opening.hold(event)
        if isinstance(event, Data) and event.data and (event.side is SERVER or opening.is_past_header()):
            row = self._sure(opening, event.side)
            if row is not None:
                self.decided_by_content = row is not self._place.given
                self._replay_into(opening, row, event.side)
                return
        if opening.is_full:
            self._decide_by_port(opening)

    def _sure(self, opening: Opening, side: Side) -> ProtocolRow | None:
        """Return the row that knows what `side` says for its own, if any."""
        said, given = opening.said[side], self._place.given
        if not said:
            return None
        if given is None:
            for row in self._place.rows:
                if row.recognise(side, said) is YES:
                    return row
            return None
        around = tls.recognise(side, said) if given.tls_ports and not self._place.in_tls else NO
        return given if around is NO else tls.ROW if around is YES else None

    def _decide_by_port(self, opening: Opening) -> None:
        """Take the row of the port if what was said fits it; the server's words count more.

        A client can connect to the wrong port, a server listens where it wants to.
        """
        opening.is_past_header(ended=True)
        speaker = SERVER if opening.said[SERVER] else CLIENT
        row = self._place.given or self._place.hint
        if row is not None and (row is self._place.given or self._fits(opening, row, speaker)):
            self._replay_into(opening, row, speaker)
            return
        stranger = self._stranger(opening, speaker)
        self._introduce(opening, self.dialogue, [stranger] if stranger else [])
        opening.release()
        opening.forget()
        self._pass_to(_ignore)

    def _fits(self, opening: Opening, row: ProtocolRow, speaker: Side) -> bool:
        """Tell whether what was said may be the protocol of the port.

        A server that only answers a client who is at home elsewhere, is so itself: many say `OK`.
        """
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

    def _stranger(self, opening: Opening, speaker: Side) -> Violation | None:
        """Name what is spoken instead of the protocol of the port; None where there is no more to say."""
        said = opening.said
        if self._place.hint is None or not said[speaker]:
            return None
        for side in (speaker, LISTENERS[speaker]):
            name = other_service(side, said[side])
            if name is not None:
                return _trouble(opening, "wrong-service", side, f"{name} {self._place.where()}")
        if not opening.whole:
            return None
        detail = f"something that mailtrace does not know {self._place.where()}"
        return _trouble(opening, "wrong-service", speaker, detail)

    def _replay_into(self, opening: Opening, row: ProtocolRow, speaker: Side) -> None:
        """Give the conversation to `row`, recognised by what `speaker` said, with all that was held."""
        opening.is_past_header(ended=True)
        session, place = self._give_to(row, speaker), self._place
        if place.hint is not None and row is not place.hint and row is not place.given:
            where = f"in clear {place.where()}" if place.hint is tls.ROW else place.where()
            trouble = _trouble(opening, "wrong-port", speaker, f"{row.name.upper()} {where}")
            self._introduce(opening, session.dialogue, [trouble])
        elif opening.proxied is not None:
            self._introduce(opening, session.dialogue, [])
        for event in opening.release():
            (self._session or session).feed(event)  # TLS may have begun
        watched = LISTENERS[speaker]
        if opening.said[watched]:
            self._judge(opening, watched)

    def _give_to(self, row: ProtocolRow, speaker: Side) -> Session:
        """Let `row` have the conversation from here on, and watch whether the other side speaks it, too."""
        self.protocol = row.name
        self._row = row
        session = self._session = row.session(self._place.transport)
        if hasattr(session, "secure"):
            session.secure = self._secure
        if self._outside is not None:
            _go_on(self._outside, session.dialogue)
        self._watched = LISTENERS[speaker]
        self._take = self._watch
        return session

    def _secure(self, rest: list[Data | Gap]) -> None:
        """TLS begins: from here on the session is fed what is inside; behind implicit TLS it is a new conversation."""
        inside = self._session
        if inside is None or isinstance(inside, Opened):
            return
        direct = self._take == inside.feed
        if hasattr(inside, "secure"):
            inside.secure = None
        if self._row is tls.ROW:
            place, opening = self._place, self._opening
            whole = self._from_start if opening is None else opening.whole
            given = place.given.name if place.given else None
            inside = Chooser(place.transport, place.port, whole, given, outer=inside.dialogue)
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
        row, session, side = self._row, self._session, event.side
        if row is None or session is None:
            return
        session.feed(event)
        if side is self._watched and isinstance(event, Data):
            if self._opening is None and event.data and row.recognise(side, event.data) is YES:
                self._settled()
                return
            opening = self._held()
            opening.hear(event)
            self._judge(opening, side)

    def _judge(self, opening: Opening, side: Side, ended: bool = False) -> None:
        """Once the second speaker has said a line, tell whether it speaks what the first does."""
        row, session = self._row, self._session
        said = opening.said[side]
        end = said.find(b"\n", 0, FIRST_WORDS_LIMIT) + 1
        full = ended or len(said) >= FIRST_WORDS_LIMIT
        if row is None or session is None or not (end or full):
            return
        said, line = said[:FIRST_WORDS_LIMIT], said[:end]
        if said and row.recognise(side, line or said) is NO:
            if not full:
                return
            other = next((each.name.upper() for each in self._place.rows if each.recognise(side, said) is YES), None)
            name = other or other_service(side, said)
            if name is not None:
                detail = f"the {side.name.lower()} speaks {name}, not {row.name.upper()}"
                trouble = _trouble(opening, "wrong-port" if other else "wrong-service", side, detail)
                self._introduce(opening, session.dialogue, [trouble])
        opening.forget()
        self._settled()

    def _settled(self) -> None:
        """Both sides are known: the session is fed directly."""
        self._watched = None
        if self._session is not None:
            self._pass_to(self._session.feed)

    def _introduce(self, opening: Opening, dialogue: Dialogue, troubles: list[Violation]) -> None:
        """Put what the first words tell at the head of the dialogue, the header of the proxy before all."""
        head: list[Event] = [*troubles]
        if opening.proxied is not None and dialogue.proxied is None:
            dialogue.proxied = proxied = opening.proxied
            dialogue.events.insert(0, proxied)
            if opening.fault:
                head.insert(0, Violation("bad-proxy-header", CLIENT, proxied.packet, proxied.time_ns, opening.fault))
        at = int(dialogue.proxied is not None)
        dialogue.events[at:at] = head


def _trouble(opening: Opening, code: str, side: Side, detail: str) -> Violation:
    """Return what is wrong with the first words of a side."""
    first = opening.first[side]
    packet, time_ns = (first.packet, first.time_ns) if first is not None else (0, 0)
    return Violation(code, side, packet, time_ns, detail)


def _go_on(outer: Dialogue, dialogue: Dialogue) -> None:
    """Let the dialogue inside TLS begin with what was outside."""
    dialogue.events += outer.events
    dialogue.encryption, dialogue.tls, dialogue.proxied = outer.encryption, outer.tls, outer.proxied


@cache
def _place(transport: Transport, port: int, decode_as: str | None, in_tls: bool) -> Place:
    """Return what is known of a conversation before a word is said."""
    rows = [row for row in PROTOCOLS if row.ports(transport) and not (in_tls and row is tls.ROW)]
    hint = next((row for row in rows if port in (row.tls_ports if in_tls else row.ports(transport))), None)
    given = next((row for row in rows if row.name == decode_as), None)
    rows.sort(key=lambda row: row is not hint)
    return Place(transport, port, in_tls, hint, given, tuple(rows), hint if given is None else None)


def _ignore(event: StreamEvent) -> None:
    """Drop an event of a conversation that nobody understands."""
