"""What the words of the ident protocol mean. Tables only, no logic."""

from __future__ import annotations

from mailtrace.protocols.word import Word

ANSWERS: dict[str, Word] = {
    "USERID": Word("the connection belongs to the user named last", "RFC 1413 section 5"),
    "ERROR": Word("the user is not told", "RFC 1413 section 5"),
}

ERRORS: dict[str, Word] = {
    "INVALID-PORT": Word("the port numbers in the question are not valid", "RFC 1413 section 5"),
    "NO-USER": Word("no user owns such a connection", "RFC 1413 section 5"),
    "HIDDEN-USER": Word("the user does not want to be named", "RFC 1413 section 5"),
    "UNKNOWN-ERROR": Word("the owner could not be found, the reason is not told", "RFC 1413 section 5"),
}
