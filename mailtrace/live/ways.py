"""Mails followed while they are on their way: whenever another conversation carried one, how far it has got."""

from __future__ import annotations

from collections import deque

from mailtrace.live.telling import LiveBook, Told
from mailtrace.mail.journeys import Notebook, sightings
from mailtrace.mail.kept import carried
from mailtrace.model import Analysis, CaptureInfo
from mailtrace.reports.overview import JourneyRow, journey_rows

CONVERSATIONS_LIMIT = 100
"""Conversations with mails, the last, that are kept for this; the summary at the end follows all of them."""


class Ways:
    """Remembers the last conversations that carried mails."""

    def __init__(self) -> None:
        self._past: deque[Told] = deque(maxlen=CONVERSATIONS_LIMIT)
        self._shown: dict[tuple[int | None, tuple[int, ...]], str] = {}

    def follow(self, told: Told, book: LiveBook) -> list[JourneyRow]:
        """Take a conversation that has ended; return the journeys it was another hop of."""
        if not told.read:
            return []
        self._past.append(told)
        conversations = [each.conversation for each in self._past]
        hosts = book.hosts(conversations)
        messages = [message for each in self._past for message in each.messages]
        notebook = Notebook()
        for each in self._past:
            seen = sightings(each.conversation, each.read, carried(each.conversation, each.read))
            notebook.take(each.conversation, seen, [message.id for message in each.read])
        found = [each for each in notebook.journeys(hosts) if len(each.hops) > 1]
        analysis = Analysis(CaptureInfo([]), hosts, conversations, messages, [], found)
        shown, self._shown, further = self._shown, {}, []
        for journey, row in zip(found, journey_rows(analysis, found), strict=True):
            key = (journey.hops[0].conversation, journey.hops[0].packets[:1])
            self._shown[key] = row.way
            if shown.get(key) != row.way:
                further.append(row)
        return further
