"""tshark's packets become facts; the fields are those of tshark 4.0.17."""

from __future__ import annotations

from hashlib import sha256

from mailtrace.capture.tshark import Dissection, Layer
from mailtrace.crosscheck.facts import Fact, Kind
from mailtrace.crosscheck.theirs import Reader

TCP_25 = Layer("tcp", {"tcp.stream": ("0",), "tcp.dstport": ("25",)})


def facts(*packets: Dissection, mails: tuple[bytes, ...] = (), kind: Kind | None = None) -> list[Fact]:
    """Return what a reader tells of these packets."""
    reader = Reader()
    for packet in packets:
        reader.packet(packet)
    for mail in mails:
        reader.mail(mail)
    return [fact for fact in reader.facts() if kind in (None, fact.kind)]


def dns(number: int, *, answer: bool = False, **fields: tuple[str, ...]) -> Dissection:
    """Return a packet with a question for the mail exchangers of daum.net, or an answer to it."""
    told = {
        "dns.flags.response": ("1" if answer else "0",),
        "dns.flags.rcode": ("0",),
        "dns.qry.name": ("daum.net",),
        "dns.qry.type": ("15",),
        "dns.count.answers": ("1",),
        **{f"dns.{name}": value for name, value in fields.items()},
    }
    return Dissection(number, None, (Layer("dns", told),))


def test_smtp_commands_and_replies() -> None:
    command = Layer("smtp", {"smtp.command_line": ("mail FROM:<lee@naver.com> ",), "smtp.req.command": ("mail",)})
    reply = Layer("smtp", {"smtp.response": ("250 ok ",), "smtp.response.code": ("250",)})
    assert facts(Dissection(15, 0, (TCP_25, command)), Dissection(16, 0, (TCP_25, reply, reply))) == [
        Fact(Kind.CONVERSATION, 0, "smtp", (15,)),
        Fact(Kind.COMMAND, 0, "MAIL", (15,)),
        Fact(Kind.REPLY, 0, "250", (16,)),
        Fact(Kind.REPLY, 0, "250", (16,)),
    ]


def test_pop_commands_and_replies() -> None:
    layer = Layer("pop", {"pop.request.command": ("user",), "pop.response.indicator": ("+OK", "-ERR")})
    assert facts(Dissection(4, 2, (Layer("tcp", {"tcp.stream": ("2",)}), layer))) == [
        Fact(Kind.CONVERSATION, 2, "pop3", (4,)),
        Fact(Kind.COMMAND, 2, "USER", (4,)),
        Fact(Kind.REPLY, 2, "+OK", (4,)),
        Fact(Kind.REPLY, 2, "-ERR", (4,)),
    ]


def test_imap_lines() -> None:
    asked = Layer("imap", {"imap.isrequest": ("1",), "imap.line": ("a1 uid fetch 1:* FLAGS ", "a2 NOOP ", "", "lee ")})
    lines = ("* OK ready ", "* 3 EXISTS ", "* LIST () / x ", "a1 OK done ", "+ go on ", "Subject: of a mail ", "")
    told = Layer("imap", {"imap.isrequest": ("0",), "imap.line": lines})
    found = facts(Dissection(8, 0, (TCP_25, asked)), Dissection(9, 0, (TCP_25, told)))
    assert [(fact.kind, fact.says) for fact in found if fact.kind is Kind.COMMAND] == [
        (Kind.COMMAND, "UID FETCH"),
        (Kind.COMMAND, "NOOP"),
        (Kind.COMMAND, ""),
    ]
    assert [fact.says for fact in found if fact.kind is Kind.REPLY] == ["OK", "EXISTS", "LIST", "a1 OK", "+"]


def test_tls_counts_where_mail_is_spoken() -> None:
    hello = Layer("tls", {})
    mail = Dissection(4, 5, (Layer("tcp", {"tcp.stream": ("5",), "tcp.dstport": ("993",)}), hello))
    web = Dissection(6, 6, (Layer("tcp", {"tcp.stream": ("6",), "tcp.dstport": ("443",)}), hello))
    assert facts(mail, web) == [Fact(Kind.CONVERSATION, 5, "tls", (4,))]


