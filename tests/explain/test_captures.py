"""Walkthroughs of real captures: what the authors of the two reports explained by hand, and what they missed."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import mailtrace
from mailtrace.errors import UnreadableInput
from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.model import Analysis, Step, Walkthrough
from tests.support import ROOT, SAMPLES, shared

LAB = (
    "01-lab-journey",
    "02-ident-drop",
    "03-starttls",
    "03-starttls-dsb",
    "04-imap",
    "07-chunking",
    "08-lossy",
    "10-dnsauth",
)
CAPTURES = ROOT.parent / "shared" / "captures"


@cache
def analysis(path: Path) -> Analysis:
    """Return the analysis of a capture."""
    return mailtrace.analyze(path)


@cache
def told(path: Path) -> dict[int, Walkthrough]:
    """Return its walkthroughs by the number of their first packet that is not a lookup's."""
    found = {}
    for walkthrough in walkthroughs(analysis(path)):
        first = next((step for step in walkthrough.steps if step.kind.value != "lookup"), walkthrough.steps[0])
        found[first.packets[0]] = walkthrough
    return found


def report(first: int) -> Walkthrough:
    """Return the walkthrough of report B whose connection opens with packet `first`."""
    return told(SAMPLES / "02-report-2024.pcapng")[first]


def saying(walkthrough: Walkthrough, start: str) -> Step:
    """Return the first step that says something beginning so."""
    return next(step for step in walkthrough.steps if any(line.startswith(start) for line in step.says))


def test_report_a() -> None:
    walkthrough = told(SAMPLES / "01-report-2008.pcapng")[1]
    assert walkthrough.result == "accepted as mag8q5r02536"
    assert [(step.packets, step.acks) for step in walkthrough.steps] == [
        ((1, 2, 3), ()),
        ((4, 5), ()),
        ((6,), ()),
        ((7,), (8,)),
        *(((number,), ()) for number in range(9, 16)),
        ((16, 18), (17, 19)),
        ((20,), ()),
        ((21,), ()),
        ((22,), ()),
        ((23, 24), ()),
    ]
    assert "4.99 s late because of step 2" in walkthrough.steps[2].means
    assert walkthrough.steps[3].says == ("HELO SOFT4",)


def test_lee_submits() -> None:
    walkthrough = report(65)
    assert (walkthrough.summary, walkthrough.result) == ("lee@naver.com -> kim@daum.net", "accepted as 43Q1vx0G007503")
    steps = [(step.packets, step.acks) for step in walkthrough.steps if step.packets[0] >= 65]
    assert steps[:3] == [((65, 66, 67), ()), ((68, 69), ()), ((70,), (71,))]
    assert steps[-13:] == [
        ((76,), (77,)),
        ((78,), (79,)),
        ((80,), ()),
        ((81,), (82,)),
        ((83,), ()),
        ((84,), (85,)),
        ((86,), ()),
        ((87,), (88,)),
        ((89, 91), (90, 92)),
        ((94,), (96,)),
        ((98,), ()),
        ((99,), ()),
        ((100, 101), (102,)),
    ]
    greeting, hello = saying(walkthrough, "220 "), saying(walkthrough, "EHLO client")
    assert "it was over at once: most likely this is Sendmail's greeting pause" in greeting.means
    assert '"client" is no full domain name' in hello.means
    assert "이네이버 <lee@naver.com>" in saying(walkthrough, "the mail:").says[0]
    assert "    Lee가 Kim에게 보내는 메시지 확인 바람" in saying(walkthrough, "the mail:").says
    own_name = [step for step in walkthrough.steps if set(step.packets) & {72, 73, 74, 75}]
    assert sum((step.packets for step in own_name), ()) == (72, 73, 74, 75)
    assert all("its own address 192.168.111.130" in step.means for step in own_name)


def test_the_other_hop_stays_out() -> None:
    assert not {93, 95, 97} & {packet for step in report(65).steps for packet in (*step.packets, *step.acks)}
    assert report(93).steps[0].packets == (93, 95, 97)


