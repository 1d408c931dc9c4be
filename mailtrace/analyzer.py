"""Files in, results out: drives the pipeline over captures, for all results at once or one by one."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Generic, TypeVar

from msgspec import Raw, Struct, to_builtins
from msgspec.msgpack import Encoder

from mailtrace.capture.source import DEFAULT_BATCH_BYTES, open_capture
from mailtrace.mail.clocks import Clocks, with_clocks
from mailtrace.mail.correlator import Correlator, Final, Understood
from mailtrace.mail.course import Carried
from mailtrace.mail.hosts import IN_FILE
from mailtrace.mail.journeys import NOTHING_SEEN, Notebook
from mailtrace.mail.kept import Kept, Told, Written, carried, gist, messages_in, whole
from mailtrace.model import (
    Analysis,
    CaptureInfo,
    Conversation,
    Dialogue,
    Message,
    Note,
    RawBatch,
    surrogates_spelled,
)
from mailtrace.packets.carriers import is_cut_short, is_unreadable, link_name
from mailtrace.pipeline import NOTHING_SAID, Keep, Pipeline, sifter
from mailtrace.processes import SEVERAL, ahead
from mailtrace.streams.captureclock import CaptureClock
from mailtrace.streams.sift import Rows, Totals

T = TypeVar("T")

_encode = Encoder().encode

Progress = Callable[[int, int, int], None]
"""Called after each batch with octets read, packets and conversations so far."""

Names = Mapping[str, Sequence[str]]

Write = Callable[[Conversation, Sequence[Message], Sequence[Carried]], Written]
"""Writes what can be of a conversation with its messages once all was said; see `Written`."""


LARGE_BYTES = 8 << 20
"""From this size on sharing the work with other processes is worth the forks."""

SHARES = 2
"""Processes that understand conversations, where only results for machines are wanted: the rest takes as long as one.

