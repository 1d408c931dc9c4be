"""IMAP lines, arguments, literals, FETCH items and folder names, from octets to words."""

from __future__ import annotations

import pytest

from mailtrace.model import Command, Continuation, Outcome, Reply, Turn
from mailtrace.protocols.imap.folders import folder_asked, folder_name, folder_told
from mailtrace.protocols.imap.grammar import (
    ENDLESS,
    Kind,
    arguments,
    code_of,
    literal_at_end,
    parse_command,
    parse_response,
)
from mailtrace.protocols.imap.items import asked_length, empty_piece, item_before, size_of, uid_of


@pytest.mark.parametrize(
    "line, tag, verb, argument, known",
    [
        (b"a001 CAPABILITY", b"a001", "CAPABILITY", b"", True),
        (b"a1 uid fetch 1:* (FLAGS)", b"a1", "UID FETCH", b"1:* (FLAGS)", True),
        (b"  a1\tNOOP ", b"a1", "NOOP", b"", True),
        (b". LOGIN lee lee", b".", "LOGIN", b"lee lee", True),
        (b"a1 UID", b"a1", "UID", b"", False),
        (b"a1", b"a1", "", b"", False),
        (b"", b"", "", b"", False),
        (b"* NOOP", b"*", "NOOP", b"", False),
        (b"a+ NOOP", b"a+", "NOOP", b"", False),
        (b"a1 FOO bar", b"a1", "FOO", b"bar", False),
    ],
)
def test_commands(line: bytes, tag: bytes, verb: str, argument: bytes, known: bool) -> None:
    request = parse_command(line)
    assert (request.tag, request.verb, line[request.argument_at :], request.known) == (tag, verb, argument, known)


@pytest.mark.parametrize(
    "line, expected",
    [
        (b"a1 OK done", (b"a1", "OK", Outcome.GOOD, b"done", None, False)),
        (b"a1 no [ALERT] x", (b"a1", "NO", Outcome.NO, b"[ALERT] x", None, False)),
        (b"a1 BAD", (b"a1", "BAD", Outcome.NO, b"", None, False)),
        (b"* OK hi", (None, "OK", Outcome.MORE, b"hi", None, False)),
        (b"* PREAUTH hi", (None, "PREAUTH", Outcome.GOOD, b"hi", None, False)),
        (b"* BYE", (None, "BYE", Outcome.NO, b"", None, False)),
        (b"* 12 FETCH (FLAGS ())", (None, "FETCH", Outcome.MORE, b"12 FETCH (FLAGS ())", 12, True)),
        (b"* 12 exists", (None, "EXISTS", Outcome.MORE, b"12 exists", 12, True)),
        (b"* SEARCH", (None, "SEARCH", Outcome.MORE, b"SEARCH", None, True)),
        (b"* LIST () NIL x", (None, "LIST", Outcome.MORE, b"LIST () NIL x", None, True)),
        (b"+ go", (None, "+", Outcome.MORE, b"go", None, False)),
        (b"+", (None, "+", Outcome.MORE, b"", None, False)),
    ],
)
def test_responses(line: bytes, expected: tuple[object, ...]) -> None:
    response = parse_response(line)
    assert response is not None
    assert (
        response.tag, response.status, response.outcome, response.text, response.number, response.is_data,
    ) == expected  # fmt: skip


@pytest.mark.parametrize(
    "line", [b"", b"hello", b"a1 MAYBE", b"* ", b"* 12", b"+go", b"\xff\xfe OK x", b"a+1 OK x", b"*"]
)
def test_what_no_server_says(line: bytes) -> None:
    assert parse_response(line) is None


@pytest.mark.parametrize(
    "line, count, waits, at",
    [
        (b"a1 LOGIN {3}", 3, True, 9),
        (b"a1 LOGIN {3+}", 3, False, 9),
        (b"{3}", 3, True, 0),
        (b"(BODY[] ~{12}", 12, True, 8),
        (b"UTF8 (~{12+}", 12, False, 6),
        (b"x {007}", 7, True, 2),
        (b"x {5-}", 5, True, 2),
        (b'"a b" {0}', 0, True, 6),
        (b"x {99999999999999999999999999}", ENDLESS, True, 2),
    ],
)
def test_i171_literals(line: bytes, count: int, waits: bool, at: int) -> None:
    literal = literal_at_end(line)
    assert literal is not None
    assert (literal.count, literal.waits, literal.at) == (count, waits, at)


@pytest.mark.parametrize(
    "line", [b"", b"}", b"{}", b"{-1}", b"{1 }", b"x{1}", b'"{1}"', b'"x {1}', b'"\\" {1}', b"{1}x"]
)
def test_i171_no_literals(line: bytes) -> None:
    assert literal_at_end(line) is None


def test_arguments_of_every_kind() -> None:
    line = rb'INBOX  "a \"b\" \\" (x (y "(" z)) ~{3}'
    assert [(each.kind, each.value) for each in arguments(line)] == [
        (Kind.ATOM, b"INBOX"),
        (Kind.QUOTED, rb'a "b" \ '.rstrip()),
        (Kind.LIST, rb'(x (y "(" z))'),
        (Kind.LITERAL, b"~{3}"),
    ]


@pytest.mark.parametrize(
    "line, closed", [(b'"a', False), (b'"a\\"', False), (b'"a"', True), (b'"', False), (b'"\\', False), (b'""', True)]
)
def test_i177_quotes_that_are_open(line: bytes, closed: bool) -> None:
    assert [each.closed for each in arguments(line)] == [closed]