def test_the_relay_pipelines() -> None:
    walkthrough = report(93)
    recipient, data = saying(walkthrough, "RCPT To:"), saying(walkthrough, "DATA")
    assert recipient.packets == data.packets == (119,)
    assert data.number > recipient.number
    assert "PIPELINING" in data.means
    accepted, ahead = saying(walkthrough, "250 2.1.5"), saying(walkthrough, "354")
    assert accepted.packets == ahead.packets == (123,)
    assert "in one packet with the one before it" in ahead.means
    for name in ("naver.com", "daum.net"):
        step = saying(walkthrough, f"AAAA {name}? no such record (NODATA)")
        assert f"The name {name} exists but has no AAAA record" in step.means


def test_kim_leaves_the_mail_on_the_server() -> None:
    walkthrough = report(171)
    assert (walkthrough.summary, walkthrough.result) == (
        "login kim, 2 messages listed, 1 fetched",
        "left on the server",
    )
    assert saying(walkthrough, "PASS").says == ("PASS ********",)
    assert saying(walkthrough, "PASS").packets == (181,)
    fetched = saying(walkthrough, "+OK 844 octets")
    assert fetched.packets == (195,)
    assert "from base64 to 8bit" in fetched.means
    assert "DKIM" in fetched.means
    assert "stays on the server" in saying(walkthrough, "QUIT").means


def test_kim_waits_six_seconds() -> None:
    greeting = saying(report(277), "220 ")
    assert greeting.packets == (297,)
    assert "6.00 s late" in greeting.means
    assert "Sendmail waits 5 s for ident. The other 1.00 s" in greeting.means


def test_lee_deletes() -> None:
    walkthrough = report(428)
    assert "euc-kr" in saying(walkthrough, "+OK 1159").means.lower()
    assert any("이건 Kim이 Lee에게" in line for line in saying(walkthrough, "+OK 1159").says)
    assert "deletes what was marked: mail 1" in saying(walkthrough, "QUIT").means
    assert walkthrough.result == "1 deleted"
    assert [step.packets for step in walkthrough.steps][-2:] == [(455,), (456,)]


def every_capture() -> list[Path]:
    """Return the samples and whatever captures lie beside the checkout."""
    beside = [path for path in CAPTURES.rglob("*") if {".pcap", ".pcapng", ".cap"} & set(path.suffixes)]
    return sorted([*SAMPLES.glob("*.pcapng"), *beside])


@pytest.mark.parametrize("path", every_capture(), ids=lambda path: path.name)
def test_every_packet_stands_in_exactly_one_step_or_is_shared_by_neighbours(path: Path) -> None:
    try:
        found = analysis(path)
    except UnreadableInput:
        return
    stands: Counter[int] = Counter()
    acknowledges: Counter[int] = Counter()
    for walkthrough in walkthroughs(found):
        for step in walkthrough.steps:
            assert step.says
            assert step.means.strip()
            assert not set(step.packets) & set(step.acks)
            stands.update(step.packets)
            acknowledges.update(step.acks)
    packets = {packet.number for conversation in found.conversations for packet in conversation.packets}
    assert set(stands) | set(acknowledges) == packets
    assert set(acknowledges.values()) <= {1}
    assert not set(stands) & set(acknowledges)


@pytest.mark.parametrize("name", LAB)
def test_no_password_of_the_lab_is_told(name: str) -> None:
    lines = [
        line
        for walkthrough in walkthroughs(analysis(shared(f"captures/lab/{name}.pcapng")))
        for step in walkthrough.steps
        for line in step.says
    ]
    assert not [line for line in lines if line.startswith("PASS ") and line != "PASS ********"]
    assert not [line for line in lines if line.startswith("AUTH PLAIN ") and line != "AUTH PLAIN ********"]


