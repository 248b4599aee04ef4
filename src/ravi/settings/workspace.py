"""
A workspace: a directory for one agent, whose `.ravi/config.json` says who acts there.

The only reader and writer of that file on behalf of `ravi workspace` and `ravi fleet`. It has two lives: a marker,
written before anything is asked of a server, and the finished binding. A marker holds the uuid that the identity is to
have, so that whoever comes after a crash finds what was made, or makes it. While it is there nobody acts as anybody.

What is in the file was written by us, or came with a copied directory or a cloned repository. `look` tells these apart.
"""

from __future__ import annotations

import os

from ravi.errors import ConfigInvalid, ConfigUntrusted, UsageError
from ravi.settings.config_file import ConfigFile
from ravi.settings.discovery import check_origin
from ravi.settings.files import find_file, parse, write_bytes, write_json
from ravi.settings.locking import PATIENCE_SECONDS, locked
from ravi.settings.place import FOLDER
from ravi.settings.resolve import Sourced
from ravi.settings.server_url import normalise
from ravi.settings.trust import approve_content, is_approved, withdraw
from ravi.settings.uuids import is_uuid
from ravi.settings.values import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: States of a workspace, as `Found.state` has them.
UNBOUND = "unbound"  # nothing there
BINDING = "binding"  # our marker: begun and not finished
BOUND = "bound"  # our finished file, where it was written for
ELSEWHERE = "elsewhere"  # our file, copied or moved here from another directory
FOREIGN = "foreign"  # readable, and not written by us: by hand, or by a repository
BROKEN = "broken"  # empty, malformed, or of no use

_NOTE = "this workspace is being set up; until ravi workspace ensure has finished, no command acts as anybody here"
_IGNORE_ALL = b"# made by ravi workspace ensure: what is in here is nobody else's business\n*\n"


class Workspace:
    """
    The directory *folder*, by its real path in `path`. `config_dir` is its `.ravi`, `config` the file in it.

    Raises UsageError when there is no such directory or it cannot be a workspace; ConfigUntrusted when its `.ravi` is
    a symbolic link or somebody else's: what is written here is a key, and must not be led to another place.
    """

    __slots__ = ("config", "config_dir", "path")

    def __init__(self, folder: str, *, home: str) -> None:
        path = os.path.realpath(folder)
        if not os.path.isdir(path):
            raise UsageError(f"{folder} is not a directory", hint="name an existing directory")
        if path == os.path.realpath(home):
            raise UsageError(
                "the home directory cannot be a workspace: its .ravi holds the owner's own files",
                hint="name the directory that the agent works in",
            )
        try:
            path.encode("utf-8")
        except UnicodeEncodeError:
            raise UsageError("the path of a workspace has to be UTF-8") from None
        self.path = path
        self.config_dir = os.path.join(path, FOLDER)
        self.config = os.path.join(self.config_dir, "config.json")
        self.check()

    def check(self) -> None:
        """See that `.ravi` is a directory of ours, or not there. Raises ConfigUntrusted."""
        for each in (self.config_dir, self.config):
            if os.path.islink(each):
                raise ConfigUntrusted(f"{each} is a symbolic link", hint="remove it: a workspace has files of its own")
        try:
            owner = os.lstat(self.config_dir).st_uid
        except FileNotFoundError:
            return
        if owner not in (0, os.geteuid()) and os.geteuid() != 0:
            raise ConfigUntrusted(f"{self.config_dir} belongs to another user", hint="remove it, or ask that user to")

    def lock(self, patience: float = PATIENCE_SECONDS) -> locked:
        """The lock that whoever changes the files holds; *patience* in seconds is how long to wait for it."""
        return locked(self.config, self.config, patience=patience)


