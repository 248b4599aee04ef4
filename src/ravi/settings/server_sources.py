"""Reading flags, environment and file of the server into texts by setting; nothing is parsed or chosen here."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from ravi.settings.resolve import Sourced, unknown_name
from ravi.settings.server_table import BY_NAME, CONFIG_VARIABLE, PREFIX, SETTINGS, Setting

#: What a flag, variable or key said: one text, or several for a list.
Said = str | list[str]
Raw = dict[str, Sourced[Said]]

#: A file is read whole; anything larger is not a configuration.
LARGEST_FILE = 1024 * 1024

#: Kubernetes sets these for a service called "ravi-server"; they are not meant for us.
_SERVICE_LINK = re.compile(r"RAVI_SERVER_(SERVICE_(HOST|PORT)\w*|PORT_\d+_(TCP|UDP)\w*)")


def from_flags(flags: Mapping[str, Said]) -> Raw:
    """Return what the command line said, keyed by setting."""
    return {name: Sourced(said, BY_NAME[name].flag) for name, said in flags.items()}


def from_environment(environ: Mapping[str, str], problems: list[str]) -> Raw:
    """Return what the variables say; those that nobody reads are added to *problems*."""
    known = {setting.variable: setting for setting in SETTINGS}
    found: Raw = {}
    for variable, text in environ.items():
        if variable in known:
            setting = known[variable]
            found[setting.name] = Sourced(
                _split(text, setting.separator) if setting.shape == "list" else text, variable
            )
        elif variable.startswith(PREFIX) and variable != CONFIG_VARIABLE and not _is_service_link(variable, text):
            problems.append(f"{unknown_name(variable, [*known, CONFIG_VARIABLE])}, which is set in the environment")
    return found


def from_file(file: Path, problems: list[str]) -> Raw:
    """
    Return what the TOML *file* says.

    Unknown keys, values of the wrong shape, and a file that cannot be read are added to *problems*.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            problems.append(f"{file}: larger than {LARGEST_FILE} bytes")
            return {}
        table = tomllib.loads(content.decode())
    except OSError as fault:
        problems.append(f"{file}: {(fault.strerror or 'cannot be read').lower()}")
        return {}
    except UnicodeDecodeError:
        problems.append(f"{file}: not UTF-8")
        return {}
    except tomllib.TOMLDecodeError as fault:
        message = str(fault)
        problems.append(f"{file}: not TOML: {message[:1].lower()}{message[1:]}")
        return {}
    found: Raw = {}
    for key, value in table.items():
        if key not in BY_NAME:
            problems.append(f"{file}: {unknown_name(key, BY_NAME)}")
            continue
        said = _said(BY_NAME[key], value, file.parent)
        if said is None:
            problems.append(f"{file}: {key}: must be {_SHAPES[BY_NAME[key].shape]}")
            continue
        found[key] = Sourced(said, f"{file}: {key}")
    return found


_SHAPES = {
    "text": "a text in quotes",
    "path": "a text in quotes",
    "number": "a whole number",
    "switch": "true or false",
    "list": "a text in quotes, or a list of them",
}


def _said(setting: Setting, value: object, folder: Path) -> Said | None:
    """The text of a TOML value, or None when the setting cannot hold one of its type."""
    match setting.shape, value:
        case "switch", bool():
            return "true" if value else "false"
        case "number", int() if not isinstance(value, bool):
            return str(value)
        case "text", str():
            return value
        case "path", str():  # a relative one starts where the file lies
            return value if value.startswith("~") or not value.strip() else str(folder / value)
        case "list", str():
            return [value]
        case "list", list() if all(isinstance(each, str) for each in value):
            return value
    return None


def _split(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.split(separator)]


def _is_service_link(variable: str, text: str) -> bool:
    if variable == "RAVI_SERVER_PORT":
        return text.startswith(("tcp://", "udp://"))
    return _SERVICE_LINK.fullmatch(variable) is not None
