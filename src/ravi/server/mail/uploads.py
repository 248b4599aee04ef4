"""
Files on their way into a message: announced, uploaded to a signed address, and used up by the send that names them.

They belong to the account, because published clients name no identity when they announce one; but what an identity's
own credential has announced is that identity's alone, and goes with it.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from ravi.errors import NotFound
from ravi.server.db import Database, Transaction, micros
from ravi.server.http import Principal
from ravi.server.http.errors import invalid
from ravi.server.http.limits import Attempts
from ravi.server.http.send_limits import limited
from ravi.server.mail import uploads_storage as storage
from ravi.server.mail.charsets import clean_line
from ravi.server.mail.composing import File
from ravi.server.mail.filenames import safe_filename
from ravi.server.mail.signing import Signing
from ravi.server.mail.uploads_storage import Announced
from ravi.wire import paths

#: In bytes, inclusive.
LARGEST = 10 * 1024 * 1024
#: How long the address to upload to is good.
UPLOADABLE = timedelta(minutes=15)
#: How long an uploaded file waits for the send that names it.
KEPT = timedelta(hours=1)
PER_HOUR = 200

#: What mail programs run, mount or install at a click. Mail with it is refused by most receivers anyway.
BLOCKED = frozenset(
    """
    exe dll scr com pif cpl sys bat cmd ps1 vbs vbe wsf wsh wsc sct shb msi msp mst cab msc inf reg rgs ins isp chm hta
    lnk url scf iso img vhd vhdx dmg apk app action jar ade adp mde
    """.split()
)


class Uploads:
    """Every account's files that are on their way."""

    def __init__(
        self, db: Database, signing: Signing, now: Callable[[], datetime], *, per_hour: int = PER_HOUR
    ) -> None:
        self._db = db
        self._signing = signing
        self._now = now
        self._per_hour = per_hour
        self._attempts = Attempts(db, now)

    async def announce(
        self, who: Principal, *, filename: str, content_type: str, size: int
    ) -> tuple[Announced, str, datetime]:
        """
        Return what is expected now, the URL to PUT it to, and when that URL ends.

        Raises Invalid for a size or name that is not taken, and RateLimited.
        """
        content_type = clean_line(content_type, 200).strip() or "application/octet-stream"
        if not 0 <= size <= LARGEST:
            raise invalid(size=f"must be from 0 to {LARGEST} bytes")
        if not filename.strip() or any(char in filename for char in "\r\n\0"):
            raise invalid(filename="must be a name on one line")
        announced = Announced(
            account_id=who.account_id,
            identity_id=who.identity.id if who.bound and who.identity else None,
            uuid=str(uuid.uuid4()),
            filename=safe_filename(filename, content_type.partition(";")[0].lower(), 0),
            content_type=content_type,
            size=size,
        )
        _, dot, ending = announced.filename.rpartition(".")
        if dot and ending.lower() in BLOCKED:
            raise invalid(filename=f"files that end in .{ending.lower()} cannot be sent by mail")
        expires = self._now() + UPLOADABLE
        async with self._db.begin() as tx:
            await limited(
                self._attempts, f"uploads/{who.account_id}", self._per_hour, timedelta(hours=1), "uploads an hour"
            )
            await storage.insert(tx, announced, at=micros(self._now()), expires_at=micros(expires))
        path = f"{paths.EMAIL_ATTACHMENTS}{announced.uuid}/upload/"
        return announced, self._signing.address(who, path, uploading(announced.uuid), UPLOADABLE), expires

    async def expected(self, uuid: str) -> Announced:
        """Return what was announced with *uuid*, for a caller with a good signature. Raises NotFound."""
        found = await storage.find_announced(self._db, uuid, at=micros(self._now()))
        if found is None:
            raise NotFound("Not found.")
        return found

    async def store(self, announced: Announced, content: bytes, content_type: str | None) -> None:
        """
        Keep the bytes of an announced file. A repetition replaces them. Raises Invalid when they are not what was
        announced, and NotFound when they were used or given up in between.
        """
        if len(content) != announced.size:
            raise invalid(size=f"{len(content)} bytes came and {announced.size} were announced")
        if content_type and _bare(content_type) not in (_bare(announced.content_type), "application/octet-stream"):
            raise invalid(content_type=f"{_bare(announced.content_type)} was announced")
        expires_at = micros(self._now() + KEPT)
        async with self._db.begin() as tx:
            if not await storage.store(tx, announced.account_id, announced.uuid, content, expires_at=expires_at):
                raise NotFound("Not found.")

    async def files(
        self, account_id: int, identity_id: int, uuids: Sequence[str], *, most_bytes: int
    ) -> tuple[File, ...]:
        """
        Return the uploaded files in the order of *uuids*, for a message of the identity.

        Raises Invalid for one that is not there, not the account's, another identity's or not uploaded, which are the
        same answer, and when all of them together are larger than *most_bytes*.
        """
        at = micros(self._now())
        sizes = await storage.find_sizes(self._db, account_id, identity_id, uuids, at=at)
        if missing := [each for each in uuids if each not in sizes]:
            raise invalid(attachment_uuids=f"nothing was uploaded as {', '.join(missing)[:400]}")
        if sum(sizes.values()) > most_bytes:
            raise invalid(attachment_uuids=f"are together larger than {most_bytes} bytes")
        found = [await storage.find(self._db, account_id, identity_id, each, at=at) for each in uuids]
        return tuple(File(each.filename, each.content_type, each.content) for each in found if each is not None)

    async def use_up(self, tx: Transaction, account_id: int, uuids: Sequence[str]) -> None:
        """Forget what is part of a message now. Raises Invalid when somebody else has used one meanwhile."""
        if await storage.delete(tx, account_id, uuids) != len(uuids):
            raise invalid(attachment_uuids="another message has used one of them")

    async def forget_expired(self) -> int:
        """Delete what nobody has sent; return how many."""
        async with self._db.begin() as tx:
            return await storage.delete_expired(tx, at=micros(self._now()))


def uploading(upload_uuid: str) -> str:
    """Return what the signature of an upload's address says."""
    return f"upload {upload_uuid}"


def _bare(content_type: str) -> str:
    """A content type without its parameters, which some clients add on the way."""
    return content_type.partition(";")[0].strip().lower()
