"""
A phone as a carrier: the open-source app "SMS Gateway for Android", and every SIM in it a number.

    android+http://USER:PASSWORD@192.168.1.5:8080/?key-file=FILE&sims=+4915112345678,+4915187654321
    android://USER:PASSWORD@api.sms-gate.app/3rdparty/v1?key-file=FILE&sims=+4915112345678&device=ID

The first calls the app in the same network, the second a gateway server that passes everything on to the app. `sims`
has the numbers in the order of the slots; `key-file` the app's signing key. Several phones are several URLs, told apart
with #NAME. The app refuses a second message of the same id, so a text is sent under its own id and never twice.
"""

from datetime import timedelta
from urllib.parse import quote

from ravi.errors import NumbersExhausted
from ravi.server.phone.carriers.android.app import Answer, App, NoAnswer, harmless
from ravi.server.phone.carriers.android.diagnosis import diagnose, repair
from ravi.server.phone.carriers.android.setup import Setup, setup_of
from ravi.server.phone.carriers.android.webhooks import understand, verify
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
from ravi.settings.server_carriers import CarrierUrl

#: How long the app certainly knows a message: it may be told to forget them after a day, and not earlier.
REMEMBERED = timedelta(hours=20)
#: Statuses that are about the text, so that trying again is of no use.
_ABOUT_THE_TEXT = (400, 413, 422)


class Android(Carrier):
    """One phone. Nothing is bought or given back: its numbers are its SIMs."""

    def __init__(self, name: str, setup: Setup, here: Surroundings, app: App | None = None) -> None:
        super().__init__(name)
        self._setup = setup
        self._here = here
        self._app = app or App(setup)
        # What older apps listen to as well. A gateway server has dropped that name for the longer one.
        self._messages = "/message" if setup.local else "/messages"

    async def allocate(self, wish: Wish) -> Allocated:
        for slot, number in enumerate(self._setup.sims, 1):
            if number and not await wish.is_known(number):
                return Allocated(number, str(slot))
        raise NumbersExhausted(f"every SIM of the carrier {self.name} has been given to somebody")

    async def release(self, allocated: Allocated) -> None:
        """The SIM stays where it is, and its number is known for ever: nobody gets it again."""

    async def send(self, text: Outgoing) -> Sent:
        slot = self._setup.slot_of(text.from_number)
        if slot is None:
            raise Later(f"{text.from_number} is not in sims= any more", maybe_sent=False)
        if text.again and (known := await self._find(text)) is not None:
            return known
        try:
            answer = await self._app.call(
                "POST", f"{self._messages}?skipPhoneValidation=true", self._message(text, slot)
            )
        except NoAnswer as failure:
            raise Later(str(failure), maybe_sent=failure.maybe_heard) from None
        return self._accepted(text, answer)

    def _message(self, text: Outgoing, slot: int) -> dict[str, object]:
        message: dict[str, object] = {
            "id": text.id,
            "textMessage": {"text": text.body},
            "phoneNumbers": [text.to_number],
            "simNumber": slot,
            "withDeliveryReport": True,
        }
        return {**message, "deviceId": self._setup.device} if self._setup.device else message

    def _accepted(self, text: Outgoing, answer: Answer) -> Sent:
        who, status = self._setup.who, answer.status
        if status == 409:  # an earlier attempt arrived
            return Sent(ref=text.id)
        if status in (200, 201, 202):
            if not isinstance(answer.fields.get("id"), str):
                raise Later(f"what answered at the URL of {who} is not the app", maybe_sent=True)
            return Sent(ref=answer.fields["id"])
        if status in _ABOUT_THE_TEXT:
            raise Refused(f"{who} {answer.reason}")
        if status in (401, 403):
            raise Later(f"{who} refuses the user and password in the URL of the carrier", maybe_sent=False)
        # The app says 500 also when the message is in its queue and something after that went wrong. 503 is its way
        # to say that the queue is full.
        raise Later(f"{who} {answer.reason}", maybe_sent=status >= 500 and status != 503, after=answer.after)

    async def _find(self, text: Outgoing) -> Sent | None:
        """Return what became of an earlier attempt, or None when there was none."""
        try:
            answer = await self._app.call("GET", f"{self._messages}/{quote(text.id, safe='')}")
        except NoAnswer as failure:
            raise Later(str(failure), maybe_sent=True) from None
        if answer.status == 404:
            if self._here.now() - text.created_at > REMEMBERED:
                raise Uncertain(
                    f"{self._setup.who} may have forgotten the text; whether it was sent cannot be found out"
                )
            return None
        state = answer.fields.get("state")
        if answer.status != 200 or not isinstance(state, str):
            raise Later(f"{self._setup.who} {answer.reason}", maybe_sent=True, after=answer.after)
        if state == "Failed":
            raise Refused(_why(answer))
        return Sent(ref=text.id, progress="delivered" if state == "Delivered" else "sent")

    async def read(self, webhook: Webhook) -> Reading:
        verify(webhook.headers, webhook.body, self._setup.key, self._here.now())
        return Reading(understand(webhook.body, self._setup))

    async def diagnose(self) -> list[Finding]:
        return await diagnose(self._app, self._setup, self._here)

    async def repair(self) -> list[Finding]:
        return await repair(self._app, self._setup, self._here)

    async def close(self) -> None:
        await self._app.close()


def _why(answer: Answer) -> str:
    recipients = answer.fields.get("recipients")
    for recipient in recipients if isinstance(recipients, list) else ():
        error = recipient.get("error") if isinstance(recipient, dict) else None
        if isinstance(error, str) and error:
            return harmless(error)
    return "the phone could not send it"


def open_carrier(url: CarrierUrl, here: Surroundings) -> Android:
    """Raises ValueError when the URL does not say what is needed."""
    return Android(url.name, setup_of(url), here)