def lines_of_truth(name: str, session: str) -> list[str]:
    """Return the lines that a client of the lab wrote down, those of mails and literals left out."""
    for line in shared(f"captures/lab/{name}.truth.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["session"] == session:
            said = [(side, text.removesuffix("\r\n").split("\r\n")) for _, side, text in record["log"]]
            return [text[0] for side, text in said if side in "CS" and len(text) == 1]
    raise AssertionError(session)


@pytest.mark.parametrize(
    ("sample", "truth", "session", "first"),
    [
        ("08-imap", "04-imap", "imap-lee", 1),
        ("08-imap", "04-imap", "imap-fail", 156),
        ("09-starttls", "03-starttls", "imaps-1.3", 570),
        ("09-starttls", "03-starttls", "imap-starttls-1.2", 608),
    ],
)
def test_every_line_that_an_imap_client_of_the_lab_saw_is_told(
    sample: str, truth: str, session: str, first: int
) -> None:
    """As it was on the wire, but for passwords and for what is decoded or cut."""
    says = [line for step in told(SAMPLES / f"{sample}.pcapng")[first].steps for line in step.says]
    missing = [line for line in lines_of_truth(truth, session) if line.strip() not in {each.strip() for each in says}]
    hidden = [line for line in missing if "LOGIN " in line or line in ("lee {3}", "lee")]
    cut = [line for line in missing if len(line) > 160 and any(each.startswith(line[:160]) for each in says)]
    assert set(missing) == {*hidden, *cut}
    assert len(says) > 10


def test_a_mailbox_with_folders() -> None:
    """Chosen steps of the story of the sample, by the packets it names."""
    steps = {step.packets[0]: step for step in told(SAMPLES / "08-imap.pcapng")[1].steps}
    assert steps[27].means.startswith("The client makes a new folder: 보낸편지함.")
    assert steps[42 - 1].says[1].strip().startswith("mail 1: unread and new here, UID 1, arrived 22-Nov-2026 13:02:26")
    assert steps[46].says[1].strip() == "mail 2: made of text/plain + image/png (그림.png)"
    assert 'Subject "첫째"' in steps[49].says[1]
    assert "    a5 OK fake tagged line" in steps[49].says
    assert steps[55].says[1] == "a piece of a mail: 100 octets"
    assert 'with "둘째" in the subject' in steps[59].means
    assert steps[73].means == "Copied into the folder 보낸편지함. UIDs: 2 here became 1 there."
    assert 'Subject "보낸 편지함에 저장"' in steps[80].says[0]
    assert steps[126].means == "A mail has arrived: the folder holds 4 mails now."
    walkthrough = told(SAMPLES / "08-imap.pcapng")[1]
    assert walkthrough.summary == (
        "login lee, opened INBOX and 보낸편지함, 1 fetched, 2 stored, 1 copied, 1 moved, 1 removed, waited for news"
    )
    assert walkthrough.result == "done"


def test_what_keys_open_and_what_stays_closed() -> None:
    opened, closed = told(SAMPLES / "09-starttls.pcapng")[1], told(SAMPLES / "09-starttls.pcapng")[62]
    assert opened.summary == "lee@naver.com -> kim@daum.net (inside TLS 1.3)"
    assert 'Subject "STARTTLS 1.3 시험"' in next(step for step in opened.steps if 43 in step.packets).says[0]
    assert "With TLS all begins again" in next(step for step in opened.steps if 22 in step.packets).means
    assert closed.summary == "STARTTLS, then encrypted (TLS 1.3)"
    dark = next(step for step in closed.steps if 107 in step.packets)
    assert "sends 3,062 octets, the other side 3,875 octets" in dark.says[0]
    dovecot = told(SAMPLES / "09-starttls.pcapng")[488]
    shown = next(step for step in dovecot.steps if 495 in step.packets)
    assert shown.says[2].startswith("certificate for mail.daum.net and daum.net, issued by Mail Lab Root CA, valid ")
