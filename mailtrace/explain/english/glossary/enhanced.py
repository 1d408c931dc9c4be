"""What to know of enhanced status codes. Meanings and sources stand in `protocols/smtp/words.py`.

What a sender or an administrator can do stands here, by subject and detail, the class left off.
"""

from __future__ import annotations

ENHANCED_CLASSES: dict[str, str] = {
    "2": "The class 2 means success.",
    "4": "The class 4 means not now: the sender keeps the mail and tries again, for some days.",
    "5": "The class 5 means no, for good: the mail goes back to its sender as a bounce.",
}
"""The first number. Source: RFC 3463 section 2."""

ENHANCED_SUBJECTS: dict[str, str] = {
    "0": "The subject 0 says nothing about where the reason lies.",
    "1": "The subject 1 is about addresses.",
    "2": "The subject 2 is about the recipient's mailbox.",
    "3": "The subject 3 is about the recipient's mail system as a whole.",
    "4": "The subject 4 is about the network and the way to the recipient.",
    "5": "The subject 5 is about the protocol between the two servers.",
    "6": "The subject 6 is about the content of the mail.",
    "7": "The subject 7 is about security and policy.",
}
"""The second number. Source: RFC 3463 section 3."""

ENHANCED_ADVICE: dict[str, str] = {
    "0.0": "Only the text behind the code can tell more. As 2.0.0 it stands behind most successes.",
    "1.0": "Look for a typing error in the address first.",
    "1.1": "The part before the @ does not exist there: a typing error, or the person has left.",
    "1.2": "The part behind the @ is wrong: the domain does not exist in the DNS, or has no mail server.",
    "1.3": "Look for spaces, missing dots or brackets in the address.",
    "1.4": "The address fits several mailboxes; the recipient's administrator has to make it unique.",
    "1.5": "As 2.1.5 it stands behind RCPT and says that the recipient is taken.",
    "1.6": "Ask the person for the new address.",
    "1.7": "The sender's own program or server writes its address wrongly; its administrator has to mend that.",
    "1.8": "The domain in MAIL FROM must exist in the DNS: receivers refuse senders nobody can answer to.",
    "1.9": "The mail left the world that sends reports: no news is no proof of delivery.",
    "1.10": "The domain has published MX 0 with a dot, on purpose. Another address is needed.",
    "2.0": "Only the text behind the code can tell more.",
    "2.1": "The account is closed or locked; its provider can open it again.",
    "2.2": "The recipient has to delete mails, or to get more room. As 4.2.2 the sender goes on trying.",
    "2.3": "Send less, or a link instead of an attachment.",
    "2.4": "The owner of the list has to mend its members.",
    "3.0": "Only the text behind the code can tell more. Often a crash or an error in the configuration.",
    "3.1": "The disk of the mail server is full; its administrator has to make room.",
    "3.2": "The server is being maintained, or limits its connections; it will take the mail later.",
    "3.3": "The server lacks an extension that the mail needs, such as 8BITMIME or SMTPUTF8.",
    "3.4": "EHLO's SIZE tells how large a mail may be. Send less, or a link.",
    "3.5": "The receiving server's administrator has to mend its configuration: mail for itself that it does not take "
    "for its own, for instance.",
    "3.6": "The mail was taken, with another priority than asked for.",
    "4.0": "Only the text behind the code can tell more.",
    "4.1": "Nobody answers at the address that the MX names: host down, or a firewall.",
    "4.2": "The connection broke; the sender tries again by itself.",
    "4.3": "The server could not look something up, mostly in the DNS, and so decides nothing now.",
    "4.4": "The DNS names no host for the domain, or one that cannot be reached.",
    "4.5": "Too much at once; the sender tries again by itself.",
    "4.6": "The mail has passed the same host again and again: two servers take each other for responsible, or two "
    "forwardings point at each other. Look at the Received headers.",
    "4.7": "The mail was tried for days. Its sender gets it back.",
    "5.0": "Only the text behind the code can tell more.",
    "5.1": "Wrong order, unknown command, or not without login.",
    "5.2": "The other program does not keep to the syntax; often seen when somebody types by hand.",
    "5.3": "Send the mail in several transactions, with fewer recipients each.",
    "5.4": "A parameter of MAIL or RCPT is not known or has a bad value.",
    "5.5": "The two programs do not speak the same version.",
    "5.6": "The answer to AUTH is too long for the server, as some Kerberos tickets are.",
    "6.0": "Only the text behind the code can tell more. Often a filter that does not like the content.",
    "6.1": "The receiver refuses this kind of content, an executable attachment for instance.",
    "6.2": "Somebody forbade to convert the mail, and the next server needs it converted.",
    "6.3": "The next server takes only ASCII, and this one cannot convert: 8BITMIME is missing on the way.",
    "6.4": "The mail arrived, but not as it was sent.",
    "6.5": "The mail has to be sent again in another form.",
    "6.6": "The content named by BURL could not be fetched.",
    "6.7": "Use an address in ASCII: sender or receiver does not know SMTPUTF8.",
    "6.8": "The client did not say that it understands UTF-8, and the answer cannot be told without.",
    "6.9": "One of the recipients' systems does not know SMTPUTF8; the mail needs headers in ASCII.",
    "6.10": "The registry withdrew it in favour of 6.8.",
    "7.0": "Only the text behind the code can tell more. As 4.7.0 often a limit for clients with a bad name.",
    "7.1": "The most frequent code of policy: relaying not allowed, blocklist, spam filter; as 4.7.1 greylisting. Read "
    "the text behind it.",
    "7.2": "Become a member of the list, or ask its owner.",
    "7.3": "The mail would have to be decrypted or encrypted on the way, and cannot be.",
    "7.4": "A mechanism that was asked for is not there; choose another.",
    "7.5": "Keys, certificates or clocks do not fit.",
    "7.6": "The two sides know no algorithm in common; the older one has to be updated.",
    "7.7": "A checksum or signature does not fit the content any more.",
    "7.8": "Check user name and password. Many of them in a row mean that somebody is guessing.",
    "7.9": "Choose a stronger mechanism, or the provider's way for this program (an app password, OAuth).",
    "7.10": "Switch on TLS in the mail program.",
    "7.11": "Switch on TLS in the mail program: this mechanism would show the password.",
    "7.12": "Log in once the other way, or change the password.",
    "7.13": "The administrator has closed the account.",
    "7.14": "The server takes this mail only from servers it has an agreement with.",
    "7.15": "The server takes mail of high priority only, at the moment.",
    "7.16": "Mails of this priority must be smaller.",
    "7.17": "The mailbox belongs to another person than when the sender got to know it, so it is not delivered.",
    "7.18": "The domain belongs to somebody else than when the sender got to know it, so it is not delivered.",
    "7.19": "The server cannot tell how long the mailbox has had its owner.",
    "7.20": "The sender's domain has to sign its mail with DKIM, or a hop on the way broke the signature.",
    "7.21": "There are signatures that hold, but none that this receiver accepts, by domain or by strength.",
    "7.22": "There are signatures that hold, but none by the domain in From.",
    "7.23": "The client's address is not in the SPF record of the sender's domain: add it, or send through a host that "
    "is. Forwarding breaks SPF, too.",
    "7.24": "The SPF record of the sender's domain has an error, or could not be read.",
    "7.25": "The address needs a PTR record whose name leads back to it; the network's owner sets it.",
    "7.26": "SPF, DKIM and DMARC together do not vouch for the mail; large providers demand one of them.",
    "7.27": "The sender's domain says that it takes no mail, so nobody could answer.",
    "7.28": "Too much mail in a short time, for a sender or for a recipient.",
    "7.29": "A forwarder's seals (ARC) are broken.",
    "7.30": "The sender demands TLS on the whole way, and the next hop does not promise it.",
}
"""What can be done, or what it comes from; by subject and detail, as in the table of their meanings."""
