"""
Walking the chain of an account's log, to find what was changed, taken out, put in or moved.

Works beside a server that goes on writing: rows and head are written in one transaction, so whoever saw a head will
find its row. What this cannot find is a log that was written anew from some row to its end, hashes and head included,
by somebody who may write to the database. Against that, an owner notes a hash elsewhere, and asks for it (`expect`).
"""

from dataclasses import dataclass, field

from ravi.server.audit import storage
from ravi.server.audit.records import Entry, Head, hash_of
from ravi.server.db import Database

#: Rows read at once: a few milliseconds.
BATCH = 1000
#: Findings that are told. A log that was torn apart would tell one for each row.
MOST_FINDINGS = 20
_BEFORE_ALL = -(2**63)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the row *seq*, or at its place."""

    seq: int
    what: str


@dataclass(slots=True)
class Verdict:
    """What came of walking one log: how many rows there are, where it ends, and what is wrong with it."""

    rows: int = 0
    head: Head = field(default_factory=Head)
    findings: list[Finding] = field(default_factory=list)
    expected_at: int | None = None
    """The row with the expected hash."""

    def find(self, seq: int, what: str) -> None:
        """Note a finding, if *what* says anything."""
        if what and len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(seq, what))


async def verify(db: Database, account_id: int, *, expect: bytes | None = None) -> Verdict:
    """Walk the whole log of an account. With *expect* also find the row that has that hash."""
    verdict = Verdict()
    last, after = Head(), _BEFORE_ALL
    while True:
        # The head first: its row is there by now, so without any more rows it is that of the last one.
        verdict.head = await storage.find_head(db, account_id)
        rows = await storage.list_(db, account_id, after=after, limit=BATCH)
        if not rows:
            break
        for entry in rows:
            verdict.find(entry.seq, _wrong_with(entry, last))
            if entry.hash == expect:
                verdict.expected_at = entry.seq
            last, after = Head(entry.seq, entry.hash), entry.seq
        verdict.rows += len(rows)
    verdict.find(last.seq + 1, _wrong_at_the_end(last, verdict.head))
    return verdict


def _wrong_with(entry: Entry, last: Head) -> str:
    """Return what shows that *entry* is not what was written behind *last*; empty when nothing does."""
    if entry.seq != last.seq + 1:
        if last.seq < entry.seq - 2:
            return f"rows {last.seq + 1} to {entry.seq - 1} are missing before this one"
        return (
            f"row {entry.seq - 1} is missing before this one" if entry.seq > 1 else "this row was put before the first"
        )
    if entry.hash != hash_of(entry):
        return "this row was changed: its hash is that of another"
    if entry.previous != last.hash:
        return "this row does not follow the one before it: one of the two was replaced"
    return ""


def _wrong_at_the_end(last: Head, head: Head) -> str:
    if head.seq > last.seq:
        return f"{head.seq - last.seq} rows are missing at the end, up to {head.seq}"
    if head.seq < last.seq:
        return f"the head says that the log ends with row {head.seq}"
    return "" if head.hash == last.hash else "the head has another hash than the last row"
