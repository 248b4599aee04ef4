"""
Numbers and texts of Twilio, and of whoever speaks its REST interface.

    twilio://ACCOUNT:TOKEN@api.twilio.com
    twilio://ACCOUNT@api.twilio.com?token-file=/etc/ravi/twilio-token

The token is what webhooks are signed with, so it is needed even where `key` and `secret` (an API key) are what
requests sign in with. `messaging-service` is named with every text; the sender stays the identity's number. Any host,
port and path in front of `/2010-04-01` will do; `twilio+http` only to this machine, because the token is in each
request.
"""

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from ravi.errors import NumbersExhausted, ProviderFailed
from ravi.server.phone.carriers.contract import (
    Allocated,
    Carrier,
    Finding,
    Later,
    Outgoing,
    Reading,
    Refused,
    Sent,
    Surroundings,
    Uncertain,
    Webhook,
    Wish,
)
from ravi.server.phone.carriers.twilio.api import SECONDS, Api, Declined, Failed
from ravi.server.phone.carriers.twilio.diagnosis import findings, repaired
from ravi.server.phone.carriers.twilio.setup import Setup, setup_of
from ravi.server.phone.carriers.twilio.webhooks import failure, reading, verified_fields
from ravi.settings.server_carriers import CarrierUrl

_COUNTRY = re.compile(r"[A-Z]{2}")

#: Errors of a purchase that another number may not have: somebody was faster, or it is not for sale after all.
_ANOTHER_NUMBER = {21421, 21422}
#: Errors of a text that are not about the text: a loop guard, a webhook URL that the provider cannot use, full queues,
#: a suspended account, a messaging service that is not there, or without this number or any.
_NOT_THE_TEXT = {14107, 21609, 21611, 21701, 21703, 21705, 21711, 30001, 30002}
#: Those are about the account and the provider itself.
_ACCOUNT_ERRORS = range(20000, 21000)

#: How far the provider's clock may be behind ours.
_CLOCKS_DIFFER = timedelta(minutes=2)
_LOOK_PAGES = 10
#: What a trial account puts before every text.
_TRIAL = "Sent from your Twilio trial account - "


