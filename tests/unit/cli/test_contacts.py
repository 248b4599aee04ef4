"""`ravi contacts …`: what is asked for, what programs get, what people see."""

from typing import Any

import pytest

from tests.support.mail_rows import UUID, contact

ONE = f"/api/contacts/{UUID}/"
BY_EMAIL = "GET /api/contacts/find/?email=bob%40shop.example"


@pytest.fixture
def book(signed_in, select) -> Any:
    select()
    return signed_in


def test_contacts_are_listed_found_and_shown(ravi, book) -> None:
    book.on("GET /api/contacts/", [contact(), contact(nickname="Bobby", is_trusted=True)])
    book.on("GET /api/contacts/search/?q=bob%20b", [])
    book.on(BY_EMAIL, contact())
    book.on("GET /api/contacts/find/?phone_number=%2B15550100123", contact())
    book.on(f"GET {ONE}", contact())

    assert len(ravi("contacts", "list").json) == 2
    shown = ravi("contacts", "list", "--human").out
    assert "Bobby" in shown
    assert shown.count("trusted") == 1
    assert ravi("contacts", "search", "bob", "b").json == []
    assert "contacts create" in ravi("contacts", "search", "bob", "b", "--human").out
    for words in (("find", "--email", "bob@shop.example"), ("find", "--phone", "+15550100123"), ("get", UUID)):
        assert ravi("contacts", *words).json == contact()
    assert "Bob Builder" in ravi("contacts", "get", "bob@shop.example", "--human").out


def test_only_what_is_given_is_written(ravi, book) -> None:
    book.on("POST /api/contacts/", contact(), 201)
    book.on(f"PATCH {ONE}", contact())

    ravi("contacts", "create", "--email", "bob@shop.example")
    ravi("contacts", "create", "--phone", "+15550100123", "--display-name", "B", "--nickname", "b", "--trusted")
    ravi("contacts", "update", UUID, "--trusted")
    ravi("contacts", "update", UUID, "--no-trusted", "--nickname", "")

    assert [asked.body for asked in book.asked] == [
        {"email": "bob@shop.example"},
        {"phone_number": "+15550100123", "display_name": "B", "nickname": "b", "is_trusted": True},
        {"is_trusted": True},
        {"nickname": "", "is_trusted": False},
    ]


def test_one_or_several_are_deleted(ravi, book) -> None:
    book.on(f"DELETE {ONE}", None, 204)
    book.on(BY_EMAIL, contact())
    book.refuse("GET /api/contacts/find/?email=no%40x.example", 404, "not_found", "no such contact")

    assert ravi("contacts", "delete", UUID).json == {"status": "deleted", "contact": UUID}
    ran = ravi("contacts", "delete", "no@x.example", "bob@shop.example")
    assert (ran.code, ran.json) == (4, [{"status": "deleted", "contact": "bob@shop.example"}])
    assert ran.error["error"] == "no@x.example: no such contact"
    assert ravi("contacts", "delete", UUID, "--human").out == f"deleted {UUID}\n"


@pytest.mark.parametrize(
    "words",
    [
        ("get", "Bob"),
        ("find",),
        ("search",),
        ("create",),
        ("create", "--display-name", "Bob"),
        ("update", UUID),
        ("update", UUID, "--trusted", "--no-trusted"),
        ("delete",),
    ],
)
def test_what_makes_no_sense_is_not_asked(ravi, book, words: tuple[str, ...]) -> None:
    ran = ravi("contacts", *words)

    assert (ran.code, ran.out, book.asked) == (2, "", [])


def test_names_that_strangers_chose_are_harmless(ravi, book) -> None:
    nasty = contact(display_name="\x1b[2Jx\u202ey", nickname="\x9bz", email="\u202ea@x.example")
    book.on("GET /api/contacts/", [nasty])
    book.on(f"GET {ONE}", nasty)

    for words in (("list",), ("get", UUID)):
        assert not {"\x1b", "\u202e", "\x9b"} & set(ravi("contacts", *words, "--human").out)
