"""Everybody logs in, by every way that SMTP, POP3 and IMAP have, and nothing is encrypted."""

from __future__ import annotations

import time
from collections.abc import Callable

from maillab import sasl
from maillab.calls import Call, ImapCall, Pop3Call, SmtpCall
from maillab.lab import Lab
from maillab.machines import KIM, LEE, NAME_SERVER, SERVER_C, Host
from maillab.scenarios import mails
from maillab.servers import start_bind, start_dovecot, start_postfix

PASSWORDS = {
    "smtp-plain": {"lee": "Amsel-Turm-4711", "kim": "Biber_Quelle_208"},
    "smtp-login": {"lee": "Dachs.Mondlicht.93"},
    "smtp-cram-md5": {"lee": "Elster#Kreide#615"},
    "smtp-digest-md5": {"kim": "Falke=Granit=847"},
    "smtp-scram-sha-256": {"lee": "Gimpel/Nebel/1329"},
    "pop3-plain": {"lee": "Hase und Birke 572"},
    "pop3-apop": {"lee": "Iltis*Schiefer*286"},
    "pop3-cram-md5": {"kim": "Kranich~Weizen~934"},
    "pop3-scram-sha-1": {"kim": "Luchs!Regen!7505"},
    "imap-plain": {"lee": 'Marder "Salz" 163', "kim": "Nachtigall^Ufer^48", "park": "Otter$Winter$3917"},
    "imap-login": {"park": "Pirol+Distel+6840"},
    "imap-cram-md5": {"lee": "Qualle&Sturm&252"},
    "imap-scram-sha-256": {"kim": "Rotkehlchen;Eis;79"},
}
"""One password for each way, by service, mechanism and user, so that any of them can be looked for afterwards."""

LETTER = ["From: lee@nate.example", "To: kim@nate.example", "Subject: who am I?", "", "I logged in, so it is me."]


def play(lab: Lab) -> None:
    """Play it, in 11 seconds."""
    name_server = lab.start(NAME_SERVER)
    start_bind(name_server)
    server = lab.start(SERVER_C, "postfix", NAME_SERVER)
    lee, kim = lab.start(LEE, name_server=NAME_SERVER), lab.start(KIM, name_server=NAME_SERVER)
    start_dovecot(server, passwords=PASSWORDS)
    start_postfix(server, logins=True)
    mails.put_into_mailbox(server, "lee", *LETTER)
    lab.record()
    lab.tell("SMTP: PLAIN, LOGIN, CRAM-MD5, DIGEST-MD5, SCRAM-SHA-256")
    smtp(lab, lee, kim)
    lab.tell("POP3: USER and PASS, APOP, CRAM-MD5, SCRAM-SHA-1")
    pop3(lab, lee, kim)
    lab.tell("IMAP: LOGIN with quotes and with a literal, AUTHENTICATE")
    imap(lab, lee, kim)


def smtp(lab: Lab, lee: Host, kim: Host) -> None:
    """Submit: first with the answer in the command, then step by step, then without telling the password."""
    with hello(lab, lee) as call:
        call.ask(f"AUTH PLAIN {sasl.plain('lee', PASSWORDS['smtp-plain']['lee'])}", 235)
        call.send_mail("lee@nate.example", ["kim@nate.example"], LETTER)
        call.ask("QUIT", 221)
    with hello(lab, kim) as call:
        call.ask(f"AUTH PLAIN {sasl.plain('kim', 'Biber_Quelle_209')}", 535)  # one digit is wrong
        call.ask("AUTH PLAIN", 334)
        call.ask(sasl.plain("kim", PASSWORDS["smtp-plain"]["kim"]), 235)
        call.ask("QUIT", 221)
    with hello(lab, lee) as call:
        call.ask("AUTH LOGIN", 334)
        call.ask(sasl.encoded("lee"), 334)
        halved(call, f"{sasl.encoded(PASSWORDS['smtp-login']['lee'])}\r\n")
        call.hear(235)
        call.ask("QUIT", 221)
    with hello(lab, lee) as call:
        challenge = call.ask("AUTH CRAM-MD5", 334)[4:]
        call.ask(sasl.cram_md5(challenge, "lee", PASSWORDS["smtp-cram-md5"]["lee"]), 235)
        call.ask("QUIT", 221)
    with hello(lab, kim) as call:
        challenge = call.ask("AUTH DIGEST-MD5", 334)[4:]
        password = PASSWORDS["smtp-digest-md5"]["kim"]
        call.ask(sasl.digest_md5(challenge, "kim", password, "smtp", SERVER_C.hostname), 334)
        call.ask("", 235)
        call.ask("QUIT", 221)
    with hello(lab, lee) as call:
        scram = sasl.Scram("sha256", "lee", PASSWORDS["smtp-scram-sha-256"]["lee"])
        challenge = call.ask(f"AUTH SCRAM-SHA-256 {scram.first()}", 334)[4:]
        call.ask(scram.proof(challenge), 334)
        call.ask("", 235)
        call.ask("QUIT", 221)


