"""Print a completion script for your shell: commands, their flags, and the topics of help.

bash: source <(ravi completion bash) · zsh: the same, after compinit · fish: ravi completion fish | source
"""

from __future__ import annotations

import sys

from ravi.cli.options import GLOBAL_FLAGS
from ravi.cli.parser import build
from ravi.cli.table import COMMANDS, GROUPS, TOPICS, verbs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ravi.cli.io import Io
    from ravi.cli.parser import VerbParser

EXAMPLES = ("source <(ravi completion bash)", "ravi completion fish > ~/.config/fish/completions/ravi.fish")


def configure(parser: VerbParser) -> None:
    """Which shell."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell to complete in")


def run(args: Namespace, io: Io) -> int:
    """Print the script; it is text in every mode."""
    io.out.text({"bash": _bash, "zsh": _zsh, "fish": _fish}[args.shell](words_after()))
    return 0


def words_after() -> dict[str, list[str]]:
    """What may follow: `""` for the first word, a noun for its verbs, a command for its flags and choices."""
    tops = [*GROUPS, *(name for name in COMMANDS if " " not in name), "help"]
    flags = [flag for flag, _, _ in GLOBAL_FLAGS]
    following = {"": [*tops, *flags, "--version"], "help": [*TOPICS, *tops]}
    following.update({noun: verbs(noun) for noun in GROUPS})
    for command, (path, _) in COMMANDS.items():
        __import__(path)
        arguments = build(command, sys.modules[path]).arguments
        choices = [str(choice) for action in arguments for choice in action.choices or ()]
        own = [name for action in arguments for name in action.option_strings if name.startswith("--")]
        following[command] = [*choices, *own, *flags]
    return following


def _cases(following: dict[str, list[str]]) -> str:
    """The table as the arms of a shell `case`, for bash and zsh."""
    return "\n".join(f'    "{words}") echo "{" ".join(next_words)}" ;;' for words, next_words in following.items())


_LOOKUP = """\
_ravi_words() {{
  case "$1" in
{cases}
  esac
}}

# The command typed so far: at most two words that are neither flags nor the value of one.
_ravi_command() {{
  local word skip="" found=""
  for word in "$@"; do
    if [ -n "$skip" ]; then skip=""; continue; fi
    case "$word" in
      --identity|--server) skip=1 ;;
      -*) ;;
      *)
        if [ -n "$(_ravi_words "${{found:+$found }}$word")" ]; then found="${{found:+$found }}$word"; fi ;;
    esac
  done
  echo "$found"
}}
"""


def _bash(following: dict[str, list[str]]) -> str:
    return (
        "# bash completion for ravi\n"
        + _LOOKUP.format(cases=_cases(following))
        + """
_ravi() {
  local typed="${COMP_WORDS[COMP_CWORD]}"
  local command
  command="$(_ravi_command "${COMP_WORDS[@]:1:COMP_CWORD-1}")"
  COMPREPLY=($(compgen -W "$(_ravi_words "$command")" -- "$typed"))
}
complete -F _ravi ravi
"""
    )


def _zsh(following: dict[str, list[str]]) -> str:
    return (
        "#compdef ravi\n"
        + _LOOKUP.format(cases=_cases(following))
        + """
_ravi() {
  local command
  command="$(_ravi_command "${(@)words[2,CURRENT-1]}")"
  compadd -- ${(s: :)"$(_ravi_words "$command")"}
}
# Sourced, or found by name on fpath and then called for the first completion.
if [ "${funcstack[1]}" = "_ravi" ]; then _ravi "$@"; else compdef _ravi ravi; fi
"""
    )


_FISH = """\
# fish completion for ravi
function __ravi_at
  set -l found
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
      continue
    end
    switch $word
      case --identity --server
        set skip 1
      case '-*'
      case '*'
        test (count $found) -lt 2; and set -a found $word
    end
  end
  test "$argv[1]" = "$found"
end
complete -c ravi -f
"""


def _fish(following: dict[str, list[str]]) -> str:
    lines = []
    for words, next_words in following.items():
        here = f"complete -c ravi -n '__ravi_at \"{words}\"'"
        plain = [word for word in next_words if not word.startswith("--")]
        if plain:
            lines.append(f"{here} -a '{' '.join(plain)}'")
        lines += [f"{here} -l {word[2:]}" for word in next_words if word.startswith("--")]
    return _FISH + "\n".join(lines)
