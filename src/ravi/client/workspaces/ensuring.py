"""
`ensure`: see to it that a directory has its identity, whatever was begun there before, and by whomever.

A binding that is there and good is left alone, without a lock and without the owner's sign-in. Anything else happens
under the lock of the workspace: look again, write the marker, ask the server, write what is finished.
"""

from __future__ import annotations

from ravi.client.calls import identities as calls
from ravi.client.calls import keys as key_calls
from ravi.client.core import Compute, Core
from ravi.client.public_keys import fill, present_root, public_key
from ravi.client.workspaces import binding
from ravi.client.workspaces.values import CREATED, RECOVERED, UNCHANGED, Bound
from ravi.errors import (
    ConfigInvalid,
    ConfigUntrusted,
    Conflict,
    IdentityDeleted,
    IdentityDisabled,
    IdentityNotFound,
    NotFound,
    RateLimited,
    RaviError,
    ServerFault,
    ServerNonsense,
    ServerUnreachable,
    TimedOut,
    Unauthenticated,
)
from ravi.settings import workspace as files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.client.core import Steps
    from ravi.client.workspaces.values import Wish
    from ravi.settings.workspace import Found, Workspace
    from ravi.wire.identities import Identity

#: The server cannot say how it stands with an identity: no reason to stop an agent that is bound to it.
_NO_ANSWER = (ServerUnreachable, TimedOut, ServerFault, RateLimited)
_PURPOSE = "binding a workspace"
_UNASKED = "the server could not be asked whether the identity is still there: "


def ensure(core: Core, folder: str, wish: Wish) -> Steps[Bound]:
    """See `Workspaces.ensure`."""
    workspace = binding.open_workspace(core, folder)
    env_file = binding.locate_env(workspace, wish.env_file)
    if not wish.rebind:
        found = files.look(workspace)
        bound = yield from _as_it_is(core, found, wish, env_file, is_locked=False)
        if bound is not None:
            return bound
        _check_former(found)
    binding.check_untracked(workspace)
    lock = workspace.lock()
    try:
        yield Compute(lock.__enter__)
        found = files.look(workspace)  # by now somebody else may have done it
        if not wish.rebind:
            bound = yield from _as_it_is(core, found, wish, env_file, is_locked=True)
            if bound is not None:
                return bound
            _check_former(found)
        return (yield from _bind(core, workspace, found, wish, env_file))
    finally:
        lock.__exit__(None, None, None)


def _check_former(found: Found) -> None:
    """See that *found* may give way to a new binding without being asked to. Raises ConfigInvalid, ConfigUntrusted."""
    if found.state in (files.BROKEN, files.FOREIGN):
        raise ConfigInvalid(
            found.problem, hint="remove it, or have it replaced, with a new identity: ravi workspace ensure --rebind"
        )


