"""Files in, results out: drives the pipeline over captures, for all results at once or one by one."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from msgspec import Struct

from mailtrace.capture.source import DEFAULT_BATCH_BYTES, open_capture
from mailtrace.mail.correlator import Correlator, Final, Understood
from mailtrace.mail.hosts import IN_FILE
from mailtrace.model import NO_TIME, Analysis, CaptureInfo, Note, RawBatch, Transport
from mailtrace.packets.carriers import link_name
from mailtrace.pipeline import Pipeline, sifter
from mailtrace.processes import SEVERAL, ahead
from mailtrace.streams.sift import Rows, Totals

Progress = Callable[[int, int, int], None]
"""Called after each batch with octets read, packets and conversations so far."""

Names = Mapping[str, Sequence[str]]


LARGE_BYTES = 8 << 20
"""From this size on reading and understanding in two processes is worth a fork."""

COLLECT_EVERY = 128
"""Batches between two searches for circles of records: there should be none (tests), but libraries may make some."""


class Piece(Struct, tag=True):
    """What is kept of the next part of a capture, up to `position`: octets and packets read so far, of all files.

    `now_ns` is the capture's latest time so far. `secrets` are those that stand before the part in the file, in the
    format of SSLKEYLOGFILE.
    """

    tcp: Rows
    udp: Rows
    now_ns: int
    position: tuple[int, int]
    secrets: list[bytes]


class CaptureRead(Struct, tag=True):
    """A capture is at its end; these are the facts about it."""

    notes: list[Note]
    names: dict[str, list[str]]
    link_types: list[str]


class AllRead(Struct, tag=True):
    """So are all captures, and this is what is to be said of them together."""

    totals: Totals
    notes: list[Note]


class Part(Struct, tag=True):
    """What came of a piece over TCP, and its datagrams, which are understood later; `over`: it was the last."""

    understood: Understood
    udp: Rows
    position: tuple[int, int]
    over: bool = False


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
        self._captures = [open_capture(path, batch_bytes or DEFAULT_BATCH_BYTES) for path in paths]
        self._progress = progress
        self._watch = watch
        self._keylog = keylog or b""
        self._decode_as = decode_as
        size = sum(LARGE_BYTES if each.size_bytes is None else each.size_bytes for each in self._captures)
        self.in_processes = processes and SEVERAL and watch is None and size >= LARGE_BYTES

    def finals(self, brief: bool = False) -> Iterator[list[Final]]:
        """Yield conversations as they become final, in as many lists as the capture has batches.

        `brief`: only what JSON tells is wanted of them; then three processes can share the work.
        """
        collecting = gc.isenabled()
        gc.disable()  # records die by reference count; looking for circles after every batch costs a sixth more
        try:
            for number, finals in enumerate(self._finals(self._parts(brief)), 1):
                yield finals
                if not number % COLLECT_EVERY:
                    gc.collect()
        finally:
            if collecting:
                gc.enable()

    def _parts(self, brief: bool) -> Iterator[Part | CaptureRead | AllRead]:
        pieces = self._read()
        if not self.in_processes:
            return self._understand(pieces)
        parts = self._understand(ahead(pieces, Piece | CaptureRead | AllRead))
        return ahead(map(_brief, parts), Part | CaptureRead | AllRead) if brief else parts

    def _read(self) -> Iterator[Piece | CaptureRead | AllRead]:
        """Read all captures, and sift what may be mail."""
        sift = sifter(self._decode_as)
        octets = packets = 0
        for capture in self._captures:
            before = packets
            with capture:
                for batch in capture.batches():
                    batch = replace(batch, first_number=batch.first_number + before) if before else batch
                    packets = batch.first_number + len(batch.start) - 1
                    if self._watch is not None:
                        self._watch(batch)
                    if len(batch.start):
                        kept, now_ns = sift.sift(batch), sift.totals.last_ns
                        yield Piece(
                            kept[Transport.TCP],
                            kept[Transport.UDP],
                            NO_TIME if now_ns is None else now_ns,
                            (octets + capture.position, packets),
                            capture.take_secrets(),
                        )
                octets += capture.position
            link_types = dict.fromkeys(link_name(interface.link_type) for interface in capture.interfaces)
            yield CaptureRead(capture.notes, capture.names, list(link_types))
        yield AllRead(sift.totals, sift.notes())

    def _understand(self, pieces: Iterator[Piece | CaptureRead | AllRead]) -> Iterator[Part | CaptureRead | AllRead]:
        """Understand what was said over TCP."""
        pipeline = Pipeline(Transport.TCP, self._decode_as)
        pipeline.keys.add(self._keylog)
        position = (0, 0)
        for piece in pieces:
            if isinstance(piece, Piece):
                for secrets in piece.secrets:
                    pipeline.keys.add(secrets)
                position = piece.position
                pipeline.feed(piece.tcp, piece.now_ns)
                yield Part(pipeline.take(), piece.udp, position)
                continue
            if isinstance(piece, AllRead):
                pipeline.finish()
                yield Part(pipeline.take(), Rows(), position, over=True)
                piece.totals.other = Counter(piece.totals.other) + pipeline.other
                piece.notes += pipeline.keys.notes()
            yield piece

    def _finals(self, parts: Iterator[Part | CaptureRead | AllRead]) -> Iterator[list[Final]]:
        """Understand the datagrams, and find out what belongs together."""
        pipeline = Pipeline(Transport.UDP, self._decode_as)
        for part in parts:
            if isinstance(part, Part):
                if part.over:
                    pipeline.finish()
                else:
                    pipeline.feed(part.udp, part.understood.now_ns)
                yield self.correlator.feed(part.understood, pipeline.take())
                if self._progress is not None:
                    self._progress(*part.position, self.correlator.conversations)
            elif isinstance(part, CaptureRead):
                self.info.notes += part.notes
                self.info.link_types = list(dict.fromkeys([*self.info.link_types, *part.link_types]))
                self.correlator.hosts.add_names(part.names, IN_FILE)
            else:
                self._sum_up(part)
        yield self.correlator.finish()

    def _sum_up(self, read: AllRead) -> None:
        totals, info = read.totals, self.info
        info.packets, info.bytes = totals.packets, totals.bytes
        info.first_ns, info.last_ns = totals.first_ns, totals.last_ns
        info.counters = dict(sorted((+Counter(totals.other)).items()))
        info.notes += read.notes
        if totals.copies:
            count = totals.other["duplicate packet"]
            message = f"copies of packets captured before, by another interface for instance, are left out: {count:,}"
            info.notes.append(Note("duplicate-packets", message, tuple(totals.copies)))
        if totals.evictions:
            message = f"too many streams at once: {totals.evictions} were let go early, and may appear cut in two"
            info.notes.append(Note("stream-limit", message, damage=True))


def _brief(part: Part | CaptureRead | AllRead) -> Part | CaptureRead | AllRead:
    """Return a part with only what another process needs of it."""
    return Part(part.understood.brief(), part.udp, part.position, part.over) if isinstance(part, Part) else part


def analyze_files(analyzer: Analyzer, protocols: frozenset[str] | None = None) -> Analysis:
    """Read everything and return it in order of appearance."""
    finals = [final for some in analyzer.finals() for final in some]
    finals.sort(key=lambda final: final.conversation.id)
    messages = sorted((m for final in finals for m in final.messages()), key=lambda m: (m.content.packets[:1], m.id))
    lookups = sorted((each for final in finals for each in final.lookups), key=lambda each: (each.packets[:1], each.id))
    for number, message in enumerate(messages, 1):
        message.id = message.content.message = number
    for number, lookup in enumerate(lookups, 1):
        lookup.id = number
    conversations = [final.conversation for final in finals]
    analysis = Analysis(analyzer.info, analyzer.correlator.hosts.hosts(), conversations, messages, lookups)
    return narrowed(analysis, None, protocols)


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
    )
