"""One mail to many: three domains, a list, a mailbox that sends on, and one recipient who does not exist.

`team@daum.net` is Kim, Park and Lee, and what comes for Hong goes on to Choi. Nobody at daum.net is called ghost, so a
report comes back to Lee. Park gets the mail twice, once by name and once by the list.
"""

from __future__ import annotations

from maillab.calls import ImapCall, Pop3Call, SmtpCall
from maillab.lab import Lab
from maillab.machines import KIM, LEE, NAME_SERVER, SERVER_A, SERVER_B, SERVER_C
from maillab.scenarios import mails
from maillab.servers import start_bind, start_dovecot, start_postfix, start_sendmail

RECIPIENTS = ["kim@daum.net", "team@daum.net", "ghost@daum.net", "park@nate.example", "hong@nate.example"]


def play(lab: Lab) -> None:
    """Play it, in 9 seconds."""
    name_server = lab.start(NAME_SERVER)
    start_bind(name_server, reverse=True)
    server_a, server_b = (lab.start(machine, "sendmail", NAME_SERVER) for machine in (SERVER_A, SERVER_B))
    server_c = lab.start(SERVER_C, "postfix", NAME_SERVER)
    lee, kim = lab.start(LEE, name_server=NAME_SERVER), lab.start(KIM, name_server=NAME_SERVER)
    server_c.write("home/hong/.forward", "choi@nate.example\n")
    server_c.run("chown", "hong:", "/home/hong/.forward")
    start_sendmail(server_a)
    start_sendmail(server_b, aliases="team: kim, park@nate.example, lee@naver.com\n")
    start_postfix(server_c)
    for server in (server_a, server_b, server_c):
        start_dovecot(server)
    lab.record()
    lab.tell("Lee sends one mail to five addresses")
    with lab.call(SmtpCall, lee, SERVER_A, 25) as call:
        call.hear(220)
        call.ask("EHLO client", 250)
        seen = "kim@daum.net, team@daum.net, ghost@daum.net, park@nate.example"
        mail = mails.evolution("<fan.1@naver.com>", mails.encoded("모두에게"), seen, "한 통이 여러 사람에게\r\n")
        call.send_mail("lee@naver.com", RECIPIENTS, mail)
        call.ask("QUIT", 221)
    lab.tell("servers pass it on")
    server_b.wait_for_mails("kim", 1)
    server_c.wait_for_mails("park", 2)
    server_c.wait_for_mails("choi", 1)
    server_a.wait_for_mails("lee", 2)
    lab.tell("everybody fetches: Kim, Park, Choi, and Lee, to whom two came back")
    for reader, machine, user in ((kim, SERVER_B, "kim"), (lee, SERVER_C, "park"), (lee, SERVER_A, "lee")):
        with lab.call(Pop3Call, reader, machine, 110) as call:
            call.log_in(user)
            call.fetch_all()
    with lab.call(ImapCall, lee, SERVER_C, 143) as call:
        call.hear("*")
        call.ask("LOGIN choi choi")
        call.ask("SELECT INBOX")
        call.ask("FETCH 1 BODY[]")
        call.ask("LOGOUT")
