"""The walkthrough of a journey: all hops on one page, and of each conversation what this one mail is about."""

from __future__ import annotations

from msgspec.structs import replace

from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.model import Hop, HopKind, Step, StepKind, Walkthrough
from tests.explain.journeys.telling import HOPS, JOURNEY, KIM, LEE, A, B, capture, told
from tests.explain.making import at

HEADINGS = (StepKind.HOP, StepKind.OUTCOME)


def page() -> Walkthrough:
    (walkthrough,) = told(JOURNEY)
    return walkthrough


def steps(walkthrough: Walkthrough) -> list[Step]:
    return [step for step in walkthrough.steps if step.kind not in HEADINGS]


def headings(walkthrough: Walkthrough) -> list[Step]:
    return [step for step in walkthrough.steps if step.kind in HEADINGS]


def test_what_the_page_is_about() -> None:
    walkthrough = page()
    assert walkthrough.title == 'Journey 1: "test", lee@naver.com -> kim@daum.net'
    assert walkthrough.summary == "lee-pc -> mail.naver.com -> mail.daum.net -> kim-pc"
    assert walkthrough.result == "fetched after 9.41 s"
    assert walkthrough.facts == ("Message-ID <1@naver.com>",)
    assert (walkthrough.journey, walkthrough.conversations) == (1, (1, 2, 3))


def test_the_steps_of_this_mail_and_no_other() -> None:
    assert [(step.packets, step.says[0]) for step in steps(page())] == [
        ((1, 2, 3), "TCP connection to port 25 (SMTP) opened"),
        ((4, 5), "asks the ident service of lee-pc (port 113) who is calling"),
        ((6,), "220 mail.naver.com ESMTP Sendmail"),
        ((15, 16), "MAIL FROM:<lee@naver.com>"),
        ((17,), "RCPT TO:<kim@daum.net>"),
        ((18, 19), "A daum.net? 10.0.0.3"),
        ((20,), "250 2.1.5 Recipient ok"),
        ((23, 24), 'the mail: From lee@naver.com, Subject "test", text/plain, 24 octets'),
        ((30, 31), "MX daum.net? 10 mail.daum.net."),
        ((40, 41, 42), "TCP connection to port 25 (SMTP) opened"),
        ((43,), "220 mail.daum.net ESMTP"),
        ((44, 45), "MAIL FROM:<lee@naver.com>"),
        ((46, 47), "RCPT TO:<kim@daum.net>"),
        ((50,), 'the mail: From lee@naver.com, Subject "test", text/plain, 24 octets'),
        ((51,), "250 2.0.0 B0001 Message accepted for delivery"),
        ((60, 61, 62), "TCP connection to port 110 (POP3) opened"),
        ((63,), "+OK ready"),
        ((68,), "RETR 2"),
        ((69,), "+OK 24 octets"),
        ((72, 73), "DELE 2"),
    ]


def test_steps_are_numbered_and_headings_are_not() -> None:
    walkthrough = page()
    assert [step.number for step in steps(walkthrough)] == list(range(1, 21))
    assert {step.number for step in headings(walkthrough)} == {0}
    assert [step.kind for step in headings(walkthrough)] == [StepKind.HOP] * 3 + [StepKind.OUTCOME]


def test_a_command_and_its_good_answer_are_one_step() -> None:
    step = steps(page())[3]
    assert step.says == ("MAIL FROM:<lee@naver.com>", "250 2.1.0 Sender ok")
    assert "The server accepts the sender lee@naver.com." in step.means


def test_an_answer_that_came_late_is_a_step_of_its_own_and_says_why() -> None:
    late = steps(page())[14]
    assert late.since_ns == 2_000_000_000
    assert "mail.daum.net took 2.00 s to decide" in late.means


def test_delays_name_the_steps_of_this_page() -> None:
    greeting = steps(page())[2]
    assert "Step 2 is not the reason, it was over at once" in greeting.means


