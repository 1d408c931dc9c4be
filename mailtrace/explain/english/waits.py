"""What people read of waits: each reason in a few words (`wait.`), and in a sentence (`wait.why.`).

The words end in what is special about a wait: how an ident call ended, `mail` for the mail itself, `all` where waits
are told together that are short one by one.
"""

from __future__ import annotations

WAITS: dict[str, str] = {
    "wait.connect": "TCP set-up",
    "wait.why.connect": "SYN, SYN+ACK, ACK: before that nothing can be said.",
    "wait.syn-retransmission": "TCP set-up, tried again",
    "wait.why.syn-retransmission": (
        "No answer came to the SYN, so it was sent again: it was lost, or somebody on the way throws it away."
    ),
    "wait.greeting": "{server} before its greeting",
    "wait.why.greeting": (
        "The server starts a process for the connection and gets ready; nothing in the capture tells more about it."
    ),
    "wait.greeting-in-parts": "greeting in parts",
    "wait.why.greeting-in-parts": (
        "{server} gives the first line of its greeting, and the client has to wait for the last one. Who talks in "
        "between is no mail server but a spam program in a hurry (Postfix calls this test postscreen)."
    ),
    "wait.greet-pause": "greeting pause",
    "wait.why.greet-pause": (
        "Most likely Sendmail's pause on purpose (FEATURE(greet_pause)): it catches clients that talk before they are "
        "greeted."
    ),
    "wait.ident.unanswered": "ident, nobody answered",
    "wait.why.ident.unanswered": (
        "{server} asked on port 113 of {client} who is calling. No answer came, and it greets only after it has given "
        "up. A firewall that refuses port 113 instead of dropping it saves this time."
    ),
    "wait.ident.refused": "ident, refused at once",
    "wait.why.ident.refused": "{server} asked on port 113 of {client} who is calling; the refusal costs nothing.",
    "wait.ident.answered": "ident",
    "wait.why.ident.answered": "{server} asked on port 113 of {client} who is calling, and got an answer.",
    "wait.ident.silent": "ident, no word came",
    "wait.why.ident.silent": (
        "{server} asked on port 113 of {client} who is calling; the connection opened, but no answer came over it."
    ),
    "wait.lookup": "lookup {about}",
    "wait.why.lookup": "{waited} asked DNS, and went on only when the answer was there.",
    "wait.why.lookup.likely": "{waited} asked DNS and got no answer; it goes on when it has given up.",
    "wait.lookup.all": "short lookups",
    "wait.why.lookup.all": "Questions to DNS that {waited} asked before it went on.",
    "wait.lookup-not-seen": "lookup not seen",
    "wait.why.lookup-not-seen": (
        "It is as long as programs wait for an answer that does not come. Most likely {server} asked DNS or ident, and "
        "the capture did not see it."
    ),
    "wait.server": "{server} answers {about}",
    "wait.why.server": "From the last octet of {about} to the first one of the answer.",
    "wait.server.mail": "{server} takes the mail",
    "wait.why.server.mail": "It stores the mail, and may check it, before it says that it is responsible for it.",
    "wait.server.hidden": "{server} answers",
    "wait.why.server.hidden": "What was said cannot be read, but who spoke when can be seen.",
    "wait.server.all": "{server} answers",
    "wait.why.server.all": "Several answers, each from the command to the answer's first octet.",
    "wait.login-refused": "{server} refuses the login",
    "wait.why.login-refused": (
        "Servers answer a failed login late, most of them on purpose: so nobody can try many passwords in a short time."
    ),
    "wait.client": "{client} before {about}",
    "wait.why.client": "From the last answer to {about}: the server waits for the client.",
    "wait.client.mail": "{client} before the mail",
    "wait.why.client.mail": "From the server's permission to the first packet of the mail.",
    "wait.client.retry": "{client} before it tries again",
    "wait.why.client.retry": "{server} refused the connection (RST); this is the time until {client} tried again.",
    "wait.client.hidden": "{client} before it goes on",
    "wait.why.client.hidden": "What was said cannot be read, but who spoke when can be seen.",
    "wait.client.all": "{client} between commands",
    "wait.why.client.all": "Several pauses, each from the answer to the next command.",
    "wait.typing": "{client} types",
    "wait.why.typing": "The line comes key by key: a person types it.",
    "wait.transfer": "octets of {waited} on their way",
    "wait.why.transfer": "Octets that travel, between the first packet and the last of what is said.",
    "wait.transfer.mail": "the mail on its way",
    "wait.why.transfer.mail": "From the first packet of the mail to the last.",
    "wait.network": "way to {waited} and back",
    "wait.why.network": "As long as the handshake took over the same way: the network's time, and nobody's fault.",
    "wait.retransmission": "lost packets of {waited}",
    "wait.why.retransmission": (
        "Packets got lost on the way. Who gets no acknowledgement waits a while before it sends again."
    ),
    "wait.zero-window": "no room at {waited}",
    "wait.why.zero-window": "{waited} had no room for more, and the sender had to wait until it had.",
    "wait.delayed-ack": "delayed ACK of {waited}",
    "wait.why.delayed-ack": (
        "The sender keeps its last octets back until the ones before are acknowledged (Nagle), while {waited} waits "
        "for more before it acknowledges anything."
    ),
    "wait.tls-handshake": "TLS handshake",
    "wait.why.tls-handshake": "Both sides agree on keys, and the server shows its certificate.",
    "wait.encrypted": "encrypted",
    "wait.why.encrypted": "What was said cannot be read.",
    "wait.idle": "nothing asked for",
    "wait.why.idle": "Nobody owed an answer.",
    "wait.tear-down": "closing",
    "wait.why.tear-down": "From the last words to the last packet.",
    "wait.queue": "queue of {client}",
    "wait.why.queue": "{client} had the mail and had not begun to pass it on.",
    "wait.greylisting": "greylisting",
    "wait.why.greylisting": (
        "{server} refused the mail for now, and waited for {client} to try again: mail servers do, most spam programs "
        "do not."
    ),
    "wait.deferred": "refused for now",
    "wait.why.deferred": "{server} refused the mail for now; this is the time until {client} tried again.",
    "wait.mailbox": "in the mailbox",
    "wait.why.mailbox": "The mail lay there until somebody came to fetch it.",
    "wait.hop": "hop {hop}: {what}",
    "wait.rest": "all else",
    "wait.why.rest": "What took less time than the others, all of it together.",
    "sums.greeting": "greeting {seconds} s = {parts}",
    "sums.plus": "{sum} + {part}",
    "sum.part": "{what} {seconds} s (packets {packets})",
    "sum.part.likely": "{what} {seconds} s (likely, packets {packets})",
    "sum.ident.unanswered": "ident {seconds} s (packets {packets}, nobody answered on port 113)",
    "sum.greet-pause": "greet pause {seconds} s (likely: FEATURE(greet_pause), packets {packets})",
    "sums.rest": "all else {seconds} s",
}
