"""What `mailtrace export` does: mails, attachments, streams and packets into files, and an index of them.

Mails and attachments are written as conversations become final, so that memory follows the open ones. Streams and
packets need a second reading of the capture, once it is known which are wanted. The comments of packets are told
between the two: by then all names and causes are known.
"""

from __future__ import annotations

import io
import os
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.capture.excerpt import write_excerpt
from mailtrace.capture.source import STANDARD_INPUT
from mailtrace.command import PARTIAL, exit_code, packet_bar, progress_bar
from mailtrace.errors import UnreadableInput, UsageError
from mailtrace.export.comments import Commentary, Comments
from mailtrace.export.folder import open_output
from mailtrace.export.index import Index, Row
from mailtrace.export.mails import ATTACHMENTS, EML, MBOX, MailExporter
from mailtrace.export.report import Summary, say, write_summary
from mailtrace.export.store import Store
from mailtrace.export.streams import Plan, plan_of, record
from mailtrace.model import Analysis, CaptureInfo, Conversation
from mailtrace.model.remarks import remark

STREAMS, PCAPNG = "streams", "pcapng"
KINDS = (EML, MBOX, ATTACHMENTS, STREAMS, PCAPNG)
"""What can be exported, as the options name it."""

USUAL = frozenset({EML, ATTACHMENTS})
"""What is exported where nothing is asked for."""

NAMES = {EML: "eml", MBOX: "mail.mbox", ATTACHMENTS: "attachments", STREAMS: "streams", PCAPNG: "packets.pcapng"}
"""What each kind becomes in the directory: a folder or a file."""

INDEX = "index.json"

TWICE = frozenset({STREAMS, PCAPNG})
"""Kinds that need the capture to be read twice."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What the user asked for; `kinds` are some of `KINDS`, none for the usual ones. See `Request`."""

    captures: list[str]
    output: str
    kinds: frozenset[str]
    conversation: int | None = None
    journey: int | None = None
    show_secrets: bool = False
    keylog: bytes | None = None
    decode_as: Mapping[int, str] | None = None


@dataclass(slots=True)
class Choice:
    """What of the capture is wanted: `conversations` (None: all), of them `mails` by number, from 1 (None: all).

    `packets` are wanted besides those of the conversations.
    """

    conversations: frozenset[int] | None = None
    mails: dict[int, set[int]] | None = None
    packets: tuple[int, ...] = ()


def run_export(request: ExportRequest) -> int:
    """Carry out the request and return the exit code. Raises: `MailtraceError`."""
    kinds = request.kinds or USUAL
    twice = [f"--{kind}" for kind in KINDS if kind in kinds & TWICE] + ["--journey"] * (request.journey is not None)
    if twice and STANDARD_INPUT in request.captures:
        raise UsageError(f"{twice[0]} reads the capture twice: give a file, not standard input")
    with _store(request.output, [INDEX, *(NAMES[kind] for kind in kinds)]) as store:
        return _Export(request, kinds, store).run()


@contextmanager
def _store(path: str, names: list[str]) -> Iterator[Store]:
    """Give the directory to export into; one that was made for nothing is removed. Raises: `MailtraceError`."""
    is_new = not os.path.lexists(path)
    folder = open_output(path, names)
    store = Store(folder)
    try:
        yield store
    finally:
        store.close()
        folder.close()
        if is_new:
            with suppress(OSError):  # it is not empty
                Path(path).rmdir()


