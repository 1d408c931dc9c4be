"""Who takes part in mail, and what a mail consists of: terms of the field."""

from __future__ import annotations

from mailtrace.explain.english.glossary.lesson import Term

ROLE_TERMS: tuple[Term, ...] = (
    Term(
        "MUA",
        "Mail User Agent: the program in which a person reads and writes mail.",
        "Thunderbird, Outlook, a phone's mail program, the web page of a mail provider. It sends by SMTP submission "
        "to its own provider's server and reads by POP3 or IMAP. It never looks up the recipient's MX: that is the "
        "servers' work. In a capture it is the client on ports 587, 465, 110, 143, 995 and 993.",
        "RFC 5598 section 4.2.1",
        ("mail user agent", "mail client", "mail program"),
        see=("MSA", "MTA", "MRA", "submission"),
    ),
    Term(
        "MSA",
        "Mail Submission Agent: the server at which a user's program hands in new mail.",
        "It lets users log in, adds what is missing (Date, Message-ID), and passes the mail to the MTA, which is "
        "often the same program. Ports 587 and 465; in old setups 25.",
        "RFC 6409 section 3",
        ("submission agent", "submission server", "mail submission agent"),
        see=("MUA", "MTA", "submission"),
    ),
    Term(
        "MTA",
        "Mail Transfer Agent: a mail server that passes mail on to the next, by SMTP.",
        "Sendmail, Postfix, Exim, Exchange. It is a server when it takes mail and a client when it sends it on. It "
        "keeps mail in a queue until the next host has taken it, and writes a Received header at each passage.",
        "RFC 5598 section 4.3.2",
        ("mail transfer agent", "message transfer agent", "mail server"),
        see=("MSA", "MDA", "queue", "Received", "MX"),
    ),
    Term(
        "MDA",
        "Mail Delivery Agent: the program that puts mail into a mailbox.",
        "Dovecot's LDA, procmail, Sendmail's mail.local. It often runs on the same host as the MTA, so its work is "
        "not on the network; where it is, the protocol is LMTP. The POP3 or IMAP server is something else: it gives "
        "out what the MDA has put down.",
        "RFC 5598 section 4.3.3",
        ("mail delivery agent", "local delivery agent", "LDA"),
        see=("MTA", "LMTP", "mailbox"),
    ),
    Term(
        "MRA",
        "Mail Retrieval Agent: a program that collects mail from a mailbox elsewhere.",
        "fetchmail or getmail, or the part of a mail program that speaks POP3 or IMAP. It is a client: the POP3 "
        "server it talks to is not the MRA, though textbooks sometimes say so.",
        None,
        ("mail retrieval agent", "fetchmail"),
        see=("MUA", "POP3", "IMAP"),
    ),
    Term(
        "SMTP",
        "Simple Mail Transfer Protocol: how mail is handed in and passed on.",
        "It pushes: the side that has the mail opens the connection, on port 25 between servers. Commands are words, "
        "replies are three digits and a text. To read mail is not its business: that is POP3's and IMAP's.",
        "RFC 5321 section 2.1",
        ("ESMTP",),
        see=("EHLO", "MAIL", "MTA", "POP3"),
    ),
    Term(
        "LMTP",
        "Local Mail Transfer Protocol: SMTP for the last step, into the mailboxes.",
        "It begins with LHLO and answers for each recipient on its own, since one mailbox may be full and the other "
        "not. It has no queue, so it is never used over the open network, and never on port 25.",
        "RFC 2033 section 4",
        see=("LHLO", "MDA"),
    ),
    Term(
        "POP3",
        "Post Office Protocol 3: how a program fetches mail from a mailbox, and mostly deletes it there.",
        "Made for one computer that takes the mail home: log in, list, fetch, delete, quit. Port 110, or 995 inside "
        "TLS. It knows no folders and no flags; IMAP does.",
        "RFC 1939 section 3",
        ("POP",),
        see=("IMAP", "RETR", "UIDL", "MRA"),
    ),
    Term(
        "IMAP",
        "Internet Message Access Protocol: how a program works with mail that stays on the server.",
        "Folders, flags, searches and parts of mails, from several devices at once. Port 143, or 993 inside TLS. "
        "Commands carry a tag, so that several may be under way.",
        "RFC 9051 section 2",
        ("IMAP4", "IMAP4rev1", "IMAP4rev2"),
        see=("POP3", "FETCH", "tag", "UID"),
    ),
    Term(
        "submission",
        "Handing in new mail at one's own server, after a login.",
        "On port 587 (TLS by STARTTLS) or 465 (TLS at once). Port 25 is for servers among themselves; providers "
        "often block it for home connections, because spam programs use it.",
        "RFC 6409 section 3",
        ("port 587", "587", "message submission"),
        see=("MSA", "AUTH", "port 25", "implicit TLS"),
    ),
    Term(
        "relay",
        "A server that passes mail on, or the act of doing so.",
        "A server takes mail for its own domains from everybody, and for other domains only from its own users: who "
        "is neither gets `relaying denied`. That is a refusal as it should be.",
        "RFC 5321 section 2.3.10",
        ("relaying", "relaying denied", "relay access denied"),
        see=("open relay", "smart host", "550"),
    ),
    Term(
        "open relay",
        "A server that passes on mail from anybody to anybody.",
        "Spammers find it within hours, and it ends on blocklists. It is seen in a capture as a 250 behind RCPT "
        "although neither the client nor the recipient belongs to the server.",
        "RFC 5321 section 7.1",
        see=("relay", "DNSBL", "AUTH"),
    ),
    Term(
        "smart host",
        "A server to which another one gives all its outgoing mail.",
        "Small sites send by their provider's server, which has a good name and an address with a PTR record.",
        None,
        ("smarthost", "relayhost"),
        see=("relay", "MTA"),
    ),
    Term(
        "envelope",
        "Sender and recipients as SMTP says them: MAIL FROM and RCPT TO.",
        "The envelope decides where the mail goes and where bounces go; the headers From, To and Cc are only what "
        "the reader sees. Like paper mail: the postman does not read the letterhead. Bcc is an envelope without "
        "header.",
        "RFC 5321 section 2.3.1",
        ("envelope sender", "envelope recipient", "return path", "reverse-path"),
        see=("MAIL", "RCPT", "Return-Path", "Bcc", "null sender"),
    ),
    Term(
        "null sender",
        "The empty path `<>` in MAIL FROM: nobody wants a report.",
        "Bounces and warnings are sent so, so that two servers never report to each other forever. A server must not "
        "refuse it.",
        "RFC 5321 section 4.5.5",
        ("null path", "null reverse-path", "<>", "empty sender"),
        see=("bounce", "MAIL"),
    ),
    Term(
        "bounce",
        "A mail by which a server reports that it could not deliver another one.",
        "It goes to the envelope's sender, from `<>`, and often has three parts: a text, the facts for programs "
        "(message/delivery-status), and the mail or its headers. A refusal at RCPT is no bounce yet: the client "
        "makes one of it.",
        "RFC 3464 section 2",
        ("NDR", "NDN", "DSN", "non-delivery report", "delivery status notification", "MAILER-DAEMON"),
        see=("null sender", "backscatter", "5.1.1", "queue"),
    ),
    Term(
        "backscatter",
        "Bounces to people who never sent the mail, because its sender was forged.",
        "It comes about where a server takes mail first and finds out later that it cannot deliver it. Servers "
        "should refuse at RCPT instead.",
        None,
        see=("bounce", "550"),
    ),
    Term(
        "queue",
        "Where a server keeps mail that the next host has not taken yet.",
        "After a 4yz reply, or when nobody answers, the mail waits and is tried again, for four or five days as a "
        "rule; then it bounces. What the queue waited is the time between two hops.",
        "RFC 5321 section 4.5.4.1",
        ("mail queue", "retry", "requeue"),
        see=("queue id", "421", "bounce", "greylisting"),
    ),
    Term(
        "queue id",
        "The number under which a server keeps a mail, told in the 250 and in the Received header.",
        "Logs are found by it. Sendmail: 43Q1vx0G007503, Postfix: 4F2Kx1, Exim: 1rXyZ1-0000aB-Cd.",
        None,
        ("queue-id",),
        see=("queue", "Received", "250"),
    ),
    Term(
        "alias",
        "An address that stands for others: a person, a list, a program.",
        "The server replaces it before it delivers, so that the envelope changes on the way while the headers stay.",
        "RFC 5321 section 3.9.1",
        ("aliases", "expansion"),
        see=("forwarding", "EXPN", "mailing list"),
    ),
    Term(
        "forwarding",
        "A server sends on what arrives for one of its users, to another address.",
        "The envelope's recipient changes and its sender often does not, which breaks SPF: the forwarding host is "
        "not in the sender's record. DKIM survives, unless the mail is changed.",
        "RFC 5321 section 3.9",
        (".forward", "redirect"),
        see=("alias", "SRS", "SPF", "ARC"),
    ),
    Term(
        "SRS",
        "Sender Rewriting Scheme: a forwarder puts its own domain into MAIL FROM.",
        "So SPF passes for the forwarder, and bounces find their way back through it.",
        None,
        ("sender rewriting scheme",),
        see=("forwarding", "SPF"),
    ),
    Term(
        "mailing list",
        "One address that sends what it gets to many members.",
        "It puts its own address into MAIL FROM, so that bounces come to the list, and often changes subject or "
        "body, which breaks DKIM.",
        "RFC 5321 section 3.9.2",
        ("list", "distribution list"),
        see=("alias", "DKIM", "VERP", "List-Id"),
    ),
    Term(
        "VERP",
        "Each recipient of a list gets a sender address of its own, so that bounces tell who bounced.",
        "For example list-bounces+kim=daum.net@example.org.",
        None,
        ("variable envelope return path",),
        see=("mailing list", "bounce"),
    ),
    Term(
        "mailbox",
        "Where a user's mail lies until it is read; also the address itself.",
        "As files it is an mbox (one file for all) or a Maildir (one file for each).",
        "RFC 5321 section 2.3.11",
        see=("MDA", "mbox", "Maildir", "POP3"),
    ),
    Term(
        "mbox",
        "One file with all mails of a mailbox, each begun by a line `From ` with a space.",
        "Lines of a mail that begin so get a > before them.",
        "RFC 4155",
        see=("Maildir", "mailbox"),
    ),
    Term(
        "Maildir",
        "A directory with one file for each mail.",
        "No locks are needed, which is why many servers prefer it.",
        None,
        see=("mbox", "mailbox"),
    ),
    Term(
        "catch-all",
        "A mailbox that takes every address of a domain.",
        "No address is unknown then, so that typing errors are not reported, and much spam arrives.",
        None,
        ("catchall",),
        see=("550",),
    ),
    Term(
        "postmaster",
        "The address that every mail domain must have, for reports of trouble.",
        "RCPT TO:<postmaster> must be taken even without a domain.",
        "RFC 5321 section 4.5.1",
        ("abuse",),
        see=("RCPT",),
    ),
    Term(
        "spam",
        "Mail in bulk that nobody asked for.",
        "Servers refuse it by who sends it (blocklists, PTR, SPF, DKIM, DMARC), by how it is sent (early talkers, "
        "greylisting) and by what it says (filters).",
        None,
        ("junk", "UCE"),
        see=("DNSBL", "greylisting", "DMARC"),
    ),
    Term(
        "phishing",
        "Mail that pretends to come from somebody else, to get passwords or money.",
        "The From that a reader sees can be anything; DMARC is what ties it to the domain.",
        None,
        see=("DMARC", "From", "spam"),
    ),
)
