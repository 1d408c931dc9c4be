"""SMTP, POP3 and IMAP inside TLS 1.2 and 1.3, on all their ports; the keys of Lee's side go into the recording.

What the servers say to each other is encrypted, too, and those keys nobody has.
"""

from __future__ import annotations

import ssl
from base64 import b64encode

from maillab.calls import ImapCall, Pop3Call, SmtpCall
from maillab.certificates import Authority
from maillab.lab import Lab
from maillab.machines import LEE, NAME_SERVER, SERVER_A, SERVER_B, Host
from maillab.scenarios import mails
from maillab.servers import start_bind, start_dovecot, start_sendmail

TLS_12, TLS_13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3

LOGIN = "AUTH PLAIN " + b64encode(b"\0lee\0lee").decode()


def play(lab: Lab) -> None:
    """Play it, in 8 seconds."""
    name_server = lab.start(NAME_SERVER)
    start_bind(name_server)
    authority = Authority(name_server)
    server_a, server_b = (lab.start(machine, "sendmail", NAME_SERVER) for machine in (SERVER_A, SERVER_B))
    lee = lab.start(LEE, name_server=NAME_SERVER)
    for server in (server_a, server_b):
        authority.certify(server)
        start_sendmail(server, tls=True)
        start_dovecot(server, tls=True)
    server_a.run("sh", "-c", "echo lee | saslpasswd2 -p -c -u mail.naver.com lee")
    old = authority.context(TLS_12, lab.keys)
    new = authority.context(TLS_13, lab.keys)
    lab.record()
    lab.tell("Lee sends four mails")
    send(lab, lee, 25, new, "tls13.starttls", "STARTTLS 1.3 시험")
    send(lab, lee, 25, old, "tls12.starttls", "STARTTLS 1.2 시험")
    send(lab, lee, 465, new, "tls13.smtps", "SMTPS 465 시험")
    send(lab, lee, 587, new, "tls13.submission", "Submission 587 시험")
    server_b.wait_for_mails("kim", 4)
    lab.tell("and fetches them from Kim's mailbox")
    for port, context in ((995, new), (995, old), (110, new)):
        fetch_by_pop3(lab, lee, port, context)
    for port, context in ((993, new), (143, old)):
        fetch_by_imap(lab, lee, port, context)


def send(lab: Lab, lee: Host, port: int, context: ssl.SSLContext, name: str, subject: str) -> None:
    """Send a mail to Kim; on port 465 TLS comes first, else it is asked for."""
    with lab.call(SmtpCall, lee, SERVER_A, port) as call:
        if port == 465:
            call.start_tls(context)
        call.hear(220)
        call.ask("EHLO client", 250)
        if port != 465:
            call.ask("STARTTLS", 220)
            call.start_tls(context)
            call.ask("EHLO client", 250)
        call.ask(LOGIN, 235)
        text = f"암호화된 메일입니다. ({subject})\r\n"
        mail = mails.evolution(f"<{name}@naver.com>", mails.encoded(subject), "kim@daum.net", text)
        call.send_mail("lee@naver.com", ["kim@daum.net"], mail)
        call.ask("QUIT", 221)
        call.end_tls()


def fetch_by_pop3(lab: Lab, lee: Host, port: int, context: ssl.SSLContext) -> None:
    """Fetch the fourth mail; on port 995 TLS comes first, else it is asked for."""
    with lab.call(Pop3Call, lee, SERVER_B, port) as call:
        if port == 995:
            call.start_tls(context)
        else:
            call.hear()
            call.ask_for_lines("CAPA")
            call.ask("STLS")
            call.start_tls(context)
        if port == 995:
            call.hear()
        call.ask_for_lines("CAPA")
        call.ask("USER kim")
        call.ask("PASS kim")
        call.ask_for_lines("LIST")
        call.ask_for_lines("UIDL")
        call.ask_for_lines("RETR 4")
        call.ask("QUIT")
        call.end_tls()


def fetch_by_imap(lab: Lab, lee: Host, port: int, context: ssl.SSLContext) -> None:
    """Look at the mailbox and fetch the first mail; on port 993 TLS comes first, else it is asked for."""
    with lab.call(ImapCall, lee, SERVER_B, port) as call:
        if port == 993:
            call.start_tls(context)
        call.hear("*")
        if port != 993:
            call.ask("STARTTLS")
            call.start_tls(context)
        call.ask("LOGIN kim kim")
        call.ask("SELECT INBOX")
        call.ask("FETCH 1:* (FLAGS ENVELOPE)")
        call.ask("FETCH 1 BODY.PEEK[]")
        call.ask("LOGOUT")
        call.end_tls()
