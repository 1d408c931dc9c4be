"""What to know of what IMAP servers answer: status words, untagged responses, and codes in square brackets.

Meanings and sources of the codes stand in `protocols/imap/words.py`; what is said here of the other words is whole.
"""

from __future__ import annotations

from mailtrace.explain.english.glossary.lesson import Lesson, Term

IMAP_RESPONSES: tuple[Term, ...] = (
    Term(
        "OK",
        "The command was carried out; without a tag it is information, or the greeting.",
        "The tag before it says which command it answers: with several commands under way, answers may come in "
        "another order.",
        "RFC 9051 section 7.1.1",
        see=("NO", "BAD", "tag"),
    ),
    Term(
        "NO",
        "The server understood the command and could not or would not carry it out.",
        "The code in square brackets tells why, such as [AUTHENTICATIONFAILED] behind a login or [NONEXISTENT] for a "
        "folder.",
        "RFC 9051 section 7.1.2",
        see=("OK", "BAD", "AUTHENTICATIONFAILED"),
    ),
    Term(
        "BAD",
        "The server did not understand the command, or it is not allowed at this point.",
        "A fault of the program, or a person typing by hand; a refused login is NO and not BAD.",
        "RFC 9051 section 7.1.3",
        see=("OK", "NO"),
    ),
    Term(
        "PREAUTH",
        "A greeting that says that the client is logged in already.",
        "Used where the connection itself proves who the user is. Over the net it is suspicious: once logged in, a "
        "client cannot begin TLS any more.",
        "RFC 9051 section 7.1.4",
        see=("OK", "STARTTLS"),
    ),
    Term(
        "BYE",
        "The server closes the connection now, as an answer to LOGOUT or for a reason of its own.",
        "As a greeting it means that the server takes no connection from this client.",
        "RFC 9051 section 7.1.5",
        see=("LOGOUT",),
    ),
    Term(
        "ENABLED",
        "These extensions are switched on now.",
        "It answers ENABLE.",
        "RFC 9051 section 7.2.1",
        see=("ENABLE",),
    ),
    Term(
        "EXISTS",
        "So many mails are in the open folder.",
        "It comes with SELECT, and again whenever new mail arrives.",
        "RFC 9051 section 7.4.1",
        see=("RECENT", "IDLE", "SELECT"),
    ),
    Term(
        "RECENT",
        "So many mails are new since the last session.",
        "Gone in IMAP4rev2: with several programs at once it told each of them something else.",
        "RFC 3501 section 7.3.2",
        see=("EXISTS",),
    ),
    Term(
        "FLAGS",
        "The flags that mails of this folder can have.",
        "Within FETCH it is the flags that one mail has.",
        "RFC 9051 section 7.3.5",
        see=("PERMANENTFLAGS", "flags"),
    ),
    Term(
        "VANISHED",
        "The mails with these UIDs are gone.",
        "It takes the place of EXPUNGE where QRESYNC is switched on.",
        "RFC 7162 section 3.2.10",
        see=("EXPUNGE", "QRESYNC"),
    ),
    Term(
        "QUOTA",
        "So much room is used of so much.",
        "In units of 1024 octets for STORAGE.",
        "RFC 9208 section 4.2.1",
        see=("GETQUOTA",),
    ),
    Term(
        "QUOTAROOT",
        "These limits hold for the folder.",
        "It answers GETQUOTAROOT.",
        "RFC 9208 section 4.2.2",
        see=("GETQUOTAROOT",),
    ),
    Term("ACL", "Who may do what in a folder.", "It answers GETACL.", "RFC 4314 section 3.6", see=("GETACL",)),
    Term(
        "METADATA",
        "Notes attached to a folder.",
        "It answers GETMETADATA, or tells of a change.",
        "RFC 5464 section 4.4",
        see=("GETMETADATA",),
    ),
)
"""Words that open an answer and are no names of commands."""

