"""Finding messages by their words, within one identity; both engines answer the same."""

from urllib.parse import urlencode

import pytest

from tests.support.mail import raw_message, receive
from tests.support.world import Actor, World

MESSAGES = "/api/email-messages/"

MAIL = {
    "plain": "The quarterly invoice number 4711 is attached, please pay by Friday.",
    "accents": "Crème brûlée im Café Zürich, Straße 5. ΑΘΗΝΑ, Москва",
    "chinese": "您的验证码是482913\uff0c请勿泄露。",
    "japanese": "ログイン用の認証コードをお知らせします。",
    "korean": "인증번호는 738291 입니다.",
    "thai": "รหัสยืนยันของคุณคือ 1234",
    "hebrew": "קוד האימות שלך הוא 5678",
    "arabic": "رَمْزُ التَّحَقُّق",
    "punctuation": "see https://portal.example/reset?token=abc-DEF_ghi; e-mail o'neil@corp.example!",
    "operators": 'a AND b OR c NOT d NEAR(e f) "quoted" col:value ^start (x) * - +',
    "long": "prefix " + "a" * 100 + " Donaudampfschifffahrtsgesellschaftskapitän",
    "invisible": "soft\u00adhyphen zero\u200bwidth \uff26\uff35\uff2c\uff2c\uff37\uff29\uff24\uff34\uff28",
}

#: What is asked for, and which of the messages hold it.
QUERIES: dict[str, set[str]] = {
    "invoice": {"plain"},
    "INVOICE": {"plain"},
    "invoice friday": {"plain"},
    "friday invoice": {"plain"},
    "invoice saturday": set(),
    "inv": {"plain"},
    "inv attached": set(),
    "attached inv": {"plain"},
    "4711": {"plain"},
    "471": {"plain"},
    "711": set(),
    "creme brulee": {"accents"},
    "Crème Brûlée": {"accents"},
    "CRE\u0300ME": {"accents"},
    "zurich": {"accents"},
    "strasse": {"accents"},
    "straße": {"accents"},
    "αθηνα": {"accents"},
    "москв": {"accents"},
    "验证码": {"chinese"},
    "码": {"chinese"},
    "证验": set(),
    "482913": {"chinese"},
    "認証コード": {"japanese"},
    "コード": {"japanese"},
    "인증번호": {"korean"},
    "번호": {"korean"},
    "ยืนยัน": {"thai"},
    "האימות": {"hebrew"},
    "رمز": {"arabic"},
    "portal.example": {"punctuation"},
    "https://portal.example/reset": {"punctuation"},
    "abc-def": {"punctuation"},
    "abc_def_ghi": {"punctuation"},
    "o'neil": {"punctuation"},
    "oneil": set(),
    "a" * 100: {"long"},
    "a" * 3000: {"long"},
    "donaudampf": {"long"},
    "kapitan": set(),
    "softhyphen": {"invisible"},
    "zerowidth": {"invisible"},
    "fullwidth": {"invisible"},
    "\uff46\uff55\uff4c\uff4c": {"invisible"},
    # Nothing of what an engine's own language has is part of ours.
    "invoice OR brulee": set(),
    "a AND b": {"operators"},
    "NOT friday": set(),
    "near": {"operators"},
    '"quoted"': {"operators"},
    '"quoted': {"operators"},
    "col:value": {"operators"},
    "words:invoice": set(),
    "{words}:invoice": set(),
    "^start": {"operators"},
    "invoice*": {"plain"},
    "*": set(),
    "-invoice": {"plain"},
    "invoice & friday": {"plain"},
    "invoice | friday": {"plain"},
    "!invoice": {"plain"},
    "invoice:*": {"plain"},
    "invoice <-> friday": {"plain"},
    "'); DROP TABLE messages; --": set(),
    "invoice\\": {"plain"},
    "(invoice": {"plain"},
    "'": set(),
    "\u00a7": set(),
    "…": set(),
    "": set(),
    " ": set(),
    "invoice \U0001f600": {"plain"},
    " ".join(["invoice"] * 500): {"plain"},
}


async def deliver_all(world: World, to: str) -> dict[int, str]:
    """Deliver `MAIL` to an address; return each message's key by its id."""
    found = {}
    for key, text in MAIL.items():
        raw = raw_message(f"{text}\n", subject=".", sender="x@shop.example", to="y@in.ravi.localhost")
        (id_,) = await receive(world.services.mail, to, raw)
        found[id_] = key
    return found


async def search(actor: Actor, query: str, **more: object) -> list[int]:
    answer = await actor.get(f"{MESSAGES}?{urlencode({'q': query, **more})}")
    assert answer.status_code == 200, f"{query!r}: {answer.text}"
    rows = answer.json()
    return [row["id"] for row in (rows["results"] if isinstance(rows, dict) else rows)]


