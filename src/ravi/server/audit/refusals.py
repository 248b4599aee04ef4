"""
What was refused, on its way into the log.

Whoever is refused can be refused a thousand times a second, so this neither waits for the disk nor writes every time:
the first time is written within a second, and what repeats it is counted and written once a minute. Who tries
passwords cannot tell by the time it takes whether there is such an account either.

What waits here is lost when the process is killed: at most a second of first times and a minute of counts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ravi.server.http.origin import Origin

#: How often repetitions are written.
WINDOW = timedelta(minutes=1)
#: Of one account in one window; what goes beyond is counted together, without saying who. Bounds disk and memory.
MOST_KINDS = 20

_Key = tuple[str, str, str, str]
_THE_REST: _Key = ("", "", "", "")


@dataclass(slots=True)
class Refusal:
    """One kind of refusal in one window: the last of them, and how many there were since it was last written."""

    account_id: int
    who: Origin
    action: str
    result: str
    identity: str
    target: Mapping[str, Any]
    times: int = 0


@dataclass(slots=True)
class _Window:
    ends_at: datetime
    written: bool = False
    waiting: Refusal | None = None


class Refusals:
    """Refusals that wait to be written, of every account that had some in the last minute."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._accounts: dict[int, dict[_Key, _Window]] = {}

    def note(
        self,
        account_id: int,
        who: Origin,
        action: str,
        result: str,
        *,
        identity: str = "",
        target: Mapping[str, Any] | None = None,
    ) -> None:
        """Have a refusal written down soon. *result* is the error's code, *target* says what was asked for."""
        windows = self._accounts.setdefault(account_id, {})
        key = (who.credential, who.peer, action, result)
        if key not in windows and len(windows) >= MOST_KINDS:
            key, who, identity, target = _THE_REST, Origin("visitor"), "", {}
        window = windows.setdefault(key, _Window(self._now() + WINDOW))
        times = window.waiting.times if window.waiting else 0
        window.waiting = Refusal(account_id, who, action, result, identity, target or {}, times + 1)

    def take_due(self, account_id: int | None = None, *, everything: bool = False) -> list[Refusal]:
        """Return what is to be written now, of all accounts or of one, and forget windows that are over."""
        now, due = self._now(), []
        chosen = list(self._accounts) if account_id is None else [account_id] if account_id in self._accounts else []
        for each in chosen:
            windows = self._accounts[each]
            for key, window in list(windows.items()):
                over = window.ends_at <= now
                if window.waiting is not None and (over or everything or not window.written):
                    due.append(window.waiting)
                    window.waiting, window.written = None, True
                    if over:
                        window.ends_at = now + WINDOW
                elif over:
                    del windows[key]
            if not windows:
                del self._accounts[each]
        return due
