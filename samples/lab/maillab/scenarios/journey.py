"""A mail from Lee to Kim and Kim's reply, from the first client to the last, as in the report of 2024.

Lee writes with Evolution on Linux, Kim with Opera on Windows, whose firewall drops what it does not know: ident, too.
naver.com's server is also the name server of all.
"""

from __future__ import annotations

import time

from maillab.calls import Pop3Call, SmtpCall
from maillab.lab import Lab
from maillab.machines import KIM, LEE, SERVER_A, SERVER_B, Host
from maillab.scenarios import mails
from maillab.servers import start_bind, start_dovecot, start_sendmail

EARLIER = (
    "Message-ID: <first0000000000000000000000000000000001.camel@naver.com>",
    "Subject: first",
    "From: Lee <lee@naver.com>",
    "To: kim@daum.net",
    "Date: Fri, 26 Apr 2024 10:50:00 +0900",
    "",
    "A mail that came before, and that nobody fetches.",
)

FIRST_ID = "<a84b8cfb564e117b3628faa74fa40a4fb695bbef.camel@naver.com>"
REPLY_ID = "<op.2mtbsekxnak22s@desktop-oeju5p7.localdomain>"


def play(lab: Lab) -> None:
    """Play it, in 17 seconds."""
    server_a, server_b = lab.start(SERVER_A, "sendmail"), lab.start(SERVER_B, "sendmail", SERVER_A)
    lee, kim = lab.start(LEE, name_server=SERVER_A), lab.start(KIM, name_server=SERVER_A)
    kim.drop_ident()
    start_bind(server_a)
    for server in (server_a, server_b):
        start_sendmail(server)
        start_dovecot(server)
    mails.put_into_mailbox(server_b, "kim", *EARLIER)
    lab.record()
    lab.tell("Lee sends a mail to Kim")
    submit_like_evolution(lab, lee)
    server_b.wait_for_mails("kim", 2)
    time.sleep(1)
    lab.tell("Kim fetches it")
    fetch_like_opera(lab, kim)
    time.sleep(2)
    lab.tell("Kim replies; the server waits five seconds for ident")
    reply_like_opera(lab, kim)
    server_a.wait_for_mails("lee", 1)
    time.sleep(2)
    lab.tell("Lee fetches the reply and deletes it")
    fetch_like_evolution(lab, lee)
    lab.tell("done")


def submit_like_evolution(lab: Lab, lee: Host) -> None:
    """Lee's mail; Evolution asks for its own name first, which nobody knows."""
    with lab.call(SmtpCall, lee, SERVER_A, 25) as call:
        call.hear(220)
        ask_own_name(lee)
        call.ask("EHLO client", 250)
        call.ask("MAIL FROM:<lee@naver.com>", 250)
        time.sleep(0.02)
        call.ask("RCPT TO:<kim@daum.net>", 250)
        call.ask("DATA", 354)
        message_id, *rest = mails.evolution(
            FIRST_ID, "test", "kim@daum.net", "Lee가 Kim에게 보내는 메시지 확인 바람\r\n"
        )
        call.say(message_id)
        call.say(*rest, "", ".")
        call.hear(250)
        call.ask("QUIT", 221)


def ask_own_name(host: Host) -> None:
    """Ask for the name of the machine's own address, with EDNS and without, as the resolver of Ubuntu does."""
    for option in ("+edns", "+noedns"):
        host.run("dig", "+nocookie", "+tries=1", option, "-x", host.address)


def fetch_like_opera(lab: Lab, kim: Host) -> None:
    """Kim fetches the newer of two mails and leaves both where they are."""
    with lab.call(Pop3Call, kim, SERVER_B, 110) as call:
        call.hear()
        call.ask_for_lines("CAPA")
        call.ask("USER kim")
        call.ask("PASS kim")
        call.ask_for_lines("CAPA")
        call.ask_for_lines("UIDL")
        call.ask_for_lines("LIST")
        call.ask_for_lines("RETR 2")
        time.sleep(0.02)
        call.ask("QUIT")


def reply_like_opera(lab: Lab, kim: Host) -> None:
    """Kim's reply, with Lee's text quoted."""
    text = (
        "\r\n이것은 Kim이 Lee에게 보내는 메시지입니다. Reply\r\n\r\n"
        "Fri, 26 Apr 2024 10:57:59 +0900, 이네이버 <lee@naver.com>님이 쓴 글:\r\n\r\n"
        "> Lee가 Kim에게 보내는 메시지 확인 바람\r\n"
    )
    with lab.call(SmtpCall, kim, SERVER_B, 25) as call:
        call.hear(220)
        call.ask("EHLO desktop-oeju5p7.localdomain", 250)
        call.ask("MAIL FROM:<kim@daum.net>", 250)
        call.ask("RCPT TO:<lee@naver.com>", 250)
        call.ask("DATA", 354)
        call.say(*mails.opera(REPLY_ID, FIRST_ID, "Re: test", text))
        call.say("", ".")
        call.hear(250)
        call.ask("QUIT", 221)


def fetch_like_evolution(lab: Lab, lee: Host) -> None:
    """Lee fetches the reply and has it removed from the server."""
    with lab.call(Pop3Call, lee, SERVER_A, 110) as call:
        call.hear()
        call.ask_for_lines("CAPA")
        call.ask("USER lee")
        call.ask("PASS lee")
        call.ask_for_lines("CAPA")
        call.ask_for_lines("LIST")
        call.ask_for_lines("UIDL")
        call.ask_for_lines("RETR 1")
        time.sleep(0.02)
        call.ask("DELE 1")
        call.ask("QUIT")