@pytest.mark.parametrize("line", [b"(" * 65 + b")" * 65 + b" x", b"(a (b", b'("', b"(" * 100_000])
def test_i176_lists_too_deep_or_open_end_with_the_line(line: bytes) -> None:
    assert [(each.start, each.stop) for each in arguments(line)] == [(0, len(line))]


def test_i176_lists_of_sixty_four_levels_are_followed() -> None:
    assert [each.value for each in arguments(b"(" * 64 + b")" * 64 + b" x")] == [b"(" * 64 + b")" * 64, b"x"]


@pytest.mark.parametrize(
    "text, code",
    [
        (b"[UIDNEXT 5] x", "UIDNEXT"),
        (b"[alert]", "ALERT"),
        (b"x [ALERT]", ""),
        (b"[]", ""),
        (b"[X-A(b]", ""),
        (b"", ""),
    ],
)
def test_response_codes(text: bytes, code: str) -> None:
    assert code_of(text) == code


@pytest.mark.parametrize(
    "text, name, origin, is_message",
    [
        (b"1 FETCH (BODY[] ", "BODY[]", None, True),
        (b"1 FETCH (FLAGS () body[]<2048> ", "BODY[]", 2048, True),
        (b"1 FETCH (RFC822 ", "RFC822", None, True),
        (b" BINARY[] ~", "", None, False),
        (b" BINARY[] ", "BINARY[]", None, True),
        (b"(BODY[HEADER.FIELDS (DATE FROM)] ", "BODY[HEADER.FIELDS (DATE FROM)]", None, False),
        (b"(BODY[1.2]<0> ", "BODY[1.2]", 0, False),
        (b"(RFC822.HEADER ", "RFC822.HEADER", None, False),
        (b"(RFC822.SIZE ", "", None, False),
        (b"(X-RFC822 ", "", None, False),
        (b"LIST () NIL ", "", None, False),
    ],
)
def test_items_before_literals(text: bytes, name: str, origin: int | None, is_message: bool) -> None:
    item = item_before(text)
    assert (item.name, item.origin, item.is_message) == (name, origin, is_message)


def test_what_else_fetch_tells() -> None:
    assert asked_length(b"1 BODY.PEEK[]<0.2048>", 0) == 2048
    assert asked_length(b"1 (BODY[]<0.10> BODY[]<10.20>)", 10) == 20
    assert asked_length(b"1 BODY[]", 0) is None
    assert empty_piece(b'1 FETCH (BODY[]<4096> "")') == 4096
    assert empty_piece(b"1 FETCH (BODY[]<4096> NIL UID 4)") == 4096
    assert empty_piece(b'1 FETCH (BODY[]<4096> "x")') is None
    assert uid_of(b"1 FETCH (UID 7)") == 7
    assert uid_of(b"1 FETCH (XUID 7)") is None
    assert size_of(b"1 FETCH (RFC822.SIZE 1027 UID 7)") == 1027


@pytest.mark.parametrize(
    "octets, name",
    [
        (b"INBOX", "INBOX"),
        (b"&vPSwuNO4ycDVaA-", "보낸편지함"),
        (b"a&AOQ-b&-c", "aäb&c"),
        (b"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
        (b"&2D3eAA-", "😀"),
        ("보낸편지함".encode(), "보낸편지함"),
        (b"R&D", "R&D"),
        (b"&bad", "&bad"),
        (b"&A-", "&A-"),
        (b"&AO/-", "&AO/-"),
        (b"&2D0-", "&2D0-"),
        (b"&AGE=-", "&AGE=-"),
        (b"\xb0\xa1", "\\xb0\\xa1"),
        (b"&", "&"),
        (b"", ""),
    ],
)
def test_i177_folder_names(octets: bytes, name: str) -> None:
    assert folder_name(octets) == name


def _asked(line: bytes, *behind: bytes) -> str | None:
    request = parse_command(line)
    command = Command(request.verb, line, request.argument_at, 1, 1, (1,), tag="a")
    return folder_asked(Turn(command, [], [Continuation(each, 2, 2, (2,)) for each in behind]))


def test_folders_that_commands_name() -> None:
    assert _asked(b'a SELECT "&vPSwuNO4ycDVaA-" (CONDSTORE)') == "보낸편지함"
    assert _asked(b"a UID COPY 1:2 Archive") == "Archive"
    assert _asked(b"a UID MOVE $ {3}", b"a b") == "a b"
    assert _asked(b"a APPEND {5+}", b"INBOX (\\Seen) {4}") == "INBOX"
    assert _asked(b"a RENAME {3}", b"old {3}", b"new") == "old"
    assert _asked(b"a SELECT {5}") is None
    assert _asked(b"a SELECT") is None
    assert _asked(b'a LIST "" "*"') is None
    assert folder_asked(Turn(None)) is None


def test_folders_that_servers_tell() -> None:
    def told(status: str, *lines: bytes) -> str | None:
        return folder_told(Reply(status, Outcome.MORE, lines, 1, 1, (1,)))

    assert told("LIST", b'LIST (\\A \\B) "/" &vPSwuNO4ycDVaA-') == "보낸편지함"
    assert told("LSUB", b'LSUB () NIL "a \\"b"') == 'a "b'
    assert told("LIST", b'LIST () "/" {3}', b"a b") == "a b"
    assert told("STATUS", b"STATUS INBOX (MESSAGES 1)") == "INBOX"
    assert told("LIST", b"LIST ()") is None
    assert told("OK", b"LIST () NIL x") is None
