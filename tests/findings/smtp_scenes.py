"""Pieces of SMTP conversations that scenes are put together from; the handshake of TCP is packets 1 to 3."""

from __future__ import annotations

HELLO = """
    S: 220 mx.example.org ESMTP
    C: EHLO client.example.net
"""
"""Packets 4 and 5."""

GREETED = f"{HELLO}\nS: 250 mx.example.org\n"
"""Packets 4 to 6."""

ENDS = """
    C: QUIT
    S: 221 2.0.0 Bye
"""


def begun(greeted: str = GREETED) -> str:
    """Return a conversation up to the 354 that lets the mail come: packets 7 to 12, the mail is 13."""
    return (
        greeted
        + """
            C: MAIL FROM:<a@example.net>
            S: 250 2.1.0 Ok
            C: RCPT TO:<b@example.org>
            S: 250 2.1.5 Ok
            C: DATA
            S: 354 go ahead
        """
    )


def sent(greeted: str = GREETED, body: str = "Hi") -> str:
    """Return a conversation with one mail."""
    return begun(greeted) + f"C| Subject: x\\r\\n\\r\\n{body}\\r\\n.\\r\\n\nS: 250 2.0.0 Ok: queued as 4F1\n" + ENDS
