"""Mail traffic for synthetic captures: SMTP sessions with messages, POP3 sessions, and the lookups they cause."""

from __future__ import annotations

import struct
from base64 import b64encode
from random import Random

from tests.bench.wire import CLIENT, SEGMENT_BYTES, SERVER, TCP, UDP, Connection, Frames, Path, datagram

CLIENTS = 400
RESOLVER = "10.20.0.53"
DOMAINS = [
    f"{name}.{end}"
    for name in ("kongju", "naver", "daum", "hanbit", "example", "seoul-mail", "post", "lab", "sejong", "busan")
    for end in ("ac.kr", "co.kr", "com", "net", "org")
]
PEOPLE = [
    ("이네이버", "lee"),
    ("김다음", "kim"),
    ("박서연", "park"),
    ("Anna Weber", "anna"),
    ("", "root"),
    ("J. Choi", "jchoi"),
]
WORDS = [
    *("the", "report", "of", "last", "week", "shows", "that", "three", "servers", "were"),
    *("slow", "and", "mail", "was", "late", "because", "a", "lookup", "failed"),
]
KOREAN = [
    *("안녕하세요", "회의", "일정", "변경", "안내", "드립니다", "내일", "오후"),
    *("보고서", "첨부", "확인", "부탁", "감사합니다", "메일", "서버", "점검"),
]


def encoded_word(text: str) -> str:
    """Return `text` as an RFC 2047 encoded word where it needs one."""
    return text if text.isascii() else f"=?UTF-8?B?{b64encode(text.encode()).decode()}?="


def message(random: Random, number: int, sender: str, recipient: str) -> bytes:
    """Return a mail of about three kilobytes: plain, base64 or with two alternatives; every third subject is Korean."""
    words = KOREAN if number % 3 == 0 else WORDS
    subject = " ".join(random.sample(words, 5))
    name = random.choice(PEOPLE)[0]
    domain = sender.partition("@")[2]
    head = (
        f"Received: from desk-{number % 97}.{domain} (desk-{number % 97}.{domain} [10.3.{number % 251}.7])\r\n"
        f"\tby mx.{domain} (Postfix) with ESMTPS id {number:08X}\r\n"
        f"\tfor <{recipient}>; Fri, 26 Apr 2024 {number % 24:02}:{number % 60:02}:{number % 59:02} +0900 (KST)\r\n"
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d={domain}; s=mail;\r\n"
        f"\th=From:To:Subject:Date; bh={'Zm9v' * 10}=;\r\n\tb={'QmFy' * 40}\r\n"
        f"Message-ID: <{number:x}.{random.getrandbits(48):x}@{domain}>\r\n"
        f"Date: Fri, 26 Apr 2024 {number % 24:02}:{number % 60:02}:{number % 59:02} +0900\r\n"
        f"From: {encoded_word(name)} <{sender}>\r\n"
        f"To: {encoded_word(random.choice(PEOPLE)[0])} <{recipient}>\r\n"
        f"Subject: {encoded_word(subject)}\r\n"
        "MIME-Version: 1.0\r\nUser-Agent: Evolution 3.44.4\r\nX-Mailer: bench\r\n"
    )
    return (head + _body(random, number)).encode()


def _body(random: Random, number: int) -> str:
    if number % 5 == 0:
        text = " ".join(random.choices(KOREAN, k=180)).encode()
        lines = b64encode(text).decode()
        wrapped = "\r\n".join(lines[at : at + 76] for at in range(0, len(lines), 76))
        return f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{wrapped}\r\n"
    plain = "\r\n".join(" ".join(random.choices(WORDS, k=12)) for _ in range(19))
    if number % 5 < 3:
        edge = f"=-{number:08x}"
        return (
            f'Content-Type: multipart/alternative; boundary="{edge}"\r\n\r\n'
            f"--{edge}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n{plain}\r\n"
            f"--{edge}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
            f"<html><body><p>{plain}</p></body></html>\r\n--{edge}--\r\n"
        )
    return f"Content-Type: text/plain; charset=us-ascii\r\n\r\n{plain}\r\n.. and a dot\r\n{plain}\r\n"


