"""Journeys on the command line: listed first, found, told alone; what they say is in the stories of the samples."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

import mailtrace
from tests.support import SAMPLES, shared
from tests.test_cli import fails, run

REPORT = SAMPLES / "02-report-2024.pcapng"
LAB = SAMPLES / "03-lab-journey.pcapng"
CHUNKING = SAMPLES / "05-lab-chunking.pcapng"
DNSAUTH = SAMPLES / "07-lab-dnsauth.pcapng"

QUEUE_IDS = {
    REPORT: [["43Q1vx0G007503", "43Q1w1lW007636"], ["43Q1wvqQ007664", "43Q1wwYr007507"]],
    LAB: [["6AM3qXPe000073", "6AM3qZ0l000117"], ["6AM3qkPq000124", "6AM3qlIb000076"]],
}
"""From the tables of the report and the logs of the lab's servers: submitted as, relayed as."""


def shown(*arguments: object, width: int = 160) -> str:
    done = run("analyze", *arguments, COLUMNS=str(width))
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def report(*arguments: object) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(shown("--format", "json", *arguments))
    return whole


def test_journeys_come_first() -> None:
    text = shown(REPORT)
    first, second = re.findall(r"^[12] +[\d.]+  .*$", text, re.MULTILINE)[:2]
    assert re.split("  +", first) == [
        "1", "32.924", "test", "lee@naver.com → kim@daum.net",
        "UbunClient(Lee) → serverA → serverB → WinClient(Kim)", "fetched", "13.056 s",
    ]  # fmt: skip
    assert "Re: test2" in second and "WinClient(Kim) → serverB → serverA → UbunClient(Lee)" in second
    assert text.index(first) < text.index("What happened") < text.index("SMTP conversation 10")


def test_korean_subjects_line_up() -> None:
    for width in (100, 160):
        text = shown(CHUNKING, width=width)
        assert "안녕하세요 (raw EUC-KR)" in text and "日本語" in text


def test_one_conversation_is_told_without_a_list() -> None:
    assert "--journey" not in shown("--conversation", 10, REPORT)


@pytest.mark.parametrize("sample", [REPORT, LAB], ids=["report", "lab"])
def test_queue_ids_hop_by_hop(sample: object) -> None:
    for number, queue_ids in enumerate(QUEUE_IDS[sample], 1):  # type: ignore[index]
        text = shown("--journey", number, sample)
        headings = re.findall(r"^Hop \d: .*\n(?:  .*\n)+", text, re.MULTILINE)
        assert len(headings) == 3
        for queue_id, heading, following in zip(queue_ids, headings[:2], headings[1:], strict=True):
            assert f"took it as {queue_id}." in heading
            assert f"the server that took the mail called it {queue_id}" in following


def test_a_journey_alone() -> None:
    text = shown("--journey", 2, LAB)
    assert "─ Journey 2: " in text and "Journey 1" not in text and "conversation 1:" not in text
    assert "No.  " not in text
    packets = re.findall(r"^ +\d+  (\d[\d, -]*?\d)  ?[ (]", text, re.MULTILINE)
    steps = ["103-105", "115", "138, 140", "155-157", "179-181"]
    assert [each for each in packets if each in steps] == steps, "set-up, greeting, MX, relay, retrieval"


def test_lookups_and_ident_calls_have_their_command() -> None:
    text = " ".join(shown("--journey", 2, "--level", "expert", LAB, width=200).split())
    for said in (
        "(for SMTP conversation 13: before the greeting)",
        "(for SMTP conversation 13: while MAIL FROM:<kim@daum.net> waits for its answer)",
        "(for SMTP conversation 13: while RCPT TO:<lee@naver.com> waits for its answer)",
        "MX naver.com? 10 mail.naver.com. (for SMTP conversation 26: before it is opened)",
    ):
        assert said in text


def test_what_changed_on_the_way() -> None:
    """The local mailer of serverB decodes the body: see the story of the sample."""
    text = shown("--journey", 1, LAB)
    _, relayed, fetched = text.split("\nHop ")[1:]
    assert "header added: Received\n" in relayed and "re-encoded" not in relayed
    assert "X-MIME-Autoconverted" in fetched and "body re-encoded from base64 to 8bit" in fetched


def test_experts_get_no_explanations() -> None:
    assert "The first hop" in shown("--journey", 1, LAB)
    expert = shown("--journey", 1, "--level", "expert", LAB)
    assert "The first hop" not in expert and "certainty 100 of 100" in expert and "kim@daum.net: fetched" in expert


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--subject", "TEST"], [1, 2]),
        (["--subject", "re:"], [2]),
        (["--sender", "lee@naver.com"], [1]),
        (["--recipient", "LEE@"], [2]),
        (["--message-id", "a84b8cfb564e117b3628faa74fa40a4fb695bbef.camel@naver.com"], [1]),
        (["--sender", "lee@naver.com", "--subject", "re:"], []),
        (["--journey", "2", "--sender", "kim"], [2]),
    ],
    ids=str,
)
def test_finding(arguments: list[str], found: list[int]) -> None:
    whole = report(*arguments, LAB)
    assert [journey["id"] for journey in whole["journeys"]] == found
    expected = {1: [1, 5, 12], 2: [13, 26, 28]}
    mail = [each["id"] for each in whole["conversations"] if each["protocol"] not in ("dns", "ident")]
    assert mail == [number for each in found for number in expected[each]]
    assert len(whole["messages"]) == 3 * len(found)
    text = shown(*arguments, LAB)
    assert re.findall(r"^─ Journey (\d)", text, re.MULTILINE) == list(map(str, found))
    lines = [json.loads(line) for line in shown(*arguments, "--format", "jsonl", LAB).splitlines()]
    assert [line["id"] for line in lines if line["type"] == "journey"] == found