async def test_every_query_finds_what_it_means_and_no_more(world: World) -> None:
    keys = await deliver_all(world, world.mine["email"])
    await deliver_all(world, world.sibling["email"])
    await deliver_all(world, world.foreign["email"])

    found = {
        query: {keys.get(id_, "of somebody else") for id_ in await search(world.agent, query)} for query in QUERIES
    }
    assert found == QUERIES


async def test_everything_that_is_shown_is_searched(world: World) -> None:
    raw = raw_message(
        "body-word\n",
        html="<p>html-word</p>",
        sender="Firstname Lastname <local-part@sender.example>",
        to="Recipient <to-part@to.example>",
        cc="copied@cc.example",
        subject="=?utf-8?q?subject-w=C3=B6rd?=",
        attachments=[("file-name.pdf", "application/pdf", b"x")],
    )
    (id_,) = await receive(world.services.mail, world.mine["email"], raw)
    for query in ("body-word", "html-word", "lastname", "local-part@sender.example", "recipient", "to-part", "copied",
                  "subject-word", "file-name.pdf", "subject body html"):  # fmt: skip
        assert await search(world.agent, query) == [id_], query


async def test_what_is_found_is_newest_first_and_can_be_narrowed_and_paged(world: World) -> None:
    ids = []
    for number in range(5):
        raw = raw_message(f"word {number}\n", sender=f"x@{'one' if number % 2 else 'two'}.example")
        ids += await receive(world.services.mail, world.mine["email"], raw)
    await receive(world.services.mail, world.mine["email"], raw_message("other\n"))
    await world.agent.send("PATCH", f"{MESSAGES}{ids[1]}/", {"is_read": True})

    assert await search(world.agent, "word") == ids[::-1]
    assert await search(world.agent, "word", from_email="one.example") == [ids[3], ids[1]]
    assert await search(world.agent, "word", from_email="one.example", is_read="false") == [ids[3]]
    assert await search(world.agent, "word", limit=2, offset=1) == [ids[3], ids[2]]
    assert await search(world.agent, "word", created_after="2020-01-01T00:00:00Z", limit=2) == ids[:2]
    page = (await world.agent.get(f"{MESSAGES}?q=word&limit=2")).json()
    assert (page["count"], page["next"]) == (5, f"{MESSAGES}?q=word&limit=2&offset=2")


async def test_a_search_is_one_identitys(world: World) -> None:
    secret = raw_message("secretword\n")
    (mine,) = await receive(world.services.mail, world.mine["email"], secret)
    (siblings,) = await receive(world.services.mail, world.sibling["email"], secret)
    (foreign,) = await receive(world.services.mail, world.foreign["email"], secret)

    assert await search(world.agent, "secretword") == [mine]
    assert await search(world.ada, "secretword", identity=world.sibling["uuid"]) == [siblings]
    assert await search(world.ada, "secretword", inbox=world.mine["email"]) == [mine]
    assert await search(world.eve, "secretword") == [foreign], "the account's only identity"
    unsaid = await world.ada.get(f"{MESSAGES}?q=secretword")
    assert (unsaid.status_code, unsaid.json()["code"]) == (400, "identity.required")


async def test_no_text_can_be_found_as_somebody_elses(world: World) -> None:
    """In the index a word is marked with whose it is; a message that writes such a mark itself is still one's own."""
    target, attacker = world.mine["id"], world.sibling["email"]
    text = f"\u00a7{target}\u00a7forged \u00a7{target}\u00a7 forged identity{target} {target}forged\n"
    (id_,) = await receive(world.services.mail, attacker, raw_message(text))

    for query in ("forged", f"\u00a7{target}\u00a7forged", f"identity{target}", f"{target}forged"):
        assert await search(world.agent, query) == [], query
    assert await search(world.ada, "forged", identity=world.sibling["uuid"]) == [id_]
    marks = f"\u00a7{world.sibling['id']}\u00a7forged"
    assert await search(world.agent, marks) == []


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_the_beginning_of_a_word_does_not_walk_the_words_of_others(world: World) -> None:
    """What the engine reads is counted in its own index: all that begins with the mark of this identity."""
    for name in ("mine", "sibling"):
        await receive(world.services.mail, getattr(world, name)["email"], raw_message("alpha alphabet alpine\n"))
    db = world.services.db
    async with db.begin() as tx:
        await tx.run("CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'message_search', 'row')")
        words = [row[0] for row in await tx.all("SELECT term FROM temp.terms WHERE term LIKE '%alp%'")]

    mine, siblings = (f"\u00a7{world.mine['id']}\u00a7", f"\u00a7{world.sibling['id']}\u00a7")
    assert sorted(words) == sorted(
        f"{mark}{word}" for mark in (mine, siblings) for word in ("alpha", "alphabet", "alpine")
    )
