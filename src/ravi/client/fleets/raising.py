"""
`up`: all members or none.

Everything that was done is written down in the `Attempt` as it happens, so that `undo` can take it back wherever the
attempt was cut off: by a refusal, a full disk, or Ctrl-C. The uuids are ours, chosen before anything is sent; so also
of a call whose answer never came it can be found out what it has made.
"""

from __future__ import annotations

import os
import time

from ravi.client.calls import fleets as calls
from ravi.client.calls import identities as identity_calls
from ravi.client.calls.auth import whoami
from ravi.client.core import Compute, Pause, Together, Whole
from ravi.client.fleets import worktrees
from ravi.client.fleets.berths import DEFAULT_PREFIX, Berth, allow_files, fleet_name, lock_some
from ravi.client.fleets.portions import in_portions
from ravi.client.fleets.values import DIRECTORY, FLEET, MADE, WORKTREE, Fleet, Member
from ravi.client.public_keys import present_root, public_key
from ravi.client.workspaces import binding
from ravi.client.workspaces.ensuring import ensure
from ravi.client.workspaces.values import CREATED, Bound
from ravi.client.workspaces.values import Wish as WorkspaceWish
from ravi.errors import (
    ConfigInvalid,
    IdentityDeleted,
    IdentityNotFound,
    NumbersExhausted,
    ProviderFailed,
    RaviError,
    RequestFailed,
    ServerFault,
    ServerNonsense,
    UsageError,
)
from ravi.settings import workspace as files
from ravi.settings import workspace_env as env
from ravi.settings.locking import PATIENCE_SECONDS
from ravi.settings.trust import approve_contents
from ravi.settings.workspace_host import host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ravi.client.calls import Call
    from ravi.client.core import Core, Steps
    from ravi.client.fleets.values import Wish
    from ravi.client.fleets.worktrees import Directory
    from ravi.wire.identities import IdentitiesCreated, Identity, IdentityCreate

    #: Told what is being done ("preparing", "making", "finishing"), and how many of how many members it is done for.
    Progress = Callable[[str, int, int], None]

#: Requests under way at the same time, where members need one each.
AT_ONCE = 8
#: Between two tries for a lock that somebody else has, in seconds.
_BREATH = 0.02


