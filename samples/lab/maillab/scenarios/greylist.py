"""Greylisting: who is not known yet is told to come again later, and comes; a mail that takes three attempts.

Park's server wants to see the same sender, recipient and host once more, five seconds later. Lee's server keeps the
mail in its queue meanwhile; the scenario has it look there more often than it would by itself.
"""

from __future__ import annotations

import time

from maillab.calls import Pop3Call, SmtpCall
from maillab.lab import Lab
from maillab.machines import LEE, NAME_SERVER, SERVER_A, SERVER_C
from maillab.scenarios import mails
from maillab.servers import start_bind, start_dovecot, start_postfix, start_sendmail

SECONDS = 5
"""How long Park's server wants to be left alone."""


def play(lab: Lab) -> None:
    """Play it, in 12 seconds."""
    name_server = lab.start(NAME_SERVER)
    start_bind(name_server, reverse=True)
    server_a = lab.start(SERVER_A, "sendmail", NAME_SERVER)
    server_c = lab.start(SERVER_C, "postfix", NAME_SERVER)
    lee = lab.start(LEE, name_server=NAME_SERVER)
    start_sendmail(server_a)
    start_postfix(server_c, greylisting=SECONDS)
    start_dovecot(server_c)
    lab.record()
    lab.tell("Lee sends a mail to Park; the first attempt is turned away")
    with lab.call(SmtpCall, lee, SERVER_A, 25) as call:
        call.hear(220)
        call.ask("EHLO client", 250)
        mail = mails.evolution(
            "<grey.1@naver.com>", mails.encoded("회색 목록"), "park@nate.example", "세 번째에 도착\r\n"
        )
        call.send_mail("lee@naver.com", ["park@nate.example"], mail)
        call.ask("QUIT", 221)
    time.sleep(2)
    lab.tell("too early once more")
    server_a.run("/usr/sbin/sendmail-mta", "-Am", "-q")
    time.sleep(SECONDS)
    lab.tell("and now in time")
    server_a.run("/usr/sbin/sendmail-mta", "-Am", "-q")
    server_c.wait_for_mails("park", 1)
    lab.tell("Park fetches it")
    with lab.call(Pop3Call, lee, SERVER_C, 110) as call:
        call.log_in("park")
        call.fetch_all()
