"""Builds 01-report-2008.pcapng: one mail into a Sendmail 8.11 server, packet by packet from the table of a report.

Run `python samples/build_report_2008.py [FOLDER]`. What the table does not show is told in 01-report-2008.md.
"""

from __future__ import annotations

from datetime import UTC, datetime

from building import NOP, SIZE, TIMES, Conversation, Host, Story, TcpOptions, base64_lines, wire_lines, write

NAME = "01-report-2008"
ONLY_SIZE: TcpOptions = (SIZE,)
LINUX_2_4: TcpOptions = (SIZE, NOP, NOP, TIMES, NOP, ("WScale", 0))
BOUNDARY = "----=_NextPart_000_0029_01C947C8.9581E8C0"
PLAIN = "테스트 메일입니다. 확인 바랍니다.\r\n"
HTML = """\
<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.0 Transitional//EN">
<HTML><HEAD>
<META http-equiv=Content-Type content="text/html; charset=ks_c_5601-1987">
<STYLE></STYLE>
</HEAD>
<BODY bgColor=#ffffff>
<DIV><FONT size=2>테스트 메일입니다. 확인 바랍니다.</FONT></DIV></BODY></HTML>
"""


def message() -> bytes:
    """Return the 1230 bytes of packet 16; the CR LF of the final dot's line end (packet 18) also ends the message."""
    head = (
        "Message-ID: <002d01c9477d$259a40c0$0201a8c0@SOFT4>",
        "From: <pchero@ac.kr>",
        "To: <pchero@kongju.ac.kr>",
        "Subject: tes",
        "Date: Sun, 16 Nov 2008 08:51:58 +0900",
        "MIME-Version: 1.0",
        "Content-Type: multipart/alternative;",
        f'\tboundary="{BOUNDARY}"',
        "X-Priority: 3",
        "X-MSMail-Priority: Normal",
        "X-Mailer: Microsoft Outlook Express 6.00.2900.3138",
        "X-MimeOLE: Produced By Microsoft MimeOLE V6.00.2900.3350",
        "",
        "This is a multi-part message in MIME format.",
        "",
    )
    parts = (*_part("text/plain", PLAIN), *_part("text/html", HTML.replace("\n", "\r\n")), f"--{BOUNDARY}--")
    return wire_lines(*head, *parts)


def _part(content_type: str, text: str) -> tuple[str, ...]:
    head = (f"--{BOUNDARY}", f"Content-Type: {content_type};", '\tcharset="ks_c_5601-1987"')
    return (*head, "Content-Transfer-Encoding: base64", "", *base64_lines(text.encode("cp949")), "")


def story() -> Story:
    """Return all that the table needs to become the capture; the first numbers follow from the hex of packet 14."""
    client, server = ("client", 3577, 0xAB89E530 - 72), ("server", 25, 0xB6EC848B - 246)
    return Story(
        hosts={
            "client": Host("192.168.1.2", "00:19:66:95:db:94", ttl=128, next_ip_id=0xBED7 - 5),
            "server": Host("192.168.10.2", "00:0c:29:00:92:d4", ttl=63, next_ip_id=0x51C0),
        },
        conversations={
            "mail": Conversation(client, server, ONLY_SIZE),
            "ident": Conversation(("server", 32807, 0xB6D1A3F2), ("client", 113, 0), LINUX_2_4),
        },
        texts={"message": message(), "final-dot": b"\r\n.\r\n"},
        start_us=int(datetime(2008, 11, 15, 23, 52, 0, tzinfo=UTC).timestamp()) * 1_000_000 + 412_803,
        captured_on="client",
        comment="Rebuilt from the table of a course report of 2008; see 01-report-2008.md.",
    )


if __name__ == "__main__":
    write(NAME, story())