With two cores the four processes share them evenly; more shares would wait for the process that writes.
"""

COLLECT_EVERY = 128
"""Batches between two searches for circles of records: there should be none (tests), but libraries may make some."""


class Piece(Struct, Generic[T], tag="Piece"):
    """The next part of a capture, up to `position`: octets and packets read so far, of all files.

    What is kept of it is understood share by share: `shares` are left, `understood` is what came of the others.
    `now_ns` is the capture's latest time so far; no packet before `passed_ns` comes any more. `secrets` are those that
    stand before the part in the file, in the format of SSLKEYLOGFILE.
    """

    shares: list[Rows]
    understood: list[T]
    now_ns: int
    passed_ns: int
    position: tuple[int, int]
    secrets: list[bytes]


class CaptureRead(Struct, tag=True):
    """A capture is at its end; these are the facts about it. `is_last`: no packet will come any more."""

    notes: list[Note]
    names: dict[str, list[str]]
    link_types: list[str]
    is_last: bool = False


class AllRead(Struct, Generic[T], tag="AllRead"):
    """So are all captures: what is to be said of them together, and what came of each share at the end."""

    totals: Totals
    notes: list[Note]
    understood: list[T]


Done = Piece[Understood] | CaptureRead | AllRead[Understood]
Read = Piece[Raw] | CaptureRead | AllRead[Raw]
"""What is handed on; those who have a share left to understand need not read what came of the others."""


class Analyzer:
    """Reads captures (several count as parts of one) through a pipeline; `info` is complete at the end of `finals`.

    `watch` sees every batch, for those who list packets. `processes`: work on large ones is shared (`in_processes`).
    `keylog` holds keys that open TLS, as octets in the format of SSLKEYLOGFILE; `decode_as` names protocols by port.
    Raises: `UnreadableInput`.
    """

    def __init__(
        self,
        paths: Sequence[str],
        names: Names | None = None,
        batch_bytes: int | None = None,
        progress: Progress | None = None,
        watch: Callable[[RawBatch], None] | None = None,
        processes: bool = False,
        *,
        keylog: bytes | None = None,
        decode_as: Mapping[int, str] | None = None,
    ) -> None:
        self.info = CaptureInfo(files=list(paths))
        self.correlator = Correlator(names)
        self.pipeline: Pipeline | None = None  # there once the first packets come
        self._captures = [open_capture(path, batch_bytes or DEFAULT_BATCH_BYTES) for path in paths]
        self._progress = progress
        self._watch = watch
        self._keylog = keylog or b""
        self._decode_as = decode_as
        size = sum(LARGE_BYTES if each.size_bytes is None else each.size_bytes for each in self._captures)
        self.in_processes = processes and SEVERAL and watch is None and size >= LARGE_BYTES

    def finals(self, write: Write | None = None) -> Iterator[list[Final]]:
        """Yield conversations as they become final, in as many lists as the capture has batches.

        `write`: only what this writes is wanted of what was said in them; then four processes can share the work.
        """
        collecting = gc.isenabled()
        gc.disable()  # records die by reference count; looking for circles after every batch costs a sixth more
        try:
            for number, finals in enumerate(self._finals(self._parts(write)), 1):
                yield finals
                if not number % COLLECT_EVERY:
                    gc.collect()
        finally:
            if collecting:
                gc.enable()

    def _parts(self, write: Write | None) -> Iterator[Done]:
        """Yield the capture with all shares understood, by as many processes as it is worth."""
        keep = whole if write is None else partial(briefly, write)
        brief = write is not None
        if not self.in_processes:
            return self._understand(self._read(1), keep, brief)
        if not brief:
            return self._understand(ahead(self._read(1), Read), keep, brief)
        pieces: Iterator[Done] = self._read(SHARES)
        for _ in range(SHARES):
            pieces = self._understand(ahead(pieces, Read), partial(packed, keep), brief)
        return ahead(pieces, Done)

    def _read(self, shares: int) -> Iterator[Done]:
        """Read all captures, and sift what may be mail."""
        sift, clock = sifter(self._decode_as, shares), CaptureClock()
        octets = packets = 0
        for capture in self._captures:
            before = packets
            with capture:
                for batch in clock.parts(capture.batches()):
                    batch = replace(batch, first_number=batch.first_number + before) if before else batch
                    packets = batch.first_number + len(batch.start) - 1
                    if self._watch is not None:
                        self._watch(batch)
                    if len(batch.start):
                        rows, position = sift.sift(batch), (octets + capture.position, packets)
                        secrets = capture.take_secrets()
                        yield Piece(rows, [], clock.now_ns, clock.passed_ns, position, secrets)
                    del batch  # so that the next one may take its memory
                octets += capture.position
            link_types = dict.fromkeys(link_name(interface.link_type) for interface in capture.interfaces)
            yield CaptureRead(capture.notes, capture.names, list(link_types), is_last=capture is self._captures[-1])
        yield AllRead(sift.totals, sift.notes(), [])

    def _understand(self, pieces: Iterator[Done], keep: Keep, brief: bool) -> Iterator[Done]:
        """Understand the next share of every piece."""
        pipeline = self.pipeline = Pipeline(self._decode_as, keep, brief)
        pipeline.keys.add(self._keylog)
        for piece in pieces:
            if isinstance(piece, Piece):
                for secrets in piece.secrets:
                    pipeline.keys.add(secrets)
                pipeline.feed(piece.shares.pop(), piece.now_ns, piece.passed_ns)
                piece.understood.append(pipeline.take())
            elif isinstance(piece, AllRead):
                pipeline.finish()
                if not piece.understood:
                    piece.notes += pipeline.keys.notes()
                piece.understood.append(pipeline.take())
                piece.totals.other = Counter(piece.totals.other) + pipeline.other
            yield piece
            if isinstance(piece, CaptureRead) and piece.is_last:
                pipeline.finish()  # now, while those further down the row do the same

    def _finals(self, parts: Iterator[Done]) -> Iterator[list[Final]]:
        """Find out what belongs together."""
        for part in parts:
            if isinstance(part, CaptureRead):
                self.info.notes += part.notes
                self.info.link_types = list(dict.fromkeys([*self.info.link_types, *part.link_types]))
                self.correlator.hosts.add_names(part.names, IN_FILE)
                continue
            yield self.correlator.feed(part.understood)
            if isinstance(part, AllRead):
                self._sum_up(part)
            elif self._progress is not None:
                self._progress(*part.position, self.correlator.conversations)
        yield self.correlator.finish()

    def _sum_up(self, read: AllRead[Understood]) -> None:
        totals, info = read.totals, self.info
        info.packets, info.bytes = totals.packets, totals.bytes
        info.first_ns, info.last_ns = totals.first_ns, totals.last_ns
        info.counters = dict(sorted((+Counter(totals.other)).items()))
        info.notes += read.notes
        unreadable = {name: count for name, count in info.counters.items() if is_unreadable(name)}
        cut = totals.cut - sum(count for name, count in unreadable.items() if is_cut_short(name))
        if cut > 0:
            message = f"packets of which only the beginning was captured: {cut:,}"
            info.notes.append(Note("packets-cut", message))
        if unreadable:
            what = ", ".join(f"{name} {count:,}" for name, count in unreadable.items())
            message = f"packets that could not be read to their end: {sum(unreadable.values()):,} ({what})"
            info.notes.append(Note("unreadable-packets", message))
        if totals.copies:
            count = totals.other["duplicate packet"]
            message = f"copies of packets captured before, by another interface for instance, are left out: {count:,}"
            info.notes.append(Note("duplicate-packets", message, tuple(totals.copies)))
        if totals.evictions:
            message = f"too many streams at once: {totals.evictions} were let go early, and may appear cut in two"
            info.notes.append(Note("stream-limit", message, damage=True))


def briefly(write: Write, conversation: Conversation) -> Kept:
    """Keep of a conversation only what is told of it, and what relating it to others needs."""
    messages = messages_in(conversation)
    places = carried(conversation, messages)
    lookups = conversation.dialogue.lookups
    dialogue = Dialogue(lookups=lookups) if lookups else NOTHING_SAID
    known, written = gist(conversation, messages, places), write(conversation, messages, places)
    if known is None:
        return Kept(dialogue, None, [], Told(written, [], []))
    told = Told(written, known.judged, known.refused)
    known.judged, known.refused = [], []  # who relates conversations needs none of this
    return Kept(dialogue, known, [], told)


def packed(keep: Callable[[Conversation], Kept], conversation: Conversation) -> Raw:
    """Return what is kept of a conversation as octets, in which form it takes the least memory, too."""
    kept = keep(conversation)
    try:
        return Raw(_encode(kept))
    except UnicodeEncodeError:
        return Raw(_encode(surrogates_spelled(to_builtins(kept, builtin_types=(bytes,)))))


def analyze_files(analyzer: Analyzer, protocols: frozenset[str] | None = None) -> Analysis:
    """Read everything and return it in order of appearance."""
    finals = [final for some in analyzer.finals() for final in some]
    finals.sort(key=lambda final: final.conversation.id)
    messages = sorted((m for final in finals for m in final.messages), key=lambda m: (m.content.packets[:1], m.id))
    lookups = sorted((each for final in finals for each in final.lookups), key=lambda each: (each.packets[:1], each.id))
    for number, message in enumerate(messages, 1):
        message.id = message.content.message = number
    for number, lookup in enumerate(lookups, 1):
        lookup.id = number
    clocks, notebook = Clocks(), Notebook()
    for final in finals:
        note(final, [message.id for message in final.messages], notebook, clocks)
    hosts = with_clocks(analyzer.correlator.hosts.hosts(), clocks.skews())
    told = notebook.journeys(hosts)
    analyzer.info.notes += notebook.notes()
    conversations = [final.conversation for final in finals]
    analysis = Analysis(analyzer.info, hosts, conversations, messages, lookups, told)
    return narrowed(analysis, None, protocols)


def note(final: Final, numbers: Sequence[int], notebook: Notebook, clocks: Clocks) -> None:
    """Let a final conversation, whose messages have these numbers, be noted for journeys and clocks."""
    gist = final.gist
    notebook.take(final.conversation, NOTHING_SEEN if gist is None else gist.seen, numbers)
    if gist is not None:
        clocks.observe(final.conversation, gist.stamps)


def narrowed(analysis: Analysis, conversation: int | None, protocols: frozenset[str] | None) -> Analysis:
    """Return the analysis with only the chosen conversations, and the messages and lookups of those."""
    if conversation is None and protocols is None:
        return analysis
    kept = [
        each
        for each in analysis.conversations
        if (conversation is None or each.id == conversation) and (protocols is None or each.protocol in protocols)
    ]
    ids = {each.id for each in kept}
    return Analysis(
        capture=analysis.capture,
        hosts=analysis.hosts,
        conversations=kept,
        messages=[each for each in analysis.messages if each.conversation in ids],
        lookups=[each for each in analysis.lookups if each.conversation in ids],
        known=analysis.lookups if analysis.known is None else analysis.known,
        everything=analysis.conversations if analysis.everything is None else analysis.everything,
        journeys=[each for each in analysis.journeys if any(hop.conversation in ids for hop in each.hops)],
    )
