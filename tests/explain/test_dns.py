"""DNS is told for mail: what was asked, what was answered, what follows from it."""

from __future__ import annotations

import pytest

from mailtrace.explain.reverse import blocklisted, reversed_address
from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.model import Lookup, Step
from tests.explain.making import CLIENT, SERVER, Talk, analysis, lookup, resolver


def alone(*lookups: Lookup) -> tuple[Step, ...]:
    """Return the steps of lookups that belong to no mail, each in a conversation of its own."""
    made = analysis(*(resolver(number, each) for number, each in enumerate(lookups, 1)))
    (walkthrough,) = walkthroughs(made)
    return walkthrough.steps


def test_the_own_address_asked_twice_once_with_edns() -> None:
    name = "130.111.168.192.in-addr.arpa"
    (step,) = alone(
        lookup((72, 73), 0.0, "PTR", name, "NXDOMAIN", client="192.168.111.130", edns=True),
        lookup((74, 75), 0.0005, "PTR", name, "NXDOMAIN", client="192.168.111.130"),
    )
    assert step.packets == (72, 73, 74, 75)
    assert step.says == (f"PTR {name}? NXDOMAIN", f"PTR {name}? NXDOMAIN")
    assert "asks for the name of its own address 192.168.111.130 (reverse lookup)." in step.means
    assert "once with EDNS (the extension for longer answers) and once without" in step.means
    assert step.source == "RFC 2308 section 2.1"


def test_an_answer_alone_is_spoken_by_who_gave_it() -> None:
    """Its question was not captured: nobody was seen to ask."""
    given = lookup((3,), 0.0, "A", "naver.com", answers=("192.0.2.1",))
    given.duration_ns = None
    (step,) = alone(given)
    assert (step.speaker, step.listener) == (given.server, given.client)
    assert step.means.startswith(f"{given.client} asks for the IPv4 address of naver.com.")


def test_in_no_mail_nobody_is_a_mail_partner() -> None:
    other = lookup((1, 2), 0.0, "PTR", "53.0.0.10.in-addr.arpa", "NXDOMAIN", client="10.0.0.1")
    other.server = "10.0.0.53"
    (step,) = alone(other)
    assert "partner" not in step.means
    assert "asks which name belongs to the address 10.0.0.53 (reverse lookup)" in step.means


def test_what_is_told_and_ordered_is_no_question() -> None:
    """Source: RFC 1996 section 3.11, RFC 2136 section 2.2."""
    told, ordered = lookup((1, 2), 0.0, "SOA", "naver.com"), lookup((3, 4), 0.1, "SOA", "naver.com", "REFUSED")
    told.opcode, ordered.opcode = "NOTIFY", "UPDATE"
    notify, update = alone(told, ordered)
    assert (notify.says, update.says) == (("NOTIFY naver.com: accepted",), ("UPDATE naver.com: REFUSED",))
    assert "tells the other name server that the zone naver.com has changed" in notify.means
    assert "The other side accepts it." in notify.means
    assert "other name servers" not in notify.means
    assert "asks the name server to change records of the zone naver.com" in update.means
    assert "REFUSED: the server refuses to answer this client" in update.means
    assert (notify.source, update.source) == ("RFC 1996 section 3", "RFC 2136 section 2")


def test_the_same_question_again_at_once_is_not_a_lost_answer() -> None:
    (step,) = alone(lookup((1, 2, 3, 4), 0.0, "PTR", "1.0.0.10.in-addr.arpa", "NXDOMAIN", retries=1))
    assert "sent 2 times in a row, and answered the same each time" in step.means


def test_a_question_asked_again_because_its_answer_was_slow() -> None:
    (step,) = alone(lookup((1, 2, 3, 4), 0.0, "A", "naver.com", answers=("192.0.2.1",), duration=1.7, retries=1))
    assert "sent 2 times and answered each time: the first answer got lost, or came too late" in step.means


def test_an_answer_that_never_arrived_is_told_with_the_time_it_cost() -> None:
    """Lab capture 08, packets 109, 110, 116 and 117."""
    asked = lookup((109, 110, 116, 117), 0.0, "A", "naver.com", answers=("192.168.111.100",), retries=1)
    asked.missed_ns = 5_004_331_221
    (step,) = alone(asked)
    assert "sent 2 times, although an answer had been captured: it never arrived" in step.means
    assert "so that the lookup took 5.00 s" in step.means
    assert "in a row" not in step.means


