"""What an IMAP server answers, as one step: its lines, what is encoded in them decoded, and what they mean.

The untagged lines bring facts, the tagged one says how it ended. Facts of one kind are told together: four mails listed
are one sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mailtrace.explain.draft import MAX_LINES, Draft, Scene, shortened
from mailtrace.explain.imap.capabilities import Capabilities
from mailtrace.explain.imap.commands import Request
from mailtrace.explain.imap.facts import FACTS
from mailtrace.explain.imap.fetched import Fetched, facts_shown, fetched_says, read_fetched
from mailtrace.explain.imap.syntax import values, words
from mailtrace.explain.imap.words import flags_shown
from mailtrace.explain.texts import counted, has_text, meaning, text
from mailtrace.model import Outcome, Reply, wire_text
from mailtrace.protocols.imap.grammar import CONDITIONS, code_of
from mailtrace.protocols.imap.words import COMMANDS, RESPONSE_CODES

MAX_MAILS = 3
"""Mails of which a sentence tells the facts; more are counted."""

OPENING = ("SELECT", "EXAMINE")
FIRST = {status: at for at, status in enumerate(("EXISTS", "RECENT", "OK", "FLAGS"))}
"""What people want to know first of a folder; the rest is told as it came."""

LISTING = ("LIST", "XLIST", "LSUB")
FETCHING = ("FETCH", "SEARCH", "SORT", "THREAD")

CODES_TOLD = frozenset({"READ-WRITE", "READ-ONLY", "CAPABILITY", "PERMANENTFLAGS", "HIGHESTMODSEQ", "NOMODSEQ"})
"""Response codes that other sentences tell, or that are for programs only."""


@dataclass(slots=True)
class Answer:
    """The replies of one step and the request they belong to, None where that is not known.

    `mail` is what is said and meant by the mail that a reply brought, and `bringing` that reply. `disordered` when
    commands before this one were still waiting.
    """

    draft: Draft
    request: Request | None
    turn: object
    replies: list[Reply] = field(default_factory=list)
    bringing: Reply | None = None
    mail: tuple[list[str], list[str]] | None = None
    disordered: bool = False

    @property
    def completion(self) -> Reply | None:
        """The tagged reply that ends it, None where that is another step or was not captured."""
        return next((reply for reply in self.replies if reply.tag is not None), None)

    @property
    def verb(self) -> str:
        """The verb of its request, UID left off; '' where that is not known."""
        return self.request.verb if self.request else ""


class AnswerTeller:
    """Writes answers in the order they came, remembering what the server can and how many mails the folder holds."""

    def __init__(self, scene: Scene) -> None:
        """Begin before the greeting."""
        self.scene = scene
        self._capabilities = Capabilities()
        self._holds: int | None = None

    def tell(self, answer: Answer) -> None:
        """Write what was said and what it means into the step of an answer."""
        draft = answer.draft
        draft.says[:0] = _says(answer)
        means = [*self._greeting(answer), *self._ending(answer), *self._facts(answer), *self._fetched(answer)]
        means += self._capabilities.told(answer.replies)
        if answer.mail is not None:
            means += answer.mail[1]
        draft.means[:0] = [*means, *self._order(answer)]

    def _greeting(self, answer: Answer) -> list[str]:
        """Tell what the server says before anything was asked. Source: RFC 9051 section 7.1."""
        key = f"imap.greeting.{answer.replies[0].status}"
        return [text(key)] if answer.draft.greeting and has_text(key) else []

    def _ending(self, answer: Answer) -> list[str]:
        """Tell how the command ended, with its response code."""
        reply, request = answer.completion, answer.request
        if reply is None:
            return []
        code = _code(reply)
        if reply.outcome is Outcome.GOOD:
            return [_done(answer, request, code), *_code_told(reply, code)]
        login = answer.verb in ("LOGIN", "AUTHENTICATE")
        key = "imap.bad" if reply.status == "BAD" else "imap.login.refused" if login else "imap.refused"
        return [text(key), *_code_told(reply, code)]

    def _facts(self, answer: Answer) -> list[str]:
        """Tell the untagged replies, those of one kind together, in the order in which each kind came first."""
        kinds: dict[str, list[Reply]] = {}
        for reply in answer.replies:
            if reply.tag is None and not answer.draft.greeting:
                kinds.setdefault(reply.status, []).append(reply)
        told: list[str] = []
        for status in sorted(kinds, key=lambda status: FIRST.get(status, len(FIRST))):
            replies = kinds[status]
            if status in CONDITIONS_TOLD:
                told += CONDITIONS_TOLD[status](self, answer, replies)
            elif status in FACTS:
                told += FACTS[status](replies)
        unasked = answer.request is None and not answer.draft.greeting and "BYE" not in kinds
        return [*told, text("imap.news")] if unasked else told

    def _exists(self, answer: Answer, replies: list[Reply]) -> list[str]:
        """Tell how many mails the folder holds, and whether that are more than before."""
        before = None if answer.verb in OPENING else self._holds
        self._holds = holds = _number(replies[-1])
        if before is not None and holds > before:
            return [text("imap.EXISTS.new", mails=counted("mails", holds))]
        return [text("imap.EXISTS", mails=counted("mails", holds)) if holds else text("imap.EXISTS.none")]

    def _recent(self, answer: Answer, replies: list[Reply]) -> list[str]:
        recent = _number(replies[-1])
        if answer.verb not in OPENING or not recent:
            return []
        return [text("imap.RECENT", mails=counted("mails", recent))]

    def _flags(self, answer: Answer, replies: list[Reply]) -> list[str]:
        said = [*values(*replies[-1].lines), None]
        return [self.scene.once("imap.FLAGS", flags=flags_shown(words(said[1])))]

    def _expunged(self, answer: Answer, replies: list[Reply]) -> list[str]:
        if self._holds is not None:
            self._holds = max(0, self._holds - len(replies))
        if len(replies) > MAX_MAILS:
            told = text("imap.EXPUNGE.several", mails=counted("mails", len(replies)))
        else:
            told = " ".join(text("imap.EXPUNGE.is", number=_number(reply)) for reply in replies)
        return [told, self.scene.once("imap.EXPUNGE.numbers")]

    def _remarks(self, answer: Answer, replies: list[Reply]) -> list[str]:
        """Tell the codes of untagged OK lines; one without a code is for people as it stands."""
        told = [sentence for reply in replies for sentence in self._remark(reply)]
        return told if told or answer.request is not None else [text("imap.note")]

    def _remark(self, reply: Reply) -> list[str]:
        code, value = _code(reply), _code_value(reply)
        if code == "UIDVALIDITY":
            return [self.scene.once("imap.UIDVALIDITY", value=value)]
        return _code_told(reply, code)

    def _goodbye(self, answer: Answer, replies: list[Reply]) -> list[str]:
        if answer.verb == "LOGOUT":
            return [] if answer.completion else [text("imap.LOGOUT.ok")]
        return [text("imap.BYE")]

    def _fetched(self, answer: Answer) -> list[str]:
        """Tell the facts of the mails, unless they stand below the lines already."""
        all_of_them = [reply for reply in answer.replies if reply.status == "FETCH" and reply.tag is None]
        if len(all_of_them) > MAX_MAILS:
            several = text("imap.FETCH.several", mails=counted("mails", len(all_of_them)))
            return [several, self.scene.once("imap.FETCH.words") if read_fetched(all_of_them[0]).described else ""]
        asked = answer.verb in FETCHING
        told = [read_fetched(reply) for reply in all_of_them]
        below = self.scene.once("imap.FETCH.words") if any(fetched.described for fetched in told) else ""
        return [*(_mail_told(fetched, asked=asked, brought=answer.mail is not None) for fetched in told), below]

    def _order(self, answer: Answer) -> list[str]:
        """Explain once how the lines of an answer belong together, and that tags allow any order."""
        reply = answer.completion
        if reply is None:
            return []
        if answer.disordered:
            once = self.scene.once("imap.out-of-order", tag=reply.tag)
            return [once or text("imap.out-of-order.again", tag=reply.tag)]
        return [self.scene.once("imap.star", tag=reply.tag)] if len(answer.replies) > 1 else []


CONDITIONS_TOLD: dict[str, Callable[[AnswerTeller, Answer, list[Reply]], list[str]]] = {
    "EXISTS": AnswerTeller._exists,
    "RECENT": AnswerTeller._recent,
    "EXPUNGE": AnswerTeller._expunged,
    "FLAGS": AnswerTeller._flags,
    "OK": AnswerTeller._remarks,
    "NO": lambda teller, answer, replies: [text("imap.warning")],
    "BAD": lambda teller, answer, replies: [text("imap.trouble")],
    "BYE": AnswerTeller._goodbye,
}
"""Untagged replies whose meaning depends on what was said before."""


def _says(answer: Answer) -> list[str]:
    """Return the lines of an answer as on the wire, what is encoded in them also decoded; the last line always."""
    lines: list[str] = []
    hidden = 0
    completion = answer.completion
    last = _reply_says(completion, []) if completion else []
    for reply in answer.replies:
        if reply is completion:
            continue
        if len(lines) > MAX_LINES:
            hidden += len(reply.lines)
            continue
        brought = answer.mail[0] if answer.mail is not None and reply is answer.bringing else []
        lines += _reply_says(reply, brought)
    if answer.mail is None:
        hidden += len(lines[MAX_LINES:])
        lines = lines[:MAX_LINES]
    return [*lines, *([text("more-lines", lines=counted("lines", hidden))] if hidden else []), *last]


def _reply_says(reply: Reply, brought: list[str]) -> list[str]:
    """Return a reply with the star or the tag before it; `brought` is what the mail says that came with it."""
    if reply.tag is None and reply.status == "FETCH":
        return fetched_says(reply, read_fetched(reply), brought)
    first, *rest = [wire_text(line) for line in reply.lines] or [""]
    if reply.tag is not None:
        first = f"{reply.tag} {reply.status} {first}"
    elif reply.status.encode() not in CONDITIONS:
        first = f"* {first}"
    else:
        first = f"* {reply.status} {first}"
    return [shortened(line) for line in [first.rstrip(), *rest]]


def _done(answer: Answer, request: Request | None, code: str) -> str:
    """Tell that a command was carried out, in words of its own where the facts do not say it."""
    verb = answer.verb
    for key in (f"imap.SELECT.{code}" if verb in OPENING else "", f"imap.{verb}.ok"):
        if verb in COMMANDS and request is not None and has_text(key):
            return text(key, folder=request.folder, which=request.mails, other=request.other, user=request.user)
    if len(answer.replies) > 1:
        return ""
    return text("imap.LIST.none" if verb in LISTING else "imap.ok")


def _mail_told(fetched: Fetched, *, asked: bool, brought: bool) -> str:
    """Tell what an answer says of a mail; `brought` when the mail itself came with it."""
    if fetched.described:
        return text("imap.FETCH.told", number=fetched.number)
    facts = facts_shown(fetched)
    if not facts:
        return "" if brought else text("imap.FETCH.content", number=fetched.number)
    return text("imap.FETCH.is" if asked else "imap.FETCH.now", number=fetched.number, facts=facts)


def _code(reply: Reply) -> str:
    return code_of(reply.lines[0]) if reply.lines else ""


def _code_value(reply: Reply) -> str:
    """Return what stands behind the word of a response code, up to its bracket."""
    return wire_text(reply.lines[0]).partition("]")[0].partition(" ")[2]


def _code_told(reply: Reply, code: str) -> list[str]:
    """Explain a response code. Source: RFC 9051 section 7.1."""
    value = _code_value(reply) if code else ""
    if code in ("COPYUID", "APPENDUID"):
        _, *uids = value.split(" ")
        return [text(f"imap.{code}", old=uids[0], new=uids[-1])] if uids else []
    if code in ("UNSEEN", "UIDNEXT", "CLOSED", "ALERT"):
        return [text(f"imap.{code}", value=value)]
    if not code or code in CODES_TOLD or code not in RESPONSE_CODES:
        return []
    return [text("imap.code", code=code, means=meaning(RESPONSE_CODES[code]))]


def _number(reply: Reply) -> int:
    """Return the number that an untagged reply begins with."""
    digits = reply.lines[0].partition(b" ")[0] if reply.lines else b""
    return int(digits) if digits.isdigit() and len(digits) < 20 else 0
