"""Every known way to smuggle a mail: named with its octets and both readings, and which of them the server took."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtrace.findings.catalog import chosen_rules, findings
from mailtrace.model import Severity
from tests.findings.scene import analysed
from tests.findings.smtp_scenes import ENDS, begun

VARIANTS = {
    r"\n.\n": "<LF>.<LF>",
    r"\n.\r": "<LF>.<CR>",
    r"\n.\r\n": "<LF>.<CR><LF>",
    r"\r.\r": "<CR>.<CR>",
    r"\r.\r\n": "<CR>.<CR><LF>",
    r"\r.\n": "<CR>.<LF>",
    r"\r\n.\n": "<CR><LF>.<LF>",
    r"\r\n.\r": "<CR><LF>.<CR>",
    r"\r\n.\r\r\n": "<CR><LF>.<CR><CR><LF>",
    r"\r\r\n.\r\r\n": "<CR><CR><LF>.<CR><CR><LF>",
    r"\r\n\0.\r\n": "<CR><LF><NUL>.<CR><LF>",
    r"\r\n.\0\r\n": "<CR><LF>.<NUL><CR><LF>",
    r"\n\0.\r\n": "<LF><NUL>.<CR><LF>",
}

HIDDEN = r"MAIL FROM:<boss@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nSubject: forged\r\n\r\nPay.\r\n.\r\n"

ONE_ANSWER = "S: 250 2.0.0 Ok: queued as 111111111111\n"
FIVE_ANSWERS = (
    f"{ONE_ANSWER}S: 250 2.1.0 Ok\nS: 250 2.1.5 Ok\nS: 354 go ahead\nS: 250 2.0.0 Ok: queued as 222222222222\n"
)


def told(variant: str, answers: str, folder: Path, ends: str = ENDS) -> list[tuple[str, Severity, str]]:
    """Return what the two rules say of a mail with a variant in it."""
    scene = f"{begun()}\nC| Subject: harmless\\r\\n\\r\\nHi{variant}{HIDDEN}\n{answers}{ends}"
    found = findings(analysed(scene, folder), chosen_rules(["SMTP010", "SMTP011"]))
    return [(each.code, each.severity, each.message) for each in found]


@pytest.mark.parametrize("variant", VARIANTS)
def test_g136_a_server_that_reads_strictly(variant: str, tmp_path: Path) -> None:
    assert told(variant, ONE_ANSWER, tmp_path) == [
        (
            "SMTP011",
            Severity.WARNING,
            f"Within a mail of 10.0.0.1 stands {VARIANTS[variant]}, which is not the end by the rules but by some "
            "servers' reading. Read strictly it is one mail; read loosely a further mail from boss@example.org to "
            "b@example.org begins behind it. mx.example.org took it strictly, by its answers",
        )
    ]


@pytest.mark.parametrize("variant", VARIANTS)
def test_g136_a_server_that_takes_it_for_the_end(variant: str, tmp_path: Path) -> None:
    assert told(variant, FIVE_ANSWERS, tmp_path) == [
        (
            "SMTP010",
            Severity.ERROR,
            "10.0.0.1 smuggled a mail past the rules: strictly read it sent one mail, from a@example.net; "
            f"mx.example.org took {VARIANTS[variant]} for its end and accepted one more, from boss@example.org to "
            "b@example.org",
        )
    ]


def test_g136_an_unanswered_mail_leaves_it_open(tmp_path: Path) -> None:
    ((code, _, message),) = told(r"\n.\n", "", tmp_path, "S! rst")
    assert code == "SMTP011"
    assert message.endswith("mx.example.org took it in a way that its answers do not tell")
