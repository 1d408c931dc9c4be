"""The MIME outline: what are the parts, where do they end, what do they say. Numbers: acceptance list, section K."""

from __future__ import annotations

import hashlib

import pytest

from mailtrace.model import MessagePart
from tests.mail.contents import growth, read


def lines(*some: str) -> bytes:
    """Return lines as octets with CRLF."""
    return "".join(line + "\r\n" for line in some).encode()


def multipart(boundary: str, *body: str) -> bytes:
    """Return a message whose body is a multipart."""
    return lines("MIME-Version: 1.0", f"Content-Type: multipart/mixed; boundary={boundary}", "", *body)


def shapes(octets: bytes) -> list[tuple[str, str, int]]:
    """Return path, type and size of each leaf."""
    return [(part.path, part.content_type, part.size_bytes) for part in read(octets).parts]


def sha256_of(octets: bytes) -> str:
    """Return the hash of octets in hexadecimal."""
    return hashlib.sha256(octets).hexdigest()


def only(octets: bytes) -> MessagePart:
    """Return the one part of a message."""
    (part,) = read(octets).parts
    return part


def test_paths_are_imap_section_numbers() -> None:
    octets = multipart(
        "o", "preamble", "--o", "Content-Type: multipart/alternative; boundary=i", "", "--i", "", "plain", "--i",
        "Content-Type: text/html", "", "<p>", "--i--", "", "--o", "Content-Type: message/rfc822", "",
        "Subject: inside", "Content-Type: multipart/mixed; boundary=m", "", "--m", "", "deep", "--m--", "--o--",
        "epilogue",
    )  # fmt: skip
    assert shapes(octets) == [
        ("1.1", "text/plain", 5),
        ("1.2", "text/html", 3),
        ("2", "message/rfc822", 80),
        ("2.1", "text/plain", 4),
    ]
    assert read(octets).defects == ()


def test_size_and_hash_are_over_the_decoded_octets_without_the_line_end_before_the_boundary() -> None:
    octets = multipart("b", "--b", "Content-Transfer-Encoding: base64", "", "QUJD", "--b", "", "two", "lines", "--b--")
    first, second = read(octets).parts
    assert (first.size_bytes, first.sha256) == (3, hashlib.sha256(b"ABC").hexdigest())
    assert (second.size_bytes, second.sha256) == (10, hashlib.sha256(b"two\r\nlines").hexdigest())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (["--b", "", "x", "--bb", "y", "--b--"], [10]),  # another boundary that begins with this one
        (["--b", "", "x", "--b--junk", "y", "--b--"], [15]),
        (["--b  ", "", "x", "--b-- \t", "y"], [1]),  # white space behind
        (["--b", "", "x", " --b", "--b--"], [7]),  # not at the start of a line
        (["--b", "", "x--b", "--b--"], [4]),
        (["--b", "--b", "", "--b--"], [0, 0]),  # empty parts
        (["--b--", "", "text"], [0]),  # closed before it began: no part can be told
        (["--b", "", "x", "--b--", "--b", "", "epilogue", "--b--"], [1]),
    ],
)
def test_k198_boundary_lines(body: list[str], expected: list[int]) -> None:
    sizes = [part.size_bytes for part in read(multipart("b", *body)).parts]
    assert sizes == expected or (expected == [0] and sizes == [len(lines(*body))])


def test_k198_bare_line_feeds() -> None:
    octets = b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\none\n--b\n\ntwo\n--b--\n'
    assert shapes(octets) == [("1", "text/plain", 3), ("2", "text/plain", 3)]


@pytest.mark.parametrize(
    ("parameter", "boundary"),
    [
        ('boundary="a b?=(x)"', "a b?=(x)"),
        ('boundary="trailing "', "trailing"),
        ("boundary=b; boundary=c", "b"),
        ("boundary*=us-ascii''b%3D1", "b=1"),
        ("boundary*0=b; boundary*1=c", "bc"),
        ('boundary="b" (comment)', "b"),
        ('boundary="b--"', "b--"),
        ("boundary=" + "x" * 71, "x" * 71),
    ],
)
def test_k198_boundaries_as_they_are_declared(parameter: str, boundary: str) -> None:
    octets = lines(f"Content-Type: multipart/mixed; {parameter}", "", f"--{boundary}", "", "x", f"--{boundary}--")
    assert shapes(octets) == [("1", "text/plain", 1)]


