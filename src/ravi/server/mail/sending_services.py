"""What sending consists of, put together once for the whole server."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ravi.server.db import Database
from ravi.server.events import Events
from ravi.server.http.send_limits import SendCounter, SendLimits
from ravi.server.identities import Identities
from ravi.server.mail.delivering import Deliverer
from ravi.server.mail.dkim_signing import Signer
from ravi.server.mail.outbox import Outbox
from ravi.server.mail.receiving import Acquaintances
from ravi.server.mail.relay import Relay
from ravi.server.mail.sending import Composing
from ravi.server.mail.service import Mail
from ravi.server.mail.signing import Signing
from ravi.server.mail.uploads import Uploads


@dataclass(frozen=True, slots=True)
class SendingServices:
    """`deliverer` is None where there is no relay, and so no queue to empty."""

    uploads: Uploads
    outbox: Outbox
    composing: Composing
    deliverer: Deliverer | None


def build_sending(
    db: Database,
    mail: Mail,
    identities: Identities,
    events: Events,
    acquaintances: Acquaintances,
    signing: Signing,
    now: Callable[[], datetime],
    *,
    limits: SendLimits,
    relay: Relay | None,
    signer: Signer | None,
) -> SendingServices:
    """Build it all on *db*. *relay* None: nothing leaves this server. *signer* None: what leaves is not signed."""
    uploads = Uploads(db, signing, now)
    counter = SendCounter(db, limits, now)
    outbox = Outbox(db, mail, identities, events, acquaintances, uploads, counter, now, has_relay=relay is not None)
    mail.on_bounce(outbox.outcomes.note_bounce)
    return SendingServices(
        uploads=uploads,
        outbox=outbox,
        composing=Composing(mail, outbox, uploads, identities, now),
        deliverer=None if relay is None else Deliverer(db, outbox.outcomes, relay, signer, now),
    )