def test_what_is_inside_tls_names_the_conversation() -> None:
    tcp = Layer("tcp", {"tcp.stream": ("5",), "tcp.dstport": ("993",)})
    inside = Layer("imap", {"imap.isrequest": ("1",), "imap.line": ("a1 NOOP ",)})
    found = facts(Dissection(4, 5, (tcp, Layer("tls", {}))), Dissection(9, 5, (tcp, Layer("tls", {}), inside)))
    assert found[0] == Fact(Kind.CONVERSATION, 5, "imap", (9,))


def test_mails_get_the_octets_exported_for_their_message_id() -> None:
    octets = b"Message-ID: <1@naver.com>\r\nSubject: test\r\n\r\nhello\r\n"
    imf = Layer("imf", {"imf.message_id": ("<1@naver.com>",)})
    (mail,) = facts(Dissection(26, 0, (TCP_25, imf)), mails=(octets, b"\r\nother"))
    assert mail == Fact(
        Kind.MESSAGE, 0, "<1@naver.com>", (26,), (f"51 octets, SHA-256 {sha256(octets).hexdigest()[:16]}",)
    )


def test_mails_without_message_id_cannot_be_told_apart() -> None:
    (mail,) = facts(Dissection(26, 0, (TCP_25, Layer("imf", {}))), mails=(b"one\r\n", b"other\r\n"))
    assert (mail.says, mail.details) == ("", ())


def test_question_and_answer_are_one_lookup() -> None:
    found = facts(
        dns(10),
        dns(
            11,
            answer=True,
            response_to=("10",),
            **{"resp.type": ("15", "1"), "mx.preference": ("10",), "mx.mail_exchange": ("mail.daum.net",)},
        ),
    )
    assert found == [Fact(Kind.LOOKUP, None, "daum.net MX", (10, 11), ("NOERROR (10 mail.daum.net)",))]


def test_unanswered_question() -> None:
    assert facts(dns(10)) == [Fact(Kind.LOOKUP, None, "daum.net MX", (10,), ("no answer",))]


def test_repeats_belong_to_the_question() -> None:
    (found,) = facts(
        dns(10),
        dns(11, retransmit_request_in=("10",)),
        dns(12, answer=True, response_to=("10",), **{"count.answers": ("0",), "flags.rcode": ("3",)}),
        dns(13, answer=True, retransmit_response_in=("12",)),
    )
    assert (found.packets, found.details) == ((10, 11, 12, 13), ("NXDOMAIN",))


def test_other_records_are_counted() -> None:
    """What tshark says of a TXT record cannot be compared word for word: where its strings end is not told."""
    (found,) = facts(
        dns(10), dns(11, answer=True, response_to=("10",), **{"resp.type": ("16",), "txt": ("v=spf1 -all",)})
    )
    assert found.details == ("NOERROR, 1 records",)


def test_records_of_another_type_than_asked_name_theirs() -> None:
    """As for the question ANY, and with the alias on the way to an address left unnamed."""
    any_, address = {"qry.type": ("255",)}, {"qry.type": ("1",)}
    both = {"count.answers": ("2",), "a": ("192.0.2.1",)}
    (first,) = facts(
        dns(1, **any_),
        dns(2, answer=True, response_to=("1",), **any_, **both, **{"resp.type": ("1", "28"), "aaaa": ("2001:db8::1",)}),
    )
    assert first.details == ("NOERROR (a 192.0.2.1, aaaa 2001:db8::1)",)
    (second,) = facts(
        dns(1, **address),
        dns(2, answer=True, response_to=("1",), **address, **both, **{"resp.type": ("5", "1"), "cname": ("x.org",)}),
    )
    assert second.details == ("NOERROR (192.0.2.1, x.org)",)


def test_only_questions_are_lookups() -> None:
    assert facts(dns(10, **{"flags.opcode": ("5",)})) == []
    assert len(facts(dns(10, **{"flags.opcode": ("0",)}))) == 1


def test_extended_response_codes_and_unreadable_names() -> None:
    extended = {"flags.rcode": ("0",), "resp.ext_rcode": ("0x01",), "count.answers": ("0",)}
    (found,) = facts(dns(10), dns(11, answer=True, response_to=("10",), **extended))
    assert found.details == ("BADVERS",)
    (loop,) = facts(dns(10, **{"qry.name": ("<name contains a pointer that loops>",)}))
    assert loop.says == ". MX"


def test_packets_that_say_nothing_give_no_facts() -> None:
    assert facts(Dissection(1, None, ()), Dissection(2, None, (Layer("dns", {}),)), Dissection(3, 0, (TCP_25,))) == []
