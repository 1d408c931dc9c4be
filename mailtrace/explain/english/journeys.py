"""Sentences about journeys: one mail followed from host to host."""

from __future__ import annotations

JOURNEYS: dict[str, str] = {
    "journey.title": "Journey {id}: {subject}, {people}",
    "journey.subject": '"{subject}"',
    "journey.no-subject": "(no subject)",
    "journey.unseen": "(header not seen)",
    "journey.message-id": "Message-ID {message_id}",
    "journey.no-message-id": "This mail has no Message-ID: it was followed by its envelope, queue ids and text.",
    "journey.reports": "This mail is a report: it tells what became of the mail of journey {id}.",
    "journey.reported": "Journey {id} is the report that tells the sender of it.",
    "journey.chain": "{sender} -> {receiver}",
    "journey.unknown-host": "(unknown host)",
    "journey.no-hop": "(no hop was captured)",
    "journey.took": "{outcome} after {duration} s",
    "hop.submitted": "Hop {number}: {sender} hands the mail in at {receiver}",
    "hop.relayed": "Hop {number}: {sender} passes the mail on to {receiver}",
    "hop.delivered": "Hop {number}: {receiver} puts the mail into the mailbox",
    "hop.retrieved": "Hop {number}: {receiver} fetches the mail from {sender}",
    "hop.appended": "Hop {number}: {sender} stores the mail in a folder at {receiver}",
    "hop.refused": "Hop {number}: {receiver} refuses the mail from {sender}",
    "hop.deferred": "Hop {number}: {sender} does not get the mail through to {receiver} for now",
    "hop.broken-off": "Hop {number}: {sender} does not hand the mail over to {receiver}",
    "hop.made": "Hop {number}: a program on {receiver} itself hands the mail in there",
    "hop.again": "Hop {number}: a program on {receiver} itself hands the mail in there again",
    "hop.in": "{hop} ({conversation})",
    "hop.in.user": "{hop} ({conversation}, logged in as {user})",
    "hop.not-captured": "{hop} (not captured: only the mail itself tells of it)",
    "hop.after": "{duration} s after hop {number}.",
    "hop.after.clock": "About {duration} s after hop {number} by the clocks of the servers.",
    "hop.after.clock.same": "At most a second after hop {number} by the clocks of the servers.",
    "hop.queue-id": "{receiver} took it as {queue_id}.",
    "hop.evidence": "It is the mail of hop {number} (certainty {score} of 100):",
    "hop.because": "  - {reason}",
    "hop.changes": "What has changed since hop {number}:",
    "hop.mail-shown": "    (its header and its text are shown at hop {number})",
    "hop.submitted.meaning": (
        "The first hop: no server has left its trace in the mail yet. A mail program gives a new mail to the mail "
        "server of its user like this, or a server passes on what was written on it. What follows is the work of "
        "whoever took it."
    ),
    "hop.made.meaning": (
        "This mail did not come over the network: the server made it, as it does with reports, or a program that runs "
        "on its host."
    ),
    "hop.again.meaning": (
        "The server had the mail, and a program that runs on its host handed it in once more, as mailing lists and "
        "filters do: nothing of that crosses the network."
    ),
    "hop.relayed.meaning": (
        "A server that is not the mail's last stop asks DNS which host takes mail for the recipient's domain, and "
        "passes the mail on to it."
    ),
    "hop.delivered.meaning": (
        "This is the last server: here the mail waits in the mailbox until its owner's mail program asks for it."
    ),
    "hop.retrieved.meaning": (
        "Mail is not brought to the reader: it waits in the mailbox until the reader's mail program fetches it."
    ),
    "hop.appended.meaning": "Mail programs keep a copy of what they sent, in a folder on the server.",
    "hop.refused.meaning": "This server will not take the mail: who tried to hand it over has to tell its sender.",
    "hop.deferred.meaning": (
        "Not now: who has the mail keeps it in its queue and tries again later, here or at another host."
    ),
    "hop.broken-off.meaning": (
        "The receiver has not taken the mail: who has it keeps it, and may try again later, here or at another host."
    ),
    "hop.changed.meaning": (
        "Every server on the way may add header lines on top; a changed text below them breaks signatures such as DKIM."
    ),
    "moment": "(for {conversation}: {moment})",
    "moment.before": "before it is opened",
    "moment.opened": "before the greeting",
    "moment.greeted": "after the greeting",
    "moment.waiting": "while {command} waits for its answer",
    "moment.mail": "while the mail waits for its answer",
    "moment.answered": "after the answer to {command}",
    "moment.ended": "after it has ended",
    "conversation": "{protocol} conversation {id}",
    "outcome.fetched": "fetched",
    "outcome.delivered": "in the mailbox",
    "outcome.accepted": "accepted",
    "outcome.deferred": "refused for now",
    "outcome.broken-off": "broken off",
    "outcome.bounced": "bounced",
    "outcome.rejected": "refused",
    "outcome.unknown": "not known",
    "outcome.counted": "{count} {outcome}",
    "outcome.line": "{address}: {outcome}",
    "outcome.fetched.meaning": "The mail has arrived: the recipient's own mail program has it.",
    "outcome.delivered.meaning": "The mail has arrived; nobody fetched it while the capture ran.",
    "outcome.accepted.meaning": (
        "The last server seen is now responsible for it. What it did with the mail is not in this capture."
    ),
    "outcome.deferred.meaning": "The sending server still has the mail and tries again, usually for some days.",
    "outcome.broken-off.meaning": (
        "The server never took the mail, and nobody refused it: whether its sender tries again is not in this capture."
    ),
    "outcome.bounced.meaning": "A server that had accepted the mail gave up, and reported that to the sender.",
    "outcome.rejected.meaning": "The mail did not arrive, and whoever tried to hand it over knows that.",
    "outcome.unknown.meaning": "The deciding part is not in this capture.",
}
