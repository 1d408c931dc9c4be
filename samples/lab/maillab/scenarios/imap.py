"""A mailbox over IMAP: Korean folder names, literals, a search, IDLE until a mail arrives, a wrong password."""

from __future__ import annotations

import time

from maillab.calls import ImapCall, SmtpCall
from maillab.lab import Lab
from maillab.machines import KIM, LEE, NAME_SERVER, SERVER_A, Host
from maillab.scenarios import mails
from maillab.scenarios.mails import encoded
from maillab.servers import start_bind, start_dovecot, start_sendmail

SENT = '"&vPSwuNO4ycDVaA-"'
"""보낸편지함, the folder of what was sent, in the modified UTF-7 of IMAP."""

PEOPLE = (f"From: {encoded('김다음')} <kim@daum.net>", f"To: {encoded('이네이버')} <lee@naver.com>")

TRAPS = "{12}\na5 OK fake tagged line\n* 7 EXISTS\n)"
"""A text made to confuse who looks for the words of IMAP instead of counting octets."""

PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
"""The smallest PNG there is: one pixel."""


def play(lab: Lab) -> None:
    """Play it, in 9 seconds."""
    name_server = lab.start(NAME_SERVER)
    start_bind(name_server)
    server_a = lab.start(SERVER_A, "sendmail", NAME_SERVER)
    lee, kim = lab.start(LEE, name_server=NAME_SERVER), lab.start(KIM, name_server=NAME_SERVER)
    start_sendmail(server_a)
    start_dovecot(server_a)
    for mail in four_mails():
        mails.put_into_mailbox(server_a, "lee", *mail)
    lab.record()
    lab.tell("Lee looks into the mailbox")
    with lab.call(ImapCall, lee, SERVER_A, 143) as call:
        log_in(call)
        look_around(call)
        read(call)
        tidy_up(call)
        lab.tell("Lee waits for mail")
        wait_for_mail(lab, call, lee)
        file_away(call)
    lab.tell("Kim tries to log in as Lee")
    with lab.call(ImapCall, kim, SERVER_A, 143) as call:
        call.hear("*")
        call.ask("LOGIN lee wrong", "NO")
        call.ask("BOGUS", "BAD")
        call.ask("SELECT INBOX", "BAD")
        call.ask("LOGOUT")


def four_mails() -> list[list[str]]:
    """What lies in Lee's mailbox at the beginning."""
    return [
        letter(1, encoded("첫째 메일"), "text/plain; charset=utf-8", TRAPS),
        letter(
            2,
            encoded("둘째: 그림"),
            'multipart/mixed; boundary="=_2"',
            '--=_2\nContent-Type: text/plain; charset="euc-kr"\nContent-Transfer-Encoding: base64\n\n'
            "sde4ssDMIMDWtNkuDQo=\n"
            "--=_2\nContent-Type: image/png\n"
            "Content-Disposition: attachment; filename*=utf-8''%EA%B7%B8%EB%A6%BC.png\n"
            f"Content-Transfer-Encoding: base64\n\n{PICTURE}\n--=_2--",
        ),
        letter(3, encoded("셋째 메일"), "text/plain; charset=utf-8", "지워질 메일"),
        letter(4, encoded("넷째 메일"), "text/plain; charset=utf-8", "남을 메일"),
    ]


def letter(number: int, subject: str, content_type: str, text: str) -> list[str]:
    """A mail of Kim's to Lee, line by line."""
    return [
        f"Message-ID: <imap{number}.lab@daum.net>",
        *PEOPLE,
        f"Subject: {subject}",
        f"Date: Fri, 26 Apr 2024 10:{number:02}:00 +0900",
        "MIME-Version: 1.0",
        f"Content-Type: {content_type}",
        "Content-Transfer-Encoding: 8bit",
        "",
        *text.splitlines(),
    ]


