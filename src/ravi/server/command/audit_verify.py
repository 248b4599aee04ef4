"""
Walk the audit log, and say whether a row was changed, taken out, put in or moved.

Works while the server runs. The hash that is printed for each account says how the log is now. Noted elsewhere, it can
be asked for later with --expect: then it also shows whether somebody has written the log anew, with fitting hashes.
"""

import argparse
import asyncio
from typing import Any

from ravi.errors import NotFound, UsageError
from ravi.server.audit.verifying import Verdict, verify
from ravi.server.auth import Account
from ravi.server.command import exit_codes
from ravi.server.command.console import Console, table
from ravi.server.command.flags import WHERE, Parser, settings_of
from ravi.server.command.opening import accounts_on, opened


def configure(parser: Parser) -> None:
    parser.add_argument("--account", metavar="EMAIL", help="only the log of this account")
    parser.add_argument("--expect", metavar="HASH", help="the hash of an entry, noted earlier, that must be there")
    parser.add_settings(WHERE)


def run(arguments: argparse.Namespace, console: Console) -> int:
    expect = None if arguments.expect is None else _hash(arguments.expect)
    if expect is not None and arguments.account is None:
        raise UsageError("--expect needs --account: every account has a log of its own")
    found = asyncio.run(_verify(arguments, expect))
    documents = [_document(account, verdict, expect) for account, verdict in found]
    rows = [
        [each["email"], str(each["rows"]), each["head"]["hash"], "ok" if each["ok"] else "NOT OK"] for each in documents
    ]
    problems = [
        f"{each['email']}: row {finding['seq']}: {finding['what']}"
        for each in documents
        for finding in each["findings"]
    ]
    missing = [
        f"{each['email']}: no row has the expected hash" for each in documents if each.get("expected_at", 0) is None
    ]
    human = table([["ACCOUNT", "ROWS", "HASH OF THE LAST ROW", "RESULT"], *rows]) if rows else "no accounts"
    console.document(documents, "\n".join([human, *problems, *missing]))
    return exit_codes.OK if all(each["ok"] for each in documents) else exit_codes.OTHER


async def _verify(arguments: argparse.Namespace, expect: bytes | None) -> list[tuple[Account, Verdict]]:
    async with opened(settings_of(arguments)) as database:
        accounts = await accounts_on(database).list_accounts()
        if arguments.account is not None:
            accounts = [account for account in accounts if account.email == arguments.account.strip().lower()]
            if not accounts:
                raise NotFound(
                    f"there is no account for {arguments.account}", hint="see all with: ravi-server owner list"
                )
        return [(account, await verify(database, account.id, expect=expect)) for account in accounts]


def _document(account: Account, verdict: Verdict, expect: bytes | None) -> dict[str, Any]:
    expected = {} if expect is None else {"expected_at": verdict.expected_at}
    return {
        "email": account.email,
        "account_uuid": account.uuid,
        "ok": not verdict.findings and (expect is None or verdict.expected_at is not None),
        "rows": verdict.rows,
        "head": {"seq": verdict.head.seq, "hash": verdict.head.hash.hex()},
        **expected,
        "findings": [{"seq": finding.seq, "what": finding.what} for finding in verdict.findings],
    }


def _hash(text: str) -> bytes:
    try:
        expected = bytes.fromhex(text.strip())
    except ValueError:
        expected = b""
    if len(expected) != 32:
        raise UsageError("--expect must be a hash: 64 hexadecimal digits, as ravi audit --head prints it")
    return expected
