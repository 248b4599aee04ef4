"""
Finding messages by their words, within one identity.

Each engine has its own index (`message_search`, ADR 0024), and both hold the same words: they are found and folded
here, and each is marked with the identity whose message it is of. So a search, also for the beginning of a word, reads
that identity's part of the index and no other, and no text can hold a word of somebody else's.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from ravi.server.db import Transaction

#: Of a message, in characters and in bytes of the index. The rest is kept and shown, and not found by its words.
#: PostgreSQL takes at most 1 MiB for all words of a message.
MOST_OF_A_TEXT = 200_000
MOST_INDEXED = 512 * 1024
#: What one more word takes in the index besides itself.
_PER_WORD = 32
#: Of a query; more words would not find less.
MOST_OF_A_QUERY = 1_000
MOST_WORDS = 20
#: Longer words are the same word when they begin the same.
LONGEST_WORD = 64

#: A word of a text in ASCII, as much of it as counts.
_PLAIN = re.compile(f"([a-z0-9]{{1,{LONGEST_WORD}}})[a-z0-9]*")
#: Runs that hold whole words, and parts of them: in texts outside ASCII it takes folding first to see the ends.
_RUN = re.compile("[a-z0-9\x80-\U0010ffff]+")
_WORD = re.compile(r"[^\W_]+")
#: Scripts without blanks between words, or with endings glued to them: Thai, Lao, Myanmar, Khmer, kana, Han, Hangul.
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\uf900-\ufaff\U00020000-\U000323af]+)"
)
#: How much of the index is written anew at once: a few milliseconds.
_PAGES_AT_ONCE = 64
#: Stands in no word, and is part of one for both engines.
_MARK = "\u00a7"


class _Bare(dict[int, str]):
    """Each character in its plainest form: small, one width, without accents; nothing for what cannot be seen."""

    def __missing__(self, point: int) -> str:
        char = chr(point)
        if unicodedata.category(char) in ("Mn", "Mc", "Me", "Cf"):
            bare = ""
        elif "\uac00" <= char <= "\ud7a3":  # syllables would fall apart into letters
            bare = char
        else:
            whole = unicodedata.normalize("NFKD", char).casefold()
            bare = "".join(part for part in whole if not unicodedata.combining(part))
        if len(self) > 20_000:
            self.clear()
        self[point] = bare
        return bare


_BARE = _Bare()


def words_of(texts: Iterable[str]) -> list[str]:
    """Return the words that a message with *texts* is found by, each once, as many as are indexed."""
    found: dict[str, None] = {}
    left = MOST_OF_A_TEXT
    for text in texts:
        small = text[:left].lower()
        left -= len(small)
        if small.isascii():
            found |= dict.fromkeys(_PLAIN.findall(small))
            continue
        for run in dict.fromkeys(_RUN.findall(small)):
            if run.isascii():
                found[run[:LONGEST_WORD]] = None
            else:
                found |= dict.fromkeys(_indexed(run))
    if len(found) * (4 * LONGEST_WORD + _PER_WORD) <= MOST_INDEXED:
        return list(found)
    words, size = [], 0
    for word in found:
        size += len(word.encode()) + _PER_WORD
        if size > MOST_INDEXED:
            break
        words.append(word)
    return words


def asked_words(query: str) -> list[str]:
    """Return the words that *query* asks for; every one has to be there, the last one may be only begun."""
    found: list[str] = []
    for run in _RUN.findall(query[:MOST_OF_A_QUERY].lower()):
        if run.isascii():
            found.append(run[:LONGEST_WORD])
        else:
            found += _asked(run)
    return found[:MOST_WORDS]


def condition(dialect: str, identity_id: int, words: Sequence[str]) -> tuple[str, str]:
    """
    Return what a WHERE says of a message's `m.id` when it holds all *words* (from `asked_words`, at least one), and the
    value of its parameter `:search`.

    Words consist of letters and digits, so quoting them is all it takes for none to be an operator.
    """
    marked = [_mark(identity_id) + word for word in words]
    if dialect == "sqlite":
        whole = [f'"{word}"' for word in marked]
        return (
            "m.id IN (SELECT s.rowid FROM message_search s WHERE s.message_search MATCH :search)",
            " AND ".join(whole) + " *",
        )
    whole = [f"'{word}'" for word in marked]
    return (
        "m.id IN (SELECT s.message_pk FROM message_search s"
        " WHERE s.words @@ CAST(:search AS tsquery) AND s.account_id = :account AND s.identity_id = :identity)",
        " & ".join(whole) + ":*",
    )


async def index(
    tx: Transaction, dialect: str, *, account_id: int, identity_id: int, message_pk: int, words: Sequence[str]
) -> None:
    """Make a message findable by *words* (from `words_of`) as part of *tx*."""
    mark = _mark(identity_id)
    if dialect == "sqlite":
        # Last, because FTS5 writes down what it has, as a piece of its own, whenever a savepoint follows: the messages
        # that share a commit are one piece this way. One of them may have been erased again meanwhile.
        await tx.run_last(
            "INSERT INTO message_search (rowid, words) SELECT :message, :words"
            " WHERE EXISTS (SELECT 1 FROM messages WHERE id = :message)",
            message=message_pk,
            words=mark + f" {mark}".join(words) if words else "",
        )
        return
    await tx.run(
        "INSERT INTO message_search (message_pk, account_id, identity_id, words)"
        " VALUES (:message, :account, :identity, array_to_tsvector(CAST(:words AS text[])))",
        message=message_pk,
        account=account_id,
        identity=identity_id,
        words=[mark + word for word in words],
    )


async def forget(tx: Transaction, dialect: str, account_id: int, identity_id: int, *, last: int) -> None:
    """Take an identity's messages up to the id *last* out of the index; on PostgreSQL they go with the messages."""
    if dialect == "sqlite":
        await tx.run(
            "DELETE FROM message_search WHERE rowid IN"
            " (SELECT id FROM messages WHERE identity_id = :identity AND account_id = :account AND id <= :last)",
            identity=identity_id,
            account=account_id,
            last=last,
        )


