"""How it stands with identities, over HTTP."""

from ravi.server.http import Principal, Routes
from ravi.server.http.times import rfc3339, rfc3339_or_none
from ravi.server.identities.routes import IdentityQuery, labels_of, to_wire
from ravi.server.waiting.activity import Activity, Standing
from ravi.wire import identities as wire
from ravi.wire import paths
from ravi.wire.scopes import Scope

routes = Routes("identities")


@routes.get(paths.IDENTITIES_ACTIVITY, scope=Scope.IDENTITIES_READ, lists=True)
async def list_activity(who: Principal, query: IdentityQuery, activity: Activity) -> list[wire.IdentityActivity]:
    """Say of each identity what is unread, when it was last seen, and what it waits for; filters as for the list."""
    found = await activity.list_(
        who.account_id,
        identity_id=who.identity.id if who.bound and who.identity else None,
        name=query.get("name"),
        prefix=query.get("prefix"),
        labels=labels_of(query),
    )
    return [_to_wire(each) for each in found]


def _to_wire(standing: Standing) -> wire.IdentityActivity:
    return {
        "identity": to_wire(standing.identity),
        "unread_mail": standing.unread_mail,
        "unread_sms": standing.unread_texts,
        "last_seen_dt": rfc3339_or_none(standing.last_seen),
        "waiting": [
            {
                "want": wait.want,
                "medium": "any" if len(wait.media) > 1 else wait.media[0],
                "sender": wait.sender,
                "since_dt": rfc3339(wait.since),
            }
            for wait in standing.waits
        ],
    }
