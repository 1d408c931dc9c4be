"""Everything that can happen to a mail on its way, each as small traffic with its journeys written out by hand."""

from __future__ import annotations

import pytest

from mailtrace.model import EvidenceKind, Journey
from tests.mail.journeys.post import KIM, LEE, PARK, A, B, C, D, Post, fates, mail, shape, stamp

NAME = "<1@naver.com>"
BY_A = stamp(LEE, "mail.naver.com", "QA1", 1)
BY_B = stamp(A, "mail.daum.net", "QB1", 2)
BY_C = stamp(A, "mail.nate.com", "QC1", 2)
KIM_, PARK_, TEAM = "kim@daum.net", "park@nate.com", "team@daum.net"


def evidence(journey: Journey, hop: int) -> set[EvidenceKind]:
    """Return the kinds of evidence of one hop."""
    return {each.kind for each in journey.hops[hop].evidence}


def test_from_the_first_client_to_the_last() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(NAME), queue_id="QA1")
    post.smtp(A, B, 2, KIM_, mail(NAME, stamps=BY_A), queue_id="QB1")
    post.fetch(KIM, B, 9, "kim", mail(NAME, stamps=BY_B + BY_A))
    (journey,) = post.journeys()
    assert (journey.id, journey.message_id, journey.subject, journey.sender) == (1, NAME, "test", "lee@naver.com")
    assert shape(journey) == [("submitted", 1, None), ("relayed", 2, 0), ("retrieved", 3, 1)]
    assert [(hop.sender, hop.receiver) for hop in journey.hops] == [(LEE, A), (A, B), (B, KIM)]
    assert [hop.queue_id for hop in journey.hops] == ["QA1", "QB1", None]
    assert fates(journey) == {KIM_: "fetched"}
    assert journey.recipients[0].because == f"{KIM} fetched it as kim (packet 302)"
    assert journey.recipients[0].hop == 2
    kinds = set(EvidenceKind)
    assert evidence(journey, 1) == kinds
    assert evidence(journey, 2) == kinds
    assert journey.hops[1].changes == ("header added: Received",)


def test_two_recipients_part_at_the_first_server() -> None:
    post = Post()
    post.smtp(LEE, A, 0, [KIM_, PARK_], mail(NAME), queue_id="QA1")
    post.smtp(A, B, 2, KIM_, mail(NAME, stamps=BY_A), queue_id="QB1")
    post.smtp(A, C, 3, PARK_, mail(NAME, stamps=BY_A), queue_id="QC1", status="550")
    post.fetch(KIM, B, 9, "kim", mail(NAME, stamps=BY_B + BY_A))
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", 1, None), ("relayed", 2, 0), ("refused", 3, 0), ("retrieved", 4, 1)]
    assert fates(journey) == {KIM_: "fetched", PARK_: "rejected"}
    assert journey.outcome.value == "rejected"


def test_a_host_whose_own_copy_was_not_seen_sends_to_two_others() -> None:
    post = Post()
    post.smtp(A, B, 2, KIM_, mail(NAME, stamps=BY_A), queue_id="QB1")
    post.smtp(A, C, 3, PARK_, mail(NAME, stamps=BY_A), queue_id="QC1")
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", None, None), ("relayed", 1, 0), ("relayed", 2, 0)]
    assert [(hop.sender, hop.receiver, hop.queue_id) for hop in journey.hops[:1]] == [(LEE, "mail.naver.com", "QA1")]
    assert fates(journey) == {KIM_: "accepted", PARK_: "accepted"}


def test_greylisting_puts_off_and_the_second_try_succeeds() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(NAME), queue_id="QA1")
    post.smtp(A, B, 2, KIM_, None, status="451", refused={KIM_: "451"})
    post.smtp(A, B, 302, KIM_, mail(NAME, stamps=BY_A), queue_id="QB1")
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", 1, None), ("deferred", 2, 0), ("relayed", 3, 0)]
    assert evidence(journey, 1) == {EvidenceKind.ENVELOPE}
    assert journey.hops[1].evidence[0].detail == (
        f"the same host tried from lee@naver.com to {KIM_}, and came again 300.500 s later"
    )
    assert fates(journey) == {KIM_: "accepted"}


