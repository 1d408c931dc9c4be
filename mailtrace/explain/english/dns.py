"""Sentences about DNS and ident."""

from __future__ import annotations

DNS: dict[str, str] = {
    "ident.asks": "asks the ident service of {listener} (port {port}) who is calling",
    "ident.purpose": (
        "Before it greets, a mail server may ask the client's host which user opened the connection. The answer "
        "usually only goes into its log."
    ),
    "ident.unanswered": (
        "Nobody answers, not even to refuse: a firewall throws the question away, or the capture missed the answer."
    ),
    "ident.unanswered.repeated": (
        "Nobody answers; the SYN is repeated after {delays} s. A firewall on the way to {server} throws it away, or "
        "the capture missed the answer."
    ),
    "ident.waits": "The greeting waits for it.",
    "ident.refused": (
        "{server} refuses at once with RST: no ident service is there. That is quite usual and costs no time."
    ),
    "ident.silent": "{server} opens the connection but says nothing.",
    "ident.user": "The answer: the connection belongs to the user {user}, as the client's own host claims.",
    "ident.error": "The answer names no user: {means}.",
    "dns.line": "{type} {name}? {answer}",
    "dns.line.operation": "{type} {name}: {answer}",
    "dns.short.accepted": "accepted",
    "dns.short.none": "no answer",
    "dns.short.nodata": "no such record (NODATA)",
    "dns.short.referral": "no answer, other name servers named",
    "dns.short.more": "{answers} and {records} more",
    "dns.operation.NOTIFY": "{asker} tells the other name server that the zone {name} has changed (NOTIFY).",
    "dns.operation.UPDATE": "{asker} asks the name server to change records of the zone {name} (dynamic update).",
    "dns.operation.other": "This is no question but a DNS message of the kind {opcode} about {name}.",
    "dns.accepted": "The other side accepts it.",
    "dns.purpose.blocklist": (
        "{asker} asks the blocklist {zone} whether the address {address} is listed; the name is the address backwards."
    ),
    "dns.purpose.PTR.own": "{asker} asks for the name of its own address {address}, to introduce itself with it.",
    "dns.purpose.PTR.own.alone": "{asker} asks for the name of its own address {address} (reverse lookup).",
    "dns.purpose.PTR.peer": (
        "{asker} asks which name belongs to the address {address} of its mail partner: for the log, and as a first "
        "sign whether the partner is a well-kept mail server."
    ),
    "dns.purpose.PTR.other": "{asker} asks which name belongs to the address {address} (reverse lookup).",
    "dns.purpose.MX": (
        "{asker} asks which hosts take mail for {name}: the first question of everyone who sends mail there."
    ),
    "dns.purpose.A": "{asker} asks for the IPv4 address of {name}.",
    "dns.purpose.AAAA": "{asker} asks for the IPv6 address of {name}.",
    "dns.purpose.addresses": "{asker} asks for the IPv6 and the IPv4 address of {name}.",
    "dns.purpose.NS": "{asker} asks which name servers are responsible for {name}.",
    "dns.purpose.SOA": "{asker} asks for the data of the zone of {name}.",
    "dns.purpose.TLSA": (
        "{asker} asks which certificate the server behind {name} must show (DANE: certificates vouched for by DNS)."
    ),
    "dns.purpose.TXT.spf": (
        "{asker} asks for the SPF of {name}: which hosts may send mail with a sender of this domain (-all: no "
        "others, ~all: others are suspicious)."
    ),
    "dns.purpose.TXT.dkim": "{asker} fetches the DKIM key {name}, to check the signature in the mail's headers.",
    "dns.purpose.TXT.dmarc": (
        "{asker} asks for the DMARC policy {name}: what a receiver should do with mails that fail SPF and DKIM "
        "(p=none, quarantine or reject)."
    ),
    "dns.purpose.TXT.mta-sts": "{asker} asks by {name} whether the domain demands TLS for mail to it (MTA-STS).",
    "dns.purpose.TXT.tls-reports": "{asker} asks by {name} where senders should report trouble with TLS.",
    "dns.purpose.TXT.text": "{asker} asks for the text records of {name}, where mail keeps its SPF.",
    "dns.purpose.TXT.blocklist": "{asker} asks why the blocklist {zone} lists the address {address}.",
    "dns.purpose.other": "{asker} asks for {type} of {name}: {means}.",
    "dns.twice": "It is asked twice and answered the same both times.",
    "dns.twice.edns": (
        "It is asked twice, once with EDNS (the extension for longer answers) and once without, and answered the "
        "same both times."
    ),
    "dns.retries": "The same question was sent {times}.",
    "dns.none": "No answer came: the name server is not there, or a packet was lost.",
    "dns.nxdomain": "The name {name} does not exist, with no record of any type (NXDOMAIN).",
    "dns.nodata": "The name {name} exists but has no {type} record (NODATA). That is no error.",
    "dns.nodata.MX": "{name} exists but has no MX record: then mail goes to the address of {name} itself.",
    "dns.failed": "{rcode}: {means}.",
    "dns.referral": "No record, but other name servers that should know.",
    "dns.slow": "The answer took {duration} s.",
    "dns.blocklist.free": "NXDOMAIN is good news here: the address is not listed.",
    "dns.blocklist.listed": "The answer says: it {meaning}.",
    "dns.blocklist.reason": "The list gives its reason.",
    "dns.blocklist.unclear": "That tells nothing of the address: {meaning}.",
    "dns.MX.one": "Mail for {name} goes to {host}.",
    "dns.MX.several": (
        "Mail for {name} goes to {hosts} first: the lowest number ({preference}) is tried first, the higher ones "
        "only when that fails."
    ),
    "dns.MX.equal": (
        "Mail for {name} goes to {hosts}, in any order: they have the same preference {preference}, which shares the "
        "load."
    ),
    "dns.MX.null": "The lone dot (null MX) says that {name} takes no mail at all.",
    "dns.search-domain": (
        "{asker}'s resolver tries {name} once more with its own search domain {suffix} behind it. There is no such "
        "name: harmless, and nobody's mistake."
    ),
    "dns.answers": "The answer: {answers}.",
    "dns.leads-here": "The connection goes to {address} next.",
    "dns.purpose.confirm": (
        "{asker} checks the way back: does {name} have the address {address}? For anybody can claim any name for an "
        "address."
    ),
    "dns.confirmed": "It does: name and address confirm each other.",
    "dns.not-confirmed": (
        "It does not: {name} does not lead to {address}. Servers that want a sound name, forward and back, may "
        "refuse mail from there."
    ),
    "dns.purpose.sender": (
        "{asker} asks for {types} of {name}, the domain of the sender, to see whether it exists: reports could not "
        "reach a sender without a domain."
    ),
    "dns.purpose.recipient": (
        "{asker} asks for {types} of {name}, the domain of the recipient, to see what to do with mail for it."
    ),
    "dns.purpose.exchanger": "{asker} asks for the address of {name}, which takes the mail for {domain}.",
    "dns.retries.lost": (
        "The same question was sent {times} and answered each time: the first answer got lost, or came too late."
    ),
    "dns.retries.missed": (
        "The same question was sent {times}, although an answer had been captured: it never arrived, so that the "
        "lookup took {late} s."
    ),
    "dns.retries.row": "The same question was sent {times} in a row, and answered the same each time.",
    "ident.short.refused": "(refused with RST)",
    "ident.short.unanswered": "(no answer)",
    "ident.short.silent": "(opened, no answer)",
    "ident.short.answered": "(answered)",
}
