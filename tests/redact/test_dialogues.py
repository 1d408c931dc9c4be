"""What is said in conversations besides mails: greetings, envelopes, idents, proxies, TLS, compression."""

from __future__ import annotations

import zlib
from pathlib import Path

from mailtrace.redact.fields import FIELDS
from tests.export.captures import C, S, Said, conversation, write
from tests.redact.test_packets import frames, redacted
from tests.support import SAMPLES

EVERYTHING = tuple(FIELDS)


def said_in_copy(said: Said, tmp_path: Path, port: int = 25, fields: tuple[str, ...] = EVERYTHING) -> list[bytes]:
    """Return what both sides say in the copy of a conversation, segment by segment."""
    octets = redacted(write(tmp_path / "a.pcap", conversation(said, port=port)), fields)
    return [frame[66:] for frame in frames(octets)[3:-3] if len(frame) > 66]


HELLO = [(S, b"220 mx.kongju.ac.kr ESMTP\r\n"), (C, b"EHLO kims-laptop\r\n")]
BYE = [(C, b"QUIT\r\n"), (S, b"221 mx.kongju.ac.kr bye\r\n")]


def test_greetings_and_envelopes(tmp_path: Path) -> None:
    said = [
        *HELLO,
        (S, b"250-mx.kongju.ac.kr Hello kims-laptop [203.0.7.9], pleased to meet you\r\n250 SIZE 1000\r\n"),
        (C, b"MAIL FROM:<kim@kongju.ac.kr> SIZE=100\r\n"),
        (S, b"250 2.1.0 <kim@kongju.ac.kr>... Sender ok\r\n"),
        (C, b"RCPT TO:<lee+x@naver.com>\r\n"),
        (S, b"550 5.1.1 <lee+x@naver.com>... User unknown\r\n"),
        (C, b"VRFY choi\r\n"),
        (S, b"252 2.5.2 Cannot VRFY user\r\n"),
        *BYE,
    ]
    made = said_in_copy(said, tmp_path)
    assert [len(piece) for piece in made] == [len(octets) for _, octets in said]
    text = b"".join(made)
    for word in (b"kim", b"lee", b"laptop", b"kongju", b"naver", b"choi", b"203.0.7.9"):
        assert word not in text.lower(), word
    host = made[0].split()[1]
    assert host.startswith(b"mx.") and host.endswith(b".ac.kr")
    assert made[2].startswith(b"250-" + host + b" Hello " + made[1].split()[1] + b" [")
    sender = made[3].partition(b"<")[2].partition(b">")[0]
    assert sender.endswith(host[2:].replace(b".", b"@", 1)) and b"<" + sender + b">" in made[4]
    assert made[3].endswith(b"> SIZE=100\r\n") and made[-1].startswith(b"221 " + host)


def test_an_address_in_place_of_a_name(tmp_path: Path) -> None:
    said = [HELLO[0], (C, b"EHLO [203.0.7.9]\r\n"), (S, b"250 hello [203.0.7.9]\r\n"), *BYE]
    made = said_in_copy(said, tmp_path)
    assert made[1].startswith(b"EHLO [") and made[1].endswith(b"]\r\n") and made[1] != said[1][1]
    assert made[1][5:-2] in made[2]


def test_secrets_alone_leave_everything_else(tmp_path: Path) -> None:
    said = [*HELLO, (S, b"250 kim\r\n"), (C, b"MAIL FROM:<kim@kongju.ac.kr>\r\n"), (S, b"250 ok\r\n"), *BYE]
    assert said_in_copy(said, tmp_path, fields=()) == [octets for _, octets in said]


def test_a_server_that_repeats_a_password(tmp_path: Path) -> None:
    said = [
        (S, b"+OK ready\r\n"), (C, b"USER kim\r\n"), (S, b"+OK\r\n"), (C, b"PASS canary-7f3a\r\n"),
        (S, b"-ERR no such command: PASS canary-7f3a\r\n"), (C, b"QUIT\r\n"), (S, b"+OK\r\n"),
    ]  # fmt: skip
    assert said_in_copy(said, tmp_path, 110, ())[4] == b"-ERR no such command: PASS xxxxxxxxxxx\r\n"


def test_the_stamp_of_a_greeting(tmp_path: Path) -> None:
    said = [(S, b"+OK ready <1896.6971@pop.x.net>\r\n"), (C, b"QUIT\r\n"), (S, b"+OK\r\n")]
    assert said_in_copy(said, tmp_path, 110, ())[0] == b"+OK ready <0000.0000@pop.x.net>\r\n"


def test_ident(tmp_path: Path) -> None:
    said = [(C, b"6193, 25\r\n"), (S, b"6193, 25 : USERID : UNIX : kim\r\n")]
    made = said_in_copy(said, tmp_path, 113)
    assert made[0] == said[0][1]
    assert made[1].startswith(b"6193, 25 : USERID : UNIX : ") and b"kim" not in made[1]


def test_proxies(tmp_path: Path) -> None:
    first = b"PROXY TCP4 203.0.7.9 203.0.7.1 40000 25\r\n"
    made = said_in_copy([(C, first), *HELLO, (S, b"250 ok\r\n"), *BYE], tmp_path)
    assert made[0].startswith(b"PROXY TCP4 ") and made[0].endswith(b" 40000 25\r\n") and b"203.0.7" not in made[0]
    second = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes([203, 0, 7, 9, 203, 0, 7, 1]) + b"\x9c\x40\0\x19"
    made = said_in_copy([(C, second), *HELLO, (S, b"250 ok\r\n"), *BYE], tmp_path)
    assert made[0][:16] == second[:16] and made[0][24:] == second[24:] and bytes([203, 0, 7]) not in made[0]


def test_what_is_compressed_is_crossed_out(tmp_path: Path) -> None:
    """Nobody could put anything else into it that is as long."""
    deflate = zlib.compressobj(wbits=-15)
    hidden = deflate.compress(b"a3 LOGIN kim canary-7f3a\r\n") + deflate.flush(zlib.Z_SYNC_FLUSH)
    said = [
        (S, b"* OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] hi\r\n"), (C, b"a1 NOOP\r\n"), (S, b"a1 OK done\r\n"),
        (C, b"a2 COMPRESS DEFLATE\r\n"), (S, b"a2 OK active\r\n"), (C, hidden), (S, hidden),
    ]  # fmt: skip
    made = said_in_copy(said, tmp_path, 143, ())
    assert made[:5] == [octets for _, octets in said[:5]]
    assert set(made[5] + made[6]) <= set(b"x\r\n")


def test_names_in_tls(tmp_path: Path) -> None:
    octets = (SAMPLES / "09-starttls.pcapng").read_bytes()
    assert b"mail.naver.com" in octets
    for word in (b"naver", b"daum", b"nate"):
        assert word not in redacted(SAMPLES / "09-starttls.pcapng", EVERYTHING).lower(), word


def test_several_captures_become_one(tmp_path: Path) -> None:
    from mailtrace.command_redact import write_redacted

    said = [*HELLO, (S, b"250 ok\r\n"), *BYE]
    paths = [write(tmp_path / f"{port}.pcap", conversation(said, client_port=port)) for port in (40_000, 40_001)]
    with (tmp_path / "copy.pcapng").open("wb") as out:
        info, _ = write_redacted([str(path) for path in paths], frozenset(("hosts",)), None, out)
    made = (tmp_path / "copy.pcapng").read_bytes()
    assert info.packets == len(frames(made)) == 2 * len(conversation(said))
    assert b"kongju" not in made