def test_a_mail_that_is_put_off_and_not_tried_again() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(NAME), queue_id="QA1")
    post.smtp(A, B, 2, KIM_, None, status="451", refused={KIM_: "451"})
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", 1, None), ("deferred", 2, 0)]
    assert fates(journey) == {KIM_: "deferred"}
    assert journey.recipients[0].because == f"{B} put it off with 451 (packet 202), and no later try was seen"


def test_a_client_that_is_put_off_comes_again_itself() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, None, status="450", refused={KIM_: "450"})
    post.smtp(LEE, A, 60, KIM_, None, status="450", refused={KIM_: "450"})
    post.smtp(LEE, A, 400, KIM_, mail(NAME), queue_id="QA1")
    (journey,) = post.journeys()
    assert shape(journey) == [("deferred", 1, None), ("deferred", 2, None), ("submitted", 3, None)]
    assert fates(journey) == {KIM_: "accepted"}


def test_put_off_after_the_mail_was_sent() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(NAME), status="451")
    post.smtp(LEE, A, 300, KIM_, mail(NAME), queue_id="QA1")
    (journey,) = post.journeys()
    assert shape(journey) == [("deferred", 1, None), ("submitted", 2, None)]
    assert EvidenceKind.MESSAGE_ID in evidence(journey, 1)
    assert fates(journey) == {KIM_: "accepted"}


def test_the_first_mx_puts_off_and_the_second_takes_it_at_once() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(NAME), queue_id="QA1")
    post.smtp(A, B, 2, KIM_, None, status="421", refused={KIM_: "421"})
    post.smtp(A, D, 2.1, KIM_, mail(NAME, stamps=BY_A), queue_id="QD1")
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", 1, None), ("deferred", 2, 0), ("relayed", 3, 0)]
    assert [hop.receiver for hop in journey.hops] == [A, B, D]
    assert fates(journey) == {KIM_: "accepted"}


def daum(post: Post) -> None:
    """Let the servers of daum.net be looked up: two names, of which one has no address among the hosts known."""
    post.lookup(1, 1, 1.5, "MX", "daum.net", "10 mx1.daum.net.", "20 mx2.daum.net.")
    post.lookup(2, 1, 1.6, "A", "mx1.daum.net", MX1)


MX1 = "192.168.111.230"


def test_the_first_mx_does_not_answer() -> None:
    post = Post()
    post.smtp(LEE, A, 0, [KIM_, PARK_], mail(NAME), queue_id="QA1")
    daum(post)
    post.call(A, MX1, 2)
    post.smtp(A, D, 4, KIM_, mail(NAME, stamps=BY_A), queue_id="QD1")
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", 1, None), ("deferred", 4, 0), ("relayed", 5, 0)]
    assert journey.hops[1].recipients == (KIM_,)
    assert journey.hops[1].evidence[0].detail == (
        f"{A} called {MX1}, a server of the recipient's domain, 1.000 s before it sent the mail"
    )
    assert fates(journey) == {KIM_: "accepted", PARK_: "accepted"}


def test_no_mx_answers_at_all() -> None:
    post = Post()
    post.smtp(LEE, A, 0, [KIM_, PARK_], mail(NAME), queue_id="QA1")
    daum(post)
    post.call(A, MX1, 2)
    post.call(A, D, 4, "554")
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", 1, None), ("deferred", 4, 0), ("refused", 5, 0)]
    assert journey.hops[2].status == "554"
    assert fates(journey) == {KIM_: "deferred", PARK_: "accepted"}


