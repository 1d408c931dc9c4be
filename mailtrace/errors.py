"""What a user can cause or mend: each error is one line that says what to do, and knows its exit code."""

from __future__ import annotations


class MailtraceError(Exception):
    """Base of everything mailtrace raises on purpose; `str(error)` is one line for the user."""

    exit_code = 3


class UsageError(MailtraceError):
    """The request itself is wrong: an unknown protocol, an option that contradicts another."""

    exit_code = 2


class UnreadableInput(MailtraceError):
    """The input cannot be read at all: no such file, no permission, not a capture."""

    exit_code = 3
