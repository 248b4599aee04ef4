"""Run a program with the identity's secrets in its environment, and nowhere else.

Each secret becomes a variable of its name, and comes before a variable of that name that is there already. In what the
program prints, secrets are replaced by ‹ravi:NAME hidden›, also where they are encoded in base64, for a URL or for
JSON. That protects from accidents, not from the program. With --no-mask nothing stands between you and the program.

A terminal stays a terminal, signals reach the program, and its exit code is the exit code; 127 and 126 say that it was
not found, or could not be started.
"""  # noqa: RUF002 - the marks are what stands in the output

from __future__ import annotations

from ravi.errors import ExportImpossible, RaviError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = (
    "ravi run -- npm test",
    "ravi run --only DATABASE_URL,API_TOKEN -- ./migrate.sh --verbose",
    "ravi run --prefix TF_VAR_ -- terraform plan",
    "ravi run --no-mask -- gpg --import",
)

#: Variables that decide which code a program runs. Whoever may write the identity's secrets may set them.
_STEERING = frozenset(
    "PATH IFS ENV BASH_ENV SHELLOPTS PS4 PROMPT_COMMAND PYTHONPATH PYTHONHOME PYTHONSTARTUP NODE_OPTIONS NODE_PATH "
    "PERL5LIB PERL5OPT RUBYLIB RUBYOPT JAVA_TOOL_OPTIONS _JAVA_OPTIONS GIT_SSH_COMMAND GIT_EXTERNAL_DIFF GIT_ASKPASS "
    "EDITOR VISUAL PAGER BROWSER".split()
)
_STEERING_PREFIXES = ("LD_", "DYLD_", "GIT_CONFIG")
#: Not from the vault, but as little meant to be seen, and handed on to the program, which may call `ravi` itself.
_OWN_CREDENTIALS = ("RAVI_API_KEY", "RAVI_ACCESS_TOKEN", "RAVI_VAULT_KEY")


def configure(parser: VerbParser) -> None:
    """Which secrets, under which names, and the program."""
    parser.add_argument("--only", metavar="key,key", action="append", help="only these secrets; repeatable")
    parser.add_argument("--prefix", metavar="text", default="", help="put this before each name")
    parser.add_argument("--no-mask", action="store_true", help="become the program; its output is not touched")
    parser.add_program("command", "the program and its arguments, as they are")


def run(args: Namespace, io: Io) -> int:
    """
    Return the exit code of the program.

    Raises what reading the secrets does, NotFound for one of --only that is missing, and ExportImpossible for a value
    that no variable can hold: in each case nothing was started.
    """
    options = io.options
    if not args.marked and (options.json or options.human or options.identity or options.server):
        raise UsageError(
            "it is unclear whose flags these are", hint="put -- before the program: ravi run [flags] -- <command>..."
        )
    if not (args.prefix + "A").isascii() or not (args.prefix + "A").isidentifier():
        raise UsageError(f"--prefix {args.prefix!r} cannot begin the name of a variable", hint="write it like TF_VAR_")
    names = None if args.only is None else [name for each in args.only for name in each.split(",") if name.strip()]
    if names == []:
        raise UsageError("--only names no secret")
    secrets = _secrets(io, names)
    variables = {args.prefix + key: value for key, value in secrets.items()}
    environment = _environment(io.environ, variables)
    if names is None:
        _warn_of_steering(io, variables)
    if args.no_mask:
        return _replaced(args.program, environment, io)
    return _masked(args.program, environment, secrets, io)


def _secrets(io: Io, names: Sequence[str] | None) -> dict[str, str]:
    """Values by key, of all secrets or of these *names*, in one request."""
    with io.client(need_identity=True) as ravi:
        rows = ravi.secrets.all() if names is None else ravi.secrets.get_many(names)
    for row in rows:
        if "\0" in row["value"]:
            raise ExportImpossible(
                f"secret {row['key']} holds a NUL character, which no variable of the environment can",
                hint="leave it out: name the others with --only",
            )
    return {row["key"]: row["value"] for row in rows}


def _environment(inherited: Mapping[str, str], variables: Mapping[str, str]) -> dict[bytes, bytes]:
    """As the kernel takes it: values in UTF-8 whatever the locale says, what was there before byte for byte."""
    import os

    found = {os.fsencode(name): os.fsencode(value) for name, value in inherited.items()}
    return found | {name.encode("ascii"): value.encode("utf-8") for name, value in variables.items()}


def _warn_of_steering(io: Io, variables: Mapping[str, str]) -> None:
    steering = [name for name in variables if name in _STEERING or name.startswith(_STEERING_PREFIXES)]
    if steering:
        io.out.warn(
            f"secrets decide which code the program runs: {', '.join(steering)}",
            hint="if that is meant, name them with --only; if not, find out who set them",
        )


def _replaced(words: Sequence[str], environment: Mapping[bytes, bytes], io: Io) -> int:
    from ravi.cli.running.child import become

    try:
        become(words, environment)
    except OSError as fault:
        return _not_started(words[0], fault, io)


def _masked(words: Sequence[str], environment: Mapping[bytes, bytes], secrets: Mapping[str, str], io: Io) -> int:
    from ravi.cli.running.attending import run_masked
    from ravi.cli.running.forms import MIN_CHARACTERS, searchable
    from ravi.cli.running.mask import Patterns

    own = {name: io.environ.get(name, "") for name in _OWN_CREDENTIALS if io.environ.get(name, "").isascii()}
    sought = {key: searchable(value) for key, value in (own | dict(secrets)).items()}
    short = [key for key, value in secrets.items() if value.strip() and sought[key] is None]
    if short:
        io.out.warn(f"not hidden, because shorter than {MIN_CHARACTERS} characters: {', '.join(short)}")
    hidden = {key: value for key, value in sought.items() if value is not None}
    if not hidden:
        return _replaced(words, environment, io)
    try:
        code, faults = run_masked(words, environment, Patterns(hidden))
    except OSError as fault:
        return _not_started(words[0], fault, io)
    for why in faults:
        io.out.error(RaviError(f"cannot write the program's output: {why}"))
    return code


def _not_started(name: str, fault: OSError, io: Io) -> int:
    from ravi.cli.running.starting import not_started

    return not_started(name, fault, io, too_large="pass fewer secrets, with --only")