def test_a_server_that_is_busy_is_called_again() -> None:
    post = Post()
    post.call(LEE, A, 0, "421")
    post.smtp(LEE, A, 60, KIM_, mail(NAME), queue_id="QA1")
    (journey,) = post.journeys()
    assert shape(journey) == [("deferred", 1, None), ("submitted", 2, None)]
    assert (journey.hops[0].status, journey.hops[0].score) == ("421", 50)
    assert fates(journey) == {KIM_: "accepted"}


def test_a_call_for_which_no_mail_is_known_is_no_journey() -> None:
    post = Post()
    post.smtp(LEE, A, 0, PARK_, mail(NAME), queue_id="QA1")
    daum(post)
    post.call(A, MX1, 2)
    assert [shape(journey) for journey in post.journeys()] == [[("submitted", 1, None)]]


def test_two_envelopes_of_one_moment_are_not_two_tries_of_one_mail() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, None, status=None)
    post.smtp(LEE, A, 0.01, KIM_, mail(NAME), queue_id="QA1")
    assert [shape(journey) for journey in post.journeys()] == [[("deferred", 1, None)], [("submitted", 2, None)]]


def test_an_alias_sends_it_on_to_others() -> None:
    post = Post()
    post.smtp(LEE, B, 0, TEAM, mail(NAME), queue_id="QB1")
    by_b = stamp(LEE, "mail.daum.net", "QB1", 1)
    post.smtp(B, C, 2, PARK_, mail(NAME, stamps=by_b), queue_id="QC1")
    post.fetch(PARK, C, 9, "park", mail(NAME, stamps=stamp(B, "mail.nate.com", "QC1", 3) + by_b))
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", 1, None), ("relayed", 2, 0), ("retrieved", 3, 1)]
    assert journey.hops[1].changes[0] == f"recipients of the envelope are now {PARK_}, and were {TEAM}"
    assert fates(journey) == {TEAM: "fetched", PARK_: "fetched"}


def test_a_mailbox_of_another_name_is_that_of_the_only_recipient_left() -> None:
    post = Post()
    post.smtp(LEE, B, 0, "postmaster@daum.net", mail(NAME), queue_id="QB1")
    post.fetch(KIM, B, 9, "kim", mail(NAME, stamps=stamp(LEE, "mail.daum.net", "QB1", 1)))
    (journey,) = post.journeys()
    assert fates(journey) == {"postmaster@daum.net": "fetched"}


def test_a_copy_for_the_sent_folder() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(NAME), queue_id="QA1")
    post.fetch(LEE, A, 1, "lee", mail(NAME), how="APPEND")
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", 1, None), ("appended", 2, None)]
    assert {EvidenceKind.MESSAGE_ID, EvidenceKind.BODY, EvidenceKind.ADDRESS} <= evidence(journey, 1)
    assert fates(journey) == {KIM_: "accepted"}


def test_fetched_by_imap_and_looked_at_by_top() -> None:
    post = Post()
    post.smtp(LEE, B, 0, [KIM_, "hong@daum.net"], mail(NAME), queue_id="QB1")
    stamps = stamp(LEE, "mail.daum.net", "QB1", 1)
    post.fetch(KIM, B, 5, "kim", mail(NAME, stamps=stamps), how="FETCH")
    post.fetch(PARK, B, 6, "hong@daum.net", mail(NAME, body="", stamps=stamps), how="TOP")
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", 1, None), ("retrieved", 2, 0), ("retrieved", 3, 0)]
    assert fates(journey) == {KIM_: "fetched", "hong@daum.net": "delivered"}


def test_delivered_by_lmtp() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(NAME), queue_id="QA1")
    post.smtp(A, B, 1, KIM_, mail(NAME, stamps=BY_A), verb="LHLO")
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", 1, None), ("delivered", 2, 0)]
    assert fates(journey) == {KIM_: "delivered"}


