"""Every sentence that journeys are told in, as templates for `said`."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    # evidence
    "message-id": "both carry the Message-ID {id}",
    "queue-id": "the server that took the mail called it {id}, and so does the Received line it wrote",
    "envelope": "both envelopes are from {sender} to {recipient}",
    "mailbox": "it was in the mailbox of {user}, a recipient of the envelope",
    "body": "the bodies are the same, octet by octet",
    "text": "the bodies say the same, though in other octets",
    "received": "a Received line tells that {by} got it from {peer}",
    "address": "{host} had got it, and hands it on",
    "same-source": "both come from {host}",
    "time": "it came {seconds} s later",
    "stamp": "a Received line tells it; no packet of it was captured",
    "stamp-encrypted": "a Received line tells it",
    "dark": "an encrypted conversation of the two hosts is at the time that the Received line tells",
    "again": "another try, {seconds} s after one that was put off: both are from {sender} to {recipient}",
    "tried": "the same host tried from {sender} to {recipient}, and came again {seconds} s later",
    "waiting": "{host} had a mail from {sender} to {recipient} to hand on",
    "called-mx": "{host} called {server}, a server of the recipient's domain, {seconds} s before it sent the mail",
    "called-again": "{host} called {server} in vain, and sent it a mail {seconds} s later",
    "hidden": "{host} called a server of the recipient's domain, {seconds} s after it got the mail, encrypted",
    "called-for": "{host} had a mail for a domain whose mail this server takes",
    # changes
    "sender-changed": "the sender of the envelope was {before} and is {after}",
    "recipients-changed": "recipients of the envelope are now {after}, and were {before}",
    "added": "header added: {names}",
    "removed": "header removed: {names}",
    "changed": "header changed: {names}",
    "re-encoded": "body re-encoded from {before} to {after}: the body hash of a DKIM signature made before breaks here",
    "spaces-changed": "line ends or white space of the body changed: the body hash of a DKIM signature may break here",
    "body-changed": "body changed: the body hash of a DKIM signature made before breaks here",
    "and-more": "{names} and {count} more",
    # outcomes
    "fetched": "{host} fetched it as {user} (packet {packet})",
    "fetched-nobody": "{host} fetched it (packet {packet})",
    "head-only": "it lies in the mailbox: {host} looked at its head as {user} (packet {packet})",
    "delivered": "{host} took it into its mailbox, saying {status} (packet {packet})",
    "accepted": "{host} took responsibility for it with {status} (packet {packet})",
    "stored": "{host} stored it in a folder as {user} (packet {packet})",
    "hidden-answer": "it was probably handed on to {host} in an encrypted conversation, which ends in packet {packet}",
    "refused": "{host} refused the recipient with {status} (packet {packet})",
    "refused-mail": "{host} refused the mail with {status} (packet {packet})",
    "put-off": "{host} put it off with {status} (packet {packet}), and no later try was seen",
    "broken-off": "it was broken off before the mail was handed over (packet {packet})",
    "no-answer": "the answer of {host} was not captured",
    "bounced": "{host} reported later that it failed (packet {packet})",
    "bounced-text": "{host} reported later that it failed: {text} (packet {packet})",
    "arrived": "{host} reported later that it arrived (packet {packet})",
    # notes
    "same-id": "{count} mails carry this Message-ID, and nothing shows that they are one",
    "recipients-left-out": "{count} more recipients are left out here",
}
