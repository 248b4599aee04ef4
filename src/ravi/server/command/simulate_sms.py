"""
Play the world outside: send a text (SMS) to a number for fiction, and print it as it was stored.

The sender may be a number, a short code or a word. The text goes to the running server as a webhook, signed with a key
from its database, and is looked for in the database afterwards. So it must be given the server's settings, and run on
the server's machine. Numbers of other carriers have a world of their own.
"""

import argparse
import asyncio
import json
import ssl
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from ravi.errors import (
    ConfigError,
    IdentityDisabled,
    NotFound,
    RaviError,
    ServerNonsense,
    ServerUnreachable,
    TimedOut,
    UsageError,
)
from ravi.server.command import exit_codes
from ravi.server.command.console import Console
from ravi.server.command.flags import EVERYTHING, Parser, settings_of
from ravi.server.command.lock import find_running
from ravi.server.command.opening import now, opened
from ravi.server.db import Database, micros
from ravi.server.http import server_keys
from ravi.server.identities import Line, lines
from ravi.server.identities.e164 import LONGEST_SENDER, parse_number
from ravi.server.phone import carriers, storage
from ravi.server.phone.bodies import LONGEST_RECEIVED
from ravi.server.phone.carriers.loopback import SIGNATURE, sign, simulated_key
from ravi.server.phone.receiving import fingerprint_of
from ravi.server.phone.to_wire import text_to_wire
from ravi.settings.server import Address, ServerSettings
from ravi.wire import phone as wire

if TYPE_CHECKING:
    import aiohttp

#: For the whole request: the server answers when the text is durable.
PATIENCE_SECONDS = 20


def configure(parser: Parser) -> None:
    parser.add_argument("--to", metavar="NUMBER", required=True, help="whose text it is: a number for fiction")
    parser.add_argument("--from", metavar="SENDER", required=True, dest="sender", help="a number, short code or word")
    parser.add_argument("--body", metavar="TEXT", help="what it says")
    parser.add_argument("--body-file", metavar="FILE", help="read what it says from a file; - is standard input")
    parser.add_argument("--url", metavar="URL", help="where the server answers, if not where its settings say")
    parser.add_settings(EVERYTHING)


def run(arguments: argparse.Namespace, console: Console) -> int:
    sender = arguments.sender
    if not sender.strip() or len(sender) > LONGEST_SENDER:
        raise UsageError(f"--from must be a number, a short code or a word of at most {LONGEST_SENDER} characters")
    body = _body(arguments.body, arguments.body_file)
    if len(body) > LONGEST_RECEIVED:
        raise UsageError(f"the text is longer than {LONGEST_RECEIVED} characters: it has {len(body)}")
    try:
        number = parse_number(arguments.to)
    except ValueError as reason:
        raise UsageError(f"--to {reason}") from None
    stored = asyncio.run(_simulate(settings_of(arguments), number, sender, body, arguments.url))
    console.document(stored, f"text {stored['id']} has arrived at {number}")
    return exit_codes.OK


def _body(text: str | None, file: str | None) -> str:
    """Return what the text says; of a file without the line breaks at its end. Raises UsageError."""
    if text is not None and file is not None:
        raise UsageError("--body and --body-file exclude each other")
    if text is not None:
        return text
    if file is None:
        raise UsageError("there is no text", hint="give it with --body or --body-file")
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return content.decode().rstrip("\r\n")
    except OSError as fault:
        raise UsageError(f"cannot read {file}: {(fault.strerror or 'no reason given').lower()}") from None
    except UnicodeDecodeError as fault:
        raise UsageError(f"{file} is not text in UTF-8 (byte {fault.start + 1})") from None


