"""Commands that nobody knows: a slip of the pen, or the piece of a login whose beginning was not captured."""

from __future__ import annotations

import re

from mailtrace.model import Command
from mailtrace.protocols.imap.grammar import VERBS as IMAP_VERBS
from mailtrace.protocols.pop3.grammar import VERBS as POP3_VERBS
from mailtrace.protocols.smtp.grammar import VERBS as SMTP_VERBS

LOGINS = frozenset(("AUTH", "AUTHENTICATE"))
"""Commands that begin an exchange."""

_VERBS = {"smtp": frozenset(SMTP_VERBS), "pop3": POP3_VERBS, "imap": IMAP_VERBS}
_LIKE_A_VERB = re.compile(r"[A-Z][A-Z0-9]{1,11}\Z")


def may_be_secret(command: Command, protocol: str, before: str | None) -> bool:
    """Tell whether a command may be something else that nobody should read.

    `before` is the verb of the command before, '' for the first one, None where the server was not heard yet.
    """
    if protocol not in _VERBS or command.verb in _VERBS[protocol]:
        return False
    is_alone = command.argument_at >= len(command.line)
    return (
        not command.certain
        or before is None
        or (before in LOGINS and is_alone)
        or _LIKE_A_VERB.match(command.verb) is None
    )