def test_a_server_gives_the_mail_its_message_id() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(None), queue_id="QA1")
    post.smtp(A, B, 2, KIM_, mail("<QA1@naver.com>", stamps=BY_A), queue_id="QB1")
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", 1, None), ("relayed", 2, 0)]
    assert journey.message_id == "<QA1@naver.com>"
    assert EvidenceKind.MESSAGE_ID not in evidence(journey, 1)
    assert journey.hops[1].changes == ("header added: Received, Message-ID",)


def test_no_message_id_and_no_queue_number_at_all() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(None))
    post.smtp(A, B, 2, KIM_, mail(None))
    post.fetch(KIM, B, 9, "kim", mail(None))
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", 1, None), ("relayed", 2, 0), ("retrieved", 3, 1)]
    assert evidence(journey, 1) == {
        *(EvidenceKind.ENVELOPE, EvidenceKind.BODY, EvidenceKind.ADDRESS, EvidenceKind.TIME)
    }


def test_a_body_alone_joins_nothing() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(None))
    post.smtp(A, B, 2, PARK_, mail(None), sender="other@naver.com")
    assert [shape(journey) for journey in post.journeys()] == [[("submitted", 1, None)], [("submitted", 2, None)]]


def test_empty_bodies_join_nothing() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(None, ""))
    post.smtp(A, B, 2, KIM_, mail(None, ""))
    assert len(post.journeys()) == 2


def test_a_host_that_talks_to_itself_sends_the_same_twice() -> None:
    post = Post()
    first = post.smtp(A, A, 0, KIM_, mail(None))
    second = post.smtp(A, A, 1, KIM_, mail(None))
    first.dialogue.transactions += second.dialogue.transactions
    first.dialogue.contents += second.dialogue.contents
    for message in post.messages:
        message.conversation = first.id
    del post.conversations[1]
    assert [shape(journey) for journey in post.journeys()] == [[("submitted", 1, None)], [("submitted", 1, None)]]


def test_different_mails_with_one_message_id() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(NAME, "One\r\n"), queue_id="QA1")
    post.smtp(LEE, A, 1, KIM_, mail(NAME, "Two\r\n", subject="other"), queue_id="QA2")
    post.smtp(A, B, 3, KIM_, mail(NAME, "Two\r\n", stamp(LEE, "mail.naver.com", "QA2", 2), "other"), queue_id="QB2")
    post.smtp(A, B, 4, KIM_, mail(NAME, "One\r\n", BY_A), queue_id="QB1")
    one, two = post.journeys()
    assert shape(one) == [("submitted", 1, None), ("relayed", 4, 0)]
    assert shape(two) == [("submitted", 2, None), ("relayed", 3, 0)]
    assert one.notes == two.notes == ("2 mails carry this Message-ID, and nothing shows that they are one",)


def test_a_mail_that_was_in_the_mailbox_already() -> None:
    post = Post()
    post.fetch(KIM, B, 9, "kim", mail(NAME, stamps=BY_B + BY_A, more="To: kim@daum.net\r\n"))
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", None, None), ("relayed", None, 0), ("retrieved", 1, 1)]
    told = [(hop.sender, hop.receiver, hop.queue_id) for hop in journey.hops[:2]]
    assert told == [(LEE, "mail.naver.com", "QA1"), (A, "mail.daum.net", "QB1")]
    assert [hop.time_ns for hop in journey.hops[:2]] == [1_772_323_201_000_000_000, 1_772_323_202_000_000_000]
    assert [hop.score for hop in journey.hops] == [60, 60, 100]
    assert fates(journey) == {"kim": "fetched"}


def test_an_encrypted_relay_is_found_by_hosts_and_time() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(NAME), queue_id="QA1")
    post.dark(A, B, 0.2)
    post.dark(A, B, 1.5)
    post.dark(A, B, 30)
    post.fetch(KIM, B, 50, "kim", mail(NAME, stamps=BY_B + BY_A))
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", 1, None), ("relayed", 3, 0), ("retrieved", 5, 1)]
    assert (journey.hops[1].sender, journey.hops[1].receiver, journey.hops[1].queue_id) == (A, B, "QB1")
    assert evidence(journey, 1) == {EvidenceKind.RECEIVED, EvidenceKind.TIME}


