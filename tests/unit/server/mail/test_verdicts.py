"""Everything that is known about a sender, together."""

import asyncio
from typing import Any

import pytest

from ravi.server.mail.parsing import parse
from ravi.server.mail.records import Verdicts
from ravi.server.mail.verdicts import Checker
from tests.support.signing import MESSAGE, rsa_pair, sign
from tests.support.zone import Zone, fault

RECORDS: dict[tuple[str, str], Any] = {
    ("example.org", "TXT"): "v=spf1 ip4:192.0.2.0/24 -all",
    ("_dmarc.example.org", "TXT"): "v=DMARC1; p=reject",
    ("sel._domainkey.example.org", "TXT"): [rsa_pair().record],
    ("evil.example", "TXT"): "v=spf1 +all",
    ("sel._domainkey.evil.example", "TXT"): [rsa_pair().record],
}


async def check(
    raw: bytes = MESSAGE,
    zone: Zone | None = None,
    *,
    peer: str = "192.0.2.1",
    mail_from: str = "bounces@example.org",
    seconds: float = 5.0,
) -> Verdicts:
    checker = Checker(zone or Zone(RECORDS), seconds=seconds)
    return await checker.check(raw=raw, parsed=parse(raw), peer=peer, helo="mx.example.org", mail_from=mail_from)


def results(verdicts: Verdicts) -> tuple[str, list[str], str]:
    return verdicts.spf.result, [each.result for each in verdicts.dkim], verdicts.dmarc.result


async def test_a_message_that_its_domain_sent_and_signed_is_certain() -> None:
    verdicts = await check(sign())
    assert results(verdicts) == ("pass", ["pass"], "pass")
    assert verdicts.certain
    assert not verdicts.local


async def test_either_of_both_is_enough() -> None:
    assert results(await check()) == ("pass", [], "pass")
    assert results(await check(sign(), peer="198.51.100.1")) == ("fail", ["pass"], "pass")


async def test_a_forged_from_is_not_certain_whatever_else_passes() -> None:
    forged = await check(sign(domain=b"evil.example"), peer="198.51.100.1", mail_from="x@evil.example")
    assert results(forged) == ("pass", ["pass"], "fail")
    assert not forged.certain
    assert forged.dmarc.domain == "example.org"
    assert forged.dmarc.inputs["policy"] == "reject"


async def test_what_a_message_says_about_itself_is_not_believed() -> None:
    claimed = b"Authentication-Results: mx.example.org; spf=pass; dkim=pass header.d=example.org; dmarc=pass\r\n"
    claimed += b"Received-SPF: pass\r\nARC-Authentication-Results: i=1; x; dmarc=pass\r\n"
    verdicts = await check(claimed + MESSAGE, peer="198.51.100.1")
    assert results(verdicts) == ("fail", [], "fail")


@pytest.mark.parametrize(
    ("froms", "count"),
    [(b"", 0), (b"From: a@example.org\r\nFrom: a@example.org\r\n", 2), (b"From: a@example.org, b@x.example\r\n", 1)],
)
async def test_a_message_without_one_author_is_never_certain(froms: bytes, count: int) -> None:
    raw = froms + MESSAGE.partition(b"\r\n")[2]
    verdicts = await check(raw)
    assert parse(raw).header_from_count == count
    assert (verdicts.spf.result, verdicts.dmarc.result) == ("pass", "permerror")
    assert verdicts.dmarc.inputs["reason"]
    assert not verdicts.certain


async def test_a_fault_of_the_dns_is_never_a_failure() -> None:
    verdicts = await check(sign(), Zone(dict.fromkeys(RECORDS, fault())))
    assert results(verdicts) == ("temperror", ["temperror"], "temperror")


async def test_a_dns_that_is_too_slow_is_never_a_failure() -> None:
    verdicts = await check(sign(), Zone(RECORDS, delay=60), seconds=0.1)
    assert results(verdicts) == ("temperror", ["temperror"], "temperror")
    assert verdicts.spf.domain == "example.org"


async def test_what_was_answered_in_time_counts() -> None:
    class Half(Zone):
        async def txt(self, name: str) -> list[bytes]:
            if name == "example.org":
                await asyncio.sleep(60)
            return await super().txt(name)

    assert results(await check(sign(), Half(RECORDS), seconds=1.0)) == ("temperror", ["pass"], "pass")


async def test_without_a_resolver_nothing_is_known_and_nothing_is_refused() -> None:
    checker = Checker(None)
    verdicts = await checker.check(
        raw=sign(), parsed=parse(sign()), peer="192.0.2.1", helo="mx.example.org", mail_from="a@example.org"
    )
    assert results(verdicts) == ("none", ["none"], "none")
    assert not verdicts.certain


async def test_over_loopback_a_signature_still_counts() -> None:
    verdicts = await check(sign(), peer="127.0.0.1")
    assert results(verdicts) == ("none", ["pass"], "pass")


async def test_the_three_checks_ask_at_the_same_time() -> None:
    class Waiting(Zone):
        """Answers nobody before all three have asked."""

        everybody = asyncio.Barrier(3)

        async def txt(self, name: str) -> list[bytes]:
            await self.everybody.wait()
            return await super().txt(name)

    assert results(await check(sign(), Waiting(RECORDS))) == ("pass", ["pass"], "pass")


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"\xff" * 100, b"DKIM-Signature:\r\n\r\n", b"From: \xff@\xfe\r\n\r\n"])
@pytest.mark.parametrize("who", ["", "\x00", "a@b@c", "@", "x" * 5000, "a@\ud800.example"])
async def test_any_message_from_anybody_has_verdicts(raw: bytes, who: str) -> None:
    checker = Checker(Zone())
    for peer in ("192.0.2.1", who):
        verdicts = await checker.check(raw=raw, parsed=parse(raw), peer=peer, helo=who, mail_from=who)
        assert not verdicts.certain
