"""What servers refuse, and how: wrong commands, addresses and passwords, a mail too large, a closed port."""

from __future__ import annotations

import time

from maillab.calls import ImapCall, Pop3Call, SmtpCall
from maillab.lab import Lab
from maillab.machines import KIM, LEE, NAME_SERVER, SERVER_A, SERVER_B, Host, LabError
from maillab.scenarios import mails
from maillab.servers import start_bind, start_dovecot, start_sendmail

LIMIT = 20000
"""The largest mail that serverA takes here, in octets."""


def play(lab: Lab) -> None:
    """Play it, in 15 seconds."""
    name_server = lab.start(NAME_SERVER)
    start_bind(name_server)
    server_a, server_b = (lab.start(machine, "sendmail", NAME_SERVER) for machine in (SERVER_A, SERVER_B))
    lee, kim = lab.start(LEE, name_server=NAME_SERVER), lab.start(KIM, name_server=NAME_SERVER)
    start_sendmail(server_a, limit=LIMIT)
    start_sendmail(server_b)
    start_dovecot(server_a)
    mails.put_into_mailbox(server_a, "lee", "Subject: one", "", "The only mail.")
    lab.record()
    lab.tell("wrong commands")
    speak_wrongly(lab, lee)
    lab.tell("wrong addresses")
    address_wrongly(lab, lee)
    lab.tell("a mail that is too large, and a client that does not wait to be greeted")
    send_too_much(lab, lee)
    speak_too_early(lab, kim)
    lab.tell("a recipient that only Kim's server knows not to exist: the mail comes back")
    send_into_the_void(lab, lee)
    server_a.wait_for_mails("lee", 2)
    lab.tell("wrong passwords")
    fetch_wrongly(lab, lee)
    look_wrongly(lab, lee)
    lab.tell("a port where nobody listens")
    call_nobody(lab, lee)


def speak_wrongly(lab: Lab, lee: Host) -> None:
    """Commands that do not exist, come too early, or lack something."""
    with lab.call(SmtpCall, lee, SERVER_A, 25) as call:
        call.hear(220)
        call.ask("MAIL FROM:<lee@naver.com>", 503)
        call.ask("EHLO client", 250)
        call.ask("BOGUS 1", 500)
        call.ask("RCPT TO:<kim@daum.net>", 503)
        call.ask("DATA", 503)
        call.ask("MAIL lee@naver.com", 501)
        call.ask("MAIL FROM:<lee@naver.com> FOO=1", 555)
        call.ask("VRFY lee", 250)
        call.ask("QUIT", 221)


def address_wrongly(lab: Lab, lee: Host) -> None:
    """A sender of a domain that does not exist, and a recipient that nobody knows; step by step, and all at once."""
    with lab.call(SmtpCall, lee, SERVER_A, 25) as call:
        call.hear(220)
        call.ask("EHLO client", 250)
        call.ask("MAIL FROM:<lee@nowhere.example>", 250)
        call.ask("RCPT TO:<lee@naver.com>", 553)
        call.ask("RSET", 250)
        call.ask("MAIL FROM:<lee@naver.com>", 250)
        call.ask("RCPT TO:<ghost@naver.com>", 550)
        call.ask("DATA", 503)
        call.ask("RSET", 250)
        call.say("MAIL FROM:<lee@naver.com>", "RCPT TO:<ghost@naver.com>", "DATA")
        call.hear(250, 550, 503)
        call.ask("QUIT", 221)


def send_too_much(lab: Lab, lee: Host) -> None:
    """A mail that is announced too large, and one that turns out to be."""
    with lab.call(SmtpCall, lee, SERVER_A, 25) as call:
        call.hear(220)
        call.ask("EHLO client", 250)
        call.ask("MAIL FROM:<lee@naver.com> SIZE=9999999", 552)
        call.ask("MAIL FROM:<lee@naver.com>", 250)
        call.ask("RCPT TO:<lee@naver.com>", 250)
        call.ask("DATA", 354)
        call.say("Message-ID: <errors.large@naver.com>", "Subject: large", "", *["x" * 70] * (LIMIT // 60), ".")
        call.hear(552)
        call.ask("QUIT", 221)


def speak_too_early(lab: Lab, kim: Host) -> None:
    """Speak before the greeting: programs that spread unwanted mail have no time to wait, and are known by that."""
    with lab.call(SmtpCall, kim, SERVER_A, 25) as call:
        call.say("EHLO impatient")
        call.hear(554, 250)
        call.ask("MAIL FROM:<kim@daum.net>", 550)
        call.ask("QUIT", 221)


def send_into_the_void(lab: Lab, lee: Host) -> None:
    """A mail for somebody whom Kim's server does not know; Lee's server takes it and must report back."""
    with lab.call(SmtpCall, lee, SERVER_A, 25) as call:
        call.hear(220)
        call.ask("EHLO client", 250)
        mail = mails.evolution("<errors.ghost@naver.com>", "ghost", "ghost@daum.net", "아무도 없어요\r\n")
        call.send_mail("lee@naver.com", ["ghost@daum.net"], mail)
        call.ask("QUIT", 221)


def fetch_wrongly(lab: Lab, lee: Host) -> None:
    """POP3: a command out of turn, a wrong password, a mail that is not there."""
    with lab.call(Pop3Call, lee, SERVER_A, 110) as call:
        call.hear()
        call.ask("LIST", "-ERR")
        call.ask("USER lee")
        call.ask("PASS wrong", "-ERR")
        call.ask("USER lee")
        call.ask("PASS lee")
        call.ask("RETR 99", "-ERR")
        call.ask("FOO", "-ERR")
        call.ask_for_lines("RETR 2")
        call.ask("DELE 1")
        call.ask("DELE 1", "-ERR")
        call.ask("RSET")
        call.ask("QUIT")


def look_wrongly(lab: Lab, lee: Host) -> None:
    """IMAP: a wrong password, a folder that is not there, a command that nobody understands."""
    with lab.call(ImapCall, lee, SERVER_A, 143) as call:
        call.hear("*")
        call.ask("LOGIN lee wrong", "NO")
        call.ask("LOGIN lee lee")
        call.ask("SELECT Nowhere", "NO")
        call.ask("FETCH 1 FLAGS", "BAD")
        call.ask("SELECT INBOX")
        call.ask("FETCH 1:2 (FLAGS", "BAD")
        call.ask("LOGOUT")


def call_nobody(lab: Lab, lee: Host) -> None:
    """A port where no server listens: the machine itself refuses."""
    try:
        lab.call(SmtpCall, lee, SERVER_A, 587)
    except ConnectionRefusedError:
        time.sleep(0.1)
    else:
        raise LabError("somebody listens on port 587, where nobody should")