def test_an_encrypted_relay_of_which_nothing_tells_later() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(NAME), queue_id="QA1")
    daum(post)
    post.dark(A, D, 1)
    post.dark(A, D, 1.5)
    post.dark(A, C, 1)
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", 1, None), ("relayed", 4, 0)]
    assert (journey.hops[1].score, journey.hops[1].recipients) == (50, (KIM_,))
    assert fates(journey) == {KIM_: "accepted"}
    assert journey.recipients[0].because == (
        f"it was probably handed on to {D} in an encrypted conversation, which ends in packet 499"
    )


def test_a_relay_with_another_address() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(NAME))
    post.smtp("fd00::100", B, 2, KIM_, mail(NAME, stamps=BY_A))
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", 1, None), ("relayed", 2, 0)]
    assert EvidenceKind.ADDRESS in evidence(journey, 1)


def test_local_delivery_writes_the_body_in_another_encoding() -> None:
    post = Post()
    encoded = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"
    plain = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    post.smtp(LEE, B, 0, KIM_, mail(NAME, "7JWI64WVDQo=\r\n", more=encoded), queue_id="QB1")
    post.fetch(KIM, B, 5, "kim", mail(NAME, "안녕\r\n", stamp(LEE, "mail.daum.net", "QB1", 1), more=plain))
    (journey,) = post.journeys()
    assert journey.hops[1].changes == (
        "header added: Received",
        "header changed: Content-Transfer-Encoding",
        "body re-encoded from base64 to 8bit: the body hash of a DKIM signature made before breaks here",
    )


def test_a_footer_changes_the_body() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(NAME), queue_id="QA1")
    post.smtp(A, B, 2, KIM_, mail(NAME, "Hello\r\n-- \r\nlist\r\n", stamps=BY_A), sender="list@naver.com")
    (journey,) = post.journeys()
    assert journey.hops[1].changes == (
        "the sender of the envelope was lee@naver.com and is list@naver.com",
        "header added: Received",
        "body changed: the body hash of a DKIM signature made before breaks here",
    )


BOUNCE = """\
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
Content-Type: text/plain\r
\r
It failed.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mail.naver.com\r
\r
Final-Recipient: rfc822; kim@daum.net\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1 No such user\r
\r
--b\r
Content-Type: message/rfc822\r
\r
Message-ID: <1@naver.com>\r
Subject: test\r
From: lee@naver.com\r
\r
Hello\r
--b--\r
"""


def test_a_bounce_reports_the_mail_that_failed() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(NAME), queue_id="QA1")
    post.smtp(A, B, 2, KIM_, None, status="550", refused={KIM_: "550"})
    head = "Message-ID: <bounce@naver.com>\r\nSubject: failed\r\nFrom: MAILER-DAEMON@naver.com\r\n"
    post.smtp(A, B, 3, "lee@naver.com", (head + BOUNCE).encode(), sender="", queue_id="QB9")
    first, bounce = post.journeys()
    assert shape(first) == [("submitted", 1, None), ("refused", 2, 0)]
    assert fates(first) == {KIM_: "bounced"}
    assert first.recipients[0].because == (
        "mail.naver.com reported later that it failed: 550 5.1.1 No such user (packet 302)"
    )
    assert (first.reports, bounce.reports) == (None, 1)
    assert fates(bounce) == {"lee@naver.com": "accepted"}


def test_some_recipients_are_refused() -> None:
    post = Post()
    post.smtp(LEE, A, 0, [KIM_, PARK_, TEAM], mail(NAME), refused={PARK_: "550", TEAM: "452"})
    (journey,) = post.journeys()
    assert fates(journey) == {KIM_: "accepted", PARK_: "rejected", TEAM: "deferred"}
    assert journey.recipients[1].because == f"{A} refused the recipient with 550 (packet 102)"


