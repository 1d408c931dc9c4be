"""Files in, results out: drives the pipeline over captures, for all results at once or one by one."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from msgspec import Struct

from mailtrace.capture.source import DEFAULT_BATCH_BYTES, open_capture
from mailtrace.mail.correlator import Correlator, Final, Understood
from mailtrace.model import Analysis, CaptureInfo, Note, RawBatch
from mailtrace.packets.carriers import link_name
from mailtrace.pipeline import Pipeline, sifter
from mailtrace.processes import SEVERAL, ahead
from mailtrace.streams.sift import Sifted

Progress = Callable[[int, int, int], None]
"""Called after each batch with octets read, packets and conversations so far."""

Names = Mapping[str, Sequence[str]]


LARGE_BYTES = 8 << 20
"""From this size on reading and understanding in two processes is worth a fork."""

COLLECT_EVERY = 128
"""Batches between two searches for circles of records: there should be none (tests), but libraries may make some."""


class Piece(Struct, tag=True):
    """The next part of a capture; `position` counts the octets read so far, of all files.

    `secrets` are those that stand before it in the file, in the format of SSLKEYLOGFILE.
    """

    sifted: Sifted
    position: int
    secrets: list[bytes]


class CaptureRead(Struct, tag=True):
    """A capture is at its end; these are the facts about it."""

    notes: list[Note]
    names: dict[str, list[str]]
    link_types: list[str]


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
        self.pipeline = Pipeline(decode_as)
        self.correlator = Correlator(names)
        self._captures = [open_capture(path, batch_bytes or DEFAULT_BATCH_BYTES) for path in paths]
        self._progress = progress
        self._watch = watch
        if keylog is not None:
            self.pipeline.keys.add(keylog)
        self._decode_as = decode_as
        size = sum(LARGE_BYTES if each.size_bytes is None else each.size_bytes for each in self._captures)
        self.in_processes = processes and SEVERAL and watch is None and size >= LARGE_BYTES

    def finals(self) -> Iterator[list[Final]]:
        """Yield conversations as they become final, in as many lists as the capture has batches."""
        return map(self.correlator.feed, self.understood())

    def understood(self) -> Iterator[Understood]:
        """Yield what came of each batch, for the correlator, which may be another process's."""
        collecting = gc.isenabled()
        gc.disable()  # records die by reference count; looking for circles after every batch costs a sixth more
        try:
            for number, understood in enumerate(self._understood(), 1):
                yield understood
                if not number % COLLECT_EVERY:
                    gc.collect()
        finally:
            if collecting:
                gc.enable()

    def _understood(self) -> Iterator[Understood]:
        parts: Iterator[Piece | CaptureRead] = self._read()
        for part in ahead(parts, Piece | CaptureRead) if self.in_processes else parts:
            if isinstance(part, CaptureRead):
                self._note(part)
                yield Understood(part.names)
                continue
            for secrets in part.secrets:
                self.pipeline.keys.add(secrets)
            self.pipeline.feed(part.sifted)
            if self._progress is not None:
                totals = self.pipeline.totals
                self._progress(part.position, totals.packets, totals.conversations)
            yield self.pipeline.take()
        self.pipeline.finish()
        yield self.pipeline.take(over=True)
        self._sum_up()

    def _read(self) -> Iterator[Piece | CaptureRead]:
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
                        yield Piece(sift.sift(batch), octets + capture.position, capture.take_secrets())
                octets += capture.position
            link_types = dict.fromkeys(link_name(interface.link_type) for interface in capture.interfaces)
            yield CaptureRead(capture.notes, capture.names, list(link_types))
        yield CaptureRead(sift.notes(), {}, [])

    def _note(self, read: CaptureRead) -> None:
        self.info.notes += read.notes
        self.info.link_types = list(dict.fromkeys([*self.info.link_types, *read.link_types]))

    def _sum_up(self) -> None:
        totals, info = self.pipeline.totals, self.info
        info.packets, info.bytes = totals.packets, totals.bytes
        info.first_ns, info.last_ns = totals.first_ns, totals.last_ns
        info.counters = dict(sorted((+totals.other).items()))
        keys = self.pipeline.keys
        if keys.malformed:
            message = f"{keys.malformed:,} lines among the keys for TLS are no keys: they are passed over"
            info.notes.append(Note("bad-keys", message))
        if keys.left_out:
            message = f"more keys for TLS than are kept: {keys.left_out:,} are left out"
            info.notes.append(Note("keys-limit", message, damage=True))
        if totals.copies:
            count = totals.other["duplicate packet"]
            message = f"copies of packets captured before, by another interface for instance, are left out: {count:,}"
            info.notes.append(Note("duplicate-packets", message, tuple(totals.copies)))
        if totals.evictions:
            message = f"too many streams at once: {totals.evictions} were let go early, and may appear cut in two"
            info.notes.append(Note("stream-limit", message, damage=True))


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