def test_times_count_from_the_first_step_over_all_hops() -> None:
    by_packet = {step.packets[0]: step for step in steps(page())}
    assert by_packet[1].offset_ns == 0
    assert by_packet[40].offset_ns == 2_000_000_000
    assert by_packet[60].offset_ns == 10_000_000_000
    assert by_packet[60].since_ns == 10_000_000_000 - 4_260_000_000


def test_lookups_and_ident_calls_say_for_what_they_happened() -> None:
    found = {step.packets[0]: step.says[-1] for step in steps(page()) if step.packets[0] in (4, 18, 30)}
    assert found == {
        4: "(for SMTP conversation 1: before the greeting)",
        18: "(for SMTP conversation 1: while RCPT TO:<kim@daum.net> waits for its answer)",
        30: "(for SMTP conversation 2: before it is opened)",
    }


def test_a_hop_says_where_it_leads_why_it_is_the_same_mail_and_what_changed() -> None:
    first, second, third, _ = headings(page())
    assert first.says == (
        "Hop 1: lee-pc hands the mail in at mail.naver.com (SMTP conversation 1)",
        "mail.naver.com took it as A0001.",
    )
    assert second.says == (
        "Hop 2: mail.naver.com passes the mail on to mail.daum.net (SMTP conversation 2)",
        "1.08 s after hop 1. mail.daum.net took it as B0001.",
        "It is the mail of hop 1 (certainty 90 of 100):",
        "  - the server called it A0001",
        f"  - a Received line tells of {LEE}",
        "  - mail.naver.com had got it",
        "What has changed since hop 1:",
        "  - header added: Received",
    )
    assert third.says == (
        "Hop 3: kim-pc fetches the mail from mail.daum.net (POP3 conversation 3, logged in as kim)",
        "8.25 s after hop 2.",
    )
    assert "asks DNS which host takes mail for the recipient's domain" in second.means


def test_what_became_of_it_for_each_recipient_stands_at_the_end() -> None:
    last = page().steps[-1]
    assert last.says == ("kim@daum.net: fetched", "kim-pc fetched it as kim (packet 69)")
    assert last.means == "The mail has arrived: the recipient's own mail program has it."


def test_the_mail_itself_is_shown_once() -> None:
    first, second, third = (step.says for step in steps(page()) if step.kind is StepKind.CONTENT)
    assert "    hello" in first
    assert second[1:] == ("    (its header and its text are shown at hop 1)",)
    assert third[2:] == ("    (its header and its text are shown at hop 1)",)


def test_what_is_explained_once_in_a_journey_is_not_explained_again() -> None:
    everything = " ".join(step.means for step in page().steps)
    assert everything.count("If it cannot be delivered, the report about it goes there.") == 1


def test_conversations_are_still_told_whole() -> None:
    alone = walkthroughs(capture(JOURNEY), conversation=1)[0]
    assert [step.number for step in alone.steps] == list(range(1, len(alone.steps) + 1))
    assert "Step 2 is not the reason" in alone.steps[2].means
    assert "    hello" in next(step for step in alone.steps if step.kind is StepKind.CONTENT).says


def test_a_hop_that_was_not_captured() -> None:
    unseen = Hop(HopKind.SUBMITTED, None, None, "sender.example", "mx.example", at(-60), queue_id="X1")
    (walkthrough,) = told(replace(JOURNEY, hops=(unseen, *(replace(hop, before=at_) for at_, hop in enumerate(HOPS)))))
    first, second, *_ = headings(walkthrough)
    assert first.says == (
        "Hop 1: sender.example hands the mail in at mx.example (not captured: only the mail itself tells of it)",
        "mx.example took it as X1.",
    )
    assert second.says[1].startswith("About 61 s after hop 1 by the clocks of the servers.")
    assert walkthrough.summary == "sender.example -> mx.example -> mail.naver.com -> mail.daum.net -> kim-pc"
    assert walkthrough.result == "fetched"
    assert steps(walkthrough)[0].offset_ns == 0


