"""A capture in which everything that came from the wire tries to be more than text, in whatever it is written into.

Every payload stands in every field: greetings, names of hosts, commands, answers, addresses, headers, bodies, names of
attachments and of folders, logins, and names and texts of the DNS.
"""

from __future__ import annotations

import base64
from pathlib import Path

import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.TXT
import dns.rrset

from tests.bench import wire
from tests.export.captures import C, S, conversation, write

ELSEWHERE = "198.51.100.9"
"""Where payloads would have the reader's program go: an address that belongs to nobody. Source: RFC 5737."""

MARKUP = (
    "<script>alert(1)</script>",
    f'"><img src=http://{ELSEWHERE}/i onerror=alert(2)>',
    "' onmouseover=alert(3) autofocus onfocus=alert(4) x='",
    "javascript:alert(5)",
    "<a href=\"javascript:alert(6)\">a</a><a href='data:text/html,<script>alert(7)</script>'>b</a>",
    f"</style><style>@import url(http://{ELSEWHERE}/s);*{{background:url(http://{ELSEWHERE}/b)}}</style>",
    "</svg></title></pre></td></table><svg onload=alert(8)>",
    f"<svg><image href=http://{ELSEWHERE}/g /><foreignObject><iframe srcdoc='<script>alert(9)</script>'>",
    "<!-- --!><script>alert(10)</script>",
    "]]><script>alert(11)</script><![CDATA[",
    "&#60;script&#62;alert(12)&#60;/script&#62;&lt;b&gt;",
    f"<base href=http://{ELSEWHERE}/><meta http-equiv=refresh content='0;url=http://{ELSEWHERE}/m'>",
    f"<link rel=stylesheet href=//{ELSEWHERE}/l><form action=//{ELSEWHERE}><input type=image src=//{ELSEWHERE}/f>",
    "</script><script>alert(13)</script>\u2028\u2029",
)
"""For HTML and SVG."""

TEMPLATES = ("{{7*191}}", "{% for x in range(9) %}x{% endfor %}", "${7*191}<%= 7*191 %>#{7*191}", "{0.__class__}%s%n")
"""For template engines."""

MARKDOWN = (
    "[click](javascript:alert(14))",
    f"![pixel](http://{ELSEWHERE}/p.png)",
    f"[ref]: http://{ELSEWHERE}/r",
    f"<http://{ELSEWHERE}/auto> http://{ELSEWHERE}/bare www.{ELSEWHERE}.example mailto:x@y.example",
    "| a | b |",
    "`` ` ``` ```` code",
    "```mermaid",
    "~~~",
    "# heading",
    "> quote",
    "- [ ] item",
    "1. item",
    "    indented",
    "***bold*** __under__ ~~struck~~ $x^2$ [^1] #tag @everyone :smile: [[note]] ![[embed]]",
    '%%{init: {"securityLevel": "loose"}}%%',
    f'end; click A href "http://{ELSEWHERE}/c" call alert(15)',
)
"""For Markdown and Mermaid."""

FORMULAS = (
    "=cmd|' /C calc'!A1",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "＝1+1",
    "＠SUM(1)",
    "\t=1+1",
    " =1+1",
    '"=1+1',
    "x;=1+1",
    'x";=1+1;"',
    f'=HYPERLINK("http://{ELSEWHERE}/","x")',
)
"""For spreadsheets."""

TERMINAL = (
    "\x1b]0;owned\x07\x1b[2J\x1b[31m",
    "\x9b31m\x9d0;owned\x9c",
    "\u202egpj.exe\u2066x\u2069",
    "a\x00b\x08\x7f",
    "e" + "\u0301" * 30,
    "\ufeff\u200b\u00ad\u3164",
)
"""For terminals, and for readers."""

TEX = ("\\write18{id} \\input{/etc/passwd} \\def\\x{} \\end{document} %", "^^5cinput $\\immediate$ #1 & ~ _{a}^{b}")
"""For TeX."""

PAYLOADS = (*MARKUP, *TEMPLATES, *MARKDOWN, *FORMULAS, *TERMINAL, *TEX)


def encoded(text: str) -> bytes:
    """Return a text as an encoded word. Source: RFC 2047 section 2."""
    return b"=?utf-8?B?" + base64.b64encode(text.encode()) + b"?="


def mail(number: int, payload: str) -> bytes:
    """Return a mail as it is handed in, with a payload in all of it."""
    raw = payload.encode()
    return b"\r\n".join(
        [
            b"From: " + encoded(payload) + b" <a%d@example.org>" % number,
            b'To: "' + raw.replace(b'"', b"") + b'" <b@example.org>',
            b"Subject: " + (encoded(payload) if number % 2 else raw),
            b"Message-ID: <%d." % number + raw.replace(b" ", b"_") + b"@example.org>",
            b"Date: Thu, 01 Jan 2026 00:00:00 +0000 (" + raw + b")",
            b"Received: from " + raw + b" by mx.example.org; Thu, 01 Jan 2026 00:00:00 +0000",
            b"X-Payload-" + raw.replace(b" ", b"").replace(b":", b"") + b": " + raw,
            b"MIME-Version: 1.0",
            b'Content-Type: multipart/mixed; boundary="x"',
            b"",
            b"--x",
            b"Content-Type: text/plain; charset=utf-8",
            b"",
            raw,
            b"--x",
            b"Content-Type: text/html; charset=utf-8",
            b"",
            b"<html>" + raw,
            b"--x",
            b'Content-Type: application/octet-stream; name="' + encoded(payload + ".exe") + b'"',
            b"Content-Disposition: attachment; filename*=utf-8''" + raw.hex("%").replace("%", "%").encode(),
            b"",
            raw,
            b"--x--",
            b"",
        ]
    )


