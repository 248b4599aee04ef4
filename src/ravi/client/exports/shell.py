"""Secrets as commands that a shell runs: `export KEY='…'`, quoted as POSIX says (XCU 2.2.2)."""

from __future__ import annotations

#: Names that bash or dash keep for themselves: an assignment is ignored, refused, ends the file, or (RANDOM, OPTIND and
#: others in bash) has its value evaluated as arithmetic, which runs what is in it. Tried out with dash 0.5.12 and
#: bash 5.2; the last row is from the manual of bash 5.3.
KEPT = frozenset(
    """
    BASHOPTS BASHPID BASH_ALIASES BASH_ARGC BASH_ARGV BASH_ARGV0 BASH_CMDS BASH_COMMAND BASH_LINENO BASH_SOURCE
    BASH_SUBSHELL BASH_VERSINFO COMP_WORDBREAKS DIRSTACK EPOCHREALTIME EPOCHSECONDS EUID FUNCNAME GROUPS HISTCMD LINENO
    OPTIND PIPESTATUS PPID RANDOM SECONDS SHELLOPTS SHLVL SRANDOM UID
    BASH_MONOSECONDS BASH_TRAPSIG
    """.split()
)


def spell(key: str, value: str) -> str | None:
    """The command that exports *key* with *value*, and its line break; None when no shell could hold it."""
    if key in KEPT or "\0" in value:
        return None
    quoted = value.replace("'", "'\\''")
    return f"export {key}='{quoted}'\n"
