"""Packets of SMPP, read and written: against the library, and against octets that nobody would send."""

import struct

import pytest
from aiosmpplib.protocol import DeliverSm, SmppMessage, SubmitSm
from aiosmpplib.state import NPI, TON, PhoneNumber
from hypothesis import given
from hypothesis import strategies as st

from ravi.server.phone.carriers.smpp import pdu as pdus
from ravi.server.phone.carriers.smpp.pdu import Address, Delivery, Malformed, Piece
from ravi.server.phone.carriers.smpp.receipts import is_receipt, other_ids, plain_id, read_receipt
from ravi.server.phone.carriers.smpp.setup import Pace, Setup
from ravi.server.phone.carriers.smpp.texts import Content, content_of, decode, pieces_of
from ravi.server.phone.delivering import ATTEMPT_SECONDS
from ravi.server.phone.segments import GSM_ALPHABET, GSM_EXTENSION

SETUP = Setup("h", 2775, "ravi", "secret8!", ("+491570000100",))
SEPTETS = [*GSM_ALPHABET.replace("\x1b", ""), *GSM_EXTENSION.values()]
BODIES = st.one_of(
    st.text(SEPTETS, min_size=1, max_size=400),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=400),
)


def delivery(octets: bytes = b"", **more: object) -> Delivery:
    usual = {"esm_class": 0, "data_coding": 0, "options": {}}
    address = Address(1, b"4915700000001")
    return Delivery(address, address, octets=octets, **(usual | more))  # type: ignore[arg-type] # as the table says


@given(
    text=st.text(SEPTETS, min_size=1, max_size=100),
    source=st.text("0123456789abcXYZ +", min_size=1, max_size=20),
    ton=st.sampled_from(list(TON)),
    sequence=st.integers(1, 0x7FFFFFFF),
)
def test_what_the_library_writes_is_read(text: str, source: str, ton: TON, sequence: int) -> None:
    written = DeliverSm(
        sequence_num=sequence,
        short_message=text,
        source=PhoneNumber(source, ton, NPI.ISDN),
        destination=PhoneNumber("491570000100", TON.INTERNATIONAL, NPI.ISDN),
    ).pdu()

    length, command, status, number = pdus.read_header(written[:16])
    read = pdus.read_delivery(written[16:])

    assert (length, command, status, number) == (len(written), pdus.DELIVER_SM, 0, sequence)
    assert (read.source, read.destination) == (Address(ton, source.encode()), Address(1, b"491570000100"))
    assert decode(read.octets, read.data_coding, "gsm-7") == text


@given(text=st.text(SEPTETS, min_size=1, max_size=100), number=st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True))
def test_what_is_written_the_library_reads(text: str, number: str) -> None:
    (piece,) = pieces_of(text[:80], "gsm-7", 0)
    written = pdus.submit(SETUP, "+491570000100", number, piece, 9)

    read = SubmitSm.from_pdu(written, SmppMessage.parse_header(written[:16]), "gsm0338")

    assert isinstance(read, SubmitSm)
    assert (read.short_message, read.source.number, read.destination.number) == (text[:80], "491570000100", number[1:])
    assert (read.registered_delivery, read.destination.ton) == (1, TON.INTERNATIONAL)


def test_a_short_code_has_no_plus_sign_and_no_country() -> None:
    written = pdus.submit(SETUP, "+491570000100", "72975", Piece(b"Hi"), 9)

    read = SubmitSm.from_pdu(written, SmppMessage.parse_header(written[:16]), "gsm0338")

    assert isinstance(read, SubmitSm)
    assert (read.destination.number, read.destination.ton) == ("72975", TON.UNKNOWN)


@given(body=BODIES, reference=st.integers(0, 255))
def test_what_is_sent_in_pieces_can_be_put_together(body: str, reference: int) -> None:
    pieces = pieces_of(body, "gsm-7", reference)

    contents = [
        content_of(delivery(piece.octets, esm_class=0x40 if piece.headed else 0, data_coding=8 if piece.ucs2 else 0))
        for piece in pieces
    ]
    assert "".join(decode(each.octets, each.data_coding, "gsm-7") for each in contents) == body
    assert [each.number for each in contents] == list(range(1, len(pieces) + 1))
    assert {each.total for each in contents} == {len(pieces)}
    for piece in pieces:
        assert len(piece.octets) <= (140 if piece.ucs2 else 160)  # of septets, whose header takes seven


@given(octets=st.binary(max_size=300))
def test_octets_that_nobody_would_send_are_refused_or_read_and_nothing_else(octets: bytes) -> None:
    try:
        read = pdus.read_delivery(octets)
    except Malformed:
        return
    content = content_of(read)
    assert isinstance(decode(content.octets, content.data_coding, "gsm-7"), str)
    assert isinstance(read_receipt(read).ids, tuple)


@given(
    octets=st.binary(max_size=200), esm_class=st.integers(0, 255), data_coding=st.integers(0, 255),
    options=st.dictionaries(st.sampled_from([0x1E, 0x204, 0x20C, 0x20E, 0x20F, 0x424, 0x427]), st.binary(max_size=9)),
)  # fmt: skip
def test_every_text_can_be_read_whatever_is_said_about_it(
    octets: bytes, esm_class: int, data_coding: int, options: dict[int, bytes]
) -> None:
    read = delivery(octets, esm_class=esm_class, data_coding=data_coding, options=options)
    content = content_of(read)

    decode(content.octets, content.data_coding, "latin-1").encode()
    assert 1 <= content.number <= content.total <= 255
    assert (content.total > 1) == bool(content.reference)
    is_receipt(read)
    read_receipt(read)


