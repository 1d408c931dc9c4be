"""Names, addresses and hosts in running text are found, and nothing else is touched."""

from __future__ import annotations

import pytest

from mailtrace.redact.fields import FIELDS
from mailtrace.redact.text import Rewriter


def rewriter(*fields: str) -> Rewriter:
    """Return one that knows Kim, Lee and two hosts."""
    made = Rewriter(frozenset(fields or FIELDS))
    for name in ("kim", "lee", "김철수"):
        made.know_person(name)
    for host in ("mail.naver.com", "SERVERA", "daum.net"):
        made.know_host(host)
    return made


def new(rewriter: Rewriter, word: str) -> bytes:
    """Return what replaces a word."""
    return rewriter.words.word(word).encode()


def test_an_address_is_replaced_before_and_behind_its_at_sign() -> None:
    made = rewriter()
    kim, daum = new(made, "kim"), new(made, "daum")
    assert made.text(b"RCPT TO:<kim@daum.net> NOTIFY=NEVER") == b"RCPT TO:<" + kim + b"@" + daum + b".net> NOTIFY=NEVER"


def test_the_same_person_is_the_same_everywhere() -> None:
    made = rewriter()
    kim = new(made, "kim")
    said = b"550 5.1.1 <kim@daum.net>... kim: User unknown; mailto:kim@daum.net, Kim!"
    assert made.text(said).lower().count(kim) == 4
    assert b"kim" not in made.text(said).lower()


def test_roles_and_ends_of_host_names_stay() -> None:
    made = rewriter()
    naver = new(made, "naver")
    assert (
        made.text(b"220 mail.naver.com ESMTP Sendmail 8.17.1/8.17")
        == b"220 mail." + naver + b".com ESMTP Sendmail 8.17.1/8.17"
    )
    assert made.host(b"mx1.naver.co.kr") == b"mx1." + naver + b".co.kr"
    assert made.host(b"client") == b"client"


def test_a_host_that_was_never_heard_of_is_replaced() -> None:
    assert b"kongju" not in rewriter().text(b"see www.kongju.ac.kr.")


def test_a_host_of_one_word() -> None:
    made = rewriter()
    assert made.text(b"Hello SERVERA [192.168.111.100]").startswith(b"Hello " + new(made, "SERVERA") + b" [192.168.")


def test_addresses_spelled_backwards() -> None:
    made = rewriter()
    forwards = made.text(b"192.168.111.130").split(b".")
    assert made.host(b"130.111.168.192.in-addr.arpa").split(b".")[:4] == forwards[::-1]
    assert made.host(b"111.168.192.in-addr.arpa").split(b".")[:3] == forwards[2::-1]
    assert made.host(b"130.111.168.192.zen.spamhaus.org").split(b".")[:4] == forwards[::-1]
    six = made.addresses.ip(bytes.fromhex("20010db8000000000000000000000001")).hex()
    name = ".".join("20010db8000000000000000000000001"[::-1]) + ".ip6.arpa"
    assert made.host_text(name) == ".".join(six[::-1]) + ".ip6.arpa"


@pytest.mark.parametrize(
    "said",
    [
        b"250-AUTH PLAIN LOGIN CRAM-MD5",
        b"Fri, 26 Apr 2024 10:57:59 +0900",
        b"text/plain; charset=utf-8; format=flowed",
        b"5.1.1 e.g. 4.7.0 Sendmail 8.15.2",
        b"* 4 EXISTS",
        b"v=spf1 -all",
    ],
)
def test_what_names_nobody_stays(said: bytes) -> None:
    assert rewriter().text(said) == said


def test_only_what_was_chosen_is_replaced() -> None:
    said = b"<kim@daum.net> 192.168.111.130"
    only = rewriter("addresses").text(said)
    assert b"kim" not in only and b"@daum.net" in only and b"111.130" not in only
    only = rewriter("hosts").text(said)
    assert b"<kim@" in only and b"daum" not in only and b"192.168.111.130" in only
    assert rewriter("subjects", "bodies").text(said) == said


def test_korean_names_with_endings() -> None:
    made = rewriter()
    said = "김철수님께".encode()
    assert made.text(said) == new(made, "김철수") + "님께".encode()
    assert made.text("김철수님께".encode("cp949")).decode("cp949") == made.words.word("김철수") + "님께"


def test_words_of_mail_stay_though_somebody_is_called_so() -> None:
    made = rewriter()
    made.know_person("May")
    assert made.text(b"Wed, 1 May 2024") == b"Wed, 1 May 2024"
    assert b"may@" not in made.text(b"may@daum.net")
