"""What is printed about a fresh sign-in code."""

from ravi.server.auth import Account, SigninCode
from ravi.server.command.console import Console
from ravi.server.command.lock import find_running
from ravi.server.http.times import rfc3339
from ravi.settings.server import ServerSettings


def print_code(console: Console, settings: ServerSettings, account: Account, code: SigninCode) -> None:
    """Print the account and its new code; `server` is the URL to use it at, or null when that is not known."""
    server = _server(settings)
    document = {
        "email": account.email,
        "signin_code": code.code,
        "expires_at": rfc3339(code.expires_at),
        "account_uuid": account.uuid,
        "server": server,
    }
    console.document(
        document,
        f"{account.email} can sign in once with {code.code}, until {code.expires_at:%H:%M} UTC:\n\n"
        f"  ravi auth login --server {server or 'URL'} --code {code.code}",
    )


def _server(settings: ServerSettings) -> str | None:
    running = find_running(settings.database.file) if settings.database.file else None
    if running or settings.http.port or settings.public_url:
        return running or settings.url_at(settings.http)
    return None  # port 0: only a running server knows