async def _simulate(settings: ServerSettings, number: str, sender: str, body: str, url: str | None) -> wire.SmsMessage:
    text_id = uuid.uuid4().hex
    async with opened(settings) as database:
        line = await _line(database, settings, number)
        own = await server_keys.load(database, carriers.KEY_NAME, now=now)
        said = {"to": number, "from": sender, "body": body, "id": text_id}
        content = json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass")
        signed = sign(carriers.carrier_key(own, line.carrier), int(now().timestamp()), content)
        server = (url or _server(settings)).rstrip("/")
        await _post(carriers.webhook_url(server, line.carrier), content, signed, _trusted(settings, named=bool(url)))
        # The server's answer is the same for a text that it has dropped, as it is for any carrier. The row is not.
        fingerprint = fingerprint_of(line.carrier, simulated_key(text_id))
        stored = await storage.find_received(database, line.account_id, line.identity_id, fingerprint)
        text = None if stored is None else await storage.find(database, line.account_id, None, id=stored)
        if text is not None:
            return text_to_wire(text)
        line = await _line(database, settings, number)
    if line.disabled:
        raise IdentityDisabled(f"the text was dropped, because the identity {line.identity_uuid} is switched off")
    raise RaviError(
        "the server has answered, and the text is not in this database",
        hint="give the settings of the server that runs at this URL",
    )


async def _line(database: Database, settings: ServerSettings, number: str) -> Line:
    """Return whose number it is. Raises NotFound for one that nobody has, UsageError for one of the real world."""
    line = await lines.find(database, number, at=micros(now()))
    if line is None or line.released:
        raise NotFound(
            f"nobody here has the number {number}" + (" any more" if line else ""),
            hint="ravi identity list shows the numbers of an account's identities",
        )
    kinds = {url.name: url.kind for url in settings.carrier}
    if line.carrier not in kinds:
        raise ConfigError(
            f"{number} is a number of the carrier {line.carrier}, which these settings do not name",
            hint="give the settings that the server runs with, such as --config FILE",
        )
    if kinds[line.carrier] != "loopback":
        raise UsageError(f"{number} is a number of the real world: text it from a phone")
    return line


def _server(settings: ServerSettings) -> str:
    """Return where the server answers on this machine. Raises ServerUnreachable when it is known that none runs."""
    running = None
    if settings.database.file is not None:
        running = find_running(settings.database.file)
        if running is None:
            raise ServerUnreachable(f"no server runs on {settings.database}")
    if running and running != settings.public_url:
        return running
    if settings.http.port:  # in front of it there may be a proxy, which need not let us through
        host = settings.http.host
        here = ("::1" if ":" in host else "127.0.0.1") if settings.http.is_wildcard else host
        return f"{'https' if settings.tls else 'http'}://{Address(here, settings.http.port)}"
    if settings.public_url:
        return settings.public_url
    raise ConfigError("nobody can know where the server answers, because its port is 0", hint="say it with --url URL")


def _trusted(settings: ServerSettings, *, named: bool) -> ssl.SSLContext | bool:
    """
    Return what may answer over TLS: the server's own certificate, whatever the name in it.

    At a URL that was *named* in the arguments, also any that others trust, and then the name has to fit.
    """
    if settings.tls_cert is None:
        return True
    context = ssl.create_default_context() if named else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = named
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(settings.tls_cert)
    except (OSError, ValueError) as fault:  # ssl.SSLError is an OSError
        raise ConfigError(f"cannot use {settings.tls_cert}: {fault}") from None
    return context


async def _post(url: str, content: bytes, signed: str, tls: ssl.SSLContext | bool) -> None:
    """Post the webhook; return when the server has said that it is done. Raises RequestFailed and what it means."""
    import aiohttp

    headers = {SIGNATURE: signed, "content-type": "application/json"}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_SECONDS), trust_env=False) as session,
            session.post(url, data=content, headers=headers, ssl=tls, allow_redirects=False) as answer,
        ):
            _check(answer, url)
    except TimeoutError:
        raise TimedOut(f"the server at {url} did not answer within {PATIENCE_SECONDS} seconds") from None
    except aiohttp.InvalidURL:
        raise UsageError("--url must be an http or https URL") from None
    except (aiohttp.ClientError, OSError) as fault:
        raise ServerUnreachable(f"cannot reach the server at {url}: {_reason(fault)}") from None


def _check(answer: "aiohttp.ClientResponse", url: str) -> None:
    match answer.status:
        case 200:
            return
        case 403:
            raise RaviError(
                f"the server at {url} refused the text",
                hint="its log says why: it may run on another database, or with another clock",
            )
        case 404:
            raise ConfigError(f"there is no such carrier at {url}", hint="give the settings that the server runs with")
    raise ServerNonsense(f"{url} answered {answer.status}")


def _reason(fault: Exception) -> str:
    return (getattr(fault, "strerror", None) or str(fault) or type(fault).__name__).lower()