@pytest.mark.parametrize(
    ("parameter", "defect"),
    [
        ("", "boundary-missing"),
        ("; boundary=", "boundary-missing"),
        ('; boundary=""', "boundary-missing"),
        ("; boundary=" + "x" * 300, "boundary-too-long"),
        ("; boundary=" + "x" * 100_000, "boundary-too-long"),
        ("; boundary=other", "boundary-never-used"),
    ],
)
def test_k198_a_multipart_that_cannot_be_cut_is_one_readable_part(parameter: str, defect: str) -> None:
    message = read(lines("Content-Type: multipart/mixed" + parameter, "", "--b", "", "x", "--b--"))
    assert [(part.path, part.content_type) for part in message.parts] == [("1", "multipart/mixed")]
    assert message.parts[0].text == "--b\n\nx\n--b--\n"
    assert defect in message.defects


def test_k198_never_closed_ends_with_its_parent() -> None:
    octets = multipart(
        "o", "--o", "Content-Type: multipart/mixed; boundary=i", "", "--i", "", "in", "--o", "", "out", "--o--"
    )
    assert shapes(octets) == [("1.1", "text/plain", 2), ("2", "text/plain", 3)]
    assert read(octets).defects == ("multipart-not-closed",)


def test_k198_the_same_boundary_at_two_levels_belongs_to_the_outer() -> None:
    octets = multipart("b", "--b", "Content-Type: multipart/mixed; boundary=b", "", "--b", "", "x", "--b--")
    assert [path for path, _, _ in shapes(octets)] == ["1", "2"]
    assert read(octets).defects == ("boundary-never-used",)


def test_k203_a_transfer_encoding_on_a_multipart() -> None:
    plain = lines("Content-Type: multipart/mixed; boundary=b", "Content-Transfer-Encoding: base64", "")
    assert shapes(plain + lines("--b", "", "x", "--b--")) == [("1", "text/plain", 1)]
    assert shapes(plain + lines("LS1iDQoNCnhuDQotLWItLQ0K")) == [("1", "text/plain", 2)]
    assert read(plain + lines("LS1iDQoNCnhuDQotLWItLQ0K")).defects == ("transfer-encoding-on-multipart",)
    # Both readings have parts: those that stand there count, the others are told.
    both = read(plain.replace(b"=b", b"=b1") + lines("--b1", "", "Ci0tYjENCg0KeG4NCi0tYjEtLQ0K", "--b1--"))
    assert [part.size_bytes for part in both.parts] == [28]
    assert both.defects == ("transfer-encoding-on-multipart", "parts-when-decoded: 1")


MULTIPARTS = "Content-Type: multipart/mixed; boundary=b{0}\r\n\r\n--b{0}\r\n"
SAME_BOUNDARY = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
MESSAGES = "Content-Type: message/rfc822\r\n\r\n"


def nested(level: str, depth: int) -> bytes:
    """Return a message of so many levels."""
    return "".join([level.format(number) for number in range(depth)]).encode()


@pytest.mark.parametrize("level", [MULTIPARTS, MESSAGES])
@pytest.mark.parametrize("depth", [1000, 100_000])
def test_k193_depth_is_limited_and_needs_no_stack(level: str, depth: int) -> None:
    message = read(nested(level, depth))
    assert "limit-mime-depth" in message.defects
    assert 1 <= len(message.parts) <= 101
    assert message.parts[-1].size_bytes > 10_000  # what is deeper is one part, and hashed


@pytest.mark.parametrize("level", [MULTIPARTS, SAME_BOUNDARY, MESSAGES])
def test_k193_nesting_is_linear(level: str) -> None:
    assert growth(lambda size: read(nested(level, size)), 4000) <= 2.6


def test_k193_digest_parts_are_messages() -> None:
    octets = lines("Content-Type: multipart/digest; boundary=b", "", "--b", "", "Subject: x", "", "text", "--b--")
    assert shapes(octets) == [("1", "message/rfc822", 18), ("1.1", "text/plain", 4)]


@pytest.mark.parametrize("number", [10_250, 1_000_000])
def test_k194_parts_are_limited_and_the_rest_is_counted(number: int) -> None:
    message = read(multipart("b", *["--b", "", "x"] * number, "--b--"))
    assert len(message.parts) == 10_000
    assert message.defects == (f"limit-mime-parts: {number - 10_000} more",)


@pytest.mark.parametrize("unit", ["--b", "--b\r\n", "--b\r\n\r\n", "-", "--", "\r\n", "--bb\r\n", "--b--x\r\n", "--b "])
def test_k198_boundary_search_is_linear(unit: str) -> None:
    start = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
    assert growth(lambda size: read(start + unit.encode() * size), 20_000) <= 2.6


