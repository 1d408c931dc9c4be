"""Services that are no mail but are met on the ports of mail: scanners try them all, and so do lost clients.

Each is known by the first octets of one side. The table is asked only about what no protocol of mail recognised, and
where it knows nothing, nothing is claimed.
"""

from __future__ import annotations

import re
from functools import cache

from mailtrace.model import Side

LOOKED_AT = 512
"""Octets that are shown to the table: every pattern is about the first line, or the first few octets."""

_BOTH = (
    ("SSH", rb"SSH-[0-9]"),
    ("Telnet", rb"\xff[\xfb-\xfe]"),
    ("SMB", rb"\0[\0\1][\0-\xff]{2}[\xfe\xff]SMB"),
    ("RDP", rb"\x03\0[\0-\xff]{3}[\xe0\xd0]\0\0"),
    ("BitTorrent", rb"\x13BitTorrent protocol"),
    ("AMQP", rb"AMQP[\0-\x03]"),
    ("MongoDB", rb"[\0-\xff]{12}(?:\xd4\x07|\xdd\x07|\x01\0)\0\0"),
    ("VNC", rb"RFB 00[0-9]\.00[0-9]\n"),
    ("XMPP", rb"(?:<\?xml[^>]{0,100}\?>\s{0,10})?<stream:stream"),
    ("ADB", rb"CNXN\0\0\0\x01"),
    ("LDAP", rb"\x30[\0-\x7f]\x02[\x01-\x04][\0-\xff]{1,4}[\x60\x61]"),
    ("MQTT", rb"\x10[\0-\x7f]\0[\x04\x06](?:MQTT|MQIsdp)"),
)
"""Patterns that either side may begin with."""

_CLIENT = (
    ("SIP", rb"[A-Z]{3,12} [^ \r\n]{1,400} SIP/[0-9]"),
    ("RTSP", rb"[A-Z_]{3,16} [^ \r\n]{1,400} RTSP/[0-9]"),
    ("HTTP", rb"[A-Z]{3,12} [^ \r\n]{1,400} HTTP/[0-9]"),
    ("HTTP", rb"(?:GET|POST|HEAD|PUT|OPTIONS|DELETE) (?:/|https?://)|CONNECT [^ \r\n]{1,255}:[0-9]|PRI \* HTTP"),
    ("Redis", rb"\*[0-9]{1,6}\r?\n\$|(?:PING|INFO|CONFIG GET|FLUSHALL|SLAVEOF|COMMAND)(?: [^\r\n]{0,100})?\r?\n"),
    ("memcached", rb"(?:stats|version|flush_all|get [^ \r\n]{1,250})(?: [^\r\n]{0,100})?\r?\n"),
    ("POP3 or FTP", rb"USER (?!anonymous)[^ \r\n]{1,255}\r?\n"),
    ("FTP", rb"USER anonymous|(?:SYST|FEAT|PASV|EPSV|CWD [^\r\n]{1,255}|PORT [0-9,]{11,23})\r?\n"),
    ("NNTP", rb"(?:MODE READER|CAPABILITIES|GROUP [^ \r\n]{1,255}|XOVER|IHAVE <)"),
    ("IRC", rb"NICK [^\r\n]{1,100}\r?\n|CAP LS"),
    ("ManageSieve", rb'(?:AUTHENTICATE "[A-Z0-9_-]{1,20}"|LISTSCRIPTS|PUTSCRIPT ")'),
    ("SOCKS", rb"\x05[\x01-\x09][\0-\x09]{1,9}\Z|\x04\x01[\0-\xff]{6}"),
    ("PostgreSQL", rb"\0\0[\0-\xff]{2}(?:\0\x03\0\0|\x04\xd2\x16[\x2e-\x30])"),
    ("Microsoft SQL Server", rb"\x12\x01\0[\0-\xff]\0\0"),
    ("Oracle", rb"(?:\0[\0-\xff]\0\0\x01\0\0\0|\(CONNECT_DATA=)"),
    ("Java RMI", rb"JRMI\0"),
    ("AJP", rb"\x12\x34[\0-\xff]{2}"),
    ("X11", rb"(?:l\0\x0b\0|B\0\0\x0b)"),
    ("LPD", rb"[\x01-\x05][A-Za-z0-9_-]{1,40}(?: [^\n]{0,100})?\n"),
)
"""Patterns of clients."""

_SERVER = (
    ("HTTP", rb"HTTP/[0-9]|<!DOCTYPE (?i:html)|<(?i:html)[ >]"),
    ("SIP", rb"SIP/[0-9]"),
    ("RTSP", rb"RTSP/[0-9]"),
    ("ManageSieve", rb'"(?i:IMPLEMENTATION|SASL|SIEVE|VERSION)"'),
    ("NNTP", rb"20[01][ -][^\r\n]{0,400}(?i:nntp|news|post)"),
    ("MySQL", rb"[\0-\xff]{3}\0(?:\x0a[0-9]{1,3}\.[0-9]|\xff[\0-\xff]\x04)"),
    ("Redis", rb"\+PONG\r\n|-(?:ERR unknown command|NOAUTH|WRONGPASS|DENIED) ?|\$[0-9]{1,9}\r\n"),
    ("memcached", rb"(?:STAT |VERSION [0-9])"),
    ("IRC", rb"(?::[^ \r\n]{1,255} NOTICE |NOTICE AUTH |:[^ \r\n]{1,255} 001 )"),
    ("ACAP", rb"\* ACAP "),
    ("poppassd", rb"200 [^\r\n]{0,200}(?i:poppass|pwd)"),
)
"""Patterns of servers; FTP's greeting is a matter of its words."""


@cache
def _patterns(side: Side) -> tuple[tuple[str, re.Pattern[bytes]], ...]:
    """Return the patterns of a side; made when the first is asked for, since most captures need none."""
    patterns = _BOTH + _CLIENT if side is Side.CLIENT else _SERVER + _BOTH
    return tuple((name, re.compile(pattern)) for name, pattern in patterns)


def other_service(side: Side, octets: bytes) -> str | None:
    """Return the service whose client or server begins with `octets`, None when it is none of the table."""
    start = octets[:LOOKED_AT]
    if side is Side.SERVER and greets_for_files(start):
        return "FTP"
    return next((name for name, pattern in _patterns(side) if pattern.match(start)), None)


def greets_for_files(line: bytes) -> bool:
    """Tell whether a greeting with 220 is that of FTP. Source: RFC 959 section 5.4.

    Only a word of its own counts: `ftp.example.com` and `swiftpost` are names of hosts that may well speak SMTP.
    """
    words = line[:LOOKED_AT].split(b"\n", 1)[0].upper().split()
    return line[:3] == b"220" and any(word.strip(b"()[]<>.,;:!-").endswith((b"FTP", b"FTPD")) for word in words)
