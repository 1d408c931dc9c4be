"""mbox: separators, quoting, line ends. Source: RFC 4155 appendix A."""

from __future__ import annotations

import mailbox
import re
from pathlib import Path

import pytest

from mailtrace.export.mbox import mbox_entry
from mailtrace.model import NO_TIME

FRIDAY = 1_714_096_681_600_000_000
"""2024-04-26 01:58:01.6 UTC."""


def test_a_mail_becomes_an_entry() -> None:
    octets = b"Subject: test\r\n\r\nhello\r\n"
    assert mbox_entry(octets, "lee@naver.com", FRIDAY) == (
        b"From lee@naver.com Fri Apr 26 01:58:01 2024\nSubject: test\n\nhello\n\n"
    )


def test_lines_that_begin_with_from_are_quoted_and_can_be_unquoted() -> None:
    octets = b"From: a@b\r\n\r\nFrom here\r\n>From there\r\n>>From x\r\n From y\r\nfrom z\r\n"
    entry = mbox_entry(octets, "a@b", FRIDAY)
    head, _, rest = entry.partition(b"\n")
    assert rest == b"From: a@b\n\n>From here\n>>From there\n>>>From x\n From y\nfrom z\n\n"
    unquoted = re.sub(rb"(?m)^>(>*From )", rb"\1", rest)
    assert unquoted.removesuffix(b"\n").replace(b"\n", b"\r\n") == octets
    assert head.startswith(b"From a@b ")


@pytest.mark.parametrize(
    "sender", [None, "", "a b@c", "a@b\nFrom x@y", "no-sign", "a" * 400 + "@b", "김@daum.net", "a@b\x1b[0m"]
)
def test_a_sender_that_cannot_stand_in_a_separator_is_left_out(sender: str | None) -> None:
    assert mbox_entry(b"x\r\n", sender, FRIDAY).startswith(b"From MAILER-DAEMON Fri Apr 26 01:58:01 2024\nx\n")


def test_a_mail_without_last_line_end_an_empty_one_and_one_without_time() -> None:
    assert mbox_entry(b"Subject: x", "a@b", FRIDAY).endswith(b"\nSubject: x\n\n")
    assert mbox_entry(b"", "a@b", NO_TIME) == b"From a@b Thu Jan  1 00:00:00 1970\n\n"


def test_the_standard_library_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "mail.mbox"
    mails = [b"Subject: one\r\n\r\nFrom me\r\n", b"Subject: two\r\n\r\nlast", b"Subject: three\r\n\r\n\r\n"]
    path.write_bytes(b"".join(mbox_entry(octets, "a@b.c", FRIDAY) for octets in mails))
    assert [message["Subject"] for message in mailbox.mbox(path, create=False)] == ["one", "two", "three"]
