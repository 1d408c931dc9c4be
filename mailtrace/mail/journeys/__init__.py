"""One mail followed from its first client to its last: conversations that carry it are joined into a journey.

Each time a mail is seen, a `Trace` of it is taken down (`trace`, `notebook`), so that conversations and messages can be
let go. At the end each trace is linked with the likeliest one before it (`links`, `scores`), also envelopes whose mail
was refused before it came (`tries`). What is linked becomes the hops of a journey, with those that only trace fields
tell of (`hops`, `dark`) and with what changed on the way (`changes`); then it is followed what became of it for each
recipient (`outcomes`), and what mails report of other mails (`returned`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailtrace.mail.journeys.notebook import Notebook
from mailtrace.model import Conversation, Host, Journey, Message, Note

__all__ = ["Notebook", "journeys"]


def journeys(
    conversations: Iterable[Conversation], messages: Iterable[Message], hosts: Sequence[Host], notes: list[Note]
) -> list[Journey]:
    """Return the journeys of all mails in an analysis, in the order in which they began.

    What the user has to know of limits is added to `notes`.
    """
    by_conversation: dict[int, list[Message]] = {}
    for message in messages:
        by_conversation.setdefault(message.conversation, []).append(message)
    notebook = Notebook()
    for conversation in conversations:
        notebook.take(conversation, by_conversation.get(conversation.id, ()))
    notes += notebook.notes()
    return notebook.journeys(hosts)