def smtp_session(random: Random, number: int) -> Frames:
    """One mail handed over in 26 packets; every second session asks for the MX first, in two more."""
    domain, from_domain = DOMAINS[number % len(DOMAINS)], DOMAINS[number // 7 % len(DOMAINS)]
    sender = f"{PEOPLE[number % 6][1]}{number % 40}@{from_domain}"
    recipient = f"{PEOPLE[number // 3 % 6][1]}@{domain}"
    client, server = f"10.1.{number % CLIENTS // 200}.{number % 200 + 1}", f"192.0.2.{number % len(DOMAINS) + 1}"
    if number % 2:
        yield from lookup(random, number, client, domain, server)
    path = Path(client, server, TCP)
    talk = Connection(path, 1024 + number // CLIENTS % 64_000, 25, random)
    yield from talk.open()
    yield talk.send(SERVER, f"220 mx.{domain} ESMTP Postfix (Debian/GNU)\r\n".encode())
    yield talk.send(CLIENT)
    yield talk.send(CLIENT, f"EHLO out.{from_domain}\r\n".encode())
    greeting = f"250-mx.{domain}\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n"
    yield talk.send(SERVER, greeting.encode())
    yield talk.send(CLIENT, f"MAIL FROM:<{sender}> SIZE=3100\r\n".encode())
    yield talk.send(SERVER, b"250 2.1.0 Ok\r\n")
    yield talk.send(CLIENT, f"RCPT TO:<{recipient}>\r\n".encode())
    yield talk.send(SERVER, b"250 2.1.5 Ok\r\n")
    yield talk.send(CLIENT, b"DATA\r\n")
    yield talk.send(SERVER, b"354 End data with <CR><LF>.<CR><LF>\r\n")
    content = message(random, number, sender, recipient).replace(b"\r\n.", b"\r\n..")
    yield talk.send(CLIENT, content[:SEGMENT_BYTES])
    yield talk.send(CLIENT, content[SEGMENT_BYTES : 2 * SEGMENT_BYTES])
    yield talk.send(SERVER)
    yield talk.send(CLIENT, content[2 * SEGMENT_BYTES :] + b".\r\n")
    yield talk.send(SERVER)
    yield talk.send(SERVER, f"250 2.0.0 Ok: queued as {random.getrandbits(40):010X}\r\n".encode())
    yield talk.send(CLIENT)
    yield talk.send(CLIENT, b"QUIT\r\n")
    yield talk.send(SERVER, b"221 2.0.0 Bye\r\n")
    yield talk.send(CLIENT)
    yield from talk.close(SERVER)


def pop3_session(random: Random, number: int) -> Frames:
    """One mailbox emptied of one mail, in 27 packets."""
    domain = DOMAINS[number % len(DOMAINS)]
    user = PEOPLE[number % 6][1]
    path = Path(f"10.2.{number % CLIENTS // 200}.{number % 200 + 1}", f"192.0.2.{number % len(DOMAINS) + 101}", TCP)
    talk = Connection(path, 1024 + number // CLIENTS % 64_000, 110, random)
    content = message(random, number, f"lee@{domain}", f"{user}@{domain}").replace(b"\r\n.", b"\r\n..")
    size = len(content)
    yield from talk.open()
    yield talk.send(SERVER, b"+OK Dovecot ready.\r\n")
    yield talk.send(CLIENT)
    for command, answer in (
        (f"USER {user}", b"+OK\r\n"),
        ("PASS not-a-secret", b"+OK Logged in.\r\n"),
        ("STAT", b"+OK 1 %d\r\n" % size),
        ("UIDL", b"+OK\r\n1 0000000%d\r\n.\r\n" % number),
    ):
        yield talk.send(CLIENT, command.encode() + b"\r\n")
        yield talk.send(SERVER, answer)
    yield talk.send(CLIENT, b"RETR 1\r\n")
    yield from talk.bulk(SERVER, b"+OK %d octets\r\n%s.\r\n" % (size, content))
    yield talk.send(CLIENT)
    for command, answer in (("DELE 1", b"+OK Marked to be deleted.\r\n"), ("QUIT", b"+OK Logging out.\r\n")):
        yield talk.send(CLIENT, command.encode() + b"\r\n")
        yield talk.send(SERVER, answer)
    yield from talk.close(SERVER)


def _name(text: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def lookup(random: Random, number: int, client: str, domain: str, address: str) -> Frames:
    """A question for the MX of a domain and its answer, with the address of the mail server beside it."""
    path = Path(client, RESOLVER, UDP)
    ports = 32_768 + random.randrange(28_000), 53
    identity = random.getrandbits(16)
    question = _name(domain) + struct.pack(">HH", 15, 1)
    yield datagram(path, CLIENT, ports, struct.pack(">HHHHHH", identity, 0x0100, 1, 0, 0, 0) + question)
    record = struct.pack(">HHHIHH", 0xC00C, 15, 1, 3600, 7, 10) + b"\x02mx\xc0\x0c"
    exchange_at = 12 + len(question) + 14
    glue = struct.pack(">HHHIH4s", 0xC000 | exchange_at, 1, 1, 3600, 4, bytes(map(int, address.split("."))))
    head = struct.pack(">HHHHHH", identity, 0x8180, 1, 1, 0, 1)
    yield datagram(path, SERVER, ports, head + question + record + glue)
