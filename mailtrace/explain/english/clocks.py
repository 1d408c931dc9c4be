"""Sentences about clocks that are not the capture's."""

from __future__ import annotations

CLOCKS: dict[str, str] = {
    "clock.ahead": "The clock of {host} is about {amount} ahead of the capture's.",
    "clock.behind": "The clock of {host} is about {amount} behind the capture's.",
    "clock.ahead.least": "The clock of {host} is at least {amount} ahead of the capture's.",
    "clock.ahead.zone": "The clock of {host} is {amount} ahead of the capture's, as if its time zone were set wrong.",
    "clock.behind.zone": "The clock of {host} is {amount} behind the capture's, as if its time zone were set wrong.",
    "clock.ahead.dates": "By the dates of the mails it sent, the clock of {host} is at least {amount} ahead of the "
    "capture's.",
    "clock.behind.dates": "By the dates of the mails it sent, the clock of {host} is about {amount} behind the "
    "capture's.",
    "clock.others": "{fact} Not all of its stamps fit ({count} do not): it was set meanwhile, or they are another's.",
    "clock.capture.ahead": "All servers that tell their time are about {amount} ahead of the capture: its own clock is "
    "probably behind.",
    "clock.capture.behind": "All servers that tell their time are about {amount} behind the capture: its own clock is "
    "probably ahead.",
    "clock.seconds": "{seconds} seconds",
    "clock.two-units": "{larger} {smaller}",
}