@pytest.mark.parametrize("length", [0, 15, pdus.LARGEST + 1, 0xFFFFFFFF])
def test_a_packet_of_an_impossible_length_is_none(length: int) -> None:
    with pytest.raises(Malformed):
        pdus.read_header(struct.pack("!IIII", length, 5, 0, 1))


@pytest.mark.parametrize(
    ("octets", "data_coding", "text"),
    [
        (b"\x00\x02\x11\x1be", 0, "@$_€"),
        (b"a\x1b", 0, "a"),
        (b"a\x1bzb", 0, "azb"),  # an extension that is not known is the letter itself
        ("Grüße".encode(), 0, "Grüße"),
        ("Grüße".encode("latin-1"), 0, "Grüße"),
        (b"a@b", 1, "a@b"),
        (b"a\x00b", 1, "a@b"),
        (b"\xe9", 3, "é"),
        ("Код".encode("iso8859-5"), 6, "Код"),
        ("שלום".encode("iso8859-8"), 7, "שלום"),
        ("Код".encode("utf-16-be"), 8, "Код"),
        (b"\x04", 8, "\ufffd"),
        ("확인".encode("euc_kr"), 14, "확인"),
        (b"\x00Hi", 0x10, "@Hi"),
        ("Код".encode("utf-16-be"), 0x18, "Код"),
        (b"\x00Hi", 0xF0, "@Hi"),
        (b"\x01\x02", 4, "(data, 2 octets: 0102)"),
        (b"\x01\x02", 0xF4, "(data, 2 octets: 0102)"),
        ("Код".encode("utf-16-be"), 0xE0, "Код"),
        (b"Hi", 0xC8, "Hi"),
    ],
)
def test_a_text_is_read_as_its_coding_says_or_as_it_must_be_meant(octets: bytes, data_coding: int, text: str) -> None:
    assert decode(octets, data_coding, "gsm-7") == text


@pytest.mark.parametrize(
    ("header", "content"),
    [
        ("050003070201", Content(b"Hi", 0, "8bit7", 1, 2)),
        ("060804012c0302", Content(b"Hi", 0, "16bit300", 2, 3)),
        ("0b0504158200000003070201", Content(b"Hi", 0, "8bit7", 1, 2)),  # behind ports
        ("050003070101", Content(b"Hi", 0)),  # one of one
        ("050003070203", Content(b"Hi", 0)),  # the third of two
        ("050003070200", Content(b"Hi", 0)),  # the zeroth
        ("0500030702", Content(bytes.fromhex("0500030702") + b"Hi"[:0], 0)),  # a header longer than all there is
    ],
)
def test_a_part_is_known_by_its_header(header: str, content: Content) -> None:
    octets = bytes.fromhex(header) + (b"Hi" if content.octets == b"Hi" else b"")

    assert content_of(delivery(octets, esm_class=0x40)) == content


@pytest.mark.parametrize(
    ("octets", "options", "ids", "progress", "reason"),
    [
        (b"id:0012AB sub:001 dlvrd:001 stat:DELIVRD err:000 text:x", {}, ("12ab",), "delivered", ""),
        (b"id:7 stat:UNDELIV err:0x4", {}, ("7",), "failed", "could not be delivered (error 0x4)"),
        (b"ID: 7 STAT: rejectd", {}, ("7",), "failed", "rejected by the operator"),
        (b"", {0x1E: b"7\0", 0x427: b"\x05"}, ("7",), "failed", "could not be delivered"),
        (b"id:9 stat:EXPIRED", {0x1E: b"7\0", 0x427: b"\x02"}, ("7", "9"), "delivered", ""),
        (b"id:5f8c-4a stat:ACCEPTD", {}, ("5f8c-4a",), "sent", ""),
        (b"id:7 stat:UNKNOWN", {}, ("7",), None, ""),
        (b"hello", {}, (), None, ""),
    ],
)
def test_a_receipt_is_read_in_each_of_its_forms(
    octets: bytes, options: dict[int, bytes], ids: tuple[str, ...], progress: str | None, reason: str
) -> None:
    receipt = read_receipt(delivery(octets, esm_class=4, options=options))

    assert (receipt.ids, receipt.progress, receipt.reason) == (ids, progress, reason)


def test_a_number_has_one_spelling_in_each_base() -> None:
    assert [plain_id(text) for text in ("000F4241", "f4241", "0", "000", "a-B", "")] == [
        "f4241",
        "f4241",
        "0",
        "0",
        "a-B",
        "",
    ]
    assert other_ids("1000001") == ["f4241", "16777217"]
    assert other_ids("f4241") == ["1000001"]
    assert other_ids("a-b") == []


def test_an_answer_is_waited_for_less_than_the_server_gives_a_carrier() -> None:
    assert Pace().answer + Pace().room < ATTEMPT_SECONDS
