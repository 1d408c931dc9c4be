"""Starts the servers. What each is told stands in `configuration/SERVER`, a folder laid out as the machine is.

In those files `@DOMAIN@` and `@HOSTNAME@` are those of the machine; `@NAMESERVER@` is the address of the name server.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from maillab.machines import Host, LabError, wait_until

CONFIGURATION = Path(__file__).resolve().parents[1] / "configuration"

GREYLISTED = "Greylisted, come again in %s seconds"
"""What who comes too early is told."""

LOGINS = """auth_mechanisms = plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256 apop
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
passdb {
  driver = passwd-file
  args = scheme=plain /etc/dovecot/passwords/%s-%Lm
}
"""
"""What Dovecot is told so that each way to log in has its own passwords: `%s` is the service, `%Lm` the mechanism."""


def configure(host: Host, server: str, **words: str) -> None:
    """Copy a server's configuration into a machine, with its words filled in."""
    known = {"DOMAIN": host.machine.domain, "HOSTNAME": host.machine.hostname} | words
    source = CONFIGURATION / server
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        text = path.read_text(encoding="utf-8")
        for word, value in known.items():
            text = text.replace(f"@{word}@", value)
        host.write(str(path.relative_to(source)), text)


def start_bind(host: Host, reverse: bool = False, dkim: str = "") -> None:
    """Start the name server; `reverse` gives addresses names, `dkim` is the line of a public key for naver.com."""
    configure(host, "bind9", NAMESERVER=host.address)
    if reverse:
        zone = "111.168.192.in-addr.arpa"
        host.write("etc/bind/reverse.conf", f'zone "{zone}" {{ type primary; file "/etc/bind/zones/{zone}"; }};\n')
    if dkim:
        host.write("etc/bind/zones/dkim", dkim)
    host.run("install", "-d", "-o", "bind", "/run/named")
    host.run("named", "-u", "bind")
    wait_until(lambda: _answers(host), f"the name server on {host.machine.name} answers")


def start_sendmail(host: Host, tls: bool = False, access: str = "", aliases: str = "", limit: int = 0) -> None:
    """Start Sendmail for the machine's domain; `access` and `aliases` are added to the files of these names.

    `limit` is the largest mail that it takes, in octets; 0 for none.
    """
    configure(host, "sendmail")
    for name, more in (("access", access), ("aliases", aliases)):
        with host.path(f"etc/mail/{name}").open("a", encoding="utf-8") as file:
            file.write(more)
    options = [*(["-DLAB_TLS"] if tls else []), *([f"-DLAB_LIMIT={limit}"] if limit else [])]
    host.write("etc/mail/sendmail.cf", host.run("m4", *options, "/etc/mail/sendmail.mc"))
    host.run("sh", "-c", "makemap hash /etc/mail/access < /etc/mail/access && newaliases")
    host.run("install", "-d", "-o", "root", "-g", "smmta", "-m", "2755", "/run/sendmail", "/run/sendmail/mta")
    host.run("/usr/sbin/sendmail-mta", "-Am", "-L", "sm-mta", "-bd", "-q1m")
    host.wait_for_port(25)


def start_postfix(host: Host, greylisting: int | None = None, logins: bool = False) -> None:
    """Start Postfix; with `greylisting` who is not known yet must come again after that many seconds.

    With `logins` clients may log in; Dovecot, which must run already, knows the passwords.
    """
    configure(host, "postfix")
    if logins:
        host.run("postconf", "smtpd_sasl_auth_enable=yes", "smtpd_sasl_type=dovecot", "smtpd_sasl_path=private/auth")
    if greylisting:
        host.run("postgrey", "--daemonize", "--inet=10023", f"--delay={greylisting}", f"--greylist-text={GREYLISTED}")
        host.wait_for_port(10023)
        host.run("postconf", "smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:10023")
    host.run("postfix", "start")
    host.wait_for_port(25)


def start_exim(host: Host) -> None:
    """Start Exim, which judges senders by SPF, DKIM, DMARC and a block list."""
    configure(host, "exim")
    host.run("exim4", "-bd", "-q1m")
    host.wait_for_port(25)


def start_dovecot(host: Host, tls: bool = False, passwords: Mapping[str, Mapping[str, str]] | None = None) -> None:
    """Start Dovecot, which gives out what lies in the machine's mailboxes over POP3 and IMAP.

    With `passwords` users log in by every mechanism it has, and Postfix may ask it. They are by service and mechanism,
    such as `pop3-apop`, and then by user: so each way to log in has a password of its own.
    """
    shutil.rmtree(host.root / "etc/dovecot")
    configure(host, "dovecot")
    if tls:
        host.write(
            "etc/dovecot/tls.conf",
            "ssl = yes\nssl_cert = </etc/ssl/lab/server.pem\nssl_key = </etc/ssl/lab/server.key\n",
        )
    if passwords:
        host.write("etc/dovecot/logins.conf", LOGINS)
        for way, users in passwords.items():
            host.write(f"etc/dovecot/passwords/{way}", "".join(f"{user}:{each}\n" for user, each in users.items()))
    host.run("dovecot")
    host.wait_for_port(110, 143)


def _answers(host: Host) -> bool:
    try:
        return bool(host.run("dig", "+short", "+time=1", "+tries=1", "@127.0.0.1", "naver.com", "SOA"))
    except LabError:
        return False
