"""What to know of the commands of IMAP. Meanings and sources stand in `protocols/imap/words.py`."""

from __future__ import annotations

from mailtrace.explain.english.glossary.lesson import Lesson

ACCESS = "A mail program (MUA) says it to the server that keeps its mailbox. Every IMAP command has a tag before it."

IMAP_VERBS: dict[str, Lesson] = {
    "CAPABILITY": Lesson(
        "Asked again after STARTTLS and after the login, since the answer changes: LOGINDISABLED goes, extensions "
        "come.",
        "a1 CAPABILITY\n* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\na1 OK done",
        see=("tag", "STARTTLS", "LOGINDISABLED"),
    ),
    "NOOP": Lesson("A simple way to hear of new mail where IDLE is missing.", "a2 NOOP", see=("IDLE", "EXISTS")),
    "LOGOUT": Lesson("The server says BYE and then OK, and closes the connection.", "a9 LOGOUT", see=("BYE",)),
    "STARTTLS": Lesson(
        "Behind OK comes the TLS handshake on the same connection. Before it a client must not log in; after it, it "
        "asks for CAPABILITY again.",
        "a1 STARTTLS",
        see=("implicit TLS", "STLS", "LOGINDISABLED"),
    ),
    "AUTHENTICATE": Lesson(
        "Behind a plus sign the server asks, and the client answers in base64, as AUTH does in SMTP. PLAIN shows the "
        "password to everybody who sees the packets, unless TLS was begun.",
        "a2 AUTHENTICATE PLAIN",
        see=("LOGIN", "SASL", "PLAIN"),
    ),
    "LOGIN": Lesson(
        "User and password stand in clear in the command, so it belongs inside TLS. A server that wants to prevent "
        "it says LOGINDISABLED.",
        "a2 LOGIN kim ********",
        see=("AUTHENTICATE", "LOGINDISABLED", "AUTHENTICATIONFAILED"),
    ),
    "ENABLE": Lesson("Extensions that change what the server says must be switched on first.", "a3 ENABLE CONDSTORE"),
    "SELECT": Lesson(
        "The server tells how many mails there are (EXISTS), which flags, UIDVALIDITY and UIDNEXT. From now on the "
        "mails have numbers from 1, which shift when one is removed; UIDs do not shift.",
        "a4 SELECT INBOX",
        see=("EXAMINE", "EXISTS", "UIDVALIDITY", "UID"),
    ),
    "EXAMINE": Lesson(
        "Nothing can be changed by it: not even that mails have been seen.", "a4 EXAMINE INBOX", see=("SELECT",)
    ),
    "CREATE": Lesson(
        "The sign between levels differs from server to server; LIST tells it.", 'a5 CREATE "Work/2024"', see=("LIST",)
    ),
    "DELETE": Lesson("The mails in it are gone with it. INBOX cannot be deleted.", "a5 DELETE Old"),
    "RENAME": Lesson("Renaming INBOX moves its mails out and leaves it empty.", "a5 RENAME Old New"),
    "SUBSCRIBE": Lesson(
        "It decides only what programs show, not what arrives.", "a5 SUBSCRIBE Work", see=("UNSUBSCRIBE", "LSUB")
    ),
    "UNSUBSCRIBE": Lesson("The folder and its mails stay.", "a5 UNSUBSCRIBE Work", see=("SUBSCRIBE",)),
    "LIST": Lesson(
        "The two arguments are a place to begin and a pattern: * is everything, % one level. Names beyond ASCII come "
        "in modified UTF-7 unless UTF-8 was agreed on.",
        'a5 LIST "" "*"\n* LIST (\\HasNoChildren) "/" INBOX',
        see=("LSUB", "modified UTF-7", "special-use folders"),
    ),
    "LSUB": Lesson("IMAP4rev2 has LIST (SUBSCRIBED) in its place.", 'a5 LSUB "" "*"', see=("LIST", "SUBSCRIBE")),
    "XLIST": Lesson("From Gmail; SPECIAL-USE took its place.", 'a5 XLIST "" "*"', see=("LIST", "SPECIAL-USE")),
    "NAMESPACE": Lesson("It saves programs from guessing where shared folders begin.", "a5 NAMESPACE"),
    "STATUS": Lesson(
        "For folders that are not open: number of mails, unread ones, UIDNEXT.", "a6 STATUS Sent (MESSAGES UNSEEN)"
    ),
    "APPEND": Lesson(
        "Programs store a copy of what they have sent, or a draft, this way; SMTP has no part in it. The mail "
        "follows as a literal of announced size.",
        "a7 APPEND Sent (\\Seen) {310}",
        see=("literal", "APPENDUID"),
    ),
    "IDLE": Lesson(
        "The server answers with a plus sign and tells of new mail as it comes. The client ends it with DONE, and "
        "must say something at least every 29 minutes.",
        "a8 IDLE\n+ idling\n* 4 EXISTS\nDONE",
        see=("NOOP", "EXISTS"),
    ),
    "CHECK": Lesson("Gone in IMAP4rev2; NOOP does as well.", "a8 CHECK", see=("NOOP",)),
    "CLOSE": Lesson("Unlike UNSELECT it removes the mails marked \\Deleted.", "a8 CLOSE", see=("UNSELECT", "EXPUNGE")),
    "UNSELECT": Lesson("Unlike CLOSE it removes nothing.", "a8 UNSELECT", see=("CLOSE",)),
    "EXPUNGE": Lesson(
        "The second step of deleting: STORE marks mails with \\Deleted, EXPUNGE removes them. The server names each "
        "by its number, and those behind it move up.",
        "a8 EXPUNGE\n* 3 EXPUNGE\na8 OK done",
        see=("STORE", "MOVE", "UID EXPUNGE"),
    ),
    "UID EXPUNGE": Lesson(
        "It spares what other sessions have marked.", "a8 UID EXPUNGE 301:305", see=("EXPUNGE", "UIDPLUS")
    ),
    "SEARCH": Lesson(
        "The server searches, so that the mails need not be fetched. With UID before it, the answer holds UIDs.",
        'a6 UID SEARCH UNSEEN FROM "lee"',
        see=("FETCH", "ESEARCH"),
    ),
    "FETCH": Lesson(
        "Which mails, and which parts of them: FLAGS, ENVELOPE, BODYSTRUCTURE, BODY[HEADER], BODY[] for all. BODY[] "
        "marks the mail as read, BODY.PEEK[] does not. Nothing is removed: unlike POP3, mails live on the server.",
        "a6 UID FETCH 301 (FLAGS BODY.PEEK[])",
        see=("STORE", "literal", "UID"),
    ),
    "STORE": Lesson(
        "+FLAGS adds, -FLAGS takes away, FLAGS replaces. \\Seen is read, \\Deleted is marked for EXPUNGE.",
        "a7 STORE 2 +FLAGS (\\Deleted)",
        see=("EXPUNGE", "flags"),
    ),
    "COPY": Lesson("The mails stay where they were, too.", "a7 COPY 2 Archive", see=("MOVE", "COPYUID")),
    "MOVE": Lesson(
        "In one step, where older servers need COPY, STORE and EXPUNGE.", "a7 UID MOVE 301 Archive", see=("COPY",)
    ),
    "ID": Lesson("For statistics and for finding faults; nothing may depend on it.", 'a2 ID ("name" "Thunderbird")'),
    "COMPRESS": Lesson(
        "From OK on, both directions are a DEFLATE stream: unreadable at a glance, but not secret.",
        "a3 COMPRESS DEFLATE",
    ),
    "NOTIFY": Lesson(
        "Like IDLE for many folders.", "a3 NOTIFY SET (PERSONAL (MESSAGENEW MESSAGEEXPUNGE))", see=("IDLE",)
    ),
    "SORT": Lesson(
        "Useful for phones, which need only the first few.", "a6 SORT (REVERSE DATE) UTF-8 ALL", see=("SEARCH",)
    ),
    "THREAD": Lesson("By References and subjects.", "a6 THREAD REFERENCES UTF-8 ALL", see=("SORT", "References")),
    "ESEARCH": Lesson(
        "The answer tells for each folder what was found.", 'a6 ESEARCH IN (personal) FROM "lee"', see=("SEARCH",)
    ),
    "GETQUOTA": Lesson(
        "Used and allowed room, in units of 1024 octets.", 'a6 GETQUOTA ""', see=("GETQUOTAROOT", "OVERQUOTA")
    ),
    "GETQUOTAROOT": Lesson(
        "So a program can show how full the mailbox is.", "a6 GETQUOTAROOT INBOX", see=("GETQUOTA",)
    ),
    "SETQUOTA": Lesson("Only administrators may.", 'a6 SETQUOTA "" (STORAGE 512)', see=("GETQUOTA",)),
    "GETACL": Lesson(
        "Rights are letters: l look up, r read, i insert, t delete.", "a6 GETACL Work", see=("SETACL", "MYRIGHTS")
    ),
    "SETACL": Lesson("The basis of shared folders.", "a6 SETACL Work lee lrs", see=("GETACL",)),
    "DELETEACL": Lesson(
        "The person then has no rights but those of everybody.", "a6 DELETEACL Work lee", see=("SETACL",)
    ),
    "LISTRIGHTS": Lesson("Some rights go together on some servers.", "a6 LISTRIGHTS Work lee", see=("SETACL",)),
    "MYRIGHTS": Lesson("Programs hide what is not allowed.", "a6 MYRIGHTS Work", see=("GETACL",)),
    "GETMETADATA": Lesson(
        "Comments, and settings of programs.", "a6 GETMETADATA Work /shared/comment", see=("SETMETADATA",)
    ),
    "SETMETADATA": Lesson(
        "An empty value (NIL) removes it.", 'a6 SETMETADATA Work (/private/comment "old")', see=("GETMETADATA",)
    ),
    "REPLACE": Lesson("Made for drafts that are saved again and again.", "a7 REPLACE 4 Drafts {310}", see=("APPEND",)),
    "UNAUTHENTICATE": Lesson(
        "For web front ends that serve many users over few connections.", "a9 UNAUTHENTICATE", see=("LOGOUT",)
    ),
    "GENURLAUTH": Lesson(
        "Used with BURL of SMTP, to send without a second upload.", "a7 GENURLAUTH ...", see=("BURL", "URLFETCH")
    ),
    "URLFETCH": Lesson(
        "The submission server uses it to get the content for BURL.", "a7 URLFETCH ...", see=("BURL", "GENURLAUTH")
    ),
    "RESETKEY": Lesson("All links made so far for the folder stop working.", "a7 RESETKEY INBOX", see=("GENURLAUTH",)),
    "LANGUAGE": Lesson("Only texts for people change.", "a3 LANGUAGE KO"),
    "COMPARATOR": Lesson("It decides whether a search heeds case and accents.", 'a3 COMPARATOR "i;unicode-casemap"'),
}
"""By verb, as in the table of their meanings."""
