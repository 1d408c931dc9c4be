"""Seventeen awkward mails: chunks, pipelined commands, Korean in every encoding, and one without an octet.

The mails lie in `mails/`, and are sent octet by octet as they are there.
"""

from __future__ import annotations

import time

from maillab.calls import Pop3Call, SmtpCall
from maillab.lab import Lab
from maillab.machines import LEE, NAME_SERVER, SERVER_A, SERVER_C, Host
from maillab.scenarios import mails
from maillab.servers import start_bind, start_dovecot, start_postfix, start_sendmail

SENDER, RECIPIENT = "MAIL FROM:<lee@naver.com>", "RCPT TO:<park@nate.example>"


def play(lab: Lab) -> None:
    """Play it, in 4 seconds."""
    name_server = lab.start(NAME_SERVER)
    start_bind(name_server)
    server_a = lab.start(SERVER_A, "sendmail", NAME_SERVER)
    server_c = lab.start(SERVER_C, "postfix", NAME_SERVER)
    lee = lab.start(LEE, name_server=NAME_SERVER)
    start_sendmail(server_a)
    start_postfix(server_c)
    start_dovecot(server_c)
    lab.record()
    lab.tell("five mails, three of them in chunks")
    send_chunks(lab, lee)
    lab.tell("twelve mails, each asked for in one segment")
    send_pipelined(lab, lee)
    with lab.call(SmtpCall, lee, SERVER_C, 25) as call:
        call.hear(220)
        call.ask("EHLO client", 250)
        call.ask(SENDER, 250)
        call.ask(RECIPIENT, 250)
        call.ask("BDAT abc", 521)
        call.wait_for_end()
    server_c.wait_for_mails("park", 17)
    server_a.wait_for_mails("lee", 1)
    lab.tell("Park fetches them all")
    with lab.call(Pop3Call, lee, SERVER_C, 110) as call:
        call.log_in("park")
        call.fetch_all()


def mail(number: int) -> bytes:
    """One of the seventeen, as it lies in its file."""
    return (mails.FILES / f"m{number:02}.eml").read_bytes()


def send_chunks(lab: Lab, lee: Host) -> None:
    """BDAT: a mail in one chunk, in three of which the last is empty, and in two with all commands in one segment."""
    with lab.call(SmtpCall, lee, SERVER_C, 25) as call:
        call.hear(220)
        call.ask("EHLO client", 250)
        call.ask(SENDER, 250)
        call.ask(RECIPIENT, 250)
        call.send(b"BDAT %d LAST\r\n" % len(mail(1)) + mail(1))
        call.hear(250)
        call.ask(SENDER, 250)
        call.ask(RECIPIENT, 250)
        call.send(b"BDAT 40\r\n" + mail(2)[:40])
        call.hear(250)
        call.say(f"BDAT {len(mail(2)) - 40}")
        time.sleep(0.05)
        call.send(mail(2)[40:])
        call.hear(250)
        call.ask("BDAT 0 LAST", 250)
        half = len(mail(3)) // 2
        call.send(
            f"{SENDER} SIZE={len(mail(3))}\r\n{RECIPIENT}\r\nRCPT TO:<choi@nate.example>\r\nBDAT {half}\r\n".encode()
            + mail(3)[:half]
            + b"BDAT %d LAST\r\n" % (len(mail(3)) - half)
            + mail(3)[half:]
        )
        call.hear(250, 250, 250, 250, 250)
        call.ask(f"MAIL FROM:<이네이버@naver.com> SIZE={len(mail(4))} BODY=8BITMIME SMTPUTF8", 250)
        call.ask(RECIPIENT, 250)
        call.send_data(mail(4))
        call.ask(f"{SENDER} RET=HDRS ENVID=QQ314159+3Dx", 250)
        call.ask(f"{RECIPIENT} NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;park+40nate@nate.example", 250)
        call.send_data(mail(5))
        call.ask(SENDER, 250)
        call.ask(RECIPIENT, 250)
        call.ask("RSET", 250)
        call.ask("QUIT", 221)
        call.wait_for_end()


def send_pipelined(lab: Lab, lee: Host) -> None:
    """Three commands in one segment for each mail; in the end a chunk that is thrown away."""
    with lab.call(SmtpCall, lee, SERVER_C, 25) as call:
        call.hear(220)
        call.ask("EHLO client", 250)
        for number in range(6, 18):
            call.say(f"{SENDER} BODY=8BITMIME", RECIPIENT, "DATA")
            call.hear(250, 250, 354)
            call.send_dotted(mail(number))
            call.hear(250)
        call.ask(SENDER, 250)
        call.ask(RECIPIENT, 250)
        call.send(b"BDAT 20\r\n" + b"a" * 20)
        call.hear(250)
        call.ask("RSET", 250)
        call.ask("NOOP hello", 250)
        call.ask("QUIT", 221)
        call.wait_for_end()
