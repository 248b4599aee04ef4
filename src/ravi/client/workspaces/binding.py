"""
The pieces of a binding, for `ensure` and for a fleet: a marker before anything is sent, then what is finished.

A fleet writes many markers, makes all identities in one call, and finishes them one by one; what goes wrong is rolled
back with `undo`. All these are called under the lock of their workspace, and touch the disk.
"""

from __future__ import annotations

import os

from ravi.client.workspaces.values import Bound
from ravi.errors import ConfigInvalid, ConfigUntrusted, NotSignedIn, RaviError, UsageError
from ravi.settings import workspace as files
from ravi.settings import workspace_env as env
from ravi.settings import workspace_git as git
from ravi.settings.tracked import is_tracked
from ravi.settings.uuids import new_uuid
from ravi.settings.workspace_host import host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.core import Core, Steps
    from ravi.settings.values import Settings
    from ravi.settings.workspace import Found, Workspace
    from ravi.wire.identities import Identity

_LONGEST_NAME = 100


def open_workspace(core: Core, folder: str) -> Workspace:
    """The directory *folder* as a workspace of this user. Raises UsageError, ConfigUntrusted."""
    return files.Workspace(folder, home=os.path.dirname(core.settings.home))


def require_owner(core: Core, purpose: str) -> None:
    """See that there is a credential that may make and end identities. Raises NotSignedIn."""
    credential = core.settings.credential
    hint = "sign in as the owner with: ravi auth login (or set RAVI_API_KEY)"
    if credential is None:
        raise NotSignedIn(f"not signed in, and {purpose} is the owner's to do", hint=hint)
    if credential.names_identity:
        raise NotSignedIn(
            f"the credential from {credential.source} is one identity's own, and {purpose} is the owner's to do",
            hint=hint,
        )


def is_owner(core: Core) -> bool:
    """Whether there is a credential that is not one identity's own."""
    return core.settings.credential is not None and not core.settings.credential.names_identity


def default_name(workspace: Workspace) -> str | None:
    """What an identity is called after its directory; None when no name can be made of that."""
    name = "".join(char if char.isprintable() else " " for char in os.path.basename(workspace.path))
    return " ".join(name.split())[:_LONGEST_NAME].strip() or None


def begin(core: Core, workspace: Workspace, former: Found, env_file: str | None = None) -> str:
    """
    The uuid that the identity of *workspace* is to have: that of the marker in *former* if it is to be finished here,
    else a new one; with a marker for it, and for *env_file* (a path). Raises ConfigInvalid, ConfigUntrusted.
    """
    here = host(core.settings.home)
    if former.state != files.BINDING or former.uuid is None or (former.server, former.host) != (core.server, here):
        return begin_anew(core, workspace, env_file)
    recorded = recorded_env(workspace, env_file)
    if recorded != former.env_file:
        files.write_marker(workspace, former.uuid, server=core.server, host=here, env_file=recorded)
    return former.uuid


def begin_anew(core: Core, workspace: Workspace, env_file: str | None = None) -> str:
    """A new uuid for *workspace*, with a marker written for it. Raises ConfigInvalid, ConfigUntrusted."""
    check_untracked(workspace)
    uuid = new_uuid()
    here, recorded = host(core.settings.home), recorded_env(workspace, env_file)
    files.write_marker(workspace, uuid, server=core.server, host=here, env_file=recorded)
    return uuid


def recorded_env(workspace: Workspace, env_file: str | None) -> str | None:
    """How the path *env_file* is recorded: from the workspace on."""
    return None if env_file is None else os.path.relpath(env_file, workspace.path)


def former_env(workspace: Workspace, former: Found) -> str | None:
    """
    The path of an environment file of ours that came with *former*: with secrets of another identity in it if this is
    a copy, and with those of one that has ended if it is not.
    """
    if former.env_file is None:
        return None
    try:
        path = env.locate(workspace, former.env_file)
        env.check_free(path)
    except (UsageError, ConfigInvalid):
        return None
    return path


def check_untracked(workspace: Workspace) -> None:
    """See that what is written to *workspace* will not be committed. Raises ConfigUntrusted."""
    if is_tracked(workspace.config):
        raise ConfigUntrusted(
            f"{workspace.config} is tracked by git, so that a key in it would be committed",
            hint="take it out of the repository: git rm --cached .ravi/config.json",
        )


