"""
The options that every command takes, before or after its name.

They are taken out of argv by hand, ahead of any parser: the way errors are printed depends on them, and
commands without arguments of their own then need no parser at all (argparse costs 3 ms, docs/adr/0003).
"""

from __future__ import annotations

from ravi.errors import UsageError

#: Flag, placeholder of its value (None for a switch), what it does. Help, completion and docs read this.
GLOBAL_FLAGS: tuple[tuple[str, str | None, str], ...] = (
    ("--identity", "name | uuid", "act as this identity, whatever the files say"),
    ("--json", None, "print one JSON document (the default when stdout is not a terminal)"),
    ("--human", None, "print for people, even when stdout is not a terminal"),
    ("--server", "url", "talk to this server (the same as RAVI_API_URL)"),
    ("--help", None, "explain the command instead of running it"),
)


class Options:
    """What the global options say. Texts are None when the option was not given."""

    __slots__ = ("human", "identity", "json", "server")

    def __init__(self) -> None:
        self.json = False
        self.human = False
        self.identity: str | None = None
        self.server: str | None = None

    def take(self, argv: list[str]) -> list[str]:
        """
        Read the global options and return the rest of *argv*; nothing after a bare `--` is touched.

        Raises UsageError, but only when all of argv was read, so that the error is printed in the asked-for
        way. A given but empty value is an error: `--identity "$UNSET"` must not fall through to the
        identity of some file.
        """
        rest: list[str] = []
        problem = ""
        todo = iter(argv)
        for word in todo:
            if word == "--":
                rest += [word, *todo]
            elif word == "--json":
                self.json = True
            elif word == "--human":
                self.human = True
            elif word in ("--identity", "--server") or word.startswith(("--identity=", "--server=")):
                flag, equals, value = word.partition("=")
                if not equals:
                    value = next(todo, "")
                    if value == "--":  # as in `--identity $UNSET -- …`: it is not what somebody is called
                        value, rest = "", [*rest, "--", *todo]
                problem = self._set(flag[2:], value) or problem
            else:
                rest.append(word)
        if self.json and self.human:
            problem = "--json and --human exclude each other"
        if problem:
            raise UsageError(problem)
        return rest

    def _set(self, name: str, value: str) -> str:
        """Store one value; returns what is wrong with it, or an empty text."""
        if not value.strip():
            return f"--{name} needs a value and has none"
        earlier = getattr(self, name)
        if earlier not in (None, value):
            return f"--{name} is given twice with different values"
        setattr(self, name, value)
        return ""
