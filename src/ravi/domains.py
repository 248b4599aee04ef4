"""
Which site a password belongs to: the registrable domain of a URL or host.

Both programs reduce with this one function, because the client seals what the server shows as a label. Which suffixes
are public comes from the Public Suffix List as shipped with the package publicsuffixlist, its private part included:
`alice.github.io` and `bob.github.io` are two sites. Nothing is looked up in the network.
"""

from __future__ import annotations

import functools
import ipaddress
import re
import unicodedata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

#: RFC 1035 §2.3.4, in octets, without the final dot.
HOST_LIMIT = 253

_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//")
_AUTHORITY_ENDS = re.compile(r"[/?#]")
#: RFC 952 and 1123, and the underscore, which real internal hosts have.
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
#: A last label like these makes browsers read the whole as an IPv4 address, whatever it is.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_PORT = re.compile(r"[0-9]{0,5}", re.ASCII)
#: RFC 3490 §3.1: these separate labels too.
_DOTS = re.compile("[\u3002\uff0e\uff61]")
#: Letters that IDNA 2003 folds away and IDNA 2008 keeps: faß.de and fass.de have different owners today.
_KEPT_LETTERS = "ßς"
#: ZERO WIDTH NON-JOINER and JOINER: dropped by IDNA 2003, allowed in places by IDNA 2008, invisible in both.
_JOINERS = "\u200c\u200d"


def registrable(text: str) -> str:
    """
    Reduce a URL or host to its registrable domain, lower case, in A-labels: `https://mail.google.com/` → `google.com`.

    Scheme, userinfo, port, path and a final dot are dropped. IP addresses (IPv6 without brackets), single labels such
    as `localhost`, and public suffixes themselves are kept. What comes out may be given again, and stays.

    Raises ValueError, with a message for people, for what names no host or is read differently by different programs.
    """
    name = host(text)
    if _is_address(name) or "." not in name:
        return name
    return _suffixes().privatesuffix(name) or name


def host(text: str) -> str:
    """Like `registrable`, but the whole host. Raises ValueError."""
    authority = _authority(text.strip())
    bracketed = re.fullmatch(r"\[([^\[\]]*)\](?::(.*))?", authority)
    if bracketed:
        return _ipv6(bracketed[1], bracketed[2] or "")
    if authority.count(":") > 1:
        return _ipv6(authority, "")
    name, _, port = authority.partition(":")
    _check_port(port)
    return _name(name)


def _authority(text: str) -> str:
    """Cut the part between scheme and path out, without the userinfo."""
    scheme = _SCHEME.match(text)
    rest = text[scheme.end() :] if scheme else text
    before_path = _AUTHORITY_ENDS.split(rest, maxsplit=1)[0]
    # A backslash is a slash to browsers and a letter to RFC 3986: `https://good.example\@evil.example` has two hosts.
    if "\\" in before_path:
        raise ValueError("a backslash stands in the host: programs differ in how they read it")
    authority = before_path.rpartition("@")[2]
    # `https:/example.com` and `mailto:` would be hosts with an empty port otherwise.
    if not authority or (authority.endswith(":") and not scheme):
        raise ValueError("no host in it: write a domain like example.com, or a URL")
    return authority


def _ipv6(text: str, port: str) -> str:
    _check_port(port)
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise ValueError("not a host: the IPv6 address is malformed") from None
    if address.scope_id is not None:
        raise ValueError("an IPv6 address with a zone means something on one machine only")
    # ::ffff:192.0.2.1 is that IPv4 host, and Python versions spell it differently.
    return str(address.ipv4_mapped or address)


def _check_port(port: str) -> None:
    if not _PORT.fullmatch(port) or int(port or 0) > 65535:
        raise ValueError("not a host: what follows the colon is no port")


def _name(text: str) -> str:
    """Check a host name or IPv4 address and bring it to lower-case A-labels."""
    # Before the IDNA codec, whose time grows with the square of the length.
    if len(text) > HOST_LIMIT + 1:
        raise ValueError(f"a host has at most {HOST_LIMIT} characters")
    dotted = _DOTS.sub(".", text).removesuffix(".")
    labels = [_label(label) for label in dotted.split(".")]
    name = ".".join(labels)
    if len(name) > HOST_LIMIT:
        raise ValueError(f"a host has at most {HOST_LIMIT} characters")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            raise ValueError("not a host: it ends in a number and is no IPv4 address") from None
    return name


def _label(text: str) -> str:
    label = (text if text.isascii() else _a_label(text)).lower()
    # After the mapping too: ℀ becomes a/c.
    if not _LABEL.fullmatch(label):
        raise ValueError("not a host: parts between dots are 1 to 63 letters, digits and inner hyphens")
    return label


def _a_label(text: str) -> str:
    """Encode one label that is not ASCII. Raises ValueError."""
    if any(char in _JOINERS for char in text):
        raise ValueError("the host holds an invisible character; write it as an A-label (xn--…)")
    folded = unicodedata.normalize("NFKC", text).lower()
    if any(char in _KEPT_LETTERS for char in folded):
        return "xn--" + folded.encode("punycode").decode("ascii")
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError("not a host: it holds characters that domains cannot have") from None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@functools.cache
def _suffixes() -> PublicSuffixList:
    # Imported and parsed at first need: 50 ms that most commands of the CLI never use.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