def hide(workspace: Workspace, env_file: str | None) -> list[str]:
    """Have git overlook what is written into *workspace*; notes for a person when that cannot be."""
    repository = git.find_repository(workspace.path)
    if repository is None:
        return []
    patterns = [".ravi/"]
    if env_file is not None:
        patterns.append(git.pattern(repository, env_file))
    if git.exclude(repository, patterns) or env_file is None:
        return []  # .ravi has a .gitignore of its own
    return [f"cannot write to {repository.common_dir}/info/exclude: take care not to commit {env_file}"]


def vault_key(root_key: bytes | None, uuid: str) -> str | None:
    """The vault key of the identity *uuid* as text; None where this machine does not hold the account's root."""
    if root_key is None:
        return None
    from ravi.crypto import derive
    from ravi.settings.vault_keys import encode_key

    return encode_key(derive.identity_key(root_key, uuid))


def finish(
    core: Core,
    workspace: Workspace,
    identity: Identity,
    key: str,
    *,
    root_key: bytes | None,
    env_file: str | None = None,
    status: str,
) -> Steps[Bound]:
    """
    Bind *workspace* to *identity*, whose own API key is *key*; *env_file* is a path from `locate_env`.

    Raises what writing raises; the marker is then there still, and the identity is the caller's to end (`undo`).
    """
    own_key = vault_key(root_key, identity["uuid"])
    notes = hide(workspace, env_file)
    if env_file is not None:
        settings = _agent(core, workspace, identity, key, own_key)
        yield from write_env(core, settings, identity, env_file)
    files.write_binding(
        workspace,
        uuid=identity["uuid"],
        name=identity["name"],
        key=key,
        server=core.server,
        host=host(core.settings.home),
        vault_key=own_key,
        env_file=recorded_env(workspace, env_file),
        ravi_dir=core.settings.home,
    )
    return Bound(
        status,
        path=workspace.path,
        config_dir=workspace.config_dir,
        identity_uuid=identity["uuid"],
        identity_name=identity["name"],
        server=core.server,
        identity=identity,
        opens_vault=own_key is not None,
        env_file=env_file,
        notes=notes,
    )


def locate_env(workspace: Workspace, wanted: str | None) -> str | None:
    """The path of the environment file *wanted*, where nothing is or one of ours. Raises UsageError, ConfigInvalid."""
    if wanted is None:
        return None
    path = env.locate(workspace, wanted)
    env.check_free(path)
    return path


def write_env(core: Core, agent: Settings, identity: Identity, path: str) -> Steps[None]:
    """
    Write the environment file of *identity* to *path*: RAVI_EMAIL, RAVI_PHONE, and its secrets, opened with the keys
    that the *agent* itself has. Raises VaultLocked when there are secrets and no key, ExportImpossible.
    """
    from ravi.client.core import Core as AnyCore
    from ravi.client.exports import formats
    from ravi.client.nouns.secrets import all_secrets

    rows = yield from all_secrets(AnyCore(agent, core.timeout))
    values = {"RAVI_EMAIL": identity["email"]}
    if identity["phone_number"]:
        values["RAVI_PHONE"] = identity["phone_number"]
    values |= {row["key"]: row["value"] for row in rows}
    env.write_env(path, formats.write(values, "dotenv"))


def undo(core: Core, workspace: Workspace, uuid: str, env_file: str | None) -> Steps[None]:
    """
    End the identity *uuid* after a failure, as far as that can be. The marker stays, so that nobody acts as somebody
    else in *workspace*, and so that what could not be ended is found by whoever comes next.
    """
    from ravi.client.calls import identities as calls

    try:
        yield from core.send(calls.delete(uuid))
        if env_file is not None:
            env.remove_env(workspace, os.path.relpath(env_file, workspace.path))
    except RaviError:
        return


def _agent(core: Core, workspace: Workspace, identity: Identity, key: str, own_key: str | None) -> Settings:
    """How the agent of *workspace* will be configured once the file is written."""
    from ravi.settings.resolve import Sourced
    from ravi.settings.values import Credential, Settings

    uuid, shown = identity["uuid"], workspace.config
    return Settings(
        server=Sourced(core.server, shown),
        identity=Sourced(uuid, shown),
        identity_name=identity["name"],
        credential=Credential(key, server=core.server, source=shown),
        home=core.settings.home,
        config_dir=workspace.config_dir,
        vault_key=None if own_key is None else Sourced((own_key, uuid), shown),
    )
