"""How servers tell good mail from bad, and how mail is protected on its way: terms of the field."""

from __future__ import annotations

from mailtrace.explain.english.glossary.lesson import Term

POLICY_TERMS: tuple[Term, ...] = (
    Term(
        "greylisting",
        "Refusing the first try of an unknown sender for now: a real server comes again, a spam program mostly does "
        "not.",
        "The reply is 450 or 451, often with 4.7.1 and the word greylisted. Some minutes later the same client, "
        "sender and recipient are let in. No mail is lost by it, only time.",
        "RFC 6647",
        ("graylisting", "postgrey"),
        see=("450", "4.7.1", "queue"),
    ),
    Term(
        "greet pause",
        "The server waits on purpose before its greeting.",
        "Clients must not speak before the 220; spam programs often do, and are found out (early talkers). Debian's "
        "Sendmail waits one second, Postfix' postscreen six. A longer wait is mostly something else: ident or "
        "DNS.",
        None,
        ("greetpause", "greet_pause", "banner delay"),
        see=("220", "ident", "early talker", "postscreen"),
    ),
    Term(
        "early talker",
        "A client that speaks before the server's greeting.",
        "Forbidden, and a sign of a spam program that pours out its commands without listening.",
        "RFC 5321 section 4.3.1",
        ("early-talker",),
        see=("greet pause",),
    ),
    Term(
        "postscreen",
        "The part of Postfix that looks at new clients before the real server does.",
        "It sends a first part of the greeting (220-), waits some seconds, and asks blocklists meanwhile. Known good "
        "clients go straight through.",
        None,
        see=("greet pause", "DNSBL"),
    ),
    Term(
        "ident",
        "A protocol in which a server asks the client's host which user opened the connection; port 113.",
        "From the days of shared computers. Some mail servers still ask before they greet. A host that refuses (RST) "
        "costs nothing; a firewall that drops the question costs the whole time-out, five seconds with Sendmail and "
        "more with others.",
        "RFC 1413 section 3",
        ("identd", "auth service", "port 113", "113"),
        see=("greet pause", "RST", "greeting"),
    ),
    Term(
        "greeting",
        "The first line of a server, before the client has said anything.",
        "SMTP 220, POP3 +OK, IMAP * OK. If it is late, the server is looking something up, asks ident, or waits on "
        "purpose.",
        "RFC 5321 section 3.1",
        ("banner",),
        see=("220", "greet pause", "ident"),
    ),
    Term(
        "DNSBL",
        "A list of addresses that send spam, asked by DNS.",
        "The address is written backwards before the list's name: for 192.0.2.7 and zen.spamhaus.org it is "
        "7.2.0.192.zen.spamhaus.org. An answer such as 127.0.0.2 means listed; NXDOMAIN means not listed. Answers in "
        "127.255.255.x mean that the list refused the question.",
        "RFC 5782 section 2",
        ("blocklist", "blacklist", "RBL", "block list", "blackhole list"),
        see=("NXDOMAIN", "554", "5.7.1"),
    ),
    Term(
        "rate limit",
        "A server takes only so many connections or mails from one client in a time.",
        "It answers 421 or 450, and the client's queue tries again later. Sendmail: ClientRate, Postfix: anvil.",
        None,
        ("ratelimit", "throttling", "connection rate"),
        see=("421", "4.7.0"),
    ),
    Term(
        "SPF",
        "Sender Policy Framework: a domain tells in the DNS which addresses may send mail with it as envelope sender.",
        "A TXT record such as `v=spf1 ip4:192.168.111.100 -all`. It is judged from left to right, the first match "
        "counts: + pass, - fail, ~ softfail, ? neutral. At most ten terms may ask the DNS. It knows nothing of the "
        "From header; forwarding breaks it.",
        "RFC 7208 section 4",
        ("sender policy framework", "v=spf1"),
        see=("TXT", "DMARC", "envelope", "forwarding", "5.7.23"),
    ),
    Term(
        "DKIM",
        "DomainKeys Identified Mail: the sender's domain signs body and chosen headers.",
        "The header DKIM-Signature names the domain (d=) and the selector (s=); the key is a TXT record at "
        "selector._domainkey.domain. It proves that these parts are unchanged since the domain signed them, whoever "
        "carried the mail. A list that adds a footer breaks it.",
        "RFC 6376 section 1",
        ("DKIM-Signature", "domainkeys"),
        see=("selector", "TXT", "DMARC", "canonicalization"),
    ),
    Term(
        "selector",
        "The name under which a domain keeps one of its DKIM keys.",
        "So keys can be changed: a new one gets a new selector, old mails still find the old.",
        "RFC 6376 section 3.1",
        see=("DKIM",),
    ),
    Term(
        "canonicalization",
        "The form in which a mail is hashed for DKIM.",
        "simple takes every octet as it is; relaxed forgives changed spaces and line folding, which servers on the "
        "way are apt to change.",
        "RFC 6376 section 3.4",
        ("canonicalisation", "relaxed", "simple"),
        see=("DKIM",),
    ),
    Term(
        "DMARC",
        "It ties SPF and DKIM to the domain that the reader sees in From, and tells what to do if neither fits.",
        "A TXT record at _dmarc.domain: p=none only watches, p=quarantine puts the mail into the spam folder, "
        "p=reject refuses it. It passes if SPF or DKIM passes for a domain aligned with From. With p=none nothing is "
        "protected yet.",
        "RFC 9989",
        ("_dmarc", "v=DMARC1"),
        see=("alignment", "SPF", "DKIM", "5.7.26"),
    ),
    Term(
        "alignment",
        "Whether the domain that passed SPF or DKIM belongs to the one in From.",
        "Relaxed: the same organisation (mail.daum.net and daum.net). Strict: exactly the same name.",
        "RFC 9989",
        ("aligned",),
        see=("DMARC",),
    ),
    Term(
        "ARC",
        "A chain of seals by which forwarders vouch for what they saw before they changed the mail.",
        "The last receiver may believe it, if it trusts the forwarder.",
        "RFC 8617 section 1",
        ("authenticated received chain",),
        see=("DKIM", "forwarding", "DMARC"),
    ),
    Term(
        "Received-SPF",
        "A header in which a receiving server writes what SPF said of the client.",
        "The older sister of Authentication-Results. Only that of one's own server counts.",
        "RFC 7208 section 9.1",
        see=("SPF", "Authentication-Results"),
    ),
    Term(
        "Authentication-Results",
        "A header in which a receiving server writes what its checks of SPF, DKIM and DMARC found.",
        "Only that of one's own server counts: anybody can write such a header.",
        "RFC 8601 section 2",
        see=("SPF", "DKIM", "DMARC"),
    ),
    Term(
        "BIMI",
        "A domain with a strict DMARC policy can have its logo shown beside its mails.",
        "The record is at default._bimi.domain.",
        None,
        see=("DMARC",),
    ),
    Term(
        "MTA-STS",
        "A domain announces, by DNS and HTTPS, that its mail servers speak TLS with a valid certificate.",
        "Senders that know it refuse to deliver in clear, so that taking STARTTLS out of the answer (stripping) "
        "helps no attacker.",
        "RFC 8461 section 1",
        ("_mta-sts",),
        see=("STARTTLS", "DANE", "TLS-RPT"),
    ),
    Term(
        "TLS-RPT",
        "A domain asks for daily reports about failed TLS.",
        "TXT record at _smtp._tls.domain.",
        "RFC 8460 section 3",
        ("SMTP TLS reporting",),
        see=("MTA-STS", "DANE"),
    ),
    Term(
        "DANE",
        "The certificate of a mail server is vouched for in the DNS, by a TLSA record that DNSSEC protects.",
        "It needs no certificate authority, and makes TLS a must: a sender that finds the record never falls back to "
        "clear text.",
        "RFC 7672 section 1",
        see=("TLSA", "DNSSEC", "MTA-STS"),
    ),
    Term(
        "TLS",
        "Transport Layer Security: what is said on a connection is encrypted, and the server proves who it is.",
        "First a handshake in which both agree on version, cipher and keys, then only encrypted records: their sizes "
        "and times can be seen, their contents cannot. SSL is its old name; versions before TLS 1.2 are unsafe.",
        "RFC 8446 section 1",
        ("SSL", "transport layer security", "encryption"),
        see=("STARTTLS", "implicit TLS", "SNI", "certificate", "key log"),
    ),
    Term(
        "implicit TLS",
        "TLS from the first octet on, on a port of its own.",
        "465 for submission, 993 for IMAP, 995 for POP3. Nothing is said in clear before, so nothing can be "
        "stripped: today's recommendation for mail programs.",
        "RFC 8314 section 3",
        ("SMTPS", "POP3S", "IMAPS"),
        see=("STARTTLS", "TLS", "submission"),
    ),
    Term(
        "SNI",
        "The name of the server that the client wants, sent in clear at the start of TLS.",
        "So a host can serve many names; and whoever watches sees which one.",
        "RFC 6066 section 3",
        ("server name indication",),
        see=("TLS", "certificate"),
    ),
    Term(
        "ALPN",
        "In the handshake of TLS the client tells which protocol it will speak inside.",
        "For mail: imap, pop3.",
        "RFC 7301 section 3",
        see=("TLS",),
    ),
    Term(
        "certificate",
        "A signed statement that a public key belongs to a name.",
        "The client checks the name, the dates and who signed it. Between mail servers most do not check it, unless "
        "DANE or MTA-STS demands it.",
        "RFC 5280 section 4.1",
        ("X.509", "self-signed certificate"),
        see=("TLS", "SNI", "DANE"),
    ),
    Term(
        "cipher suite",
        "The set of algorithms that a TLS connection uses.",
        "For example TLS_AES_256_GCM_SHA384.",
        "RFC 8446 section 4.1.2",
        ("cipher",),
        see=("TLS",),
    ),
    Term(
        "key log",
        "A file in which a program writes the secrets of its TLS connections, so that a capture can be read.",
        "Browsers and curl write it where SSLKEYLOGFILE says; give it to mailtrace with --keylog.",
        "RFC 9850",
        ("keylog", "SSLKEYLOGFILE"),
        see=("TLS",),
    ),
    Term(
        "opportunistic TLS",
        "Encrypt if the other side offers it, else send in clear.",
        "Between servers the rule. It protects from those who listen, not from those who change packets.",
        "RFC 7435",
        see=("STARTTLS", "MTA-STS", "STRIPTLS"),
    ),
    Term(
        "STRIPTLS",
        "An attack in which somebody on the way takes STARTTLS out of the server's offer.",
        "The client believes that the server cannot encrypt and goes on in clear. Some firewalls do it, too: the "
        "offer becomes XXXXXXXA.",
        None,
        ("stripping", "STARTTLS stripping", "downgrade"),
        see=("STARTTLS", "MTA-STS"),
    ),
    Term(
        "SMTP smuggling",
        "Two servers disagree on where a mail ends, so that a second mail hides in the first.",
        "Only CRLF dot CRLF ends a mail. If the receiving server also takes LF dot LF for the end, what follows in "
        "the text counts as commands: a mail that no filter has seen, with any sender.",
        "RFC 5321 section 2.3.8",
        ("smuggling",),
        see=("DATA", "CRLF", "dot-stuffing", "SPF"),
    ),
    Term(
        "SASL",
        "The frame for logging in that SMTP, POP3 and IMAP share.",
        "A mechanism (PLAIN, LOGIN, CRAM-MD5, SCRAM, XOAUTH2) and a series of questions and answers in base64.",
        "RFC 4422 section 3",
        see=("AUTH", "PLAIN", "base64"),
    ),
    Term(
        "password in clear",
        "A password that everybody who sees the packets can read.",
        "USER and PASS of POP3, LOGIN of IMAP, AUTH PLAIN and LOGIN without TLS. base64 is no encryption. mailtrace "
        "masks passwords unless asked not to.",
        None,
        ("cleartext password", "plaintext password"),
        see=("STARTTLS", "implicit TLS", "PLAIN"),
    ),
    Term(
        "brute force",
        "Guessing passwords by trying many.",
        "Many refused logins in a short time from one address, for one user or for many.",
        None,
        ("password guessing", "dictionary attack"),
        see=("535", "AUTH"),
    ),
)
