"""Which mails a POP3 session has marked for deletion: QUIT deletes them, RSET takes the marks back."""

from __future__ import annotations

from collections.abc import Iterable

from mailtrace.model import Outcome, Turn
from mailtrace.protocols.pop3.grammar import parse_number


def marked(turns: Iterable[Turn]) -> dict[int, int]:
    """Return the numbers of the mails that are marked in the end, each with the packet that marked it.

    A number that is none counts as 0. Source: RFC 1939 section 5.
    """
    marks: dict[int, int] = {}
    for turn in turns:
        command = turn.command
        if command is None or not turn.replies or turn.replies[-1].outcome is not Outcome.GOOD:
            continue
        if command.verb == "DELE":
            marks[parse_number(command.line[command.argument_at :])] = command.packet
        elif command.verb == "RSET":
            marks.clear()
    return marks
