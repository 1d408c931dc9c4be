"""Secrets in a stream are hidden whichever way the octets come, at their full length, and nothing else is."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from mailtrace.export.masking import Masker, SecretLine, secret_lines
from mailtrace.model import Command, Continuation, Reply

LOGIN = b"USER kim\r\nPASS sesame\r\nSTAT\r\n"
HIDDEN = b"USER kim\r\nPASS ******\r\nSTAT\r\n"
PASS = b"PASS sesame"


def masked(
    pieces: Sequence[bytes | None], lines: Sequence[SecretLine], mails: Collection[int] = (), first: int = 1
) -> bytes:
    """Return what a masker tells of pieces, one a packet; None is a hole."""
    masker = Masker(lines, mails)
    told = [masker.gap() if piece is None else masker.feed(piece, number) for number, piece in enumerate(pieces, first)]
    return b"".join([*told, masker.finish()])


def test_lines_with_secrets_are_taken_from_the_events() -> None:
    events = [
        Command("USER", b"USER kim", 5, 3, 0, (3,)),
        Command("PASS", PASS, 5, 4, 0, (4, 5), ((5, 11),)),
        Reply("+OK", None, (), 6, 0, (6,)),  # type: ignore[arg-type]  # looked at by type only
        Continuation(b"c2VzYW1l", 8, 0, (8,), ((0, 8),)),
    ]
    assert secret_lines(events) == (
        SecretLine(PASS, ((5, 11),), (4, 5)),
        SecretLine(b"c2VzYW1l", ((0, 8),), (8,)),
    )


@pytest.mark.parametrize("size", range(1, len(LOGIN) + 1))
def test_p256_a_password_is_hidden_however_it_is_cut(size: int) -> None:
    pieces = [LOGIN[at : at + size] for at in range(0, len(LOGIN), size)]
    start = LOGIN.index(PASS)
    stop = start + len(PASS) + 2
    packets = tuple(range(start // size + 1, (stop - 1) // size + 2))
    assert masked(pieces, [SecretLine(PASS, ((5, 11),), packets)]) == HIDDEN


def test_p256_a_line_that_is_not_found_hides_its_packets() -> None:
    line = SecretLine(PASS, ((5, 11),), (2,))
    assert masked([b"CAPA\r\n", b"\x78\x9c\x01\x02", b"QUIT\r\n"], [line]) == b"CAPA\r\n****QUIT\r\n"


def test_p256_what_a_hole_leaves_of_a_line_is_hidden() -> None:
    pieces = [b"USER kim\r\nPASS se", None, b"me\r\nSTAT\r\n"]
    assert masked(pieces, []) == b"USER kim\r\n*******" + b"**\r\nSTAT\r\n"


def test_p256_a_password_typed_letter_by_letter_into_a_hole() -> None:
    assert masked([b"PA", b"SS ", b"s", None, b"a", b"me", b"\r\n", b"QUIT\r\n"], []) == b"*********\r\nQUIT\r\n"


def test_a_hole_in_a_mail_hides_nothing_of_it() -> None:
    pieces = [b"DATA\r\n", b"Subject: PASS and\r\nhel", None, b"lo\r\n.\r\n", b"QUIT\r\n"]
    assert masked(pieces, [], mails=(2, 4)) == b"".join(piece for piece in pieces if piece)


def test_p256_of_a_line_too_long_to_be_kept_the_rest_is_hidden_too() -> None:
    secret = b"A" * 20_000
    line = SecretLine(b"AUTH PLAIN " + secret[:8181], ((11, 8192),), (1, 2, 3))
    pieces = [b"AUTH PLAIN " + secret[:7000], secret[7000:15_000], secret[15_000:] + b"\r\nQUIT\r\n"]
    assert masked(pieces, [line]) == b"AUTH PLAIN " + b"*" * 20_000 + b"\r\nQUIT\r\n"


def test_p256_the_middle_of_a_long_secret_in_a_packet_nobody_named() -> None:
    line = SecretLine(b"AUTH PLAIN AAAA", ((11, 15),), (1,))
    assert masked([b"AUTH PLAIN AAAA", b"BBBB", b"CC\r\nQUIT\r\n"], [line]) == b"AUTH PLAIN **********\r\nQUIT\r\n"


def test_many_lines_or_places_hide_all_instead_of_costing_time() -> None:
    lines = [SecretLine(b"%d" % number, ((0, 1),), (1,)) for number in range(40)]
    assert masked([b"0\r\n1\r\n"], lines) == b"*" * 6
    assert masked([b"a" * 5_000], [SecretLine(b"a", ((0, 1),), (1,))]) == b"*" * 5_000


def test_a_run_of_secrets_without_end_is_not_held_without_end() -> None:
    masker = Masker([SecretLine(b"x", ((0, 1),), tuple(range(1, 41)))], ())
    told = [masker.feed(b"x" * 65_536, number) for number in range(1, 41)]
    assert max(map(len, told)) <= (1 << 20) + 65_536
    assert b"".join([*told, masker.finish()]) == b"*" * 65_536 * 40


def test_octets_without_secrets_pass_unchanged() -> None:
    pieces = [b"EHLO x\r\nMAIL", b" FROM:<a@b>\r\n", b"no end", b" of line" * 10_000, b"\r\nQUIT"]
    assert masked(pieces, []) == b"".join(pieces)