class _Export:
    """One export under way."""

    def __init__(self, request: ExportRequest, kinds: frozenset[str], store: Store) -> None:
        self._request, self._kinds, self._store = request, kinds, store
        self._index_file = store.draft("", INDEX, is_limited=False)
        self._buffered = io.BufferedWriter(self._index_file)
        self._summary = Summary()
        self._index = Index(self._buffered, self._summary.add)
        self._plans: list[Plan] = []
        self._numbers = array("Q")
        self._comments: Comments = {}

    def run(self) -> int:
        """Read, write, and say what was written; return the exit code. Raises: `MailtraceError`."""
        request = self._request
        choice = _journey(request) if request.journey is not None else Choice(_only(request.conversation))
        info = self._mails(choice)
        if self._plans:
            with packet_bar("the second reading", info.packets) as show:
                self._index.add(
                    record(request.captures, self._plans, self._store, request.keylog, request.decode_as, show)
                )
        if PCAPNG in self._kinds:
            self._packets()
        self._end(info)
        write_summary(self._summary, request.output, not request.kinds, sys.stdout.buffer)
        sys.stdout.flush()
        return self._code(info)

    def _mails(self, choice: Choice) -> CaptureInfo:
        """Read the capture and save its mails; note what the second reading needs. Raises: `MailtraceError`."""
        request = self._request
        exporter, commentary = MailExporter(self._store, self._kinds), Commentary(choice.conversations)
        with progress_bar(request.captures) as progress:
            analyzer = Analyzer(
                request.captures,
                progress=progress,
                processes=True,
                keylog=request.keylog,
                decode_as=request.decode_as,
            )
            for finals in analyzer.finals():
                for final in finals:
                    if PCAPNG in self._kinds:
                        commentary.take(final)
                    number = final.conversation.id
                    if choice.conversations is None or number in choice.conversations:
                        wanted = None if choice.mails is None else choice.mails.get(number, set())
                        self._index.add(exporter.save(final.conversation, wanted))
                        self._remember(final.conversation)
        many = analyzer.correlator.conversations
        if request.conversation is not None and request.conversation > many:
            raise UsageError(f"there is no conversation {request.conversation}; the capture has {many}")
        exporter.finish()
        if PCAPNG in self._kinds:
            self._numbers = array("Q", sorted({*self._numbers, *choice.packets}))
            hosts = analyzer.correlator.hosts.hosts()
            self._comments = commentary.comments(hosts, request.show_secrets, self._written)
        self._summary.uncommented = commentary.untold
        return analyzer.info

    def _remember(self, conversation: Conversation) -> None:
        """Note what the second reading needs of a conversation."""
        plan = plan_of(conversation, self._request.show_secrets) if STREAMS in self._kinds else None
        if plan is not None:
            self._plans.append(plan)
        if PCAPNG in self._kinds:
            self._numbers.extend(conversation.numbers)

    def _written(self, number: int) -> int | None:
        """Return the number that a packet has among the written ones, None where it is not one of them."""
        at = bisect_left(self._numbers, number)
        return at + 1 if at < len(self._numbers) and self._numbers[at] == number else None

    def _packets(self) -> None:
        """Write the packets of what was chosen. Raises: `UnreadableInput`."""
        name, secrets = NAMES[PCAPNG], self._request.show_secrets
        draft = self._store.draft("", name)
        out = io.BufferedWriter(draft)
        many = write_excerpt(self._request.captures, out, self._numbers, self._comments, secrets)
        out.flush()
        draft.publish(name)
        self._index.add([(Row(kind=PCAPNG, file=None, size_bytes=draft.size_bytes, sha256=draft.sha256), draft)])
        self._summary.packets = many

    def _end(self, info: CaptureInfo) -> None:
        """Finish the index. Raises: `UnreadableInput` where it cannot be written."""
        captures = [Path(path).name for path in info.files]
        self._index.finish(captures=captures, counts=self._summary.kinds, notes=info.notes)
        self._buffered.flush()
        self._index_file.publish(INDEX)
        self._index_file.settle()
        if self._index_file.problem is not None:
            raise UnreadableInput(f"cannot write {INDEX} into {self._request.output!r}: {self._index_file.problem}")

    def _code(self, info: CaptureInfo) -> int:
        """Return the exit code, and say on standard error what is not as one may expect."""
        if PCAPNG in self._kinds:
            say(f"{NAMES[PCAPNG]} has the packets as they were captured, passwords and all else included")
        for note in info.notes:
            if note.damage:
                say(remark(note.message))
        for problem, many in self._store.problems.items():
            say(f"files that could not be saved: {many:,} ({problem})")
        partial = self._store.problems or self._summary.cut
        return PARTIAL if partial else exit_code(info)


def _only(conversation: int | None) -> frozenset[int] | None:
    return None if conversation is None else frozenset({conversation})


def _journey(request: ExportRequest) -> Choice:
    """Find a journey, and what belongs to it. Raises: `MailtraceError`."""
    with progress_bar(request.captures) as progress:
        analyzer = Analyzer(request.captures, progress=progress, keylog=request.keylog, decode_as=request.decode_as)
        analysis = analyze_files(analyzer)
    journey = next((each for each in analysis.journeys if each.id == request.journey), None)
    if journey is None:
        raise UsageError(f"there is no journey {request.journey}; the capture has {len(analysis.journeys)}")
    mails: dict[int, set[int]] = {}
    for hop in journey.hops:
        if hop.conversation is not None:
            mails.setdefault(hop.conversation, set())
            if hop.message is not None:
                mails[hop.conversation].add(_place(analysis, hop.conversation, hop.message))
    idents = {ident for hop in journey.hops for ident in hop.idents}
    lookups = set(journey.lookups)
    return Choice(
        conversations=frozenset({*mails, *idents}),
        mails=mails,
        packets=tuple(number for each in analysis.lookups if each.id in lookups for number in each.packets),
    )


def _place(analysis: Analysis, conversation: int, message: int) -> int:
    """Return which mail of its conversation a message is, from 1."""
    contents = analysis.conversations[conversation - 1].dialogue.contents
    return next((at for at, content in enumerate(contents, 1) if content.message == message), 0)