def log_in(call: ImapCall) -> None:
    """Log in with literals: the client says how long the next word is, and waits until the server wants it."""
    call.hear("*")
    call.ask("CAPABILITY")
    tag = call.tag()
    call.say(f"{tag} LOGIN {{3}}")
    call.hear("+")
    call.say("lee {3}")
    call.hear("+")
    call.say("lee")
    call.hear(tag)


def look_around(call: ImapCall) -> None:
    """Which folders are there? One more, please. What is in INBOX?"""
    call.ask('ID ("name" "lab" "version" "1")')
    call.ask("NAMESPACE")
    call.ask('LIST "" "*"')
    call.ask(f"CREATE {SENT}")
    call.ask('LIST "" "*"')
    call.ask("STATUS INBOX (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)")
    call.ask("SELECT INBOX")


def read(call: ImapCall) -> None:
    """Mails as a whole and in parts."""
    call.ask("FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)")
    call.ask("FETCH 2 BODYSTRUCTURE")
    call.ask("FETCH 1 BODY[]")
    call.ask("FETCH 2 (BODY.PEEK[HEADER] BODY.PEEK[1] BODY.PEEK[2] BODY.PEEK[2.MIME])")
    call.ask("FETCH 2 BODY.PEEK[]<0.100>")
    call.ask("UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (DATE FROM SUBJECT)])")
    tag = call.tag()
    call.say(f"{tag} SEARCH CHARSET UTF-8 SUBJECT {{6}}")
    call.hear("+")
    call.say("둘째")
    call.hear(tag)


def tidy_up(call: ImapCall) -> None:
    """Mark, copy, remove, and store two mails of Lee's own; then three commands at once."""
    call.ask("STORE 3 +FLAGS (\\Deleted)")
    call.ask("STORE 1 +FLAGS.SILENT (\\Seen \\Flagged)")
    call.ask(f"COPY 2 {SENT}")
    call.ask("EXPUNGE")
    mail = "".join(
        f"{line}\r\n" for line in letter(9, encoded("보낸 편지"), "text/plain; charset=utf-8", "보관")
    ).encode()
    tag = call.tag()
    call.say(f'{tag} APPEND {SENT} (\\Seen) "26-Apr-2024 12:09:00 +0900" {{{len(mail)}}}')
    call.hear("+")
    call.send(mail + b"\r\n")
    call.hear(tag)
    tag = call.tag()
    call.send(f"{tag} APPEND {SENT} {{{len(mail)}+}}\r\n".encode() + mail + b"\r\n")
    call.hear(tag)
    tags = [call.tag() for _ in range(3)]
    call.say(f"{tags[0]} NOOP", f"{tags[1]} FETCH 1 FLAGS", f"{tags[2]} STATUS {SENT} (MESSAGES)")
    call.hear_all(tags)


def wait_for_mail(lab: Lab, call: ImapCall, lee: Host) -> None:
    """Wait with IDLE until the server says by itself that a mail has come."""
    tag = call.tag()
    call.say(f"{tag} IDLE")
    call.hear("+")
    with lab.call(SmtpCall, lee, SERVER_A, 25) as letter_box:
        letter_box.hear(220)
        letter_box.ask("EHLO client", 250)
        mail = letter(11, encoded("IDLE 중에 온 메일"), "text/plain; charset=utf-8", "새 메일")
        letter_box.send_mail("kim@daum.net", ["lee@naver.com"], mail)
        letter_box.ask("QUIT", 221)
    call.read_until(lambda line: line.endswith("EXISTS"))
    time.sleep(0.3)
    call.say("DONE")
    call.hear(tag)
    call.ask("FETCH * (FLAGS BODY[TEXT])")


def file_away(call: ImapCall) -> None:
    """Look into the other folder, move a mail back, and say goodbye."""
    call.ask(f"SELECT {SENT}")
    call.ask("FETCH 1:* (FLAGS RFC822.HEADER)")
    call.ask("MOVE 1 INBOX")
    call.ask("CLOSE")
    call.ask("FOO bar", "BAD")
    call.ask("LOGOUT")
