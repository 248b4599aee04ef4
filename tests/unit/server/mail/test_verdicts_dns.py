"""Asking name servers, and noticing when none answers."""

import asyncio
from collections.abc import AsyncIterator

import dns.resolver
import pytest

from ravi.server.mail.dns import Breaker, DnsResolver, LookupFailed, system_resolver
from tests.support.name_server import NameServer, name_server
from tests.support.zone import Zone, fault

LONG = "k" * 200
ZONE = f"""
example.test. 60 IN TXT "v=spf1 -all" " and more"
example.test. 60 IN TXT "second"
example.test. 60 IN A 192.0.2.1
example.test. 60 IN AAAA 2001:db8::1
example.test. 60 IN MX 10 mail.example.test.
nothing.test. 60 IN MX 0 .
1.2.0.192.in-addr.arpa. 60 IN PTR host.example.test.
long.test. 60 IN TXT "{LONG}" "{LONG}" "{LONG}" "{LONG}"
"""


@pytest.fixture
async def server() -> AsyncIterator[NameServer]:
    async with name_server(ZONE) as running:
        yield running


def resolver(server: NameServer, seconds: float = 5.0) -> DnsResolver:
    return DnsResolver(["127.0.0.1"], port=server.port, seconds=seconds)


async def test_records_of_each_kind_are_read(server: NameServer) -> None:
    asking = resolver(server)
    assert sorted(await asking.txt("example.test")) == [b"second", b"v=spf1 -all and more"]
    assert await asking.a("EXAMPLE.test.") == ["192.0.2.1"]
    assert await asking.aaaa("example.test") == ["2001:db8::1"]
    assert await asking.mx("example.test") == [(10, "mail.example.test")]
    assert await asking.ptr("1.2.0.192.in-addr.arpa") == ["host.example.test"]


async def test_a_name_without_such_records_and_no_such_name_are_both_nothing(server: NameServer) -> None:
    asking = resolver(server)
    assert await asking.ptr("example.test") == []
    assert await asking.txt("no-such-name.test") == []
    assert await asking.txt(".") == []


@pytest.mark.parametrize("name", ["", "a..b", "x" * 70 + ".test", "\\", "a\\999", "x." * 200, "b\u00fccher.test"])
async def test_what_is_no_name_has_nothing(server: NameServer, name: str) -> None:
    assert await resolver(server).txt(name) == []


async def test_an_answer_that_does_not_fit_a_datagram_comes_over_tcp(server: NameServer) -> None:
    assert await resolver(server).txt("long.test") == [4 * LONG.encode()]


async def test_answers_are_remembered(server: NameServer) -> None:
    asking = resolver(server)
    for _ in range(3):
        await asking.txt("example.test")
    assert server.asked == ["example.test."]


@pytest.mark.parametrize("name", ["x.servfail.test", "x.silent.test"])
async def test_a_server_that_fails_or_says_nothing_is_a_fault(server: NameServer, name: str) -> None:
    with pytest.raises(LookupFailed):
        await resolver(server, seconds=0.3).txt(name)


async def test_nobody_there_is_a_fault() -> None:
    async with name_server(ZONE) as gone:
        port = gone.port
    with pytest.raises(LookupFailed):
        await DnsResolver(["127.0.0.1"], port=port, seconds=0.3).txt("example.test")


def test_a_system_without_name_servers_has_no_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(self: dns.resolver.BaseResolver, f: str = "") -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver.BaseResolver, "read_resolv_conf", none)
    assert system_resolver() is None


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def breaker(zone: Zone, clock: Clock | None = None) -> Breaker:
    return Breaker(zone, retry_after=30, probe_seconds=0.2, clock=clock or Clock())


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_with_a_dns_every_question_is_handed_on() -> None:
    zone = Zone({("a.example", "A"): ["192.0.2.1"], ("a.example", "MX"): [(1, "b.example")]})
    guarded = breaker(zone)
    assert await guarded.a("a.example") == ["192.0.2.1"]
    assert await guarded.mx("a.example") == [(1, "b.example")]
    assert (await guarded.aaaa("a.example"), await guarded.ptr("a.example"), await guarded.txt("a.example")) == (
        [],
        [],
        [],
    )
    assert zone.asked.count(("", "TXT")) == 1


async def test_without_a_dns_only_the_root_is_asked_and_the_answer_is_no() -> None:
    zone = Zone({("", "TXT"): fault()})
    guarded = breaker(zone)
    for _ in range(5):
        with pytest.raises(LookupFailed):
            await guarded.txt("example.org")
    assert zone.asked == [("", "TXT")]


async def test_a_root_that_is_silent_is_no_dns() -> None:
    zone = Zone(delay=60)
    guarded = breaker(zone)
    with pytest.raises(LookupFailed):
        await guarded.txt("example.org")
    assert zone.asked == [("", "TXT")]


async def test_while_nobody_answers_the_root_is_asked_again_now_and_then_and_nobody_waits_for_it() -> None:
    zone, clock = Zone({("", "TXT"): fault(), ("example.org", "TXT"): "there"}), Clock()
    guarded = breaker(zone, clock)
    with pytest.raises(LookupFailed):
        await guarded.txt("example.org")
    del zone.records["", "TXT"]
    clock.now += 29
    with pytest.raises(LookupFailed):
        await guarded.txt("example.org")
    await settle()
    assert zone.asked == [("", "TXT")]
    clock.now += 1
    with pytest.raises(LookupFailed):
        await guarded.txt("example.org")
    await settle()
    assert await guarded.txt("example.org") == [b"there"]


async def test_one_domain_that_is_silent_does_not_switch_off_the_rest() -> None:
    zone = Zone({("evil.example", "TXT"): fault(), ("example.org", "TXT"): "there"})
    guarded = breaker(zone)
    for _ in range(10):
        with pytest.raises(LookupFailed):
            await guarded.txt("evil.example")
        await settle()
        assert await guarded.txt("example.org") == [b"there"]


async def test_a_dns_that_goes_away_is_noticed() -> None:
    zone = Zone({("example.org", "TXT"): "there"})
    guarded = breaker(zone)
    await guarded.txt("example.org")
    zone.records = {("", "TXT"): fault(), ("example.org", "TXT"): fault()}
    with pytest.raises(LookupFailed):
        await guarded.txt("example.org")
    await settle()
    before = len(zone.asked)
    with pytest.raises(LookupFailed):
        await guarded.txt("example.org")
    assert len(zone.asked) == before


async def test_a_caller_who_stops_waiting_makes_us_look_too() -> None:
    zone = Zone()
    guarded = breaker(zone)
    await guarded.txt("example.org")
    zone.delay = 60
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await guarded.txt("example.org")
    await asyncio.sleep(0.3)
    zone.asked.clear()
    with pytest.raises(LookupFailed):
        await guarded.txt("example.org")
    assert zone.asked == []
