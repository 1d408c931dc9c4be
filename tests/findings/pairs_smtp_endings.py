"""Scenes for the rules of SMTP about endings, patience and sizes."""

from __future__ import annotations

from tests.findings.pair import Pair
from tests.findings.smtp_scenes import ENDS, GREETED, HELLO, begun, sent

BODY = "C| Subject: x\\r\\n\\r\\nHi\\r\\n.\\r\\n\n"
SIZED = HELLO + "S| 250-mx.example.org\\r\\n250 SIZE 100\\r\\n\n"
IDENT = "== 10.0.0.2 10.0.0.1:113 bare\nC! syn\n.. 1\nC! syn\n--\n"


def announced(size: int, body: str, greeted: str = GREETED) -> str:
    """Return a conversation whose MAIL names a size."""
    return sent(greeted, body).replace("<a@example.net>", f"<a@example.net> SIZE={size}")


def asked_by_ident(*answer: str) -> str:
    """Return a conversation in which the server asks back before it greets, five seconds long."""
    lines = ["== 10.0.0.1 10.0.0.2:25", "--", "== 10.0.0.2 10.0.0.1:113 bare", "C! syn", *answer, "--", "== 1", ".. 5"]
    return "\n".join(lines) + GREETED + ENDS


PAIRS = (
    Pair(
        "SMTP060",
        seen=begun() + "C| Subject: x\\r\\n\\r\\nHi\\r\\n\nC! rst",
        says="10.0.0.1 ended the connection in the middle of a mail, after 18 octets of it",
        packets=(13, 14),
        alike=begun() + "C| Subject: x\\r\\n\\r\\nHi\\r\\n\n--",
    ),
    Pair(
        "SMTP061",
        seen=begun() + BODY + "S! rst",
        says="mx.example.org ended the connection before mx.example.org had answered to the whole mail",
        packets=(13, 14),
        alike=begun() + BODY + "S: 250 Ok\nS! rst",
    ),
    Pair(
        "SMTP062",
        seen=GREETED + "C: NOOP\nS: 421 4.3.2 System shutdown\nS! fin\nC! fin",
        says="mx.example.org broke off the conversation with 10.0.0.1: 421 4.3.2 System shutdown",
        packets=(8,),
        alike="S: 421 4.3.2 System shutdown\nS! fin\nC! fin",
    ),
    Pair(
        "SMTP063",
        seen=GREETED + ".. 300\nS: 421 4.4.2 mx.example.org Error: timeout exceeded\nS! fin\nC! fin",
        says="mx.example.org ended the conversation, since 10.0.0.1 was silent too long: 421 4.4.2 mx.example.org "
        "Error: timeout exceeded [4.4.2: the connection broke or was bad]",
        packets=(7,),
        alike=GREETED + ".. 300\nS: 421 4.3.2 Shutting down\nS! fin\nC! fin",
    ),
    Pair(
        "SMTP064",
        seen=begun() + BODY + ".. 30\nC! fin\nS! fin",
        says="10.0.0.1 waited 30.0 s for the answer to the end of the mail and then closed the connection; "
        "at least 600 s are wanted",
        packets=(13, 14),
        alike=begun() + BODY + ".. 601\nC! fin\nS! fin",
    ),
    Pair(
        "SMTP065",
        seen=GREETED + ".. 10\nS! fin\nC! fin",
        says="mx.example.org waited 10.0 s for the next command of 10.0.0.1 and then closed; at least 300 s are wanted",
        packets=(6, 7),
        alike=GREETED + ".. 301\nS! fin\nC! fin",
    ),
    Pair(
        "SMTP066",
        seen=asked_by_ident(".. 1", "C! syn"),
        says="mx.example.org asked 10.0.0.1 by ident (port 113) who is calling; nobody answered, and it greeted 6.00 s "
        "later",
        packets=(4, 5, 6),
        alike=asked_by_ident("S! rst"),
    ),
    Pair(
        "SMTP070",
        seen=announced(500, "y" * 60 + ("\\r\\n" + "y" * 60) * 40),
        says="10.0.0.1 announced a mail of 500 octets, but sent 2,556",
        packets=(7, 13),
        alike=announced(5_000, "y" * 60 + ("\\r\\n" + "y" * 60) * 40),
    ),
    Pair(
        "SMTP071",
        seen=announced(500, "y" * 90, SIZED),
        says="10.0.0.1 sent a mail of 500 octets, but mx.example.org takes at most 100",
        packets=(7, 13),
        alike=announced(500, "y" * 60, SIZED.replace("SIZE 100", "SIZE 0")),
    ),
)