def test_findings_of_other_mails_are_left_out() -> None:
    """What is wrong with the conversations that carried it, and with itself, stays."""
    findings = {number: report("--journey", number, CHUNKING)["findings"] for number in (7, 18)}
    about = {number: {each["code"] for each in some} for number, some in findings.items()}
    assert about[7] == {"POP001", "SMTP030", "SMTP002", "POP002", "POP008"}
    assert about[18] - about[7] == {"MAIL030"}


def test_a_refused_recipient_is_proved_by_the_answer() -> None:
    """Packets 225 and 257 are the RCPTs."""
    for number, packet in ((6, 230), (7, 258)):
        (recipient,) = report("--journey", number, DNSAUTH)["journeys"][0]["recipients"]
        assert recipient["because"] == f"192.168.111.210 refused the recipient with 550 (packet {packet})"


def test_nothing_found_is_not_no_mail_traffic() -> None:
    text = shown("--message-id", "nosuch@x", LAB)
    assert "nothing of what was asked for" in text and "no mail traffic" not in text


def test_a_mail_command_out_of_order_is_no_mail() -> None:
    """The second MAIL of packet 57 is answered with 503: the mail that was begun in packet 36 goes on."""
    capture = shared("captures/public/zeek/smtp-mail-transactions-invalid.pcap")
    starts = re.findall(r"^\d +(\d\.\d+)  .*bob@example.org → ", shown(capture), re.MULTILINE)
    assert starts == ["0.000", "1.531"]
    text = shown("--journey", 2, "--level", "expert", capture, width=80)
    assert re.findall(r"^ +\d+ +(\d+)\b[^\n]*\n +MAIL FROM", text, re.MULTILINE) == ["36", "57"]


def test_korean_is_found() -> None:
    (journey,) = report("--subject", "국제화 메일", CHUNKING)["journeys"]
    assert journey["message_id"] == "<m04.chunk@naver.com>"


def test_nothing_found_is_no_error() -> None:
    assert "No mail in this capture is what was looked for." in shown("--subject", "nothing like it", LAB)
    assert report("--subject", "nothing like it", LAB)["journeys"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--journey", "0"], "--journey"),
        (["--journey", "3"], "there is no journey 3; the capture has 2"),
        (["--journey", "3", "--format", "jsonl"], "there is no journey 3; the capture has 2"),
        (["--journey", "1", "--conversation", "1"], "leave out --conversation"),
        (["--subject", "x", "--protocol", "smtp"], "leave out --conversation, --protocol"),
        (["--sender", "x", "--packets", "1-2"], "--packets"),
        (["--subject", " "], "--subject needs something to look for"),
        (["--message-id", ""], "--message-id needs something to look for"),
    ],
    ids=str,
)
def test_wrong_usage(arguments: list[str], said: str) -> None:
    assert said in fails(2, *arguments, LAB)


def test_streamed_journeys_are_those_of_the_whole_report() -> None:
    """Numbers of mails and lookups differ: they count in another order while nothing is kept, so no waits are told."""
    lines = [json.loads(line) for line in shown("--format", "jsonl", LAB).splitlines()]
    streamed = [line for line in lines if line["type"] == "journey"]
    assert [line["type"] for line in lines[-3:]] == ["journey", "journey", "capture"]
    for one, other in zip(streamed, report(LAB)["journeys"], strict=True):
        left_out = {"lookups": None, "hops": None, "waits": None}
        assert one["waits"] is None and {**one, **left_out} == {"type": "journey", **other, **left_out}
        for hop, same in zip(one["hops"], other["hops"], strict=True):
            assert {**hop, "message": None, "lookups": None} == {**same, "message": None, "lookups": None}


@pytest.mark.parametrize(
    ("arguments", "found"),
    [(["--conversation", "13"], [2]), (["--protocol", "pop3"], [1, 2]), (["--protocol", "imap"], [])],
    ids=str,
)
def test_streamed_journeys_touch_what_was_chosen(arguments: list[str], found: list[int]) -> None:
    lines = [json.loads(line) for line in shown("--format", "jsonl", *arguments, LAB).splitlines()]
    assert [line["id"] for line in lines if line["type"] == "journey"] == found
    assert [journey["id"] for journey in report(*arguments, LAB)["journeys"]] == found


def test_markdown() -> None:
    text = shown("--format", "markdown", "--journey", 1, REPORT)
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        f"# {REPORT}",
        "## Journeys",
        "## Findings",
        '## Journey 1: "test", `lee@naver.com` → `kim@daum.net`',
        "### Hop 1: UbunClient(Lee) hands the mail in at serverA (SMTP conversation 10)",
        "### Hop 2: serverA passes the mail on to serverB (SMTP conversation 13)",
        "### Hop 3: WinClient(Kim) fetches the mail from serverB (POP3 conversation 20, logged in as kim)",
        "### `kim@daum.net`: fetched",
    ]


def test_passwords_stay_masked() -> None:
    tls = SAMPLES / "09-starttls.pcapng"
    assert "********" in shown("--conversation", 51, tls)
    assert "bGVl" not in shown("--journey", 4, tls)


def test_in_python() -> None:
    analysis = mailtrace.analyze(LAB)
    (told,) = mailtrace.walkthroughs(analysis, journey=2)
    assert told.title == 'Journey 2: "Re: test", kim@daum.net -> lee@naver.com'
    assert mailtrace.walkthroughs(analysis, journey=3) == []
