"""What is to be done to one file, found out before anything is done to any."""

from __future__ import annotations

from ravi.cli.integrate.lines import MISSING, OK, STALE, Conflict
from ravi.cli.integrate.parts import REFUSE, SKIP
from ravi.cli.integrate.project import is_executable, read, remove, write
from ravi.errors import ConfigInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.cli.integrate.lines import Values
    from ravi.cli.integrate.parts import Target
    from ravi.cli.integrate.project import Location, Project

UNUSED = "not used"
CONFLICT = "conflict"


class Change:
    """
    What happens to the file at *location*. `status` is the word for it, *reason* says more.

    *text* is what the file will hold, None if it goes; with *keeps* it stays as it is.
    """

    def __init__(
        self,
        location: Location,
        status: str,
        reason: str = "",
        *,
        text: str | None = None,
        keeps: bool = False,
        executable: bool = False,
    ) -> None:
        self.location = location
        self.status = status
        self.reason = reason
        self.text = text
        self.keeps = keeps
        self.executable = executable

    @property
    def is_well(self) -> bool:
        """Whether a check finds nothing to do here."""
        return self.status in (OK, UNUSED)

    def document(self) -> dict[str, str]:
        """For the output."""
        row = {"file": self.location.shown, "path": self.location.path, "status": self.status}
        return {**row, "reason": self.reason} if self.reason else row

    def carry_out(self, project: Project) -> None:
        """Do it. Raises ConfigInvalid."""
        if self.keeps:
            return
        if self.text is None:
            remove(self.location, project)
        else:
            write(self.location, self.text, executable=self.executable)


def written(target: Target, project: Project, values: Values) -> Change:
    """What `--write` does. Raises ConfigInvalid when something is in the way."""
    location = project.locate(target)
    text = read(location)
    if text is None:
        if target.absent == REFUSE:
            raise ConfigInvalid(
                f"{location.shown} is not there, and not ours to make: {target.why}",
                hint="make it first, then try again",
            )
        if target.absent == SKIP:
            return Change(location, UNUSED, target.why, keeps=True)
        return Change(location, "written", text=target.fresh(values), executable=target.is_script)
    try:
        new = target.put(text, values)
    except Conflict as conflict:
        raise _refused(location, conflict) from None
    if new == text and (not target.is_script or is_executable(location)):
        return Change(location, "unchanged", keeps=True)
    return Change(location, "written", text=new, executable=target.is_script)


def checked(target: Target, project: Project, values: Values) -> Change:
    """What `--check` says: "ok", "missing", "stale", "conflict" or "not used"."""
    location = project.locate(target)
    text = read(location)
    if text is None:
        is_unused = target.absent == SKIP
        return Change(location, UNUSED if is_unused else MISSING, target.why if is_unused else "", keeps=True)
    try:
        state = target.state(text, values)
    except Conflict as conflict:
        return Change(location, CONFLICT, str(conflict), keeps=True)
    if state == OK and target.is_script and not is_executable(location):
        return Change(location, STALE, "it is not executable", keeps=True)
    return Change(location, state, "it calls another ravi, or in another way" if state == STALE else "", keeps=True)


def removed(target: Target, project: Project, values: Values) -> Change:
    """What `--remove` does. Raises ConfigInvalid when the file cannot be read as what it should be."""
    location = project.locate(target)
    text = read(location)
    if text is None:
        return Change(location, "not there", keeps=True)
    try:
        rest = target.withdraw(text, values)
    except Conflict as conflict:
        raise _refused(location, conflict) from None
    if rest == text:
        return Change(location, "not there", keeps=True)
    # What was executable for us stays so: whether it was before, nobody remembers.
    return Change(location, "removed", text=rest)


def _refused(location: Location, conflict: Conflict) -> ConfigInvalid:
    return ConfigInvalid(f"{location.shown}: {conflict}", hint="ravi integrate prints what belongs there")