def _as_it_is(core: Core, found: Found, wish: Wish, env_file: str | None, *, is_locked: bool) -> Steps[Bound | None]:
    """
    The binding *found*, if it is good; None when something has to be made, or written and *is_locked* is false.

    Raises ConfigUntrusted for a key that this user has not approved, IdentityDisabled and Unauthenticated for what the
    owner has switched off: that is not to be undone by a hook.
    """
    if found.state != files.BOUND or found.uuid is None:
        return None
    if not found.is_trusted(core.settings):
        raise ConfigUntrusted(
            f"{found.workspace.config} holds a key, and this user has not approved it",
            hint="if it is yours: ravi trust, or set RAVI_CONFIG_DIR to its directory; if not, remove it",
        )
    agent = found.own_settings(core.settings.home)
    if agent.server.value != core.server:
        raise ConfigInvalid(
            f"this workspace is bound at {agent.server.value}, and you are signed in at {core.server}",
            hint="bind it anew here with: ravi workspace ensure --rebind",
        )
    notes = []
    identity: Identity | None = None
    try:
        identity = yield from Core(agent, core.timeout).send(calls.get(found.uuid))
    except _NO_ANSWER as problem:
        notes.append(_UNASKED + problem.message)
    except (Unauthenticated, NotFound) as refusal:
        yield from _find_out_why(core, found.uuid, refusal)
        return None
    if identity is not None:
        if identity["uuid"] != found.uuid:
            raise ServerNonsense("the server answered with another identity than was asked for")
        if identity["status"] != "active":
            raise IdentityDisabled(f"the identity {identity['name']} of this workspace is switched off")
        if wish.ttl_seconds is not None and binding.is_owner(core):
            identity = yield from core.send(calls.update(found.uuid, {"ttl_seconds": wish.ttl_seconds}))
        lacking = yield from _lacking(core, found, identity, env_file)
        if lacking is not None:
            if not is_locked:
                return None
            _add(core, found, identity, *lacking)
            agent = files.look(found.workspace).own_settings(core.settings.home)
        notes += binding.hide(found.workspace, env_file)
        if env_file is not None:
            yield from binding.write_env(core, agent, identity, env_file)
    return Bound(
        UNCHANGED,
        path=found.workspace.path,
        config_dir=found.workspace.config_dir,
        identity_uuid=found.uuid,
        identity_name=found.name or found.uuid if identity is None else identity["name"],
        server=agent.server.value,
        identity=identity,
        opens_vault=agent.vault_key is not None,
        env_file=env_file,
        notes=notes,
    )


def _lacking(
    core: Core, found: Found, identity: Identity, env_file: str | None
) -> Steps[tuple[str | None, str | None] | None]:
    """
    The vault key and the name of the environment file that the file in *found* is to have; None if it has them.

    The key may be missing because the vault was locked, or not even set up, when the workspace was bound.
    """
    held = None if found.file is None else found.file.data.get("vault_key") or None
    key = held
    if key is None and binding.is_owner(core):
        root_key = yield from present_root(core)
        if root_key is not None:
            identity = yield from fill(core, identity)
            if identity.get("public_key") == public_key(root_key, identity["uuid"]):
                key = binding.vault_key(root_key, identity["uuid"])
    recorded = binding.recorded_env(found.workspace, env_file) or found.env_file
    return None if (key, recorded) == (held, found.env_file) else (key, recorded)


def _add(core: Core, found: Found, identity: Identity, vault_key: str | None, env_file: str | None) -> None:
    if found.file is None:
        return
    files.write_binding(
        found.workspace,
        uuid=identity["uuid"],
        name=identity["name"],
        key=found.file.data["identity_key"],
        server=found.server or core.server,
        host=found.host or "",
        vault_key=vault_key,
        env_file=env_file,
        ravi_dir=core.settings.home,
    )


def _find_out_why(core: Core, uuid: str, refusal: RaviError) -> Steps[None]:
    """
    Return if the identity *uuid*, whose key was refused, is gone, so that a new one may take its place.

    Raises IdentityDisabled or Unauthenticated when it lives, and *refusal* when there is no owner to ask as.
    """
    if not binding.is_owner(core):
        refusal.hint = "its identity may have ended; the owner can give this workspace a new one: ravi workspace ensure"
        raise refusal
    try:
        identity = yield from core.send(calls.get(uuid))
    except (IdentityDeleted, IdentityNotFound):
        return
    if identity["status"] != "active":
        raise IdentityDisabled(f"the identity {identity['name']} of this workspace is switched off")
    raise Unauthenticated(
        "the key of this workspace was revoked, and its identity is still there",
        hint="for a new identity: ravi workspace ensure --rebind",
    )


