"""Between a stream that is encrypted and the session that reads what is inside: events pass through the TLS layer.

The session that agreed to TLS is in the middle of its work when it says so, therefore what it gives back waits here for
the next event, or for the end.
"""

from __future__ import annotations

from mailtrace.model import Closed, Data, Dialogue, Gap, StreamEvent
from mailtrace.protocols.base import Session
from mailtrace.protocols.violations import Violations
from mailtrace.tls.keys import Keys


class Opened:
    """A session behind TLS; itself a session, to be fed what is on the wire."""

    def __init__(self, keys: Keys, rest: list[Data | Gap], inside: Session) -> None:
        """Begin TLS with the `rest` that was not read in clear; `inside` is fed what is in it."""
        from mailtrace.tls.layer import TlsLayer  # a capture without TLS does not wait for it to load

        self._layer = TlsLayer(keys)
        self._waiting: list[Data | Gap | Closed] = [*rest]
        self.inside = inside
        inside.dialogue.tls = self._layer.facts

    @property
    def dialogue(self) -> Dialogue:
        """What was understood, in clear and inside TLS."""
        return self.inside.dialogue

    def feed(self, event: StreamEvent) -> None:
        """Take the next event of either side."""
        if self._waiting:
            self.flush()
        self._pass(event)

    def finish(self) -> None:
        """Read what waits, and flush what is inside."""
        self.flush()
        self.inside.finish()

    def flush(self) -> None:
        """Read what waits."""
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            self._pass(event)

    def _pass(self, event: StreamEvent) -> None:
        for clear in self._layer.feed(event):
            self.inside.feed(clear)
        troubles = self._layer.violations
        if troubles:
            violations = Violations(self.dialogue)
            for each in troubles:
                violations.add(each.code, each.side, each.packet, each.time_ns, each.detail)
            troubles.clear()
