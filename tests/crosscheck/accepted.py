"""Where mailtrace and tshark differ about our captures, and why we are right: the differences that are accepted.

The tables list by capture and fault the packet that each difference is in, the last where several carry it.
`REASONS` says for each fault how it was found out who is right.
"""

from __future__ import annotations

REASONS = {
    "last-line-end": "the lab's clients kept the mails they sent: each ends with the line end that tshark leaves out",
    "dots-kept": "the mail as its sender kept it has the lines with one dot less",
    "retr-in-pieces": "the mails as the clients kept them, and the sizes the server announces",
    "bdat-is-data-for-ever": "the lab's log of what the client said and was answered, and the mails as it kept them",
    "empty-mail": "the server accepts it with 250 and a queue id, and the recipient fetches it",
    "command-beside-mail": "the lab's log: the client says QUIT, the server answers 221",
    "asked-again": "the same question with the same id from the same port is asked again because no answer came",
    "literal-is-request": "the lab's log: these octets are names, passwords, words to look for, and mails",
    "append-is-no-mail": "the lab's log of the mails that the client stores",
    "login-is-mail": "the client of the sample sends these as answers of a login, and the server goes on to answer +OK",
    "response-is-command": "the sample: the client sends the name lee in base64, and the server asks for the password",
    "piece-is-mail": "the lab's log: the client fetches headers, parts and ranges of octets, and no whole mail",
}

JOURNEY = {"last-line-end": [26, 135], "retr-in-pieces": [97, 204]}
IDENT_DROP = {"last-line-end": [33]}
CHUNKING = {
    "bdat-is-data-for-ever": [
        *(19, 19, 25, 29, 32, 34, 34, 34, 34, 34, 34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54, 56, 58, 148),
    ],
    "dots-kept": [125],
    "empty-mail": [134],
    "command-beside-mail": [194],
    "retr-in-pieces": [229, 232, 235, 238, 241, 245, 249, 252, 255, 258, 261, 264, 268, 272, 275, 278, 281],
}
LOSSY = {
    "last-line-end": [61, 213, 412, 507],
    "asked-again": [117, 431, 460, 460],
    "retr-in-pieces": [174, 304, 579],
}
DNSAUTH = {"retr-in-pieces": [304, 309, 314, 318]}
STARTTLS = {
    "last-line-end": [43, 120, 209, 361],
    "retr-in-pieces": [481, 519, 563],
    "piece-is-mail": [597] * 4 + [637] * 4,
}
IMAP = {
    "literal-is-request": [12, 15, 62, *[80] * 9, *[83] * 9, 128],
    "piece-is-mail": [52, 55, 58, 58, 58, 58, 134, 140, 140, 140],
    "append-is-no-mail": [80, 83],
}
LOGINS = {
    "retr-in-pieces": [160],
    "login-is-mail": [185, 185, 186, 200, 200, 201, 202, 202],
    "response-is-command": [72],
    "literal-is-request": [232, 263, 265, 282, 299, 301],
}

SAMPLES: dict[str, dict[str, list[int]]] = {
    "01-report-2008.pcapng": {"last-line-end": [18]},
    "02-report-2024.pcapng": {"last-line-end": [91, 316], "retr-in-pieces": [195, 450]},
    "03-lab-journey.pcapng": JOURNEY,
    "04-lab-ident-drop.pcapng": IDENT_DROP,
    "05-lab-chunking.pcapng": CHUNKING,
    "06-lab-lossy.pcapng": LOSSY,
    "07-lab-dnsauth.pcapng": DNSAUTH,
    "08-imap.pcapng": IMAP,
    "09-starttls.pcapng": STARTTLS,
    "10-logins.pcapng": LOGINS,
}
"""Captures in `samples/`."""

LAB: dict[str, dict[str, list[int]]] = {
    "01-lab-journey.pcapng": JOURNEY,
    "02-ident-drop.pcapng": IDENT_DROP,
    "03-starttls.pcapng": STARTTLS,
    "03-starttls-dsb.pcapng": STARTTLS,
    "04-imap.pcapng": IMAP,
    "07-chunking.pcapng": CHUNKING,
    "08-lossy.pcapng": LOSSY,
    "10-dnsauth.pcapng": DNSAUTH,
}
"""Captures in `captures/lab`; the first of the TLS ones is read with its key log."""
