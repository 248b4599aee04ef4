"""Where webhooks are posted to, whatever the address is called."""

import ipaddress

import pytest

from ravi.server.webhooks.errors import TargetRefused
from ravi.server.webhooks.ssrf import Guard, is_public

#: What an address leads to, for every form in which one can be written as an address.
ELSEWHERE = {
    "0.0.0.0": "this machine, on many systems",
    "0.1.2.3": "this network",
    "10.0.0.1": "private",
    "100.64.0.1": "carrier-grade NAT",
    "100.100.100.200": "metadata of a cloud",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "168.63.129.16": "a cloud's own service",
    "169.254.169.254": "metadata",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.192": "metadata of a cloud",
    "192.0.2.1": "documentation",
    "192.88.99.1": "6to4 relay",
    "192.168.1.1": "private",
    "198.18.0.1": "benchmarks",
    "198.51.100.7": "documentation",
    "203.0.113.9": "documentation",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "broadcast",
    "::": "unspecified",
    "::1": "loopback",
    "::127.0.0.1": "IPv4-compatible",
    "::8.8.8.8": "IPv4-compatible, of a public one",
    "::ffff:127.0.0.1": "IPv4-mapped",
    "::ffff:10.0.0.1": "IPv4-mapped",
    "::ffff:169.254.169.254": "IPv4-mapped",
    "::ffff:8.8.8.8": "IPv4-mapped, of a public one",
    "::ffff:0:127.0.0.1": "IPv4-translated",
    "64:ff9b::127.0.0.1": "NAT64",
    "64:ff9b::a9fe:a9fe": "NAT64",
    "64:ff9b::10.1.2.3": "NAT64",
    "64:ff9b:1::1": "NAT64 for local use",
    "64:ff9b:1::8.8.8.8": "NAT64 for local use",
    "100::1": "discard",
    "2001::1": "Teredo",
    "2001:0:7f00:1::": "Teredo",
    "2001:10::1": "ORCHID",
    "2001:db8::1": "documentation",
    "2002:7f00:1::": "6to4 of loopback",
    "2002:a00:1::1": "6to4 of a private one",
    "2002:808:808::1": "6to4 of a public one",
    "3fff::1": "documentation",
    "5f00::1": "segment routing",
    "fc00::1": "unique local",
    "fd00::1": "unique local",
    "fd00:ec2::254": "metadata of a cloud",
    "fe80::1": "link-local",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
}
PUBLIC = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450::1", "64:ff9b::8.8.8.8"]

#: Hosts that some program on the way reads as an address, though they are not written as one.
DISGUISED = [
    "2130706433",
    "0x7f000001",
    "0X7F000001",
    "017700000001",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "127.1",
    "127.0.1",
    "10.1",
    "127.0.0.1.",
    "0",
    "127.0.0.01",
    "0.0",
    "1.2.3.4.5",
    "999.1.1.1",
    "0x",
    "example.0x7f",
    "134744072",
]


@pytest.mark.parametrize("address", ELSEWHERE, ids=[f"{a} ({why})" for a, why in ELSEWHERE.items()])
async def test_an_address_that_leads_elsewhere_is_refused_however_it_is_come_by(address: str) -> None:
    shown = f"[{address}]" if ":" in address else address
    assert not is_public(ipaddress.ip_address(address))
    with pytest.raises(TargetRefused):
        Guard().check_url(f"http://{shown}/")

    async def lookup(host: str, port: int) -> list[str]:
        return ["8.8.8.8", address]

    guard = Guard(lookup=lookup)
    with pytest.raises(TargetRefused, match="not on the public internet"):
        await guard.addresses(guard.check_url("https://example.com/"))


@pytest.mark.parametrize("address", PUBLIC)
async def test_a_public_address_is_posted_to(address: str) -> None:
    shown = f"[{address}]" if ":" in address else address
    guard = Guard()
    assert is_public(ipaddress.ip_address(address))
    assert await guard.addresses(guard.check_url(f"http://{shown}:8080/")) == [str(ipaddress.ip_address(address))]


