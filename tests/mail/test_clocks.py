"""Clocks of hosts: expected bounds worked out by hand from the times of packets and stamps, and the lab's one clock.

Times here are seconds since 2024-04-26 01:57:00 UTC, which is 1714096620 seconds since 1970.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.mail import clocks
from mailtrace.mail.clocks import Clocks, with_clocks
from mailtrace.mail.stamps import stamps
from mailtrace.model import (
    NO_TIME,
    ClockCertainty,
    ClockEvidence,
    ClockSkew,
    ClosedHow,
    Command,
    Content,
    Conversation,
    Dialogue,
    Direction,
    Endpoint,
    Flags,
    Host,
    Message,
    Outcome,
    Packet,
    Received,
    Reply,
    Side,
    StreamKey,
    Transaction,
    TransactionOutcome,
    Transport,
    Turn,
)
from mailtrace.reports.json import written
from tests.support import SAMPLES, shared

EPOCH = datetime(2024, 4, 26, 1, 57, tzinfo=UTC)
SERVER, CLIENT, HELLO = "192.0.2.25", "192.0.2.130", "mail.example.com"


def ns(seconds: float) -> int:
    """Return a time of the capture, given in seconds, as a packet has it."""
    return 1_714_096_620 * 10**9 + round(seconds * 1000) * 10**6


def stamp(seconds: int, hours: int = 9) -> str:
    """Return a time as a host in the zone `hours` east of Greenwich writes it into a mail, as ISO 8601."""
    return (EPOCH + timedelta(seconds=seconds)).astimezone(timezone(timedelta(hours=hours))).isoformat()


def greeted(start: float, greeting: bytes, at: float, *, first: int = 1, complete: bool = True) -> Conversation:
    """Return a conversation that starts with packet `first`, in which the server greets with packet `first + 2`."""
    key = StreamKey(Endpoint(CLIENT, 41_428), Endpoint(SERVER, 25), Transport.TCP)
    packets = (
        Packet(first, ns(start), Side.CLIENT, Flags.SYN, 0, 0, 0),
        Packet(first + 9, ns(at + 9), Side.CLIENT, 0, 0, 0, 0),
    )
    reply = Reply("220", Outcome.GOOD, (greeting,), first + 2, ns(at), (first + 2,))
    dialogue = Dialogue(turns=[Turn(None, [reply])])
    return Conversation(first, "smtp", key, first, packets, dialogue, complete, ClosedHow.FIN)


def took(conversation: Conversation, queue_id: str, mail: float, answered: float) -> Conversation:
    """Let the server of a conversation take a mail: MAIL came at one time, the answer to its end at another."""
    dialogue, first = conversation.dialogue, conversation.id
    hello = Command("EHLO", b"EHLO " + HELLO.encode(), 5, first + 3, ns(mail) - 1, (first + 3,))
    begin = Command("MAIL", b"MAIL FROM:<>", 5, first + 4, ns(mail), (first + 4,))
    data = Command("DATA", b"DATA", 4, first + 5, ns(mail), (first + 5,))
    go = Reply("354", Outcome.MORE, (b"go",), first + 6, ns(mail), (first + 6,))
    end = Reply("250", Outcome.GOOD, (queue_id.encode(),), first + 8, ns(answered), (first + 8,))
    dialogue.turns += [Turn(hello), Turn(begin), Turn(data, [go, end])]
    dialogue.transactions.append(
        Transaction("", [], None, "250", queue_id, TransactionOutcome.ACCEPTED, (first + 4, first + 5, first + 8))
    )
    return conversation


def mail(at: float, *hops: Received, date: str | None = None, packet: int = 50) -> Message:
    """Return a mail that was sent with one packet."""
    content = Content("DATA", b"", 0, "", (packet,), ns(at), ns(at), True)
    return Message(1, 1, Direction.RELAYED, content, None, None, (), (), (), date, (), hops, ())


def hop(time: str | None, queue_id: str | None = None, by: str = "mail.example.org") -> Received:
    """Return a trace header."""
    return Received("a", by, "ESMTP", queue_id, time)


def clock_skews(carried: Iterable[tuple[Conversation, Sequence[Message]]]) -> dict[str, ClockSkew]:
    """Return what conversations, each with the messages it carried, tell of each clock."""
    watching = Clocks()
    for conversation, messages in carried:
        watching.observe(conversation, stamps(conversation, messages))
    return watching.skews()


def only(*carried: tuple[Conversation, Sequence[Message]]) -> ClockSkew:
    """Return what the only clock of which something is told comes to."""
    (skew,) = clock_skews(carried).values()
    return skew


def test_a_greeting() -> None:
    """The call came 2.5 s before the greeting, so the stamp of 58 s may be 1.5 s old, and the clock 1 s ahead."""
    conversation = greeted(58.0, b"mail.example.org ESMTP Sendmail 8.17; Fri, 26 Apr 2024 10:57:58 +0900; (x)", 59.5)
    assert clock_skews([(conversation, ())]) == {
        SERVER: ClockSkew(
            low_s=-1.5,
            high_s=1.0,
            skew_s=0.0,
            zone_hours=0,
            sure=ClockCertainty.CERTAIN,
            readings=1,
            contradicting=0,
            evidence=(ClockEvidence("greeting", "2024-04-26T10:57:58+09:00", (1, 3)),),
        )
    }


@pytest.mark.parametrize(
    ("greeting", "told"),
    [
        (b"mail.example.org ESMTP Exim 4.96 Fri, 26 Apr 2024 01:57:58 +0000", True),
        (b"a Microsoft ESMTP MAIL Service ready at Fri, 26 Apr 2024 10:57:58 +0900", True),
        (b"a ESMTP Sendmail 8.17.1; Fri, 26 Apr 2024 01:57:58 GMT", True),
        (b"a ESMTP ready 2024-04-26T10:57:58.123+09:00", True),
        (b"a ESMTP Postfix", False),
        (b"", False),
        (b"a ESMTP Fri, 26 Apr 2024 10:57:58", False),  # which zone?
        (b"a ESMTP Fri, 26 Apr 2024 10:57:58 -0000", False),
        (b"a ESMTP Fri, 26 Apr 2024 10:57:58 XYZ", False),
        (b"a ESMTP Fri, 31 Feb 2024 10:57:58 +0900", False),
        (b"a ESMTP Fri, 26 Apr 2024 10:57:60 +0900", False),
        (b"x" * 600 + b" Fri, 26 Apr 2024 10:57:58 +0900", False),
    ],
)
def test_greetings(greeting: bytes, told: bool) -> None:
    assert (SERVER in clock_skews([(greeted(58.0, greeting, 58.2), ())])) is told


def test_a_mail_that_goes_on() -> None:
    """Taken between 70.4 and 70.9; 70 s by the server: -0.9 to 0.6 s. The greeting allows 1 s ahead at most."""
    first = took(greeted(58.0, b"a; Fri, 26 Apr 2024 10:57:58 +0900", 59.5), "43Q1vx0G007503", 70.4, 70.9)
    later = greeted(90.0, b"b ESMTP", 90.1, first=30)
    carried = [(first, ()), (later, [mail(91.0, hop(stamp(70), "43Q1vx0G007503"))])]
    evidence = (ClockEvidence("received", "2024-04-26T10:58:10+09:00", (5, 9, 50)),)
    expected = ClockSkew(-0.9, 0.6, 0.0, 0, ClockCertainty.CERTAIN, 2, 0, evidence)
    assert only(*carried) == expected
    assert only(*reversed(carried)) == expected


def test_a_clock_that_is_ahead() -> None:
    """Half a minute and more: 100 s where it was 62.6 to 62.9; and the greeting said 99 where it was 62.0 to 62.5."""
    first = took(greeted(62.0, b"a; Fri, 26 Apr 2024 10:58:39 +0900", 62.5), "A1", 62.6, 62.9)
    skew = only((first, [mail(90.0, hop(stamp(100), "A1"))]))
    assert (skew.low_s, skew.high_s, skew.skew_s, skew.zone_hours) == (37.1, 38.0, 37.55, 0)


def test_a_clock_that_is_behind() -> None:
    skew = only((greeted(62.0, b"a; Fri, 26 Apr 2024 10:57:30 +0900", 62.5), ()))
    assert (skew.low_s, skew.high_s, skew.skew_s, skew.zone_hours) == (-32.5, -31.0, -31.75, 0)


@pytest.mark.parametrize(
    ("greeting", "hours"),
    [
        (b"a; Fri, 26 Apr 2024 10:57:58 +0000", 9),
        (b"a; Fri, 26 Apr 2024 01:57:58 +0900", -9),
        (b"a; Fri, 26 Apr 2024 11:58:40 +0900", 1),  # and 42 s ahead
        (b"a; Fri, 26 Apr 2024 11:10:58 +0900", 0),  # 13 minutes
        (b"a; Sat, 27 Apr 2024 13:57:58 +0900", 0),  # no two zones are 27 hours apart
    ],
)
def test_a_wrong_time_zone(greeting: bytes, hours: int) -> None:
    assert only((greeted(58.0, greeting, 59.0), ())).zone_hours == hours


def test_the_newest_header_of_a_mail_sets_one_bound() -> None:
    """Sent at 91.0 and stamped before: a stamp of 211 s is at least 120 s ahead; one of 30 s tells little."""
    conversation = took(greeted(90.0, b"b ESMTP", 90.1), "B1", 90.5, 91.2)
    skews = clock_skews([(conversation, [mail(91.0, hop(stamp(211), by=HELLO), hop(stamp(5000)))])])
    evidence = (ClockEvidence("received", "2024-04-26T11:00:31+09:00", (50,)),)
    assert skews == {CLIENT: ClockSkew(120.0, None, 120.0, 0, ClockCertainty.CERTAIN, 1, 0, evidence)}
    old = clock_skews([(conversation, [mail(91.0, hop(stamp(30), by=HELLO))])])[CLIENT]
    assert (old.low_s, old.high_s, old.skew_s) == (-61.0, None, None)
    assert clock_skews([(conversation, [mail(91.0, hop(stamp(211)))])]) == {}


def test_a_call_whose_start_was_not_captured_sets_one_bound() -> None:
    skew = only((greeted(58.0, b"a; Fri, 26 Apr 2024 10:57:58 +0900", 59.5, complete=False), ()))
    assert (skew.low_s, skew.high_s, skew.skew_s) == (-1.5, None, None)


def test_stamps_that_contradict() -> None:
    """Two greetings agree, one is an hour ahead: the clock was set meanwhile, and the two count."""
    carried = [
        (greeted(start, b"a; Fri, 26 Apr 2024 %b +0900" % said, start + 1), ())
        for start, said in ((10.0, b"11:57:10"), (58.0, b"10:57:58"), (60.0, b"10:58:00"))
    ]
    skew = only(*carried)
    assert (skew.low_s, skew.high_s, skew.skew_s) == (-1.0, 1.0, 0.0)
    assert (skew.sure, skew.readings, skew.contradicting) == (ClockCertainty.LIKELY, 3, 1)


def test_more_contradictions_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "ENOUGH", 100)
    carried = [(greeted(0.0, b"a; Fri, 26 Apr 2024 10:%02d:00 +0900" % minute, 1.0), ()) for minute in range(40)]
    skew = only(*carried, (greeted(0.0, b"a; Fri, 26 Apr 2024 10:00:00 +0900", 1.0), ()))
    assert (skew.readings, skew.contradicting, skew.low_s) == (41, 39, -57 * 60 - 1)


def test_a_clock_may_wander() -> None:
    """0.3 s ahead at most, then 0.4 s at least: no contradiction, and between the two lies the best answer."""
    carried = [
        (greeted(58.7, b"a; Fri, 26 Apr 2024 10:57:58 +0900", 58.9), ()),
        (greeted(88.5, b"a; Fri, 26 Apr 2024 10:58:29 +0900", 88.6), ()),
    ]
    skew = only(*carried)
    assert (skew.low_s, skew.high_s, skew.contradicting) == (0.3, 0.4, 0)


def sent(*mails: tuple[float, str]) -> list[tuple[Conversation, list[Message]]]:
    """Return mails as their own programs send them: when, and with which date."""
    return [(greeted(at - 1, b"a ESMTP", at - 0.5), [mail(at, date=date)]) for at, date in mails]


def test_the_date_of_one_mail() -> None:
    """Dated 70 and sent at 70.2, the clock is not more than 0.2 s behind. It may be ahead: the mail may have waited."""
    evidence = (ClockEvidence("date", "2024-04-26T10:58:10+09:00", (50,)),)
    expected = ClockSkew(-0.2, None, None, 0, ClockCertainty.WEAK, 1, 0, evidence)
    assert clock_skews(sent((70.2, stamp(70)))) == {CLIENT: expected}


def test_an_old_draft_is_no_late_clock() -> None:
    skew = only(*sent((70.0, "2008-11-16T15:23:45+09:00")))
    assert (skew.high_s, skew.skew_s) == (None, None)


def test_dates_that_agree() -> None:
    """Three mails, each dated an hour before it was sent, and within a minute of that; the promptest tells."""
    skew = only(*sent((3670.5, stamp(70)), (3700.0, stamp(80)), (3800.25, stamp(200))))
    assert (skew.low_s, skew.skew_s, skew.zone_hours, skew.sure) == (-3600.25, -3600.25, -1, ClockCertainty.WEAK)
    assert skew.high_s == 80 + 1 + 60 - 3700


def test_dates_that_do_not_agree_tell_nothing() -> None:
    assert clock_skews(sent((3670.5, stamp(70)), (3700.0, stamp(2000)))) == {}


def test_a_stamp_of_its_own_is_worth_more_than_dates() -> None:
    greeting = greeted(58.0, b"a; Fri, 26 Apr 2024 10:57:58 +0900", 59.0)
    greeting.key = StreamKey(Endpoint("192.0.2.1", 1), Endpoint(CLIENT, 25), Transport.TCP)
    skew = only((greeting, ()), *sent((70.0, stamp(5000)), (80.0, stamp(5010))))
    assert (skew.low_s, skew.high_s, skew.sure) == (-1.0, 1.0, ClockCertainty.CERTAIN)


def test_several_mails_in_one_conversation() -> None:
    conversation = took(took(greeted(58.0, b"a", 58.1), "A1", 60.0, 60.5), "A2", 61.0, 62.5)
    conversation.dialogue.transactions[0].packets = (5, 9)
    skew = only((conversation, [mail(90.0, hop(stamp(60), "A1")), mail(90.0, hop(stamp(62), "A2"))]))
    assert (skew.readings, skew.low_s) == (1, -0.5)


def test_no_times() -> None:
    conversation = greeted(58.0, b"a; Fri, 26 Apr 2024 10:57:58 +0900", 59.0)
    conversation.packets = (Packet(1, NO_TIME, Side.CLIENT, Flags.SYN, 0, 0, 0), *conversation.packets[1:])
    assert clock_skews([(conversation, ())]) == {}
    message = mail(1.0, date=stamp(1))
    message.content.start_ns = NO_TIME
    assert clock_skews([(greeted(58.0, b"a", 59.0), [message])]) == {}


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "HOSTS_LIMIT", 3)
    monkeypatch.setattr(clocks, "WAITING_LIMIT", 2)
    watching = Clocks()
    for number in range(5):
        conversation = took(greeted(58.0, b"a; Fri, 26 Apr 2024 10:57:58 +0900", 59.0), f"Q{number}", 60.0, 60.5)
        conversation.key = StreamKey(Endpoint(CLIENT, 1), Endpoint(f"192.0.2.{number}", 25), Transport.TCP)
        never = [mail(59.0, hop(stamp(60), f"never{number}"))]
        watching.observe(conversation, stamps(conversation, never))
    assert list(watching.skews()) == ["192.0.2.0", "192.0.2.1", "192.0.2.2"]
    assert (list(watching._taken), list(watching._traced)) == (["Q1", "Q2"], ["never3", "never4"])


def test_of_a_busy_host_one_conversation_in_some_is_read() -> None:
    """Of forty greetings the first sixteen and two more; at most a third of the time goes into the others."""
    conversation = greeted(58.0, b"a; Fri, 26 Apr 2024 10:57:58 +0900", 59.0)
    assert only(*[(conversation, ())] * 40).readings == 18


def test_with_clocks() -> None:
    skew = only((greeted(58.0, b"a; Fri, 26 Apr 2024 10:57:58 +0900", 59.0), ()))
    hosts = [Host(CLIENT, (), ()), Host(SERVER, ("a",), ("mta",))]
    assert with_clocks(hosts, {SERVER: skew}) == [Host(CLIENT, (), ()), Host(SERVER, ("a",), ("mta",), skew)]


LAB = {
    "01-lab-journey": ("ab", {"192.168.111.100", "192.168.111.200"}),
    "02-ident-drop": ("ab", {"192.168.111.100", "192.168.111.200"}),
    "08-lossy": ("ab", {"192.168.111.100", "192.168.111.200"}),
    "10-dnsauth": ("", {"192.168.111.210"}),
}


@pytest.mark.parametrize("name", LAB)
def test_the_machines_of_the_lab_shared_one_clock(name: str) -> None:
    """Zero lies within the bounds of every server, from greetings and trace headers of KST and UTC alike."""
    analysis = analyze_files(Analyzer([str(shared(f"captures/lab/{name}.pcapng"))]))
    told = {host.address: host.clock for host in analysis.hosts if host.clock is not None}
    servers = {address: clock for address, clock in told.items() if clock.sure is not ClockCertainty.WEAK}
    assert set(servers) == LAB[name][1]
    for clock in servers.values():
        assert clock.high_s is not None and -1.1 <= clock.low_s <= 0 <= clock.high_s <= 1.1
        assert (clock.skew_s, clock.zone_hours, clock.contradicting) == (0, 0, 0)
    assert all(clock.skew_s in (0, None) for clock in told.values())


@pytest.mark.parametrize("name", [name for name in LAB if LAB[name][0]])
def test_the_logs_of_the_lab_prove_it(name: str) -> None:
    """The servers logged each mail, to the microsecond, after its end came and within 20 ms of their answer."""
    logged = {}
    for host in LAB[name][0]:
        log = shared(f"captures/lab/{name}.{host}.maillog").read_text(encoding="utf-8")
        logged |= {found[2]: float(found[1]) for found in re.finditer(r"(?m)^(\S+) .* (\w{14}): from=", log)}
    analysis = analyze_files(Analyzer([str(shared(f"captures/lab/{name}.pcapng"))]))
    compared = 0
    for conversation in analysis.conversations:
        answers = {turn.replies[-1].packet: turn.replies[-1] for turn in conversation.dialogue.turns if turn.replies}
        for each in conversation.dialogue.transactions:
            if each.queue_id in logged and each.content is not None:
                answer = answers[each.packets[-1]]
                assert each.content.end_ns / 1e9 <= logged[each.queue_id] <= answer.time_ns / 1e9 + 0.02
                compared += 1
    assert compared >= 2


def test_a_stream_tells_the_same() -> None:
    """Conversation by conversation as they end, and from the octets that are kept for JSON only."""
    path = str(SAMPLES / "03-lab-journey.pcapng")
    watching = Clocks()
    for finals in Analyzer([path]).finals(written):
        for final in finals:
            if final.gist is not None:
                watching.observe(final.conversation, final.gist.stamps)
    hosts = analyze_files(Analyzer([path])).hosts
    assert watching.skews() == {host.address: host.clock for host in hosts if host.clock is not None}


def test_a_clock_of_2009() -> None:
    """By tshark packet 3, the SYN, is of 1254722767.529046 and packet 6 of .219663 in the next second.

    The greeting in it says 01:05:54 -0500, which is 1254722754.
    """
    hosts = analyze_files(Analyzer([str(shared("captures/public/zeek/smtp.pcap"))])).hosts
    (clock,) = [host.clock for host in hosts if host.address == "74.53.140.153"]
    evidence = (ClockEvidence("greeting", "2009-10-05T01:05:54-05:00", (3, 6)),)
    assert clock == ClockSkew(-14.219663, -12.529046, -13.374355, 0, ClockCertainty.CERTAIN, 1, 0, evidence)
