"""What IMAP servers say of mails is replaced by what it is, also where strings are literals."""

from __future__ import annotations

import pytest

from mailtrace.redact.fields import FIELDS
from mailtrace.redact.imapreplies import ImapReplies
from mailtrace.redact.mails import Mails
from mailtrace.redact.searches import Searches
from mailtrace.redact.text import Rewriter


def replies(*fields: str) -> ImapReplies:
    """Return what replaces in replies; nobody is known before."""
    rewriter = Rewriter(frozenset(fields or FIELDS))
    return ImapReplies(rewriter, Mails(rewriter))


KIM = b'(("Kim Chul" NIL "kim" "daum.net"))'
ENVELOPE = (
    b'* 1 FETCH (UID 7 ENVELOPE (\"Fri, 26 Apr 2024 10:01:00 +0900\" \"Re: secret plan\" ' + KIM + b" " + KIM
    + b' NIL NIL NIL NIL NIL \"<77x.lab@daum.net>\") FLAGS (\\Seen))\r\na1 OK done\r\n'
)  # fmt: skip


def test_an_envelope() -> None:
    made = replies().replaced(ENVELOPE)
    assert len(made) == len(ENVELOPE)
    for word in (b"secret", b"plan", b"Kim", b"Chul", b"kim", b"daum"):
        assert word not in made, word
    assert made.startswith(b'* 1 FETCH (UID 7 ENVELOPE ("Fri, 26 Apr 2024 10:01:00 +0900" "Re: ')
    assert made.endswith(b'.net>") FLAGS (\\Seen))\r\na1 OK done\r\n')
    assert made.count(made.split(b"((")[1][:30]) == 2


def test_only_what_was_chosen_of_an_envelope() -> None:
    made = replies("subjects").replaced(ENVELOPE)
    assert b"secret" not in made and KIM in made
    made = replies("hosts").replaced(ENVELOPE)
    assert b"daum" not in made and b"Re: secret plan" in made and b'"Kim Chul" NIL "kim"' in made


def test_an_envelope_with_literals() -> None:
    said = (
        b'* 1 FETCH (ENVELOPE ("date" {11}\r\nsecret plan (({8}\r\nKim Chul NIL "kim" {8}\r\ndaum.net))'
        b" NIL NIL NIL NIL NIL NIL NIL) BODY[TEXT] {5}\r\nhello)\r\n"
    )
    made = replies().replaced(said)
    assert len(made) == len(said)
    for word in (b"secret", b"plan", b"Kim", b"Chul", b"kim", b"daum", b"hello"):
        assert word not in made, word
    assert b".net))" in made and b"{5}\r\nxxxxx)" in made


@pytest.mark.parametrize(
    ("item", "gone", "left"),
    [
        (b"BODY[]", [b"plan", b"kim", b"hello"], b"Subject: "),
        (b"RFC822", [b"plan", b"kim", b"hello"], b"Subject: "),
        (b"BODY[HEADER.FIELDS (FROM SUBJECT)]", [b"plan", b"kim"], b"From: "),
        (b"RFC822.HEADER", [b"plan", b"kim"], b"From: "),
        (b"BODY[2.MIME]", [b"plan", b"kim"], b"Subject: "),
        (b"BODY[TEXT]<0>", [b"hello"], b": xxxxxx xxxx"),
        (b"BODY[1]", [b"hello"], b"xxxxx xxx"),
    ],
)
def test_literals(item: bytes, gone: list[bytes], left: bytes) -> None:
    mail = b"Subject: secret plan\r\nFrom: Kim <kim@daum.net>\r\n\r\nhello kim\r\n"
    said = b"* 1 FETCH (%s {%d}\r\n%s UID 7)\r\n" % (item, len(mail), mail)
    made = replies().replaced(said)
    assert len(made) == len(said) and made.endswith(b" UID 7)\r\n")
    assert not [word for word in gone if word in made]
    assert left in made


def test_names_of_files() -> None:
    said = b'* 1 FETCH (BODYSTRUCTURE ("image" "png" ("NAME" "kim.png") NIL NIL "base64" 94))\r\n'
    assert b'("NAME" "xxx.xxx")' in replies().replaced(said)


def test_searches() -> None:
    searches = Searches(Rewriter(frozenset(FIELDS)))
    made = searches.first(b"CHARSET UTF-8 SUBJECT {6}")
    assert made == b"CHARSET UTF-8 SUBJECT {6}"
    again = searches.next("둘째".encode() + b' UNSEEN FROM kim TEXT "secret plan"')
    assert len(again.decode()) == len('둘째 UNSEEN FROM kim TEXT "secret plan"')
    for word in ("둘째", "kim", "secret", "plan"):
        assert word not in again.decode()
    assert b" UNSEEN FROM " in again


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"* 1 FETCH (ENVELOPE (",
        b"* ENVELOPE ((((((((((((((((\r\n",
        b"* 1 FETCH (ENVELOPE (NIL) {99999999}\r\nx",
        b"* ENVELOPE ()))\r\n",
    ],
)
def test_odd_replies_keep_their_length(said: bytes) -> None:
    assert len(replies().replaced(said)) == len(said)
