"""What limits apply to the caller, and how much is left of each."""

from dataclasses import dataclass
from datetime import timedelta

from ravi.server.http.principal import Principal, Selects
from ravi.server.http.routing import Routes
from ravi.server.http.send_limits import Left, SendCounter
from ravi.server.http.throttle import SAVED_SECONDS, Throttle, Usage, left
from ravi.wire import limits as wire
from ravi.wire import paths
from ravi.wire.scopes import Scope

routes = Routes("limits")


@dataclass(frozen=True, slots=True)
class Budgets:
    """Everything that limits a caller: requests, and what may be sent."""

    throttle: Throttle
    mail: SendCounter
    texts: SendCounter


@routes.get(paths.LIMITS, scope=Scope.SESSION, selects=Selects.FILTERS)
async def limits(who: Principal, budgets: Budgets) -> wire.Limits:
    """Say what limits apply to this credential, and to the identity that is selected, and how much of each is left."""
    found = _requests(who, budgets.throttle)
    identity = who.identity.id if who.identity else None
    for counter in (budgets.mail, budgets.texts):
        found += [_sends(each) for each in await counter.left(who.account_id, identity)]
    return {"identity": who.identity.uuid if who.identity else None, "limits": found}


def _requests(who: Principal, throttle: Throttle) -> list[wire.Limit]:
    most, credential = throttle.limits, throttle.credential(who)
    identity = credential.identity
    found: list[wire.Limit] = [
        _pace("credential", credential, most.credential_per_second, throttle.clock()),
        _room("requests_at_once", "credential", most.at_once, credential.working),
    ]
    if identity is None:
        return [*found, _room("held_requests", "credential", most.held, credential.held)]
    return [
        *found,
        _pace("identity", identity, most.identity_per_second, throttle.clock()),
        _room("held_requests", "identity", most.held, identity.held),
    ]


def _pace(of: wire.Of, usage: Usage, per_second: int, now: float) -> wire.Limit:
    if not per_second:
        return {"name": "requests", "of": of, "most": None, "left": None}
    saved = left(usage, per_second, now)
    return {"name": "requests", "of": of, "most": per_second * SAVED_SECONDS, "left": saved, "per_second": per_second}


def _room(name: wire.Name, of: wire.Of, most: int, taken: int) -> wire.Limit:
    return {"name": name, "of": of, "most": most or None, "left": max(0, most - taken) if most else None}


def _sends(each: Left) -> wire.Limit:
    found: wire.Limit = {"name": _NAMES[each.kind, each.per], "of": each.by, "most": each.most, "left": each.left}
    if each.most is not None:
        found["seconds"] = each.per // timedelta(seconds=1)
        found["resets_in_seconds"] = each.resets_in_seconds
    return found


_NAMES: dict[tuple[str, timedelta], wire.Name] = {
    ("sends", timedelta(hours=1)): "mail_per_hour",
    ("sends", timedelta(days=1)): "mail_per_day",
    ("texts", timedelta(hours=1)): "texts_per_hour",
    ("texts", timedelta(days=1)): "texts_per_day",
}
