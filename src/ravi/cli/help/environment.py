"""`ravi help environment`: the variables and files that ravi reads."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.io import Io

VARIABLES: tuple[tuple[str, str], ...] = (
    ("RAVI_IDENTITY", "name or uuid of the identity to act as; --identity comes before it"),
    ("RAVI_CONFIG_DIR", "directory whose config.json selects the identity; nothing else does while it is set"),
    ("RAVI_API_KEY", "key of the account or of an identity, instead of a saved sign-in"),
    ("RAVI_ACCESS_TOKEN", "access token, instead of a saved sign-in"),
    ("RAVI_VAULT_KEY", "vault key of the identity to act as, instead of the owner's: see ravi vault key"),
    ("RAVI_API_URL", "the server that goes with the key, the token, or a sign-in about to be made"),
    ("RAVI_ALLOW_HTTP", "set to 1 to allow plain http to another machine"),
    ("RAVI_DEBUG", "set to 1 to see where an internal error comes from"),
    ("HOME", "where ~/.ravi is"),
    ("HTTP_PROXY, HTTPS_PROXY", "proxy for calls to http and https servers"),
    ("NO_PROXY", "hosts that are called without the proxy"),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "certificate authorities to trust instead of the system's"),
    ("NO_COLOR", "set to anything for output without colour"),
    ("COLUMNS", "width of tables, instead of the terminal's"),
)

FILES: tuple[tuple[str, str], ...] = (
    ("$RAVI_CONFIG_DIR/config.json", "selects the identity"),
    (".ravi/config.json", "the same for a project: here, or in the nearest directory above that has one"),
    ("~/.ravi/config.json", "the same where nothing nearer does"),
    ("$RAVI_CONFIG_DIR/auth.json", "a sign-in for that directory"),
    ("~/.ravi/auth.json", "the sign-in of this user, and what opens the vault"),
    ("~/.ravi/recovery-code.txt", "the recovery code, for you to put somewhere else; no command reads it by itself"),
    ("~/.ravi/trust.json", "project files that may hold a credential, see ravi help trust"),
)

_RULE = (
    "The first of --identity, RAVI_IDENTITY and these files that says something decides; a file that is there\n"
    "and cannot be used is an error, never a reason to look further. ravi status shows what was decided and why."
)


def run(io: Io) -> int:
    """Print the topic: text, or an object when --json is given."""
    if io.options.json:
        rows = {"variables": VARIABLES, "files": FILES}
        io.out.write_json({kind: [{"name": n, "meaning": m} for n, m in pairs] for kind, pairs in rows.items()})
        return 0
    lines = ["Variables that ravi reads:", ""]
    lines += [f"  {name}\n      {meaning}" for name, meaning in VARIABLES]
    lines += ["", "Files, nearest first:", ""]
    lines += [f"  {name}\n      {meaning}" for name, meaning in FILES]
    io.out.text("\n".join([*lines, "", _RULE]))
    return 0
