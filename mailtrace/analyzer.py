"""Files in, results out: drives the pipeline over captures, for all results at once or one by one."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from mailtrace.capture.source import DEFAULT_BATCH_BYTES, CaptureFile, open_capture
from mailtrace.mail.hosts import IN_FILE
from mailtrace.model import Analysis, CaptureInfo, Note, RawBatch
from mailtrace.packets.links import link_name
from mailtrace.pipeline import Final, Pipeline

Progress = Callable[[int, int, int], None]
"""Called after each batch with octets read, packets and conversations so far."""

PATIENT_COLLECTION = (200_000, 50, 100)
"""Garbage collection thresholds while reading: millions of records are made and none are cyclic, so that looking for
cycles as often as Python does would double the time."""

Names = Mapping[str, Sequence[str]]


class Analyzer:
    """Reads captures (several count as parts of one) through a pipeline; `info` is complete once `finals` is exhausted.

    `watch` sees every batch, for those who list packets.
    """

    def __init__(
        self,
        paths: Sequence[str],
        names: Names | None = None,
        batch_bytes: int | None = None,
        progress: Progress | None = None,
        watch: Callable[[RawBatch], None] | None = None,
    ) -> None:
        self.info = CaptureInfo(files=list(paths))
        self.pipeline = Pipeline(names)
        self.captures = [open_capture(path, batch_bytes or DEFAULT_BATCH_BYTES) for path in paths]
        self._progress = progress
        self._watch = watch

    def finals(self) -> Iterator[Final]:
        """Yield conversations with their messages and lookups, each as soon as it is final."""
        thresholds = gc.get_threshold()
        gc.freeze()
        gc.set_threshold(*PATIENT_COLLECTION)
        try:
            yield from self._finals()
        finally:
            gc.set_threshold(*thresholds)

    def _finals(self) -> Iterator[Final]:
        octets = 0
        for capture in self.captures:
            first = self.pipeline.totals.packets
            for batch in capture.batches():
                batch = replace(batch, first_number=batch.first_number + first) if first else batch
                if self._watch is not None:
                    self._watch(batch)
                self.pipeline.feed(batch)
                if self._progress is not None:
                    self._progress(octets + capture.position, self.pipeline.totals.packets, self._conversations())
                yield from self.pipeline.take()
            octets += capture.position
            self._note(capture)
            capture.close()
        self.pipeline.finish()
        yield from self.pipeline.take()
        self._sum_up()

    def _conversations(self) -> int:
        return self.pipeline.totals.conversations

    def _note(self, capture: CaptureFile) -> None:
        self.info.notes += capture.notes
        self.pipeline.hosts.add_names(capture.names, IN_FILE)
        for interface in capture.interfaces:
            name = link_name(interface.link_type)
            if name not in self.info.link_types:
                self.info.link_types.append(name)

    def _sum_up(self) -> None:
        totals, info = self.pipeline.totals, self.info
        info.packets, info.bytes = totals.packets, totals.bytes
        info.first_ns, info.last_ns = totals.first_ns, totals.last_ns
        info.counters = dict(sorted(totals.other.items()))
        if totals.evictions:
            message = f"too many streams at once: {totals.evictions} were let go early, and may appear cut in two"
            info.notes.append(Note("stream-limit", message, damage=True))


def analyze_files(analyzer: Analyzer, protocols: frozenset[str] | None = None) -> Analysis:
    """Read everything and return it in order of appearance."""
    finals = list(analyzer.finals())
    finals.sort(key=lambda final: final.conversation.id)
    messages = sorted((m for final in finals for m in final.messages), key=lambda m: (m.content.packets[:1], m.id))
    lookups = sorted((each for final in finals for each in final.lookups), key=lambda each: (each.packets[:1], each.id))
    for number, message in enumerate(messages, 1):
        message.id = message.content.message = number
    for number, lookup in enumerate(lookups, 1):
        lookup.id = number
    conversations = [final.conversation for final in finals]
    analysis = Analysis(analyzer.info, analyzer.pipeline.hosts.hosts(), conversations, messages, lookups)
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