class Attempt:
    """One attempt to raise the fleet *wish*, from the working directory *cwd*. If it does not end well: `undo`."""

    def __init__(self, wish: Wish, cwd: str, progress: Progress | None) -> None:
        self._wish = wish
        self._cwd = cwd
        self._progress = progress
        self._directories: list[Directory] = []
        self._berths: list[Berth] = []
        self._fresh: list[Berth] = []
        self._unanswered: Call[IdentitiesCreated] | None = None
        self._made: set[str] = set()
        self.left: list[str] = []
        """Identities that `undo` could not end, by uuid."""

    def up(self, core: Core) -> Steps[Fleet]:
        """Raise the fleet. Raises what went wrong first; then everything is to be undone."""
        binding.require_owner(core, "making a fleet")
        wish = self._wish
        yield from core.send(whoami())  # before anything is made: whether anybody is there, and knows us
        root_key = yield from present_root(core)
        name = fleet_name(core, wish.name, wish.prefix, self._cwd)
        self._directories = yield Compute(self._find_directories)
        yield from self._make_directories()
        self._berths = yield Compute(lambda: self._open(core))
        known = [each for each in self._berths if not self._is_free(each)]
        yield from self._ensure(core, known, name)
        yield from self._lock([each for each in self._berths if each not in known])
        yield from self._in_portions("preparing", self._fresh, lambda each: self._mark(core, each))
        identities = yield from self._make(core, name, root_key)
        contents = {each.uuid: self._content(core, each, identities[each.uuid], root_key) for each in self._fresh}
        yield Whole(
            lambda: approve_contents(
                [(each.workspace.config, contents[each.uuid]) for each in self._fresh], ravi_dir=core.settings.home
            )
        )
        yield from self._in_portions(
            "finishing",
            self._fresh,
            lambda each: self._finish(core, each, identities[each.uuid], contents[each.uuid]),
        )
        # Those that somebody else has bound since we looked first.
        yield from self._ensure(core, [each for each in self._berths if each.bound is None], name)
        self._unlock()
        return Fleet(name, [Member(each.bound, each.directory.branch) for each in self._berths if each.bound])

    def undo(self, core: Core) -> Steps[None]:
        """Take back what was done, and remember in `left` what that could not be done for. Raises nothing of ours."""
        try:
            yield from self._end_all(core)
        finally:
            self._unlock()

    def _end_all(self, core: Core) -> Steps[None]:
        yield from self._settle(core)
        ending = [each for each in self._berths if each.uuid in self._made]
        outcomes = yield Together([_deleting(each.uuid) for each in ending], AT_ONCE, lambda: None)
        for berth, outcome in zip(ending, outcomes, strict=True):
            if isinstance(outcome, RaviError) and not isinstance(outcome, IdentityDeleted | IdentityNotFound):
                self.left.append(berth.uuid)
        yield Compute(lambda: self._clean(core))

    def explain(self, error: BaseException) -> None:
        """Say in *error*, if it is one of ours, what could not be undone."""
        if self.left and isinstance(error, RaviError):
            count = len(self.left)
            error.message += f"; and {count} {'identity' if count == 1 else 'identities'} may be left, not ended"
            error.hint = "raise the fleet again with the same words, or end what is left: ravi fleet down"

    # --- finding out

    def _find_directories(self) -> list[Directory]:
        wish = self._wish
        if wish.targets is not None:
            found = [worktrees.Directory(os.path.realpath(os.path.join(self._cwd, each))) for each in wish.targets]
        elif wish.worktrees is not None:
            found = worktrees.worktrees(wish.count, wish.worktrees, self._cwd)
        else:
            found = worktrees.numbered(wish.count, wish.prefix or DEFAULT_PREFIX, self._cwd)
        paths = [each.path for each in found]
        twice = next((path for path in paths if paths.count(path) > 1), None) if len(set(paths)) < len(paths) else None
        if twice is not None:
            raise UsageError(f"{twice} is named twice")
        if wish.targets is not None:
            for each in found:
                if not os.path.isdir(each.path):
                    raise UsageError(f"{each.path} is not a directory", hint="name existing ones, or say how many")
        return found

    def _make_directories(self) -> Steps[None]:
        """One after the other: git locks its repository."""
        if self._wish.targets is not None:
            return
        for number, directory in enumerate(self._directories):
            yield Whole(directory.make)
            self._tell("making room", number + 1, len(self._directories))

    def _open(self, core: Core) -> list[Berth]:
        berths = []
        wish = self._wish
        for number, directory in enumerate(self._directories):
            workspace = binding.open_workspace(core, directory.path)
            name = f"{wish.prefix or DEFAULT_PREFIX}-{number}"
            if wish.targets is not None and wish.prefix is None:
                name = binding.default_name(workspace) or name
            berths.append(Berth(directory, workspace, name, binding.locate_env(workspace, wish.env_file)))
        return berths

    def _is_free(self, berth: Berth) -> bool:
        """Whether nothing is bound there. Raises ConfigInvalid for a file that is not ours."""
        found = files.look(berth.workspace)
        if found.state in (files.BROKEN, files.FOREIGN):
            raise ConfigInvalid(found.problem, hint="remove it, or leave that directory out")
        return found.state in (files.UNBOUND, files.ELSEWHERE)

    # --- doing

    def _labels(self, name: str) -> dict[str, str]:
        labels = {**self._wish.labels, FLEET: name}
        if self._wish.targets is None:
            labels[MADE] = DIRECTORY if self._wish.worktrees is None else WORKTREE
        return labels

    def _ensure(self, core: Core, berths: list[Berth], name: str) -> Steps[None]:
        """Bind what was begun or bound before, each by itself, as `ravi workspace ensure` does."""
        if not berths:
            return
        done = 0

        def one_more() -> None:
            nonlocal done
            done += 1
            self._tell("checking", done, len(berths))

        tasks = [self._ensuring(berth, name) for berth in berths]
        outcomes = yield Together(tasks, AT_ONCE, one_more)
        for outcome in outcomes:
            if isinstance(outcome, RaviError):
                raise outcome

    def _ensuring(self, berth: Berth, name: str) -> Callable[[Core], Steps[Bound]]:
        wish = WorkspaceWish(
            name=berth.name,
            labels=self._labels(name),
            ttl_seconds=self._wish.ttl_seconds,
            provision_phone=self._wish.provision_phone,
            env_file=self._wish.env_file,
        )

        def steps(core: Core) -> Steps[Bound]:
            bound = yield from ensure(core, berth.workspace.path, wish)
            berth.bound, berth.uuid = bound, bound.identity_uuid
            if bound.status == CREATED:
                self._made.add(berth.uuid)
            return bound

        return steps

    def _lock(self, berths: list[Berth]) -> Steps[None]:
        """Lock what is free, in one order, so that two fleets never wait for each other. Raises TimedOut."""
        allow_files(len(berths))
        waiting = sorted(berths, key=lambda each: each.workspace.path)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while waiting := (yield Whole(lambda: lock_some(waiting, is_last=time.monotonic() >= deadline))):
            yield Pause(_BREATH)
        yield Whole(lambda: self._sort_out(berths))

    def _sort_out(self, berths: list[Berth]) -> None:
        """See which are still free, now that nobody else can bind them."""
        for berth in berths:
            if self._is_free(berth):
                self._fresh.append(berth)
            elif berth.lock is not None:
                berth.lock.__exit__(None, None, None)
                berth.lock = None

    def _unlock(self) -> None:
        for berth in self._berths:
            if berth.lock is not None:
                berth.lock.__exit__(None, None, None)
                berth.lock = None

    def _mark(self, core: Core, berth: Berth) -> None:
        berth.uuid = binding.begin_anew(core, berth.workspace)

    def _make(self, core: Core, name: str, root_key: bytes | None) -> Steps[dict[str, Identity]]:
        """Make the identities of what is marked; return them by uuid."""
        made: dict[str, Identity] = {}
        for start in range(0, len(self._fresh), calls.MOST_AT_ONCE):
            self._tell("making", start, len(self._fresh))
            berths = self._fresh[start : start + calls.MOST_AT_ONCE]
            call = calls.create_many([self._wanted(core, each, name, root_key) for each in berths])
            self._unanswered = call
            try:
                answer = yield from core.send(call)
            except RaviError as problem:
                if _is_answer(problem):
                    self._unanswered = None
                raise
            self._made |= {each.uuid for each in berths}
            self._unanswered = None
            rows = answer["identities"]
            if [row.get("uuid") for row in rows] != [each.uuid for each in berths]:
                raise ServerNonsense("the server has made other identities than were asked for")
            made |= {row["uuid"]: row for row in rows}
        return made

    def _wanted(self, core: Core, berth: Berth, name: str, root_key: bytes | None) -> IdentityCreate:
        wish = self._wish
        wanted: IdentityCreate = {
            "uuid": berth.uuid,
            "labels": self._labels(name),
            "workspace": {"host": host(core.settings.home), "path": berth.workspace.path},
            "api_key": True,
        }
        if berth.name is not None:
            wanted["name"] = berth.name
        if wish.ttl_seconds is not None:
            wanted["ttl_seconds"] = wish.ttl_seconds
        if wish.provision_phone is not None:
            wanted["provision_phone"] = wish.provision_phone
        if root_key is not None:
            wanted["public_key"] = public_key(root_key, berth.uuid)
        return wanted

    def _content(self, core: Core, berth: Berth, identity: Identity, root_key: bytes | None) -> bytes:
        """What the finished file of a new member holds. Its key is from now on in there alone."""
        key = identity.pop("api_key", None)
        if not key:
            raise ServerNonsense("the server has made an identity without the key that was asked for")
        recorded = None if berth.env_file is None else os.path.relpath(berth.env_file, berth.workspace.path)
        return files.binding_content(
            berth.workspace,
            uuid=identity["uuid"],
            name=identity["name"],
            key=key,
            server=core.server,
            host=host(core.settings.home),
            vault_key=binding.vault_key(root_key, identity["uuid"]),
            env_file=recorded,
        )

    def _finish(self, core: Core, berth: Berth, identity: Identity, content: bytes) -> None:
        """As `binding.finish`, for an identity that is new: it has no secrets, so nothing need be asked for them."""
        notes = binding.hide(berth.workspace, berth.env_file)
        if berth.env_file is not None:
            from ravi.client.exports import formats

            values = {"RAVI_EMAIL": identity["email"]}
            if identity["phone_number"]:
                values["RAVI_PHONE"] = identity["phone_number"]
            env.write_env(berth.env_file, formats.write(values, "dotenv"))
        files.write_approved(berth.workspace, content)
        berth.bound = Bound(
            CREATED,
            path=berth.workspace.path,
            config_dir=berth.workspace.config_dir,
            identity_uuid=identity["uuid"],
            identity_name=identity["name"],
            server=core.server,
            identity=identity,
            opens_vault=b'"vault_key"' in content,
            env_file=berth.env_file,
            notes=notes,
        )

    # --- taking back

    def _settle(self, core: Core) -> Steps[None]:
        """Find out what a call has made that was not answered: repeated, it makes nothing twice."""
        call, self._unanswered = self._unanswered, None
        if call is None:
            return
        asked = {each["uuid"] for each in (call.body or {})["identities"]}
        try:
            yield from core.send(call)
        except RaviError as problem:
            if not _is_answer(problem):
                self.left += sorted(asked)
            return
        self._made |= asked

    def _clean(self, core: Core) -> None:
        """Remove what was written. The markers of identities that are left stay: by them the next one finds those."""
        for berth in self._berths:
            if berth.uuid in self.left:
                continue
            try:
                if berth in self._fresh or berth.uuid in self._made:
                    if berth.env_file is not None:
                        env.remove_env(berth.workspace, os.path.relpath(berth.env_file, berth.workspace.path))
                    files.clear(berth.workspace, core.settings.home)
                elif berth.lock is not None and files.look(berth.workspace).state == files.UNBOUND:
                    files.clear(berth.workspace, core.settings.home)  # a lock is a file as well
            except RaviError:
                continue
        kept = {berth.directory for berth in self._berths if berth.uuid in self.left}
        for directory in reversed(self._directories):
            if directory not in kept:
                try:
                    directory.take_back()
                except RaviError:
                    continue

    # --- telling

    def _in_portions(self, what: str, berths: list[Berth], work: Callable[[Berth], None]) -> Steps[None]:
        return in_portions(berths, work, lambda done: self._tell(what, done, len(berths)))

    def _tell(self, what: str, done: int, of: int) -> None:
        if self._progress is not None:
            self._progress(what, done, of)


def _is_answer(problem: RaviError) -> bool:
    """Whether *problem* is a refusal, after which nothing was made: not silence, nor what a proxy may have said."""
    if isinstance(problem, NumbersExhausted | ProviderFailed):
        return True
    return not isinstance(problem, RequestFailed | ServerFault)


def _deleting(uuid: str) -> Callable[[Core], Steps[object]]:
    return lambda core: core.send(identity_calls.delete(uuid))
