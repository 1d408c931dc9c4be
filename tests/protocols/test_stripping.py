"""TLS kept from beginning by somebody on the way. RELIABILITY F131 and F134."""

from __future__ import annotations

import pytest

from mailtrace.model import Command, Data, Reply, Side, Transport, Violation
from mailtrace.protocols.choose import Chooser

EHLO = ("C", b"EHLO a\r\n")
GREETING = ("S", b"220 mx ESMTP\r\n")
CODES = ("starttls-stripped", "preauth-before-tls")


def _signs(port: int, *said: tuple[str, bytes]) -> list[tuple[str, Side, int]]:
    """Return code, side and packet of what was named, each of which must stand right behind what shows it."""
    chooser = Chooser(Transport.TCP, port, from_start=True)
    for packet, (who, octets) in enumerate(said, 1):
        chooser.feed(Data(Side.CLIENT if who == "C" else Side.SERVER, octets, packet, packet))
    chooser.finish()
    events = chooser.dialogue.events
    found = [at for at, event in enumerate(events) if isinstance(event, Violation) and event.code in CODES]
    signs = []
    for at in found:
        sign, before = events[at], events[at - 1]
        assert isinstance(sign, Violation)
        assert isinstance(before, Command | Reply)
        assert before.packet == sign.packet
        signs.append((sign.code, sign.side, sign.packet))
    return signs


@pytest.mark.parametrize("offer", [b"XXXXXXXX", b"XXXXXXXA", b"XXXXXXXB"])
def test_an_offer_of_smtp_overwritten_f131(offer: bytes) -> None:
    offers = ("S", b"250-mx\r\n250-SIZE 1000\r\n250-" + offer + b"\r\n250 HELP\r\n")
    assert _signs(25, GREETING, EHLO, offers) == [("starttls-stripped", Side.SERVER, 3)]


def test_a_command_of_smtp_overwritten_f131() -> None:
    offers = ("S", b"250-mx\r\n250 STARTTLS\r\n")
    wish, answer = ("C", b"XXXXXXXX\r\n"), ("S", b"500 5.5.1 unrecognised\r\n")
    assert _signs(25, GREETING, EHLO, offers, wish, answer) == [("starttls-stripped", Side.CLIENT, 4)]


@pytest.mark.parametrize(
    ("answer", "signs"),
    [
        (b"500 5.5.1 unrecognised\r\n", [("starttls-stripped", Side.SERVER, 5)]),
        (b"502 what\r\n", [("starttls-stripped", Side.SERVER, 5)]),
        (b"454 4.7.0 TLS not available\r\n", []),
    ],
)
def test_offered_and_then_unknown_f131(answer: bytes, signs: list[tuple[str, Side, int]]) -> None:
    offers = ("S", b"250-mx\r\n250-STARTTLS\r\n250 HELP\r\n")
    assert _signs(25, GREETING, EHLO, offers, ("C", b"STARTTLS\r\n"), ("S", answer)) == signs


def test_never_offered_is_not_stripped() -> None:
    offers = ("S", b"250-mx\r\n250-XXX\r\n250-XEXXXXXA\r\n250 HELP\r\n")
    assert _signs(25, GREETING, EHLO, offers, ("C", b"STARTTLS\r\n"), ("S", b"502 no\r\n")) == []


def test_pop3_f131() -> None:
    start = (("S", b"+OK ready\r\n"), ("C", b"CAPA\r\n"))
    assert _signs(110, *start, ("S", b"+OK\r\nUIDL\r\nXXXX\r\n.\r\n")) == [("starttls-stripped", Side.SERVER, 3)]
    told = _signs(110, *start, ("S", b"+OK\r\nUIDL\r\nSTLS\r\n.\r\n"), ("C", b"STLS\r\n"), ("S", b"-ERR what\r\n"))
    assert told == [("starttls-stripped", Side.SERVER, 5)]
    whole = _signs(110, *start, ("S", b"+OK\r\nSTLS\r\n.\r\n"), ("C", b"XXXX\r\n"), ("S", b"-ERR what\r\n"))
    assert whole == [("starttls-stripped", Side.CLIENT, 4)]


def test_imap_f131() -> None:
    greeting = ("S", b"* OK [CAPABILITY IMAP4rev1 XXXXXXXX AUTH=PLAIN] ready\r\n")
    assert _signs(143, greeting) == [("starttls-stripped", Side.SERVER, 1)]
    start = (("S", b"* OK ready\r\n"), ("C", b"a1 CAPABILITY\r\n"))
    told = _signs(143, *start, ("S", b"* CAPABILITY IMAP4rev1 XXXXXXXA\r\na1 OK done\r\n"))
    assert told == [("starttls-stripped", Side.SERVER, 3)]


def test_logged_in_before_tls_f134() -> None:
    """A client that wants TLS must hang up when it is greeted with PREAUTH. Source: RFC 9051 section 11.1."""
    greeting = ("S", b"* PREAUTH IMAP4rev1 logged in as lee\r\n")
    asked = (("C", b"a1 STARTTLS\r\n"), ("S", b"a1 BAD not now\r\n"))
    assert _signs(143, greeting, *asked) == [("preauth-before-tls", Side.SERVER, 1)]
    assert _signs(143, greeting, ("C", b"a1 SELECT INBOX\r\n")) == []


def test_data_before_tls_f134() -> None:
    """What the server says in clear while TLS is being agreed on could be anybody's."""
    chooser = Chooser(Transport.TCP, 143, from_start=True)
    said = [("S", b"* OK ready\r\n"), ("C", b"a1 STARTTLS\r\n"), ("S", b"* 5 EXISTS\r\na1 OK begin\r\n")]
    for packet, (who, octets) in enumerate(said, 1):
        chooser.feed(Data(Side.CLIENT if who == "C" else Side.SERVER, octets, packet, packet))
    chooser.finish()
    named = [(event.code, event.packet) for event in chooser.dialogue.events if isinstance(event, Violation)]
    assert named == [("untagged-before-tls", 3)]