def hello(lab: Lab, caller: Host) -> SmtpCall:
    """Call the server, hear its greeting and say hello."""
    call = lab.call(SmtpCall, caller, SERVER_C, 25)
    call.hear(220)
    call.ask("EHLO client", 250)
    return call


def halved(call: Call, text: str) -> None:
    """Send a text in two packets, cut in its middle."""
    middle = len(text) // 2
    call.send(text[:middle].encode())
    time.sleep(0.1)
    call.send(text[middle:].encode())


def pop3(lab: Lab, lee: Host, kim: Host) -> None:
    """Look into a mailbox: in clear, with a digest of the greeting, and by SASL."""
    with lab.call(Pop3Call, lee, SERVER_C, 110) as call:
        call.hear()
        call.ask("USER lee")
        call.ask(f"PASS {PASSWORDS['pop3-plain']['lee']}")
        call.fetch_all()
    with lab.call(Pop3Call, lee, SERVER_C, 110) as call:
        stamp = "<" + call.hear().partition("<")[2]
        call.ask(f"APOP lee {sasl.apop(stamp, PASSWORDS['pop3-apop']['lee'])}")
        call.ask("QUIT")
    with lab.call(Pop3Call, kim, SERVER_C, 110) as call:
        call.hear()
        challenge = call.ask("AUTH CRAM-MD5", "+ ")[2:]
        call.ask(sasl.cram_md5(challenge, "kim", PASSWORDS["pop3-cram-md5"]["kim"]))
        call.ask("QUIT")
    with lab.call(Pop3Call, kim, SERVER_C, 110) as call:
        call.hear()
        scram = sasl.Scram("sha1", "kim", PASSWORDS["pop3-scram-sha-1"]["kim"])
        challenge = call.ask(f"AUTH SCRAM-SHA-1 {scram.first()}", "+ ")[2:]
        call.ask(scram.proof(challenge), "+ ")
        call.ask("")
        call.ask("QUIT")


def imap(lab: Lab, lee: Host, kim: Host) -> None:
    """Open a mailbox: LOGIN with a password in quotes and as a literal, AUTHENTICATE in four mechanisms."""
    with called(lab, lee) as call:
        password = PASSWORDS["imap-plain"]["lee"].replace('"', '\\"')
        call.ask(f'LOGIN lee "{password}"')
        call.ask("LOGOUT")
    with called(lab, kim) as call:
        password = PASSWORDS["imap-plain"]["kim"]
        tag = call.tag()
        call.say(f"{tag} LOGIN kim {{{len(password)}}}")
        call.hear("+")
        call.say(password)
        call.hear(tag)
        call.ask("LOGOUT")
    with called(lab, kim) as call:
        call.ask(f"AUTHENTICATE PLAIN {sasl.plain('park', PASSWORDS['imap-plain']['park'])}")
        call.ask("LOGOUT")
    with called(lab, kim) as call:
        answer(call, "LOGIN", lambda _: sasl.encoded("park"), lambda _: sasl.encoded(PASSWORDS["imap-login"]["park"]))
    with called(lab, lee) as call:
        answer(call, "CRAM-MD5", lambda said: sasl.cram_md5(said, "lee", PASSWORDS["imap-cram-md5"]["lee"]))
    with called(lab, kim) as call:
        scram = sasl.Scram("sha256", "kim", PASSWORDS["imap-scram-sha-256"]["kim"])
        answer(call, "SCRAM-SHA-256", lambda _: scram.first(), scram.proof, lambda _: "")


def called(lab: Lab, caller: Host) -> ImapCall:
    """Call the server and hear its greeting."""
    call = lab.call(ImapCall, caller, SERVER_C, 143)
    call.hear("*")
    return call


def answer(call: ImapCall, mechanism: str, *answers: Callable[[str], str]) -> None:
    """Log in by a mechanism, with an answer to each thing that the server says, and log out."""
    tag = call.tag()
    call.say(f"{tag} AUTHENTICATE {mechanism}")
    for each in answers:
        call.say(each(call.hear("+")[-1][2:]))
    call.hear(tag)
    call.ask("LOGOUT")
