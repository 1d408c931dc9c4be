"""A clock that is wrong is told where a report begins, by each kind of report."""

from __future__ import annotations

import io
import json

import pytest
from msgspec.structs import replace

from mailtrace.model import ClockCertainty, ClockEvidence, ClockSkew
from mailtrace.reports import Report, write
from tests.reports.analyses import submission

CLOCK = ClockSkew(
    32399.4,
    32400.9,
    32400.15,
    9,
    ClockCertainty.CERTAIN,
    2,
    0,
    (ClockEvidence("greeting", "2024-04-26T10:57:58Z", (1, 4)),),
)


def written(form: str) -> str:
    """Return the report on a submission whose server is nine hours ahead."""
    analysis = submission()
    analysis.hosts = [replace(host, clock=CLOCK) if "serverA" in host.names else host for host in analysis.hosts]
    out = io.BytesIO()
    write(form, Report(analysis, iter(()), "novice", False), out)
    return out.getvalue().decode()


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_people_are_told(form: str) -> None:
    told = " ".join(written(form).replace("*", "").replace("\\", "").split())
    sentence = "The clock of serverA is 9 hours ahead of the capture's, as if its time zone were set wrong."
    assert f"{sentence} (packets 1, 4)" in told


def test_programs_are_told() -> None:
    expected = {
        "low_s": 32399.4,
        "high_s": 32400.9,
        "skew_s": 32400.15,
        "zone_hours": 9,
        "sure": "certain",
        "readings": 2,
        "contradicting": 0,
        "evidence": [{"kind": "greeting", "stamp": "2024-04-26T10:57:58Z", "packets": [1, 4]}],
    }
    assert [host["clock"] for host in json.loads(written("json"))["hosts"]] == [expected, None]
    assert json.loads(written("jsonl").splitlines()[-1])["hosts"][0]["clock"] == expected