class Found:
    """
    What the `config.json` of a workspace says. `uuid` is the identity that it names, or that its marker is to have.

    `host`, `path` and `server` are what it was written for; `env_file` the path of an environment file that was
    written with it. All None where it does not say. `problem` is worded for a message.
    """

    __slots__ = ("env_file", "file", "host", "path", "problem", "server", "state", "uuid", "workspace")

    def __init__(self, workspace: Workspace, state: str, file: ConfigFile | None = None, problem: str = "") -> None:
        data = {} if file is None else file.data
        record = data.get("workspace")
        record = record if isinstance(record, dict) else {}
        uuid = data.get("binding_uuid" if data.get("binding", False) is not False else "identity_uuid")
        self.workspace = workspace
        self.state = state
        self.file = file
        self.problem = problem
        self.uuid = uuid.lower() if isinstance(uuid, str) and is_uuid(uuid) else None
        self.host = _text(record, "host")
        self.path = _text(record, "path")
        self.server = _text(data, "server") or _text(data, "binding_server")
        self.env_file = _text(data, "env_file")

    @property
    def name(self) -> str | None:
        """What the identity was called when the file was written."""
        return None if self.file is None else self.file.identity_name()

    def is_trusted(self, settings: Settings) -> bool:
        """
        Whether the key in the file may be used: this user approved it by `ensure`, or named its directory outright.

        Raises ConfigInvalid when the list of approvals is unreadable.
        """
        if self.file is None:
            return False
        if os.path.realpath(settings.config_dir) == self.workspace.config_dir:
            return True
        return is_approved(self.workspace.config, self.file.raw.content, ravi_dir=settings.home)

    def own_settings(self, home: str) -> Settings:
        """How the agent of this workspace is configured. Only for what is BOUND and trusted. Raises ConfigInvalid."""
        if self.file is None or self.state != BOUND:
            raise ConfigInvalid(f"{self.workspace.config} is not a finished binding")
        credential = self.file.find_own_credential()
        if credential is None:
            raise ConfigInvalid(f"{self.file.shown} holds no key of its identity")
        uuid, shown = self.file.identity_uuid(), self.file.shown
        key = self.file.data.get("vault_key")
        return Settings(
            server=Sourced(credential.server, shown),
            identity=Sourced(uuid, shown),
            identity_name=self.name,
            credential=credential,
            home=home,
            config_dir=self.workspace.config_dir,
            vault_key=Sourced((key, uuid), shown) if isinstance(key, str) and key else None,
        )


def look(workspace: Workspace) -> Found:
    """
    What is there now. Raises ConfigUntrusted when somebody else could have written it; what is in the file is never an
    error here, but a state.
    """
    workspace.check()
    try:
        raw = find_file(workspace.config, workspace.config)
    except ConfigInvalid as problem:
        return Found(workspace, BROKEN, problem=problem.message)
    if raw is None:
        return Found(workspace, UNBOUND)
    check_origin(raw)
    try:
        file = ConfigFile(raw, parse(raw))
    except ConfigInvalid as problem:
        return Found(workspace, BROKEN, problem=problem.message)
    found = Found(workspace, BROKEN, file)
    if "workspace" not in file.data:
        found.state, found.problem = FOREIGN, f"{file.shown} was not written by ravi workspace ensure"
    elif found.path is None or found.host is None or found.uuid is None:
        found.problem = f"{file.shown} does not say which identity it is for, on which host and in which directory"
    elif os.path.realpath(found.path) != workspace.path:
        found.state, found.problem = ELSEWHERE, f"{file.shown} was written for {found.path}"
    elif file.data.get("binding", False) is not False:
        found.state, found.problem = BINDING, f"{file.shown} is a marker: its workspace is not set up yet"
    elif not file.data.get("identity_key") or found.server is None:
        found.state, found.problem = FOREIGN, f"{file.shown} holds no key of its identity"
    else:
        found.state = BOUND
    return found


def write_marker(workspace: Workspace, uuid: str, *, server: str, host: str, env_file: str | None = None) -> None:
    """
    Say that *workspace* is about to belong to the identity *uuid* of *server*, durably, before anything is sent; and
    that *env_file* (from the workspace on) may be there by then, or is from before.

    To be called under the lock. Raises ConfigInvalid, ConfigUntrusted.
    """
    workspace.check()
    _hide(workspace)
    record = {"host": host, "path": workspace.path}
    data = {"binding": True, "binding_uuid": uuid, "binding_server": server, "workspace": record, "note": _NOTE}
    if env_file is not None:
        data["env_file"] = env_file
    write_json(workspace.config, data, workspace.config)


