"""Traffic that is made to be slow or to confuse: time stays near linear, and nothing is joined without evidence."""

from __future__ import annotations

from mailtrace.mail.journeys import notebook
from mailtrace.mail.journeys.trace import PACKETS_LIMIT, RECIPIENTS_LIMIT
from tests.mail.contents import growth
from tests.mail.journeys.post import HOSTS, KIM, LEE, A, B, Post, fates, mail, shape, stamp

NAME = "<1@naver.com>"
KIM_ = "kim@daum.net"


def grows(make: Post, double: Post) -> float:
    """Return how many times as long the journeys of twice the traffic take."""
    return growth(lambda size: (make if size == 1 else double).journeys(), 1)


def same_id(many: int) -> Post:
    """Return different mails with one Message-ID."""
    post = Post()
    for number in range(many):
        post.smtp(LEE, A, number, KIM_, mail(NAME, f"Mail {number}\r\n"), queue_id=f"Q{number}")
    return post


def test_different_mails_with_one_message_id_take_linear_time() -> None:
    assert len(same_id(1000).journeys()) == 1000
    assert grows(same_id(2500), same_id(5000)) <= 2.6


def one_mail_again_and_again(many: int) -> Post:
    """Return one mail that is handed in, sent on and fetched many times."""
    post = Post()
    post.smtp(LEE, A, 0, KIM_, mail(NAME), queue_id="QA1")
    by_a = stamp(LEE, "mail.naver.com", "QA1", 1)
    for number in range(many):
        post.smtp(A, B, 2 + number, f"{number}@daum.net", mail(NAME, stamps=by_a), queue_id=f"Q{number}")
        stamps = stamp(A, "mail.daum.net", f"Q{number}", 2) + by_a
        post.fetch(KIM, B, 3 + number, f"{number}", mail(NAME, stamps=stamps))
    return post


def test_one_mail_for_thousands_takes_linear_time() -> None:
    (journey,) = one_mail_again_and_again(300).journeys()
    assert len(journey.hops) == 601
    assert [hop.before for hop in journey.hops if hop.kind.value == "retrieved"] == [
        place for place, hop in enumerate(journey.hops) if hop.kind.value == "relayed"
    ]
    assert grows(one_mail_again_and_again(1000), one_mail_again_and_again(2000)) <= 2.6


def many_recipients(many: int) -> Post:
    """Return one mail for as many recipients as are remembered, sent on to each alone."""
    addresses = [f"{number}@daum.net" for number in range(RECIPIENTS_LIMIT + 5)]
    post = Post()
    post.smtp(LEE, A, 0, addresses, mail(NAME), queue_id="QA1")
    by_a = stamp(LEE, "mail.naver.com", "QA1", 1)
    for number in range(many):
        post.smtp(A, B, 2 + number, addresses[number % 1000], mail(NAME, stamps=by_a), queue_id=f"Q{number}")
        post.fetch(KIM, B, 2 + number, "0", mail(NAME, stamps=by_a))
    return post


def test_huge_lists_of_recipients_are_cut_and_told() -> None:
    (journey,) = many_recipients(1).journeys()
    assert len(journey.recipients) == RECIPIENTS_LIMIT
    assert journey.notes == ("5 more recipients are left out here",)
    assert grows(many_recipients(1000), many_recipients(2000)) <= 2.6


def refused_envelopes(many: int) -> Post:
    """Return one envelope that is refused again and again."""
    post = Post()
    for number in range(many):
        post.smtp(LEE, A, 10 * number, KIM_, None, status="450", refused={KIM_: "450"})
    return post


def test_an_envelope_refused_again_and_again_takes_linear_time() -> None:
    (journey,) = refused_envelopes(100).journeys()
    assert fates(journey) == {KIM_: "deferred"}
    assert grows(refused_envelopes(2500), refused_envelopes(5000)) <= 2.6


def one_queue_number(many: int) -> Post:
    """Return mails that a server all gave the same number, and that carry it many times."""
    post = Post()
    stamps = stamp(LEE, "mail.naver.com", "Q", 1) * 40
    for number in range(many):
        post.smtp(LEE, A, number, KIM_, mail(f"<{number}@x>", stamps=stamps), queue_id="Q")
    return post


def test_one_queue_number_joins_nothing_and_takes_linear_time() -> None:
    assert len(one_queue_number(50).journeys()) == 50
    assert grows(one_queue_number(700), one_queue_number(1400)) <= 2.6


def test_an_empty_envelope_and_times_out_of_any_range() -> None:
    post = Post()
    post.smtp(LEE, A, -(2**33), [], None, status=None)
    post.smtp(LEE, A, 2**33, "", b"", sender="")
    post.smtp(LEE, A, 0, "@", mail("", stamps="Received: ; Fri, 31 Dec 9999 23:59:59 -2359\r\n"), sender="@")
    assert len(post.journeys()) == 3


def test_a_mail_that_names_itself_its_own_past() -> None:
    post = Post()
    octets = mail(NAME, stamps=stamp(LEE, "mail.naver.com", "QA1", 1))
    post.smtp(LEE, A, 0, KIM_, octets, queue_id="QA1")
    post.smtp(A, A, 1, KIM_, octets, queue_id="QA1")
    assert all(
        hop.before is None or hop.before < place for each in post.journeys() for place, hop in enumerate(each.hops)
    )


def test_more_mails_than_are_remembered_are_told(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(notebook, "TRACES_LIMIT", 2)
    post = same_id(5)
    book = notebook.Notebook()
    post.note(book, post.conversations)
    assert len(book.journeys(HOSTS)) == 2
    assert [(note.code, note.message, note.damage) for note in book.notes()] == [
        ("journey-limit", "journeys are told of the first 2 mails; left out: 3", True)
    ]


def test_packets_of_a_hop_are_limited() -> None:
    post = Post()
    conversation = post.smtp(LEE, A, 0, KIM_, mail(NAME))
    conversation.dialogue.transactions[0].packets = tuple(range(1, 1001))
    (journey,) = post.journeys()
    assert len(journey.hops[0].packets) == PACKETS_LIMIT
    assert (journey.hops[0].packets[:2], journey.hops[0].packets[-2:]) == ((1, 2), (999, 1000))
    assert shape(journey) == [("submitted", 1, None)]