CODE_LESSONS: dict[str, Lesson] = {
    "ALERT": Lesson("Programs have to show the text in a window, a full mailbox for instance."),
    "ALREADYEXISTS": Lesson("It answers CREATE or RENAME.", see=("CREATE",)),
    "ANNOTATE": Lesson("An experiment that few servers know."),
    "ANNOTATIONS": Lesson("An experiment that few servers know."),
    "APPENDUID": Lesson("So the client knows its own copy again. Two numbers: UIDVALIDITY and UID.", see=("APPEND",)),
    "AUTHENTICATIONFAILED": Lesson(
        "The server does not say which of the two it was, so that nobody can find out user names.", see=("LOGIN", "535")
    ),
    "AUTHORIZATIONFAILED": Lesson("The password is right, but it does not entitle to act as somebody else."),
    "BADCHARSET": Lesson("The server lists those it knows; UTF-8 always works.", see=("SEARCH",)),
    "BADCOMPARATOR": Lesson("It answers COMPARATOR.", see=("COMPARATOR",)),
    "BADEVENT": Lesson("It answers NOTIFY and lists the events that can be asked for.", see=("NOTIFY",)),
    "BADURL": Lesson("It answers CATENATE: the part named by this address is not there."),
    "CANNOT": Lesson("Trying again is useless: a folder name that the file system forbids, for instance."),
    "CAPABILITY": Lesson("In a greeting or behind a login it saves the question.", see=("CAPABILITY",)),
    "CLIENTBUG": Lesson("The command worked, but the program should be mended."),
    "CLOSED": Lesson("It parts what is said of the old folder from what is said of the new one.", see=("SELECT",)),
    "COMPRESSIONACTIVE": Lesson("It answers COMPRESS, or STARTTLS behind it.", see=("COMPRESS",)),
    "CONTACTADMIN": Lesson("Nothing that the user or the program can do will help."),
    "COPYUID": Lesson("UIDVALIDITY, the old UIDs, the new UIDs, in the same order.", see=("COPY", "MOVE")),
    "CORRUPTION": Lesson("The administrator has to repair the mailbox."),
    "EXPIRED": Lesson("A new password helps, typing the old one again does not.", see=("LOGIN",)),
    "EXPUNGEISSUED": Lesson("What the client asked for may be gone already.", see=("EXPUNGE",)),
    "HASCHILDREN": Lesson("It answers DELETE: delete those first.", see=("DELETE",)),
    "HIGHESTMODSEQ": Lesson("The client remembers it and asks next time for what is newer.", see=("CONDSTORE",)),
    "INPROGRESS": Lesson("It keeps the client from giving up while a long command runs."),
    "INUSE": Lesson("Try again later."),
    "LIMIT": Lesson("Too many folders, flags or the like."),
    "MAILBOXID": Lesson("It stays the same when the folder is renamed.", see=("OBJECTID",)),
    "MAXCONVERTMESSAGES": Lesson("It answers CONVERT, which few servers know."),
    "MAXCONVERTPARTS": Lesson("It answers CONVERT, which few servers know."),
    "METADATA": Lesson("It tells that a note is too long, too many, or private only.", see=("SETMETADATA",)),
    "MODIFIED": Lesson("It answers STORE: those mails were left alone.", see=("STORE", "CONDSTORE")),
    "NEWNAME": Lesson("Withdrawn since 2003."),
    "NOMODSEQ": Lesson("CONDSTORE does not work in this folder.", see=("CONDSTORE",)),
    "NONEXISTENT": Lesson("It was deleted or renamed, or its name is written otherwise.", see=("SELECT",)),
    "NOPERM": Lesson("The rights of the folder do not allow it.", see=("MYRIGHTS",)),
    "NOTIFICATIONOVERFLOW": Lesson("From here on the client has to look for changes itself.", see=("NOTIFY",)),
    "NOTSAVED": Lesson("A SEARCH that wanted to keep its result failed.", see=("SEARCH",)),
    "NOUPDATE": Lesson("The server cannot keep this result up to date.", see=("SEARCH",)),
    "OVERQUOTA": Lesson("Delete mails and expunge them, or ask for more room.", see=("GETQUOTA", "EXPUNGE")),
    "PARSE": Lesson("Its headers or its MIME structure are broken.", see=("MIME",)),
    "PERMANENTFLAGS": Lesson("`\\*` among them means that new ones may be made up.", see=("FLAGS",)),
    "PRIVACYREQUIRED": Lesson("Begin TLS, then try again.", see=("STARTTLS",)),
    "READ-ONLY": Lesson("By EXAMINE, or because the rights allow no more.", see=("EXAMINE",)),
    "READ-WRITE": Lesson("The usual answer to SELECT.", see=("SELECT",)),
    "REFERRAL": Lesson("The address of the other server follows."),
    "SERVERBUG": Lesson("The text may be useful to whoever maintains the server."),
    "TEMPFAIL": Lesson("It answers CONVERT; try again later."),
    "TOOBIG": Lesson("It answers APPEND.", see=("APPEND", "SIZE")),
    "TRYCREATE": Lesson("It answers APPEND, COPY and MOVE: first CREATE, then again.", see=("CREATE",)),
    "UIDNEXT": Lesson("If it has not grown, nothing new has come.", see=("UID",)),
    "UIDNOTSTICKY": Lesson("The client cannot remember mails by UID.", see=("UID",)),
    "UIDVALIDITY": Lesson(
        "If it differs from last time, all remembered UIDs are void, and the client fetches everything anew.",
        see=("UID", "SELECT"),
    ),
    "UNAVAILABLE": Lesson("A directory or a disk behind the server; try again later."),
    "UNDEFINED-FILTER": Lesson("It answers a SEARCH with a named filter that is not there.", see=("SEARCH",)),
    "UNKNOWN-CTE": Lesson("Fetch the part as it is and decode it in the client.", see=("FETCH",)),
    "UNSEEN": Lesson("Gone in IMAP4rev2; SEARCH UNSEEN finds it.", see=("SEARCH",)),
    "URLMECH": Lesson("It tells how links to mails can be protected.", see=("GENURLAUTH",)),
    "USEATTR": Lesson("It answers CREATE with a use that cannot be given.", see=("CREATE",)),
    "BADPARAMETERS": Lesson("It answers CONVERT, which few servers know."),
    "MESSAGELIMIT": Lesson("The command went as far as the limit; the client goes on with the rest.", see=("LIMIT",)),
    "UIDREQUIRED": Lesson("The client has agreed to name mails by UID only.", see=("UID",)),
}
"""By code, as in the table of their meanings."""