def test_a_search_domain_that_was_asked_for_twice_is_told_so() -> None:
    """Lab capture 08, packets 428 to 431."""
    again = lookup((3, 4, 5, 6), 0.1, "AAAA", "mail.daum.net.naver.com", "NXDOMAIN", retries=1)
    again.missed_ns = 4_998_430_711
    _, step = alone(lookup((1, 2), 0.0, "AAAA", "mail.daum.net", nodata=True), again)
    assert "its own search domain naver.com behind it" in step.means
    assert "it never arrived, so that the lookup took 5.00 s" in step.means


def test_neighbours_of_one_name_are_one_step_and_later_ones_are_not() -> None:
    steps = alone(
        lookup((1, 2), 0.0, "AAAA", "naver.com", nodata=True),
        lookup((3, 4), 0.01, "A", "naver.com", answers=("192.168.111.100",)),
        lookup((5, 6), 0.02, "MX", "naver.com", answers=("10 mail.naver.com.",)),
        lookup((7, 8), 90.0, "MX", "naver.com", answers=("10 mail.naver.com.",)),
    )
    assert [step.packets for step in steps] == [(1, 2, 3, 4), (5, 6), (7, 8)]
    assert "the IPv6 and the IPv4 address of naver.com" in steps[0].means
    assert "exists but has no AAAA record (NODATA). That is no error." in steps[0].means


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (("10 mail.daum.net.",), "Mail for daum.net goes to mail.daum.net."),
        (("20 b.daum.net.", "10 a.daum.net."), "goes to a.daum.net first: the lowest number (10) is tried first"),
        (("10 a.daum.net.", "10 b.daum.net."), "goes to a.daum.net and b.daum.net, in any order"),
        (("0 .",), "takes no mail at all"),
    ],
)
def test_what_an_mx_answer_means(answers: tuple[str, ...], expected: str) -> None:
    (step,) = alone(lookup((1, 2), 0.0, "MX", "daum.net", answers=answers))
    assert expected in step.means
    assert step.source == "RFC 5321 section 5.1"


def test_no_mx_record_is_told_apart_from_no_name() -> None:
    (missing,) = alone(lookup((1, 2), 0.0, "MX", "daum.net", nodata=True))
    assert "mail goes to the address of daum.net itself" in missing.means
    (unknown,) = alone(lookup((1, 2), 0.0, "MX", "daum.net", "NXDOMAIN"))
    assert "does not exist" in unknown.means


@pytest.mark.parametrize(
    ("name", "answer", "expected", "source"),
    [
        ("naver.com", '"v=spf1 mx -all"', "asks for the SPF of naver.com", "RFC 7208 section 4.4"),
        ("_dmarc.naver.com", '"v=DMARC1; p=none"', "asks for the DMARC policy", "RFC 9989 section 4.10"),
        ("s1._domainkey.naver.com", '"v=DKIM1; p=MII"', "fetches the DKIM key", "RFC 6376 section 3.6.2"),
        ("_mta-sts.naver.com", '"v=STSv1; id=1"', "demands TLS", "RFC 8461 section 3.1"),
        ("_smtp._tls.naver.com", '"v=TLSRPTv1"', "trouble with TLS", "RFC 8460 section 3"),
        ("naver.com", '"hello"', "asks for the text records", "RFC 1035 section 3.3.14"),
    ],
)
def test_texts_are_told_by_shape(name: str, answer: str, expected: str, source: str) -> None:
    (step,) = alone(lookup((1, 2), 0.0, "TXT", name, answers=(answer,)))
    assert expected in step.means
    assert step.source == source
    assert step.says == (f"TXT {name}? {answer}",)


def test_blocklists() -> None:
    free, listed = alone(
        lookup((1, 2), 0.0, "A", "100.111.168.192.bl.lab.example", "NXDOMAIN"),
        lookup((3, 4), 0.1, "A", "133.111.168.192.bl.lab.example", answers=("127.0.0.2",)),
    )
    assert "whether the address 192.168.111.100 is listed" in free.means
    assert "good news" in free.means
    assert "The answer says: it is listed (127.0.0.2)." in listed.means
    assert blocklisted(lookup((1, 2), 0.0, "A", "a.b.c.d.example.org")) == ""


def test_reverse_names() -> None:
    assert reversed_address("130.111.168.192.in-addr.arpa") == "192.168.111.130"
    nibbles = "1." + "0." * 23 + "8.b.d.0.1.0.0.2"
    assert reversed_address(f"{nibbles}.ip6.arpa") == "2001:db8::1"
    assert reversed_address("naver.com") == ""
    assert reversed_address("999.in-addr.arpa") == ""