@pytest.mark.parametrize("host", DISGUISED)
def test_a_number_that_is_not_written_as_an_address_is_refused(host: str) -> None:
    with pytest.raises(TargetRefused):
        Guard().check_url(f"http://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "http:///path",
        "http://",
        "http://user@example.com/",
        "http://user:word@example.com/",
        "http://:@example.com/",
        "http://8.8.8.8@127.0.0.1/",
        "http://127.0.0.1#@example.com/",
        "http://127.0.0.1\\@example.com/",
        "http://example.com\\.evil/",
        "http://exa mple.com/",
        "http://example.com/\r\nX: y",
        "http://ex%61mple.com/",
        "http://127.0.0.1%2f@example.com/",
        "http://[::1",
        "http://[fe80::1%25eth0]/",
        "http://[2606:4700:4700::1111%25eth0]/",
        "http://example.com:99999/",
        "http://example.com:x/",
        "http://example.com:25/",
        "http://example.com:465/",
        "http://example.com:587/",
        "http://example.com:22/",
        "http://example.com:1023/",
        "http://example.com:0/",
        "http://localhost/",
        "http://a.localhost/",
        "http://LOCALHOST/",
        "http://db/",
        "http://-a.example/",
        "http://exämple.com/",
        "http://\uff11\uff12\uff17.0.0.1/",
        "http://" + "a" * 64 + ".com/",
        "http://example.com/" + "x" * 2000,
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(TargetRefused):
        Guard().check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook",
        "http://example.com",
        "https://Example.COM:8443/a?b=c&mail=a@b",
        "http://hooks_1.example.com/a%20b",
        "https://xn--exmple-cua.com/",
    ],
)
def test_a_plain_web_address_is_accepted(url: str) -> None:
    assert Guard().check_url(url).scheme in ("http", "https")


async def test_a_host_is_looked_up_once_and_all_of_its_addresses_are_used() -> None:
    asked = []

    async def lookup(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["8.8.8.8", "2606:4700:4700::1111", "8.8.8.8"]

    guard = Guard(lookup=lookup)
    assert await guard.addresses(guard.check_url("https://example.com/")) == ["8.8.8.8", "2606:4700:4700::1111"]
    assert asked == [("example.com", 443)]


@pytest.mark.parametrize("answer", [[], ["not an address"], ["fe80::1%eth0"]])
async def test_a_host_without_a_usable_address_is_refused(answer: list[str]) -> None:
    async def lookup(host: str, port: int) -> list[str]:
        return answer

    guard = Guard(lookup=lookup)
    with pytest.raises(TargetRefused):
        await guard.addresses(guard.check_url("https://example.com/"))


async def test_a_host_that_is_not_found_is_refused_in_words_of_ours() -> None:
    async def lookup(host: str, port: int) -> list[str]:
        raise OSError("secret.internal does not resolve at 10.0.0.53")

    guard = Guard(lookup=lookup)
    with pytest.raises(TargetRefused, match=r"^the host is not found$"):
        await guard.addresses(guard.check_url("https://example.com/"))


async def test_the_operator_may_allow_networks_addresses_and_hosts() -> None:
    async def lookup(host: str, port: int) -> list[str]:
        return {"hooks.internal": ["10.9.9.9"], "n8n": ["192.168.7.7"]}.get(host, ["10.1.2.3"])

    guard = Guard(("10.1.0.0/16", "::1", "hooks.internal", "n8n"), lookup)
    for url in (
        "http://10.1.2.3:8080/",
        "http://[::1]:8080/",
        "http://example.com/",
        "http://hooks.internal/",
        "http://n8n/",
    ):
        assert await guard.addresses(guard.check_url(url))
    for url in ("http://10.2.0.1/", "http://127.0.0.1/", "http://[::ffff:10.1.2.3]/", "http://other/"):
        with pytest.raises(TargetRefused):
            guard.check_url(url)
    with pytest.raises(TargetRefused):
        guard.check_url("http://10.1.2.3:25/")
