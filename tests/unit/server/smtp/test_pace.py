"""How much one address may deliver to one mailbox."""

from ravi.server.smtp.limits import FEW_PACED, Limits, Pace
from tests.unit.server.smtp.conftest import MakeOffice


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def delivered(pace: Pace, host: str = "203.0.113.5", identity: int = 1) -> int:
    return sum(pace.take(host, identity) for _ in range(50))


def test_a_minutes_worth_may_come_at_once_and_then_it_comes_at_its_pace() -> None:
    pace = Pace(Limits(mailbox_per_minute=6), clock := Clock())

    assert delivered(pace) == 6
    clock.now += 10
    assert delivered(pace) == 1
    clock.now += 3600
    assert delivered(pace) == 6


def test_a_flood_keeps_away_neither_others_mail_nor_mail_for_others() -> None:
    pace = Pace(Limits(mailbox_per_minute=6), Clock())
    delivered(pace)

    assert delivered(pace, host="203.0.113.6") == 6
    assert delivered(pace, identity=2) == 6
    assert delivered(pace, host="2001:db8::1") == 6
    assert delivered(pace, host="2001:db8::2") == 0, "an IPv6 network is one sender"


def test_zero_is_no_limit() -> None:
    assert delivered(Pace(Limits(), Clock())) == 50


def test_senders_that_are_quiet_are_forgotten() -> None:
    pace = Pace(Limits(mailbox_per_minute=60), clock := Clock())
    for number in range(3 * FEW_PACED):
        pace.take("203.0.113.5", number)
        clock.now += 0.01
    assert len(pace._full_at) < 2 * FEW_PACED


async def test_a_flood_is_put_off_late_and_other_mailboxes_go_on(make_office: MakeOffice) -> None:
    async with make_office(mailbox_per_minute=2) as office:
        wire = await office.greeted()

        async def delivered_to(address: str) -> str:
            return (await wire.all("RSET", "MAIL FROM:<bob@example.com>", f"RCPT TO:<{address}>"))[-1]

        assert [(await delivered_to(office.mine))[:9] for _ in range(2)] == ["250 2.1.5"] * 2
        assert await delivered_to(office.mine) == "450 4.2.1 too much mail for this mailbox, try again later"
        assert (await delivered_to(office.sibling))[:9] == "250 2.1.5"
