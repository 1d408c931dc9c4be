"""Who may send for naver.com? Seven mails, judged by SPF, DKIM, DMARC and a block list."""

from __future__ import annotations

from maillab.calls import Pop3Call, SmtpCall
from maillab.lab import Lab
from maillab.machines import KIM, LEE, NAME_SERVER, SERVER_A, SERVER_C, Host
from maillab.scenarios import mails
from maillab.servers import start_bind, start_dovecot, start_exim

SELECTOR = "lab2026"
KEY, UNSIGNED = "/tmp/dkim.key", "/tmp/unsigned"
LONGEST_STRING = 255
"""Octets of one string of a TXT record; longer texts are several strings. Source: RFC 1035 section 3.3."""

QUESTIONS = (
    ("naver.com", "TXT"),
    ("_dmarc.daum.net", "TXT"),
    ("100.111.168.192.in-addr.arpa", "PTR"),
    ("133.111.168.192.bl.lab.example", "A"),
    ("133.111.168.192.bl.lab.example", "TXT"),
    ("_imaps._tcp.naver.com", "SRV"),
    ("_mta-sts.naver.com", "TXT"),
)
"""What Lee asks by hand in the end."""


def play(lab: Lab) -> None:
    """Play it, in 5 seconds."""
    name_server = lab.start(NAME_SERVER)
    server_a = lab.start(SERVER_A, name_server=NAME_SERVER)
    server_c = lab.start(SERVER_C, "exim", NAME_SERVER)
    lee, kim = lab.start(LEE, name_server=NAME_SERVER), lab.start(KIM, name_server=NAME_SERVER)
    start_bind(name_server, reverse=True, dkim=make_key(server_a))
    start_exim(server_c)
    start_dovecot(server_c)
    lab.record()
    lab.tell("serverA brings five mails: signed twice, altered, signed with an unknown key, not signed")
    deliver(lab, server_a, 250, sign(server_a, write(1, "DKIM relaxed/relaxed")))
    deliver(lab, server_a, 250, sign(server_a, write(2, "DKIM simple/simple"), canonical="simple"))
    altered = sign(server_a, write(3, "DKIM, altered on the way"))
    deliver(lab, server_a, 550, [*altered[:-1], "7ISc66qFIOuSpOyXkCDqs6DsuZwg66mU7J28DQo="])
    deliver(lab, server_a, 250, sign(server_a, write(4, "DKIM, unknown key"), selector="nosuchkey"))
    deliver(lab, server_a, 250, write(5, "not signed"))
    lab.tell("Lee's machine may not send for naver.com, and Kim's is on a block list")
    be_refused(lab, lee, "client", "lee@naver.com")
    be_refused(lab, kim, "kim-pc", "kim@daum.net")
    lab.tell("Lee asks the name server by hand, and Park fetches four mails")
    for name, kind in QUESTIONS:
        lee.run("dig", "+nocookie", name, kind)
    server_c.wait_for_mails("park", 4)
    with lab.call(Pop3Call, lee, SERVER_C, 110) as call:
        call.log_in("park")
        call.fetch_all()


def make_key(host: Host) -> str:
    """Make a key to sign with, and return the line for the zone that publishes its other half."""
    host.run("openssl", "genrsa", "-out", KEY, "2048")
    public = host.run("openssl", "rsa", "-in", KEY, "-pubout").splitlines()[1:-1]
    text = f"v=DKIM1; k=rsa; p={''.join(public)}"
    strings = [text[start : start + LONGEST_STRING] for start in range(0, len(text), LONGEST_STRING)]
    quoted = " ".join(f'"{string}"' for string in strings)
    return f"{SELECTOR}._domainkey TXT {quoted}\n"


def write(number: int, subject: str) -> list[str]:
    """One of the mails, line by line."""
    return mails.evolution(f"<dnsauth.{number}@naver.com>", subject, "park@nate.example", f"서명된 메일 {number}\r\n")


def sign(host: Host, lines: list[str], canonical: str = "relaxed", selector: str = SELECTOR) -> list[str]:
    """Return the mail with a signature of naver.com on top."""
    host.write(UNSIGNED, "".join(f"{line}\r\n" for line in lines))
    options = f"--hcanon {canonical} --bcanon {canonical} {selector} naver.com {KEY}"
    return host.run("sh", "-c", f"dkimsign {options} < {UNSIGNED}").splitlines()


def deliver(lab: Lab, server: Host, code: int, lines: list[str]) -> None:
    """Bring a mail to Park's server, which says in the end what it thinks of it."""
    with lab.call(SmtpCall, server, SERVER_C, 25) as call:
        call.hear(220)
        call.ask("EHLO mail.naver.com", 250)
        call.ask("MAIL FROM:<lee@naver.com>", 250)
        call.ask("RCPT TO:<park@nate.example>", 250)
        call.ask("DATA", 354)
        call.say(*lines, ".")
        call.hear(code)
        call.ask("QUIT", 221)


def be_refused(lab: Lab, host: Host, name: str, sender: str) -> None:
    """Bring a mail that is refused before it is sent."""
    with lab.call(SmtpCall, host, SERVER_C, 25) as call:
        call.hear(220)
        call.ask(f"EHLO {name}", 250)
        call.ask(f"MAIL FROM:<{sender}>", 250)
        call.ask("RCPT TO:<park@nate.example>", 550)
        call.ask("QUIT", 221)
