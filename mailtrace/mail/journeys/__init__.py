"""One mail followed from its first client to its last: conversations that carry it are joined into a journey.

Each time a mail is seen, a `Trace` of it is taken down (`trace`, `sightings`, `notebook`), so that conversations and
messages can be let go. At the end each trace is linked with the likeliest one before it (`links`, `scores`), also
envelopes whose mail was refused before it came (`tries`). What is linked becomes the hops of a journey, with those that
only trace fields tell of (`hops`, `dark`) and with what changed on the way (`changes`); then it is followed what became
of it for each recipient (`outcomes`), and what mails report of other mails (`returned`).
"""

from __future__ import annotations

from mailtrace.mail.journeys.joining import Joined
from mailtrace.mail.journeys.notebook import Notebook
from mailtrace.mail.journeys.sightings import NOTHING_SEEN, Sightings, sightings

__all__ = ["NOTHING_SEEN", "Joined", "Notebook", "Sightings", "sightings"]
