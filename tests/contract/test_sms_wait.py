"""Waiting for codes that come by SMS, and for whichever of mail and SMS comes first."""

import asyncio
from typing import Any

from tests.support.mail import raw_message, receive
from tests.support.texts import simulate
from tests.support.world import Actor, World


async def wait(actor: Actor, want: str = "otp", *, seconds: int = 0, **more: Any) -> dict[str, Any]:
    answer = await actor.post("/api/wait/", {"want": want, "seconds": seconds, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def mail_code(world: World, code: str) -> None:
    raw = raw_message(f"Your verification code is {code}.\n", sender="Shop <post@shop.example>")
    await receive(world.services.mail, world.mine["email"], raw, certain=True)


async def test_a_code_in_a_text_ends_a_wait_that_goes_on(world: World) -> None:
    waiting = asyncio.create_task(wait(world.agent, seconds=20))
    async with asyncio.timeout(10):
        while not len(world.services.waiting):
            await asyncio.sleep(0.01)
    await simulate(world, "118204 is your code", to="sibling")
    made = await simulate(world, "482913 is your code")
    found = await waiting
    assert (found["code"], found["medium"], found["sms"]["id"]) == ("482913", "sms", made["id"])
    assert found["sms"]["is_read"] is True
    assert "message" not in found
    again = await wait(world.agent)
    assert again == {"found": False, "cursor": f"0.{made['id']}", "held_back": 0}


async def test_one_wait_is_over_both_media_and_tells_when_they_disagree(world: World) -> None:
    await simulate(world, "482913 is your code")
    world.clock.advance(seconds=1)
    await mail_code(world, "770011")
    first = await wait(world.agent)
    assert (first["medium"], first["code"], first["others"]) == ("sms", "482913", ["770011"])
    second = await wait(world.agent, cursor=first["cursor"])
    assert (second["medium"], second["code"], second["others"]) == ("mail", "770011", [])
    assert (await wait(world.agent, cursor=second["cursor"]))["found"] is False


async def test_media_that_agree_are_no_disagreement_and_either_can_be_left_out(world: World) -> None:
    await mail_code(world, "482913")
    world.clock.advance(seconds=1)
    await simulate(world, "482913 is your code")
    assert (await wait(world.agent, peek=True))["others"] == []
    assert (await wait(world.agent, medium="sms"))["medium"] == "sms"
    assert (await wait(world.agent, medium="sms"))["found"] is False
    assert (await wait(world.agent, medium="mail"))["medium"] == "mail"


async def test_who_sent_a_text_is_told_by_number_short_code_or_word_and_words_are_not_certain(world: World) -> None:
    await simulate(world, "111111 is your code", sender="+1 202 555 0143")
    await simulate(world, "222222 is your code", sender="22395")
    await simulate(world, "333333 is your code", sender="Shop")
    assert (await wait(world.agent, sender="+12025550143"))["code"] == "111111"
    assert (await wait(world.agent, sender="22395"))["code"] == "222222"
    held = await wait(world.agent, sender="shop")
    assert (held["found"], held["held_back"]) == (False, 1)
    found = await wait(world.agent, sender="SHOP", allow_unverified=True)
    assert (found["code"], found["sms"]["verdict"]) == ("333333", "none")
    assert (await wait(world.agent, sender="+12025550199"))["found"] is False


async def test_an_address_or_a_subject_is_never_found_in_texts(world: World) -> None:
    await simulate(world, "482913 is your code", sender="shop.example")
    for narrowed in ({"sender": "shop.example"}, {"sender": "post@shop.example"}, {"subject": "code"}):
        found = await wait(world.agent, allow_unverified=True, **narrowed)
        assert (found["found"], found["held_back"]) == (False, 0)


async def test_a_code_in_a_text_is_handed_out_once_however_many_ask(world: World) -> None:
    await simulate(world, "482913 is your code")
    answers = await asyncio.gather(*(wait(world.agent, seconds=1) for _ in range(6)))
    assert sorted(answer["found"] for answer in answers) == [False] * 5 + [True]
