"""
Say why no texts arrive, or do not go out: what each carrier answers, and what the server has heard of it.

Sends no text. Works while the server runs, and should be given the same settings. Exits 0 when all is fine, else 1.
"""

import argparse
import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from ravi.errors import ConfigError, UsageError
from ravi.server.command import exit_codes
from ravi.server.command.console import Console, table
from ravi.server.command.flags import EVERYTHING, Parser, settings_of
from ravi.server.command.lock import find_running
from ravi.server.command.opening import now, opened
from ravi.server.http import server_keys
from ravi.server.http.times import rfc3339
from ravi.server.phone import carriers
from ravi.server.phone.carriers.contract import Carrier, Finding
from ravi.server.phone.devices_storage import list_devices
from ravi.server.phone.records import DeviceRecord
from ravi.settings.server import ServerSettings

#: A device that says nothing for so long is gone. How often it should say something is set on the device.
SILENCE = timedelta(days=1)


def configure(parser: Parser) -> None:
    parser.add_argument("carrier", metavar="CARRIER", nargs="?", help="look at this one only")
    parser.add_argument("--fix", action="store_true", help="first put right what can be, such as missing webhooks")
    parser.add_settings(EVERYTHING)


def run(arguments: argparse.Namespace, console: Console) -> int:
    found = asyncio.run(_look(settings_of(arguments), arguments.carrier, fix=arguments.fix))
    fine = all(each["fine"] for each in found)
    console.document({"fine": fine, "carriers": found}, "\n\n".join(map(_for_people, found)))
    return exit_codes.OK if fine else exit_codes.OTHER


async def _look(settings: ServerSettings, wanted: str | None, *, fix: bool) -> list[dict[str, Any]]:
    urls = {url.name: url for url in settings.carrier if wanted in (None, url.name)}
    if not urls:
        names = ", ".join(url.name for url in settings.carrier)
        raise UsageError(f"there is no carrier called {wanted}", hint=f"one of: {names}")
    async with opened(settings) as database:
        key = await server_keys.load(database, carriers.KEY_NAME, now=now)
        records = await list_devices(database)
    made = carriers.open_carriers(urls.values(), public_url=_public_url(settings), key=key, now=now)
    try:
        looked = await asyncio.gather(*(_look_at(carrier, records, fix=fix) for carrier in made.values()))
    finally:
        for carrier in made.values():
            await carrier.close()
    return [{"name": name, "url": str(urls[name]), **each} for name, each in zip(made, looked, strict=True)]


async def _look_at(carrier: Carrier, records: Sequence[DeviceRecord], *, fix: bool) -> dict[str, Any]:
    known = [record for record in records if record.carrier == carrier.name]
    repairs = await carrier.repair() if fix else []
    findings = [*await carrier.diagnose(), *([] if carrier.stays_here else arrivals(known, now()))]
    return {
        "fine": all(each.fine for each in (*repairs, *findings)),
        "repairs": [_finding(each) for each in repairs],
        "findings": [_finding(each) for each in findings],
        "devices": [
            {
                "device": record.device,
                "detail": record.detail,
                "last_seen_at": _time(record.last_seen_at),
                "last_text_at": _time(record.last_text_at),
                "last_refused_at": _time(record.last_refused_at),
                "last_refusal": record.last_refusal,
                "refused": record.refused,
            }
            for record in known
        ],
    }


def arrivals(records: Sequence[DeviceRecord], at: datetime) -> list[Finding]:
    """Return what the server's memory of one carrier says at the time *at*: signs of life, silence, refusals."""
    heard = [record for record in records if record.last_seen_at is not None]
    findings = [_heard(record, at) for record in heard]
    if not heard:
        advice = "send a text to one of its numbers, and look again"
        findings.append(Finding("arrivals", False, "nothing has ever arrived", advice))
    latest = max((record.last_seen_at for record in heard if record.last_seen_at), default=None)
    for record in records:
        if not record.refused or record.last_refused_at is None:
            continue
        since = latest is not None and latest > record.last_refused_at
        times = "1 webhook was" if record.refused == 1 else f"{record.refused} webhooks were"
        detail = f"{times} refused, last {_ago(record.last_refused_at, at)}: {record.last_refusal}"
        advice = "" if since else "compare key, password and public_url on both sides; nothing good has come since"
        findings.append(Finding("refusals", since, detail, advice))
    return findings


def _heard(record: DeviceRecord, at: datetime) -> Finding:
    assert record.last_seen_at is not None
    about = f"device {record.device}" if record.device else "arrivals"
    text = f"last text {_ago(record.last_text_at, at)}" if record.last_text_at else "never a text"
    detail = ", ".join(filter(None, (f"last sign of life {_ago(record.last_seen_at, at)}", text, record.detail)))
    if record.device and at - record.last_seen_at > SILENCE:
        return Finding(about, False, detail, "is it on, charged and online, and may its app run in the background?")
    return Finding(about, True, detail)


def _public_url(settings: ServerSettings) -> str:
    """Return the URL that the server makes its webhooks' of."""
    running = find_running(settings.database.file) if settings.database.file and not settings.public_url else None
    if running or settings.public_url or settings.http.port:
        return running or settings.url_at(settings.http)
    raise ConfigError("nobody can know this server's URL: it is not running", hint="set public_url, or start it first")


def _for_people(found: dict[str, Any]) -> str:
    rows = [
        ["ok" if each["fine"] else "NO", each["about"], each["detail"]]
        for each in (*found["repairs"], *found["findings"])
    ]
    advice = [
        f"  {each['about']}: {each['advice']}"
        for each in (*found["repairs"], *found["findings"])
        if each["advice"] and not each["fine"]
    ]
    lines = [found["url"], table(rows) if rows else "nothing to look at"]
    return "\n".join([*lines, "what to do:", *advice] if advice else lines)


def _finding(finding: Finding) -> dict[str, Any]:
    return {"about": finding.about, "fine": finding.fine, "detail": finding.detail, "advice": finding.advice}


def _time(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)


def _ago(at: datetime, now: datetime) -> str:
    seconds = max(0, int((now - at).total_seconds()))
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"
