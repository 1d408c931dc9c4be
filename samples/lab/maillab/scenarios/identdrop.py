"""A greeting that waits five seconds for an ident answer, as in the report of 2008, and the relay that follows.

The greeting pause is off for Lee's machine, so that the five seconds are ident's alone.
"""

from __future__ import annotations

from maillab.calls import SmtpCall
from maillab.lab import Lab
from maillab.machines import LEE, NAME_SERVER, SERVER_A, SERVER_B
from maillab.servers import start_bind, start_sendmail

BOUNDARY = "----=_NextPart_000_0029_01C9481F.CD1F8DF0"

OUTLOOK_EXPRESS = f"""\
Message-ID: <002d01c947d4$5d3f7c70$0201a8c0@SOFT4>
From: "Lee" <lee@naver.com>
To: <kim@daum.net>
Subject: tes
Date: Sun, 16 Nov 2008 15:23:45 +0900
MIME-Version: 1.0
Content-Type: multipart/alternative;
	boundary="{BOUNDARY}"
X-Priority: 3
X-Mailer: Microsoft Outlook Express 6.00.2900.5512
X-MimeOLE: Produced By Microsoft MimeOLE V6.00.2900.5579

This is a multi-part message in MIME format.

--{BOUNDARY}
Content-Type: text/plain;
	charset="ks_c_5601-1987"
Content-Transfer-Encoding: base64

xde9usauILjewM/A1LTPtNkuDQo=

--{BOUNDARY}
Content-Type: text/html;
	charset="ks_c_5601-1987"
Content-Transfer-Encoding: base64

PEhUTUw+PEJPRFk+PERJVj48Rk9OVCBzaXplPTI+xde9usauILjewM/A1LTPtNkuPC9GT05UPjwv
RElWPjwvQk9EWT48L0hUTUw+DQo=

--{BOUNDARY}--"""
"""테스트 메일입니다, as text and as HTML."""


def play(lab: Lab) -> None:
    """Play it, in 7 seconds."""
    name_server = lab.start(NAME_SERVER)
    start_bind(name_server)
    server_a, server_b = (lab.start(machine, "sendmail", NAME_SERVER) for machine in (SERVER_A, SERVER_B))
    lee = lab.start(LEE, name_server=NAME_SERVER)
    lee.drop_ident()
    start_sendmail(server_a, access=f"GreetPause:{lee.address} 0\n")
    start_sendmail(server_b)
    lab.record()
    lab.tell("Lee sends a mail to Kim; the server waits five seconds for ident")
    with lab.call(SmtpCall, lee, SERVER_A, 25) as call:
        call.hear(220)
        call.ask("HELO SOFT4", 250)
        call.ask("MAIL FROM: <lee@naver.com>", 250)
        call.ask("RCPT TO: <kim@daum.net>", 250)
        call.ask("DATA", 354)
        call.say(*OUTLOOK_EXPRESS.splitlines())
        call.say("", ".")
        call.hear(250)
        call.ask("QUIT", 221)
        call.wait_for_end()
    lab.tell("the mail goes on to Kim's server")
    server_b.wait_for_mails("kim", 1)