def test_a_link_names_a_recipient_that_was_accepted() -> None:
    post = Post()
    post.smtp(LEE, A, 0, [KIM_, PARK_, TEAM], mail(NAME), queue_id="QA1")
    post.smtp(A, B, 2, [KIM_, TEAM], mail(NAME, stamps=BY_A), refused={KIM_: "550"})
    post.smtp(A, C, 3, PARK_, None, status="550", refused={PARK_: "550"})
    (journey,) = post.journeys()
    told = [each.detail for hop in journey.hops for each in hop.evidence if each.kind is EvidenceKind.ENVELOPE]
    assert told == [
        f"both envelopes are from lee@naver.com to {TEAM}",
        f"{A} had a mail from lee@naver.com to {PARK_} to hand on",
    ]


@pytest.mark.parametrize(
    "clauses",
    [
        "by mail.naver.com (Postfix)\r\n\tid QA1",
        "from root by mail.naver.com with local (Exim 4.96)\r\n\tid QA1",
        "from localhost (localhost)\r\n\tby mail.naver.com (8.17.1/8.17.1) id QA1",
        "(from lee@localhost)\r\n\tby mail.naver.com (8.17.1/8.17.1/Submit) id QA1",
    ],
)
def test_a_mail_that_its_own_host_made(clauses: str) -> None:
    post = Post()
    own = f"Received: {clauses};\r\n\tSun, 1 Mar 2026 00:00:01 +0000\r\n"
    post.smtp(A, B, 2, KIM_, mail(NAME, stamps=own), queue_id="QB1")
    (journey,) = post.journeys()
    assert [(hop.sender, hop.receiver) for hop in journey.hops] == [("mail.naver.com", "mail.naver.com"), (A, B)]


def test_who_handed_a_mail_over_may_stay_unsaid() -> None:
    post = Post()
    field = "Received: by mail.naver.com with ESMTP id QA1;\r\n\tSun, 1 Mar 2026 00:00:01 +0000\r\n"
    post.smtp(A, B, 2, KIM_, mail(NAME, stamps=field), queue_id="QB1")
    (journey,) = post.journeys()
    assert [(hop.sender, hop.receiver) for hop in journey.hops] == [("", "mail.naver.com"), (A, B)]


def test_lookups_and_ident_calls_belong_to_the_hop_they_were_made_for() -> None:
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(NAME), queue_id="QA1")
    post.smtp(A, B, 2, KIM_, mail(NAME, stamps=BY_A), queue_id="QB1")
    post.lookup(7, 1, 0.1)
    post.lookup(8, 2, 1.9)
    post.ident(1, 0.05)
    (journey,) = post.journeys()
    assert [(hop.lookups, hop.idents) for hop in journey.hops] == [((7,), (5,)), ((8,), ())]
    assert journey.lookups == (7, 8)


def test_clocks_that_disagree_do_not_turn_the_way_around() -> None:
    post = Post()
    post.smtp(LEE, A, 5, KIM_, mail(NAME), queue_id="QA1")
    post.smtp(A, B, 2, KIM_, mail(NAME, stamps=BY_A), queue_id="QB1")
    (journey,) = post.journeys()
    assert shape(journey) == [("submitted", 1, None), ("relayed", 2, 0)]


def test_a_mail_goes_round_in_circles() -> None:
    post = Post()
    stamps = ""
    for turn in range(40):
        client, server, by = (A, B, "mail.daum.net") if turn % 2 else (B, A, "mail.naver.com")
        post.smtp(client, server, turn, KIM_, mail(NAME, stamps=stamps), queue_id=f"Q{turn}")
        stamps = stamp(client, by, f"Q{turn}", turn) + stamps
    (journey,) = post.journeys()
    assert [hop.before for hop in journey.hops] == [None, *range(39)]
    assert all(hop.conversation == place for place, hop in enumerate(journey.hops, 1))
