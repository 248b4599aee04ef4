"""How it stands with identities, for the person who runs a fleet of them: unread, last seen, and waiting for what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ravi.server.auth import Auth
from ravi.server.identities import Identities, Identity
from ravi.server.mail import Mail
from ravi.server.phone import Phone
from ravi.server.waiting.records import Wait
from ravi.server.waiting.service import Waiting

#: Identities of one statement each.
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """`last_seen`: when a credential of its own was last used, None if never; up to two seconds late."""

    identity: Identity
    unread_mail: int
    unread_texts: int
    last_seen: datetime | None
    waits: tuple[Wait, ...]


class Activity:
    """Asks the nouns about many identities at once: four queries for each two hundred."""

    def __init__(self, identities: Identities, auth: Auth, mail: Mail, phone: Phone, waiting: Waiting) -> None:
        self._identities = identities
        self._auth = auth
        self._mail = mail
        self._phone = phone
        self._waiting = waiting

    async def list_(
        self,
        account_id: int,
        *,
        identity_id: int | None,
        name: str | None,
        prefix: str | None,
        labels: dict[str, str],
    ) -> list[Standing]:
        """Return how it stands with every identity that fits, as `Identities.list_` finds them."""
        found = await self._identities.list_(
            account_id, identity_id=identity_id, name=name, prefix=prefix, labels=labels
        )
        standings: list[Standing] = []
        for start in range(0, len(found), _AT_ONCE):
            standings += await self._look(account_id, found[start : start + _AT_ONCE])
        return standings

    async def _look(self, account_id: int, identities: Sequence[Identity]) -> list[Standing]:
        ids = [identity.id for identity in identities]
        mail = await self._mail.count_unread(account_id, ids)
        texts = await self._phone.count_unread(account_id, ids)
        seen = await self._auth.last_seen(account_id, ids)
        waits: dict[int, list[Wait]] = {}
        for wait in await self._waiting.presence.list_(account_id, ids):
            waits.setdefault(wait.identity_id, []).append(wait)
        return [
            Standing(
                each, mail.get(each.id, 0), texts.get(each.id, 0), seen.get(each.id), tuple(waits.get(each.id, ()))
            )
            for each in identities
        ]
