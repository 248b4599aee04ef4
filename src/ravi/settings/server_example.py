"""`config.example.toml`, made from the declared settings; a test holds the file to it."""

import textwrap

from ravi.settings.server_table import CONFIG_FILE, CONFIG_FLAG, CONFIG_VARIABLE, SETTINGS, Setting

_HEAD = f"""\
# Settings of ravi-server; every line that is commented out shows what holds without it.
#
# Made by: ravi-server config example
# Read from the file that {CONFIG_FLAG} or {CONFIG_VARIABLE} names, else from {CONFIG_FILE} in the data directory.
# A flag (--http) beats a variable (RAVI_SERVER_HTTP), which beats this file. Unknown keys are errors.
# Relative paths start at this file's directory.
"""


def example() -> str:
    """Return the text of the example file."""
    return "\n".join([_HEAD, *map(_entry, SETTINGS)])


def _entry(setting: Setting) -> str:
    lines = textwrap.wrap(setting.help, width=112)
    if setting.default is None:
        lines.append(f"Without it: {setting.otherwise}.")
        written = f'{setting.name} = "{setting.placeholder}"'
    else:
        written = f"{setting.name} = {_written(setting, setting.default)}"
    return "".join(f"# {line}\n" for line in lines) + f"#{written}\n"


def _written(setting: Setting, default: str) -> str:
    if setting.shape in ("number", "switch"):
        return default
    return f'["{default}"]' if setting.shape == "list" else f'"{default}"'
