"""What an upgrade needs over HTTP: public keys, and the sealed texts of a whole account."""

from typing import TypedDict

from ravi.server.http import Principal, Routes
from ravi.server.vault.records import Sealed
from ravi.server.vault.resealing import LARGEST_PAGE, Anew, Resealing
from ravi.wire import paths
from ravi.wire import vault as wire
from ravi.wire.scopes import Scope

routes = Routes("vault upgrade")

#: A page of rows as `list_sealed` hands them out, on its way back.
LARGEST_WRITE = 16 * 1024 * 1024


class SealedQuery(TypedDict, total=False):
    """`after` is the `next` of the page before."""

    after: str
    limit: int


@routes.put(paths.VAULT_PUBLIC_KEYS, scope=Scope.VAULT_RESEAL)
async def put_public_keys(who: Principal, body: wire.PublicKeys, resealing: Resealing) -> wire.PublicKeysSet:
    """Register public keys of identities, all or none; another one than before only during an upgrade."""
    return {"set": await resealing.set_public_keys(who, body["public_keys"])}


@routes.get(paths.VAULT_SEALED, scope=Scope.VAULT_RESEAL)
async def list_sealed(who: Principal, query: SealedQuery, resealing: Resealing) -> wire.SealedRecords:
    """Page through everything sealed in the account, of every identity and kind, former passwords included."""
    page, after = await resealing.list_sealed(
        who, after=query.get("after") or None, limit=query.get("limit", LARGEST_PAGE)
    )
    return {"records": [to_wire(sealed) for sealed in page], "next": after}


@routes.put(paths.VAULT_SEALED, scope=Scope.VAULT_RESEAL, largest_body=LARGEST_WRITE)
async def put_sealed(who: Principal, body: wire.ResealedRecords, resealing: Resealing) -> wire.ResealDone:
    """Write texts that were sealed anew, each into its row if that has not changed since; during an upgrade only."""
    records = [Anew(each["record"], each["revision"], each["fields"]) for each in body["records"]]
    stale = await resealing.reseal(who, records)
    return {"resealed": len(records) - len(stale), "stale": stale}


def to_wire(sealed: Sealed) -> wire.SealedRecord:
    shown: wire.SealedRecord = {
        "record": sealed.record,
        "kind": sealed.kind,
        "identity_uuid": sealed.identity_uuid,
        "entry": sealed.entry,
        "revision": sealed.revision,
        "fields": sealed.fields,
    }
    if sealed.domain is not None:
        shown["domain"] = sealed.domain
    return shown