def test_failures_and_silence() -> None:
    failed, refused, silent, slow = alone(
        lookup((1, 2), 0.0, "A", "a.example", "SERVFAIL"),
        lookup((3, 4), 0.1, "A", "b.example", "REFUSED"),
        lookup((5,), 0.2, "A", "c.example", None, duration=None, retries=2),
        lookup((8, 9), 0.3, "A", "d.example", answers=("192.0.2.1",), duration=0.83),
    )
    assert "this may pass" in failed.means
    assert "refuses to answer this client" in refused.means
    assert silent.says == ("A c.example? no answer",)
    assert "The same question was sent 3 times." in silent.means
    assert "The answer took 0.83 s." in slow.means


def inside(*lookups: Lookup) -> list[str]:
    """Return what lookups mean inside a mail conversation from lee@naver.com to kim@daum.net."""
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.command(30, 3.0, "MAIL FROM:<lee@naver.com>")
    talk.reply(31, 3.1, "250", "ok")
    talk.transaction("lee@naver.com", {"kim@daum.net": "250"}, None, "250")
    for each in lookups:
        each.caused_by = 1
    made = analysis(talk.conversation(), *(resolver(number, each) for number, each in enumerate(lookups, 2)))
    return [step.means for step in walkthroughs(made)[0].steps if step.kind.value == "lookup"]


def test_the_way_back_from_a_name_to_the_address() -> None:
    reverse = lookup((5, 6), 0.1, "PTR", "1.0.0.10.in-addr.arpa", answers=("lee-pc.naver.com.",))
    name, back = inside(reverse, lookup((7, 8), 0.2, "A", "lee-pc.naver.com", "NXDOMAIN"))
    assert "which name belongs to the address 10.0.0.1 of its mail partner" in name
    assert "does not lead to 10.0.0.1" in back
    reverse = lookup((5, 6), 0.1, "PTR", "1.0.0.10.in-addr.arpa", answers=("lee-pc.naver.com.",))
    back = inside(reverse, lookup((7, 8), 0.2, "A", "lee-pc.naver.com", answers=("10.0.0.1",)))[1]
    assert "confirm each other" in back


def test_the_domains_of_sender_and_recipient() -> None:
    sender, recipient = inside(
        lookup((32, 33), 3.2, "AAAA", "naver.com", nodata=True),
        lookup((34, 35), 3.3, "AAAA", "daum.net", nodata=True),
    )
    assert "AAAA of naver.com, the domain of the sender" in sender
    assert "AAAA of daum.net, the domain of the recipient" in recipient


def test_a_client_finds_its_server() -> None:
    exchanger, address = inside(
        lookup((5, 6), -0.2, "MX", "daum.net", answers=("10 mail.daum.net.",), client="10.0.0.1"),
        lookup((7, 8), -0.1, "A", "mail.daum.net", answers=("10.0.0.2",), client="10.0.0.1"),
    )
    assert "which hosts take mail for daum.net" in exchanger
    assert "which takes the mail for daum.net" in address


def test_a_search_domain_is_harmless() -> None:
    _, again = inside(
        lookup((5, 6), 0.1, "AAAA", "mail.naver.com", nodata=True),
        lookup((7, 8), 0.2, "AAAA", "mail.naver.com.daum.net", "NXDOMAIN"),
    )
    assert "its own search domain daum.net behind it" in again
    assert "harmless" in again


def test_an_answer_that_names_the_server_leads_to_the_connection() -> None:
    talk = Talk()
    talk.handshake(3, 0.0)
    asked = lookup((1, 2), -0.1, "A", "mail.daum.net", answers=("10.0.0.2",), client="10.0.0.1", caused_by=1)
    (told,) = walkthroughs(analysis(talk.conversation(), resolver(2, asked)))
    assert told.steps[0].means.endswith("The connection goes to 10.0.0.2 next.")
    assert told.steps[0].offset_ns == -100_000_000


def test_dns_over_tcp_gives_its_handshake_to_the_lookup() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    carrier = Talk("dns", "10.0.0.2", "10.0.0.53", 53, number=2)
    carrier.handshake(5, 0.1)
    carrier.data(8, 0.2, CLIENT, 40)
    carrier.data(9, 0.3, SERVER, 80)
    carrier.fin(10, 0.4, CLIENT)
    asked = lookup((8, 9), 0.2, "TXT", "naver.com", answers=('"v=spf1 -all"',), caused_by=1)
    carrier.dialogue.lookups.append(asked)
    carrier.dialogue.events.append(asked)
    carrier.caused_by = 1
    (told,) = walkthroughs(analysis(talk.conversation(), carrier.conversation()))
    assert [(step.packets, step.acks) for step in told.steps] == [((1, 2, 3), ()), ((8, 9), (5, 6, 7, 10))]
