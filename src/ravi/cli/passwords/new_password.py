"""Where a new password comes from: the command line, stdin, a file, or the generator."""

from __future__ import annotations

from ravi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.parser import VerbParser

_SOURCES = ("password", "password_stdin", "password_file", "generate")
_CLASSES = ("special", "digits", "uppercase", "lowercase")


def configure(parser: VerbParser, generate: str) -> None:
    """The flags of a command that takes a password; *generate* is the help of the flag that generates one."""
    parser.add_argument("--password-stdin", action="store_true", help="read the password from stdin")
    parser.add_argument("--password-file", metavar="path", help="read the password from this file")
    parser.add_argument("--password", metavar="text", help="the password; others can see it in the process list")
    parser.add_argument("--generate", action="store_true", help=generate)
    configure_generator(parser)


def configure_generator(parser: VerbParser) -> None:
    """The flags that say what is generated."""
    parser.add_argument("--length", metavar="number", type=int, help="characters to generate, 4 to 256 (default: 16)")
    parser.add_argument("--no-special", action="store_true", help="generate without special characters")
    parser.add_argument("--no-digits", action="store_true", help="generate without digits")
    parser.add_argument("--no-uppercase", action="store_true", help="generate without upper-case letters")
    parser.add_argument("--no-lowercase", action="store_true", help="generate without lower-case letters")
    parser.add_argument("--exclude-chars", metavar="text", help="generate without any of these characters")


def read(args: Namespace, *, default: bool) -> str | None:
    """
    The password that *args* give or have generated.

    Without any word about it that is a generated one where *default*, otherwise None. Raises UsageError for sources
    that exclude each other, and for a password that is empty or has several lines.
    """
    sources = [f"--{name.replace('_', '-')}" for name in _SOURCES if getattr(args, name) not in (None, False)]
    if len(sources) > 1:
        raise UsageError(f"{sources[0]} and {sources[1]} exclude each other")
    if sources != ["--generate"]:
        shape = _shape(args)
        if shape and (sources or not default):
            raise UsageError(f"{shape[0]} is about a generated password: it needs --generate")
    if not sources and not default:
        return None
    if not sources or args.generate:
        return generated(args)
    if args.password is not None:
        password: str = args.password
    else:
        from ravi.cli import hidden_input

        path = args.password_file
        password = hidden_input.from_stdin("password") if path is None else hidden_input.from_file(path, "password")
    if not password:
        raise UsageError("--password is empty")
    if "\n" in password or "\r" in password:
        raise UsageError("the password has several lines")
    return password


def generated(args: Namespace) -> str:
    """A password as the flags of `configure_generator` want it. Raises UsageError when there is none such."""
    from ravi.generator import DEFAULT_LENGTH, generate

    try:
        return generate(
            DEFAULT_LENGTH if args.length is None else args.length,
            uppercase=not args.no_uppercase,
            lowercase=not args.no_lowercase,
            digits=not args.no_digits,
            special=not args.no_special,
            exclude=args.exclude_chars or "",
        )
    except ValueError as fault:
        raise UsageError(str(fault)) from None


def _shape(args: Namespace) -> list[str]:
    """The flags given that say what to generate."""
    given = [f"--no-{name}" for name in _CLASSES if getattr(args, f"no_{name}")]
    if args.length is not None:
        given.append("--length")
    if args.exclude_chars is not None:
        given.append("--exclude-chars")
    return given