async def tidy(tx: Transaction, dialect: str, *, begin: bool) -> bool:
    """
    Do a part of writing the index anew, without the words of messages that are gone; return whether more is left.

    SQLite only notes which messages were taken out, and drops their words when pieces of the index happen to be
    merged. With *begin* all pieces are to be merged, whatever is under way. PostgreSQL does this by itself.
    """
    if dialect != "sqlite":
        return False
    before = await tx.one("SELECT total_changes()")
    await tx.run(
        "INSERT INTO message_search (message_search, rank) VALUES ('merge', :pages)",
        pages=-_PAGES_AT_ONCE if begin else _PAGES_AT_ONCE,
    )
    after = await tx.one("SELECT total_changes()")
    assert before is not None
    assert after is not None
    return bool(after[0] - before[0] >= 2)  # fewer say that there was nothing to do


def _mark(identity_id: int) -> str:
    return f"{_MARK}{identity_id}{_MARK}"


def _indexed(run: str) -> Iterator[str]:
    for word, unspaced in _parts(run):
        if unspaced:
            yield from word
            yield from map("".join, pairwise(word))
        else:
            yield word[:LONGEST_WORD]


def _asked(run: str) -> Iterator[str]:
    for word, unspaced in _parts(run):
        if unspaced and len(word) > 1:
            yield from map("".join, pairwise(word))
        else:
            yield word[:LONGEST_WORD]


def _parts(run: str) -> Iterator[tuple[str, bool]]:
    """Yield the words of *run*, folded, and whether each is in a script whose pairs of characters are the words."""
    for word in _WORD.findall(run.translate(_BARE)):
        for place, part in enumerate(_UNSPACED.split(word)):
            if part:
                yield part, place % 2 == 1