def handed_in(number: int, payload: str) -> list[tuple[int, bytes]]:
    """Return a conversation of SMTP that hands in a mail, with a payload in all that is said."""
    raw = payload.encode().replace(b"\r", b"").replace(b"\n", b"")
    return [
        (S, b"220 " + raw + b" ESMTP\r\n"),
        (C, b"EHLO " + raw + b"\r\n"),
        (S, b"250-" + raw + b"\r\n250 SIZE " + raw + b"\r\n"),
        (C, raw + b"\r\n"),
        (S, b"500 5.5.1 " + raw + b"\r\n"),
        (C, b"MAIL FROM:<" + raw + b"@example.org> " + raw + b"\r\n"),
        (S, b"250 2.1.0 " + raw + b"\r\n"),
        (C, b"RCPT TO:<" + raw + b"@example.org>\r\n"),
        (S, b"250 2.1.5 " + raw + b"\r\n"),
        (C, b"RCPT TO:<none@example.org>\r\n"),
        (S, b"550 5.1.1 " + raw + b"\r\n"),
        (C, b"DATA\r\n"),
        (S, b"354 " + raw + b"\r\n"),
        (C, mail(number, payload)),
        (C, b".\r\n"),
        (S, b"250 2.0.0 Ok: queued as " + raw + b"\r\n"),
        (C, b"QUIT\r\n"),
        (S, b"221 " + raw + b"\r\n"),
    ]


def fetched(payloads: tuple[str, ...]) -> list[tuple[int, bytes]]:
    """Return a conversation of POP3 in which somebody guesses, and fetches a mail."""
    said = [(S, b"+OK " + payloads[0].encode() + b"\r\n")]
    for payload in payloads:
        raw = payload.encode()
        said += [(C, b"USER " + raw + b"\r\n"), (S, b"+OK " + raw + b"\r\n")]
        said += [(C, b"PASS x\r\n"), (S, b"-ERR " + raw + b"\r\n")]
    said += [(C, b"RETR 1\r\n"), (S, b"+OK\r\n" + mail(999, payloads[1]) + b".\r\n"), (C, b"QUIT\r\n"), (S, b"+OK\r\n")]
    return said


def read(payloads: tuple[str, ...]) -> list[tuple[int, bytes]]:
    """Return a conversation of IMAP about folders with such names."""
    said = [(S, b"* OK " + payloads[0].encode() + b"\r\n"), (C, b"a LOGIN x y\r\n"), (S, b"a OK in\r\n")]
    for number, payload in enumerate(payloads):
        raw = payload.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        said += [(C, b'b%d LIST "" "' % number + raw + b'"\r\n')]
        said += [(S, b'* LIST () "/" "' + raw + b'"\r\nb%d OK ' % number + raw + b"\r\n")]
    return said


def lookups(payloads: tuple[str, ...]) -> list[bytes]:
    """Return the frames of lookups of such names, with such texts and such names as answers."""
    frames = []
    path = wire.Path("10.0.0.2", "10.0.0.53", wire.UDP)
    for number, payload in enumerate(payloads):
        name = dns.name.Name((payload.encode()[:60] or b"x", b"example", b"org", b""))
        for kind in ("TXT", "MX", "PTR"):
            query = dns.message.make_query(name, kind, id=number)
            reply = dns.message.make_response(query)
            reply.answer.append(dns.rrset.from_rdata(name, 60, _rdata(kind, payload, name)))
            ports = (20_000 + number, 53)
            frames += [wire.datagram(path, side, ports, each.to_wire()) for side, each in ((C, query), (S, reply))]
    return frames


def _rdata(kind: str, payload: str, name: dns.name.Name) -> dns.rdata.Rdata:
    in_ = dns.rdataclass.IN
    if kind == "MX":
        return dns.rdtypes.ANY.MX.MX(in_, dns.rdatatype.MX, 10, name)
    if kind == "TXT":
        return dns.rdtypes.ANY.TXT.TXT(in_, dns.rdatatype.TXT, [payload.encode()[:255]])
    return dns.rdata.from_text(in_, dns.rdatatype.PTR, name.to_text())


def capture(folder: Path, payloads: tuple[str, ...] = PAYLOADS) -> Path:
    """Write the capture into a folder, under a name that is a payload, too."""
    talks = [
        conversation(handed_in(number, payload), client_port=30_000 + number) for number, payload in enumerate(payloads)
    ]
    talks.append(conversation(fetched(payloads), port=110, client_port=41_000))
    talks.append(conversation(read(payloads), port=143, client_port=42_000))
    return write(folder / "<img src=x onerror=alert(0)>.pcap", *talks, lookups(payloads))