def _bind(core: Core, workspace: Workspace, former: Found, wish: Wish, env_file: str | None) -> Steps[Bound]:
    """Give *workspace* an identity: the one that *former* has begun, or a new one."""
    env_file = env_file or binding.former_env(workspace, former)
    if wish.rebind:
        binding.require_owner(core, _PURPOSE)  # or a good binding would give way to a marker
        uuid = binding.begin_anew(core, workspace, env_file)
    else:
        # Before anything can fail: few tools heed a failure, and from now on their agent cannot act as its owner.
        uuid = binding.begin(core, workspace, former, env_file)
        binding.require_owner(core, _PURPOSE)
    root_key = yield from present_root(core)
    begun = uuid == former.uuid
    identity = None
    if begun:
        identity, uuid = yield from _find_begun(core, workspace, former, uuid, env_file)
    lost: list[str] = []
    status = CREATED if identity is None else RECOVERED
    if identity is None:
        identity = yield from _create(core, workspace, uuid, wish, root_key, env_file)
    else:
        # Whoever was cut off has taken its key along.
        keys = yield from core.send(key_calls.list_identity(identity=identity["uuid"]))
        lost = [key["uuid"] for key in keys if key["is_active"]]
        identity = yield from fill(core, identity)
    try:
        key = identity.get("api_key")
        if key is None:
            key = (yield from core.send(key_calls.create_identity(identity["uuid"], label="workspace")))["key"]
        bound = yield from binding.finish(
            core, workspace, identity, key, root_key=root_key, env_file=env_file, status=status
        )
    except RaviError:
        yield from binding.undo(core, workspace, identity["uuid"], env_file)
        raise
    for each in lost:
        try:
            yield from core.send(key_calls.revoke_identity(each))
        except NotFound:
            continue
        except RaviError as problem:
            bound.notes.append(f"the key that was lost in a crash could not be revoked: {problem.message}")
    if former.state == files.ELSEWHERE and former.path is not None:
        bound.notes.append(
            f"this is a copy of {former.path}, or was moved from there; it has an identity of its own now"
        )
    return bound


def _find_begun(
    core: Core, workspace: Workspace, former: Found, uuid: str, env_file: str | None
) -> Steps[tuple[Identity | None, str]]:
    """
    The identity that somebody who was cut off has made for *workspace*, and its uuid; None and the uuid to make it
    with when there is none.

    The server remembers for which workspace it was made. A marker that names any other identity was not written by
    us, and gives way to one of ours.
    """
    try:
        identity = yield from core.send(calls.get(uuid))
    except IdentityDeleted:
        return None, binding.begin_anew(core, workspace, env_file)
    except IdentityNotFound:
        return None, uuid
    record = identity["workspace"]
    is_ours = record is not None and (record["host"], record["path"]) == (former.host, workspace.path)
    if not is_ours or identity["uuid"] != uuid:
        return None, binding.begin_anew(core, workspace, env_file)
    if identity["status"] != "active":
        raise IdentityDisabled(f"the identity {identity['name']} of this workspace is switched off")
    return identity, uuid


def _create(
    core: Core, workspace: Workspace, uuid: str, wish: Wish, root_key: bytes | None, env_file: str | None
) -> Steps[Identity]:
    from ravi.settings.workspace_host import host

    for attempt in range(2):
        call = calls.create(
            name=wish.name or binding.default_name(workspace),
            labels=wish.labels,
            ttl_seconds=wish.ttl_seconds,
            workspace={"host": host(core.settings.home), "path": workspace.path},
            provision_phone=wish.provision_phone,
            allowed_recipients=wish.allowed_recipients,
            api_key=True,
            uuid=uuid,
            public_key=None if root_key is None else public_key(root_key, uuid),
        )
        try:
            made = yield from core.send(call)
        except Conflict:
            # Somebody else's account has an identity of this uuid, or it was ended for good in the meantime.
            if attempt:
                raise
            uuid = binding.begin_anew(core, workspace, env_file)
            continue
        if made["uuid"] != uuid:
            raise ServerNonsense("the server has made an identity with another uuid than was asked for")
        return made
    raise AssertionError("unreachable")