@pytest.mark.parametrize(
    ("encoding", "body", "size", "defects"),
    [
        # what a reader gets who stops at the padding has a hash of its own: that of "AB"
        ("base64", "QUI=QUJD", 5, (f"base64-other-reading: part 1: sha256 {sha256_of(b'AB')}",)),
        ("BASE64", "QU JD", 3, ()),
        ('"base64"', "QUJD", 3, ()),
        ("base64 x", "QUJD", 3, ()),
        ("base64", "QUJD!", 3, ("base64-octets-dropped: part 1: 1",)),
        ("quoted-printable", "=41=ZZ", 6, ("quoted-printable-broken: part 1: 1",)),
        ("Quoted-Printable", "a=", 1, ()),
        ("x-uuencode", "begin 644 x\r\n#04)#\r\n`\r\nend", 3, ()),
        ("uuencode", "#04)#", 3, ("uuencode-broken: part 1",)),
        ("x-uuencode", "text", 6, ("uuencode-broken: part 1",)),
        ("x-unheard", "text", 6, ("transfer-encoding-unknown: x-unheard",)),
        ("8bit", "text", 6, ()),
        ("", "text", 6, ()),
    ],
)
def test_k200_k201_encodings(encoding: str, body: str, size: int, defects: tuple[str, ...]) -> None:
    message = read(lines(f"Content-Transfer-Encoding: {encoding}", "", body))
    assert (message.parts[0].size_bytes, message.defects) == (size, defects)


@pytest.mark.parametrize(
    ("kind", "body", "text", "charset", "guessed"),
    [
        ("text/plain", b"plain\r\n", "plain\n", "us-ascii", False),
        ("text/plain; charset=EUC-KR", b"\xc7\xd1\xb1\xdb", "한글", "euc-kr", False),
        ("text/plain", b"\xc7\xd1\xb1\xdb", "한글", "euc-kr", True),
        ("text/html", "한글".encode(), "한글", "utf-8", True),
        ("text/plain; charset=utf-8; format=flowed; delsp=yes", "한 \r\n글".encode(), "한글", "utf-8", False),
        ("text/plain; format=flowed", b"one \r\ntwo", "one two", "us-ascii", False),
        ("nonsense", b"text", "text", "us-ascii", False),
        ("text", b"text", "text", "us-ascii", False),
    ],
)
def test_k209_texts(kind: str, body: bytes, text: str, charset: str, guessed: bool) -> None:
    part = only(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    assert (part.text, part.charset, part.charset_guessed) == (text, charset, guessed)


def test_text_is_capped_and_it_is_told() -> None:
    message = read(b"\r\n" + "한".encode() * 30_000)
    assert message.parts[0].size_bytes == 90_000
    assert message.parts[0].text == "한" * 21_845  # 65,536 octets, the character cut at the end left out
    assert message.defects == ("limit-text: part 1: 65536 of 90000 octets shown",)


def test_attachments() -> None:
    octets = lines(
        'Content-Type: application/pdf; name="other.pdf"',
        "Content-Disposition: Attachment; filename*=utf-8''%EB%B3%B4%EA%B3%A0%EC%84%9C.pdf",
        "Content-Transfer-Encoding: base64",
        "",
        "JVBERg==",
    )
    part = only(octets)
    assert (part.filename, part.disposition, part.size_bytes, part.text) == ("보고서.pdf", "attachment", 4, None)
    assert only(lines("Content-Type: image/png; name=a.png", "", "x")).filename == "a.png"


def test_k208_a_turned_around_file_name_is_kept_as_it_is() -> None:
    octets = lines("Content-Disposition: attachment; filename*=utf-8''%E2%80%AEgnp.exe", "", "x")
    assert only(octets).filename == "\u202egnp.exe"


def test_k202_files_inside_text_are_told_beside_it() -> None:
    octets = lines(
        "", "begin 644 ../../x", '-:&5L;&\\@=V]R;&0A"@``', "end", "=ybegin line=128 size=1 name=y", "k", "=yend"
    )
    message = read(octets)
    assert [(file.encoding, file.filename, file.size_bytes) for file in message.embedded] == [
        ("uuencode", "../../x", 13),
        ("yenc", "y", 1),
    ]
    assert message.defects == ()
    assert [file.encoding for file in read(lines("", "(This file must be converted with BinHex 4.0)")).embedded] == [
        "binhex"
    ]


def test_k210_partial_and_external_bodies_are_listed() -> None:
    for kind in ("message/partial", "message/external-body"):
        assert only(lines(f"Content-Type: {kind}; id=1; access-type=URL", "", "x")).content_type == kind


def test_k213_archives_are_hashed_and_never_opened() -> None:
    part = only(b"Content-Type: application/zip\r\n\r\nPK\x03\x04rest")
    assert (part.size_bytes, part.text) == (8, None)
    assert part.sha256 == hashlib.sha256(b"PK\x03\x04rest").hexdigest()
