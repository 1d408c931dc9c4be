"""What walkthroughs say of SPF, DKIM and DMARC where a mail or its refusal is shown."""

from __future__ import annotations

import pytest

import mailtrace
from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.model import Analysis, StepKind
from tests.support import shared


@pytest.fixture(scope="module")
def lab() -> Analysis:
    """Return the capture of the lab with seven mails."""
    return mailtrace.analyze(shared("captures/lab/10-dnsauth.pcapng"))


def meanings(analysis: Analysis, conversation: int, kind: StepKind) -> list[str]:
    """Return what the steps of a kind mean in one conversation."""
    (told,) = walkthroughs(analysis, conversation=conversation)
    return [step.means for step in told.steps if step.kind is kind]


def test_a_mail_that_was_changed(lab: Analysis) -> None:
    (means,) = meanings(lab, 23, StepKind.CONTENT)
    assert "SPF pass: `ip4:192.168.111.100` in the SPF record of naver.com allows 192.168.111.100." in means
    assert "DKIM fail: the body is not the one that was signed: it was probably changed on the way." in means
    assert "DMARC pass: SPF passed for naver.com or a name that its policy lets stand for it." in means


def test_refusals_that_the_records_explain(lab: Analysis) -> None:
    assert meanings(lab, 54, StepKind.REPLY)[-2].endswith(
        "The captured records say the same. SPF fail: the SPF record of naver.com does not name 192.168.111.130, and "
        "ends with `-all`."
    )
    assert meanings(lab, 62, StepKind.REPLY)[-2].endswith(
        'The captured records say the same: 192.168.111.133 is listed (127.0.0.2), says bl.lab.example: "Listed: '
        'https://bl.lab.example/q?192.168.111.133".'
    )


def test_nothing_is_told_where_nothing_is_known() -> None:
    for told in walkthroughs(mailtrace.analyze(shared("captures/lab/01-lab-journey.pcapng"))):
        assert [step.number for step in told.steps if "SPF " in step.means or "DMARC " in step.means] == []