def test_a_mail_that_its_own_host_made() -> None:
    made = Hop(HopKind.SUBMITTED, None, None, "mx.example", "mx.example", at(-60), queue_id="X1")
    (walkthrough,) = told(replace(JOURNEY, hops=(made, *(replace(hop, before=at_) for at_, hop in enumerate(HOPS)))))
    first = headings(walkthrough)[0]
    assert first.says[0] == (
        "Hop 1: a program on mx.example itself hands the mail in there (not captured: only the mail itself tells of it)"
    )
    assert first.means.startswith("This mail did not come over the network:")


def test_a_mailing_list_hands_in_once_more_what_came_over_the_network() -> None:
    """As at vger.kernel.org in a capture of Zeek's; both stamps are of one second."""
    unseen = Hop(HopKind.SUBMITTED, None, None, "sender.example", "mx.example", at(-60), queue_id="X1")
    listed = Hop(HopKind.SUBMITTED, None, None, "mx.example", "mx.example", at(-60), queue_id="X2", before=0)
    hops = (unseen, listed, *(replace(hop, before=at_) for at_, hop in enumerate(HOPS, 1)))
    (walkthrough,) = told(replace(JOURNEY, hops=hops))
    second = headings(walkthrough)[1]
    assert second.says[0].startswith("Hop 2: a program on mx.example itself hands the mail in there again (")
    assert second.says[1].startswith("At most a second after hop 1 by the clocks of the servers.")
    assert second.means.startswith(
        "The server had the mail, and a program that runs on its host handed it in once more"
    )


def test_a_refused_mail_of_which_nothing_was_sent() -> None:
    refused = Hop(HopKind.REFUSED, 1, None, LEE, A, at(1.06), ("nobody@daum.net",), None, "550", packets=(9, 10, 11))
    (walkthrough,) = told(replace(JOURNEY, subject=None, message_id=None, hops=(refused,), recipients=()))
    assert [step.packets for step in steps(walkthrough)] == [(1, 2, 3), (6,), (9, 10), (11,), (12,), (13, 14)]
    assert walkthrough.facts == ()
    assert walkthrough.title.startswith("Journey 1: (header not seen), lee@naver.com -> ")
    assert headings(walkthrough)[0].says[0] == (
        "Hop 1: mail.naver.com refuses the mail from lee-pc (SMTP conversation 1)"
    )


def test_a_report_and_what_it_reports_name_each_other() -> None:
    lost, report = told(JOURNEY, replace(JOURNEY, id=2, reports=1, message_id=None))
    assert "Journey 2 is the report that tells the sender of it." in lost.facts
    assert report.facts == (
        "This mail has no Message-ID: it was followed by its envelope, queue ids and text.",
        "This mail is a report: it tells what became of the mail of journey 1.",
    )


def test_a_mail_that_comes_by_twice_in_one_conversation() -> None:
    again = replace(HOPS[2], before=1)
    (walkthrough,) = told(replace(JOURNEY, hops=(*HOPS, again)))
    assert len(steps(walkthrough)) == len(steps(page()))
    assert headings(walkthrough)[3].says[0].startswith("Hop 4: kim-pc fetches the mail from mail.daum.net")
    assert walkthrough.summary == "lee-pc -> mail.naver.com -> mail.daum.net -> kim-pc"


def test_a_mailbox_that_was_open_before_the_mail_came_is_not_opened_again() -> None:
    waiting = replace(HOPS[1], time_ns=at(10.45))
    (walkthrough,) = told(replace(JOURNEY, hops=(HOPS[0], waiting, HOPS[2])))
    assert [step.packets for step in steps(walkthrough)][-3:] == [(68,), (69,), (72, 73)]
    assert not {60, 63} & {packet for step in steps(walkthrough) for packet in step.packets}


def test_hosts_that_sound_alike_keep_their_names() -> None:
    (walkthrough,) = told(
        replace(JOURNEY, recipients=(replace(JOURNEY.recipients[0], because=f"{KIM}0 and {B} and {KIM}"),))
    )
    assert walkthrough.steps[-1].says[1] == "10.0.0.40 and mail.daum.net and kim-pc"
