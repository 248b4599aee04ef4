"""
The packets of SMPP 3.4: what we say is written by a library, what an SMSC says is read here.

Reading takes octets and judges nothing about them: which alphabet a text is in, or whether it is a receipt, is decided
by whoever asked. The library decides while it reads, and gives up on a whole text over an unknown status, a name that
is not ASCII, an empty body or a date of another form.
"""

import struct
from dataclasses import dataclass, field

from aiosmpplib import protocol  # type: ignore[import-untyped] # it is typed, and does not say so
from aiosmpplib.state import (  # type: ignore[import-untyped] # as above
    NPI,
    TON,
    PhoneNumber,
    SmppCommandStatus,
)

from ravi.server.phone.carriers.smpp.setup import Setup

GENERIC_NACK = 0x80000000
SUBMIT_SM_RESP = 0x80000004
DELIVER_SM = 0x00000005
UNBIND = 0x00000006
ENQUIRE_LINK = 0x00000015
#: They have no answer.
OUTBIND, ALERT_NOTIFICATION = 0x0000000B, 0x00000102
_ANSWER = 0x80000000

OK = 0x00
INVALID_COMMAND = 0x03
ALREADY_BOUND = 0x05
QUEUE_FULL = 0x14
THROTTLED = 0x58
#: What we answer to a delivery: later, and never.
NOT_NOW, NOT_EVER = 0x64, 0x65

HEADER = struct.Struct("!IIII")
#: A text of the greatest length that a parameter can say, and all that may be around it.
LARGEST = 65_536 + 4_096

RECEIPTED_MESSAGE_ID = 0x001E
USER_MESSAGE_REFERENCE = 0x0204
SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER = 0x020C, 0x020E, 0x020F
MESSAGE_PAYLOAD = 0x0424
MESSAGE_STATE = 0x0427


class Malformed(Exception):
    """The octets are no SMPP."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """A packet as it came."""

    command: int
    status: int
    sequence: int
    body: bytes = field(repr=False)

    @property
    def is_answer(self) -> bool:
        """It answers what we said."""
        return bool(self.command & _ANSWER)


@dataclass(frozen=True, slots=True)
class Address:
    """An address with its type of number."""

    ton: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """A deliver_sm: a text, a part of one, or a receipt. `options` has the first of each optional parameter."""

    source: Address
    destination: Address
    esm_class: int
    data_coding: int
    octets: bytes = field(repr=False)
    options: dict[int, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Piece:
    """Octets of a text that is sent. *headed*: they begin with a user data header."""

    octets: bytes = field(repr=False)
    ucs2: bool = False
    headed: bool = False


def read_header(octets: bytes) -> tuple[int, int, int, int]:
    """Return length of the whole, command, status and sequence number. Raises Malformed."""
    length, command, status, sequence = HEADER.unpack(octets)
    if not HEADER.size <= length <= LARGEST:
        raise Malformed(f"a packet of {length} octets")
    return length, command, status, sequence


def read_delivery(body: bytes) -> Delivery:
    """Read the body of a deliver_sm. What follows it and is cut off is left out. Raises Malformed."""
    reader = _Reader(body)
    reader.string()  # service type
    source = Address(reader.octet(skip=1), reader.string())
    destination = Address(reader.octet(skip=1), reader.string())
    esm_class = reader.octet(skip=2)
    reader.string()  # times, which mean nothing here
    reader.string()
    reader.octet(skip=1)
    data_coding = reader.octet(skip=1)
    octets = reader.octets(reader.octet())
    options = reader.options()
    return Delivery(source, destination, esm_class, data_coding, octets or options.get(MESSAGE_PAYLOAD, b""), options)


def read_message_id(body: bytes) -> str:
    """Return what the SMSC calls a text that it has taken; "" if it does not say."""
    return body.partition(b"\0")[0].decode("ascii", "replace").strip()[:64]


class _Reader:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def octets(self, count: int) -> bytes:
        found = self._body[self._at : self._at + count]
        if len(found) < count:
            raise Malformed("a packet that ends too early")
        self._at += count
        return found

    def octet(self, *, skip: int = 0) -> int:
        """An octet, and *skip* more that nobody asks for."""
        return self.octets(1 + skip)[0]

    def string(self) -> bytes:
        end = self._body.find(b"\0", self._at)
        if end < 0:
            raise Malformed("a packet with a field that has no end")
        return self.octets(end + 1 - self._at)[:-1]

    def options(self) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        while self._at + 4 <= len(self._body):
            tag, length = struct.unpack("!HH", self.octets(4))
            if self._at + length > len(self._body):
                break
            found.setdefault(tag, self.octets(length))
        return found


def bind(setup: Setup, sequence: int, *, only_sending: bool = False) -> bytes:
    """Sign in, to send and to be sent."""
    packet = (protocol.BindTransmitter if only_sending else protocol.BindTransceiver)(
        sequence_num=sequence, system_id=setup.system_id, system_type=setup.system_type
    )
    packet.password = setup.password  # set here because the library takes 8 characters, and some SMSCs want more
    return bytes(packet.pdu())


def submit(setup: Setup, source: str, destination: str, piece: Piece, sequence: int) -> bytes:
    """Send a text, or a part of one, and ask for a receipt. Numbers are in E.164, or short codes."""
    packet = protocol.SubmitSm(
        sequence_num=sequence,
        short_message="-",  # the library wants some text, even where the octets are given
        source=PhoneNumber(source.removeprefix("+"), TON(setup.source_ton), NPI(setup.source_npi)),
        destination=PhoneNumber(
            destination.removeprefix("+"), TON.INTERNATIONAL if destination.startswith("+") else TON.UNKNOWN, NPI.ISDN
        ),
        esm_class=0x40 if piece.headed else 0,
        registered_delivery=1,
        encoding="ucs2" if piece.ucs2 else None,
        auto_message_payload=False,
    )
    packet.set_encoded_message(piece.octets)
    return bytes(packet.pdu())


def enquire_link(sequence: int) -> bytes:
    """Ask whether the SMSC is there."""
    return bytes(protocol.EnquireLink(sequence_num=sequence).pdu())


def unbind(sequence: int) -> bytes:
    """Say that we go."""
    return bytes(protocol.Unbind(sequence_num=sequence).pdu())


def answer(pdu: Pdu, status: int = OK) -> bytes:
    """Answer what an SMSC said; what nobody understands is refused as such."""
    if pdu.command == DELIVER_SM:
        return bytes(protocol.DeliverSmResp(sequence_num=pdu.sequence, command_status=SmppCommandStatus(status)).pdu())
    if pdu.command == ENQUIRE_LINK:
        return bytes(protocol.EnquireLinkResp(sequence_num=pdu.sequence).pdu())
    if pdu.command == UNBIND:
        return bytes(protocol.UnbindResp(sequence_num=pdu.sequence).pdu())
    refusal = SmppCommandStatus(INVALID_COMMAND)
    return bytes(protocol.GenericNack(sequence_num=pdu.sequence, command_status=refusal).pdu())


def name_of(status: int) -> str:
    """Return what a status is called, and what it means, for people."""
    try:
        known = SmppCommandStatus(status)
    except ValueError:
        return f"status 0x{status:08x}, which only the operator of the SMSC can explain"
    return f"{known.name} ({str(known.description).lower()})"
