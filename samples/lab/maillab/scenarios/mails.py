"""What the people of the lab write, as their mail programs send it."""

from __future__ import annotations

import time
from base64 import b64encode, encodebytes
from email.utils import formatdate
from pathlib import Path

from maillab.machines import Host

LEE = "=?euc-kr?Q?=C0=CC=B3=D7=C0=CC=B9=F6?= <lee@naver.com>"
"""이네이버, as Evolution writes it."""

KIM = "=?euc-kr?B?sei02cC9?= <kim@daum.net>"
"""김다음, as Opera Mail writes it."""

FILES = Path(__file__).resolve().parents[2] / "mails"
"""Where mails lie that are sent octet by octet as they are."""

SECONDS_AHEAD = 9 * 3600
"""Korea is nine hours ahead of UTC, all year."""


def now() -> str:
    """The date of a mail written at this moment, in Korea."""
    return formatdate(time.time() + SECONDS_AHEAD).replace("-0000", "+0900")


def evolution(message_id: str, subject: str, to: str, text: str) -> list[str]:
    """A mail of Lee's, line by line; the message id comes first, and Evolution sends it on its own."""
    return [
        f"Message-ID: {message_id}",
        f"Subject: {subject}",
        f"From: {LEE}",
        f"To: {to}",
        f"Date: {now()}",
        'Content-Type: text/plain; charset="UTF-8"',
        "User-Agent: Evolution 3.36.1-2 ",
        "MIME-Version: 1.0",
        "Content-Transfer-Encoding: base64",
        "",
        *encodebytes(text.encode()).decode().splitlines(),
    ]


def opera(message_id: str, answer_to: str, subject: str, text: str) -> list[str]:
    """A reply of Kim's to Lee, line by line."""
    return [
        "Content-Type: text/plain; charset=euc-kr; format=flowed; delsp=yes",
        "To: =?euc-kr?B?wMyz18DMufY=?= <lee@naver.com>",
        f"Subject: {subject}",
        f"References: {answer_to}",
        f"Date: {now()}",
        "MIME-Version: 1.0",
        f"From: {KIM}",
        f"Message-ID: {message_id}",
        f"In-Reply-To: {answer_to}",
        "User-Agent: Opera Mail/1.0 (Win32)",
        "Content-Transfer-Encoding: Base64",
        "",
        *encodebytes(text.encode("euc-kr")).decode().splitlines(),
    ]


def encoded(text: str) -> str:
    """A text as an encoded word."""
    return f"=?utf-8?b?{b64encode(text.encode()).decode()}?="


def put_into_mailbox(host: Host, user: str, *lines: str) -> None:
    """Put a mail into a mailbox without sending it, as if it had come earlier."""
    with host.path(f"var/mail/{user}").open("a", encoding="utf-8") as mailbox:
        mailbox.write("\n".join(["From lee@naver.com Fri Apr 26 01:50:00 2024", *lines, "", ""]))
    host.run("chown", f"{user}:mail", f"/var/mail/{user}")
    host.run("chmod", "660", f"/var/mail/{user}")