def write_binding(
    workspace: Workspace,
    *,
    uuid: str,
    name: str,
    key: str,
    server: str,
    host: str,
    vault_key: str | None,
    env_file: str | None,
    ravi_dir: str,
) -> None:
    """
    Write the finished file: the identity *uuid* with its own *key* (and the vault key, as text), and nobody else's.

    It is approved for this user first: who is cut off in between has a marker still. To be called under the lock.
    Raises ConfigInvalid, ConfigUntrusted.
    """
    content = binding_content(
        workspace, uuid=uuid, name=name, key=key, server=server, host=host, vault_key=vault_key, env_file=env_file
    )
    approve_content(workspace.config, content, ravi_dir=ravi_dir)
    write_approved(workspace, content)


def binding_content(
    workspace: Workspace,
    *,
    uuid: str,
    name: str,
    key: str,
    server: str,
    host: str,
    vault_key: str | None,
    env_file: str | None,
) -> bytes:
    """What the finished file of *workspace* holds; see `write_binding`."""
    import json

    data: dict[str, Any] = {
        "identity_uuid": uuid,
        "identity_name": name,
        "identity_key": key,
        "server": normalise(server, "the server"),
        "workspace": {"host": host, "path": workspace.path},
    }
    if vault_key is not None:
        data["vault_key"] = vault_key
    if env_file is not None:
        data["env_file"] = env_file
    return (json.dumps(data, indent=2) + "\n").encode("ascii")


def write_approved(workspace: Workspace, content: bytes) -> None:
    """Write the finished file, as `binding_content` made it and after it was approved. Raises as `write_binding`."""
    workspace.check()
    write_bytes(workspace.config, content, workspace.config)


def has_remains(workspace: Workspace) -> bool:
    """Whether an unbound workspace has files of ours left, of somebody who was cut off."""
    return any(os.path.lexists(path) for path in (workspace.config + ".lock", _ignore_path(workspace)))


def clear(workspace: Workspace, ravi_dir: str) -> None:
    """
    Remove what `write_marker` and `write_binding` have written, and `.ravi` itself if nothing else is in it.

    To be called under the lock, which goes last. Raises ConfigInvalid when something cannot be removed.
    """
    workspace.check()
    lock = workspace.config + ".lock"
    try:
        with os.scandir(workspace.config_dir) as entries:
            names = [entry.name for entry in entries if entry.name.startswith(("config.json.", ".gitignore."))]
        # The remains of writers that were killed.
        for name in names:
            if name.endswith(".tmp"):
                _remove(os.path.join(workspace.config_dir, name))
        _remove(workspace.config)
        ignore = _ignore_path(workspace)
        raw = None if os.path.islink(ignore) else find_file(ignore, ignore)
        if raw is not None and raw.content == _IGNORE_ALL:
            _remove(ignore)
        _remove(lock)
        if not os.listdir(workspace.config_dir):
            os.rmdir(workspace.config_dir)
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigInvalid(
            f"cannot remove {error.filename or workspace.config_dir}: {(error.strerror or 'failed').lower()}",
            hint=f"make sure that {workspace.config_dir} is a directory you can write to",
        ) from error
    withdraw(workspace.config, ravi_dir=ravi_dir)


def _hide(workspace: Workspace) -> None:
    """Keep `.ravi` out of commits also where nothing can be written to `.git`, or where there is no `.git` yet."""
    path = _ignore_path(workspace)
    if not os.path.lexists(path):
        write_bytes(path, _IGNORE_ALL, path)


def _ignore_path(workspace: Workspace) -> str:
    return os.path.join(workspace.config_dir, ".gitignore")


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return


def _text(data: dict[str, Any], key: str) -> str | None:
    value = data.get(key)
    return value if isinstance(value, str) and value else None