class Twilio(Carrier):
    """One account, to which this server keeps no connection: texts come as webhooks."""

    def __init__(self, name: str, here: Surroundings, setup: Setup, *, seconds: float = SECONDS) -> None:
        super().__init__(name)
        self._here = here
        self._setup = setup
        # The names of our numbers at the provider's begin with this, and those of no other server's.
        self._prefix = f"ravi-{hmac.digest(here.key, b'the names of numbers', hashlib.sha256).hex()[:8]} "
        self._api = Api(setup.base, setup.account, setup.user, setup.password, seconds=seconds)

    async def allocate(self, wish: Wish) -> Allocated:
        """Buy the first number on offer that nobody has had. Those that want an address first are left out."""
        if not _COUNTRY.fullmatch(wish.country):
            raise NumbersExhausted("there is no such country to get a number in")
        try:
            for kind in ("Local", "Mobile"):
                for number in await self._offered(wish.country, kind):
                    if not await wish.is_known(number) and (bought := await self._bought(number, wish)):
                        return bought
        except (Failed, Declined) as fault:
            raise ProviderFailed(f"no number could be bought from {self.name}: {fault}") from None
        raise NumbersExhausted(f"{self.name} has no number for texts in {wish.country} that needs no address")

    async def _offered(self, country: str, kind: str) -> list[str]:
        query = {"SmsEnabled": "true", "ExcludeAllAddressRequired": "true", "PageSize": "20"}
        try:
            page = await self._api.get(f"AvailablePhoneNumbers/{country}/{kind}", query)
        except Declined as no:
            if no.status == 404:  # the country has none of that kind
                return []
            raise
        offers = page.get("available_phone_numbers")
        if not isinstance(offers, list):
            raise Failed("its list of numbers on offer is none")
        numbers = [offer.get("phone_number") for offer in offers if isinstance(offer, dict)]
        return [number for number in numbers if isinstance(number, str)]

    async def _bought(self, number: str, wish: Wish) -> Allocated | None:
        """Buy *number*; return None when somebody else has it by now."""
        form = {
            "PhoneNumber": number,
            "FriendlyName": f"{self._prefix}{wish.serial}",
            "SmsUrl": self._here.webhook_url,
            "SmsMethod": "POST",
        }
        try:
            sid = (await self._api.post("IncomingPhoneNumbers", form)).get("sid")
        except Declined as no:
            if no.code in _ANOTHER_NUMBER:
                return None
            raise
        except Failed as fault:
            if not fault.maybe_done:
                raise
            # It costs from now on, if it was bought: it had better be somebody's.
            sid = await self._sid_of(number, form["FriendlyName"])
            if sid is None:
                raise
        if not isinstance(sid, str) or not sid:
            raise Failed("it does not say what it calls the number")
        return Allocated(number, sid)

    async def _sid_of(self, number: str, name: str) -> str | None:
        """Return what a number is called that we have under *name*; under another it is from another purchase."""
        rows, _ = await self._api.listed(
            "IncomingPhoneNumbers", "incoming_phone_numbers", {"PhoneNumber": number}, pages=1
        )
        for row in rows:
            if row.get("phone_number") == number and row.get("friendly_name") == name:
                return str(row.get("sid"))
        return None

    async def release(self, allocated: Allocated) -> None:
        try:
            await self._api.delete(f"IncomingPhoneNumbers/{quote(allocated.ref, safe='')}")
        except Declined as no:
            if no.status != 404:
                raise ProviderFailed(f"{self.name} did not take the number back: {no}") from None
        except Failed as fault:
            raise ProviderFailed(f"the number could not be given back to {self.name}: {fault}") from None

    async def send(self, text: Outgoing) -> Sent:
        """
        Post the text, unless an earlier attempt has.

        The provider has no idempotency key. So before a second attempt its list is asked for a text with these numbers
        and words that is not older than ours; that one is ours then.
        """
        if text.again and (taken := await self._taken(text)):
            return _progress(taken)
        form = {
            "From": text.from_number,
            "To": text.to_number,
            "Body": text.body,
            "StatusCallback": self._here.webhook_url,
        }
        if self._setup.service:
            form["MessagingServiceSid"] = self._setup.service
        try:
            made = await self._api.post("Messages", form)
        except Failed as fault:
            raise Later(f"{self.name}: {fault}", maybe_sent=fault.maybe_done, after=fault.after) from None
        except Declined as no:
            if no.code in _NOT_THE_TEXT or no.code in _ACCOUNT_ERRORS:
                raise Later(f"{self.name}: {no}", maybe_sent=False) from None
            raise Refused(f"{self.name}: {no}") from None
        if not isinstance(made.get("sid"), str) or not made["sid"]:
            raise Later(f"{self.name}: it does not say what it calls the text", maybe_sent=True)
        return _progress(made)

    async def _taken(self, text: Outgoing) -> dict[str, Any] | None:
        """
        Return what the provider has of an earlier attempt.

        There is no asking for what was sent since a date: a text has none until it has been sent. Raises Later when it
        cannot be asked, Uncertain when its answer can be understood in two ways.
        """
        query = {"From": text.from_number, "To": text.to_number}
        try:
            rows, all_of_them = await self._api.listed("Messages", "messages", query, pages=_LOOK_PAGES)
        except (Failed, Declined) as fault:
            raise Later(f"{self.name}: {fault}", maybe_sent=True) from None
        begin = text.created_at.replace(microsecond=0)
        since = [row for row in rows if _is_outgoing(row) and _created(row, begin) >= begin - _CLOCKS_DIFFER]
        same = [row for row in since if _is_same(row.get("body"), text.body)]
        if sure := [row for row in same if _created(row, begin) >= begin]:
            return min(sure, key=lambda row: _created(row, begin))
        if same:
            raise Uncertain("the same words went to the same number just before; this text may be that one")
        if not all_of_them:
            raise Uncertain("so many texts went to that number that this one could not be looked for")
        if since and self._setup.service and not text.body.isascii():
            # A service may be set up to write other letters for those that cost more.
            raise Uncertain("a text went to that number meanwhile; it may be this one in other letters")
        return None

    async def read(self, webhook: Webhook) -> Reading:
        fields = verified_fields(webhook, self._here.webhook_url, self._setup.token)
        return reading(fields, self._setup.account)

    async def diagnose(self) -> list[Finding]:
        return await findings(self._api, self._here.webhook_url, self._prefix, ask_account=not self._setup.has_key)

    async def repair(self) -> list[Finding]:
        """Let our numbers post their texts here, such as after `public_url` has changed."""
        return await repaired(self._api, self._here.webhook_url, self._prefix)

    async def close(self) -> None:
        await self._api.close()


def _progress(message: dict[str, Any]) -> Sent:
    """Say how far a text is that the provider has. Raises Refused when it has given up on it already."""
    if message.get("status") in ("failed", "undelivered", "canceled"):
        code, words = message.get("error_code"), message.get("error_message")
        raise Refused(failure({"ErrorCode": str(code or ""), "ErrorMessage": str(words or "")}))
    is_delivered = message.get("status") in ("delivered", "read")
    return Sent(str(message["sid"]), "delivered" if is_delivered else "sent")


def _is_outgoing(row: dict[str, Any]) -> bool:
    """Whether a row is of a text that was sent: one between two numbers of the account is in the list twice."""
    return isinstance(row.get("sid"), str) and str(row.get("direction", "")).startswith("outbound")


def _created(row: dict[str, Any], otherwise: datetime) -> datetime:
    try:
        return parsedate_to_datetime(str(row.get("date_created"))).astimezone(otherwise.tzinfo)
    except (ValueError, OverflowError):
        return otherwise


def _is_same(theirs: object, ours: str) -> bool:
    return isinstance(theirs, str) and theirs.removeprefix(_TRIAL).strip() == ours.strip()


def open_carrier(url: CarrierUrl, here: Surroundings) -> Twilio:
    """Make the carrier of its URL. Raises ValueError, whose reason quotes no secret."""
    return Twilio(url.name, here, setup_of(url))
