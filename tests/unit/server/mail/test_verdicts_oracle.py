"""Our alignment beside that of authheaders."""

import importlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ravi.server.mail import dmarc
from ravi.server.mail import spf as _first  # noqa: F401 - it imports pyspf without warnings, which authheaders does not
from ravi.server.mail.records import Check
from tests.support.zone import Zone

authheaders = importlib.import_module("authheaders")

_DOMAINS = st.sampled_from(
    [
        "example.org",
        "news.example.org",
        "a.news.example.org",
        "example.com",
        "co.uk",
        "shop.co.uk",
        "www.shop.co.uk",
        "x.co.uk",
    ]
)
_RESULTS = st.sampled_from(["pass", "fail", "softfail", "neutral", "none", "permerror"])
_MODES = st.sampled_from(["r", "s"])


@given(
    author=_DOMAINS, spf_domain=_DOMAINS, dkim_domain=_DOMAINS, spf_result=_RESULTS, dkim_result=_RESULTS,
    adkim=_MODES, aspf=_MODES, policy=st.sampled_from(["none", "quarantine", "reject"]), at=_DOMAINS,
    sp=st.sampled_from(["", "; sp=none", "; sp=reject"]),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
async def test_authheaders_comes_to_the_same_result(
    author: str, spf_domain: str, dkim_domain: str, spf_result: Any, dkim_result: Any, adkim: str, aspf: str,
    policy: str, at: str, sp: str,
) -> None:  # fmt: skip
    record = f"v=DMARC1; p={policy}{sp}; adkim={adkim}; aspf={aspf}"
    zone = Zone({(f"_dmarc.{at}", "TXT"): record})
    ours = dmarc.evaluate(
        author,
        Check(spf_result, spf_domain),
        (Check(dkim_result, dkim_domain),),
        await dmarc.find_policy(zone, author),
        zone,
    )
    their_spf = authheaders.SPFAuthenticationResult(result=spf_result, smtp_mailfrom=f"a@{spf_domain}")
    their_dkim = authheaders.DKIMAuthenticationResult(result=dkim_result, header_d=dkim_domain)
    theirs = authheaders.check_dmarc(
        f"From: a@{author}\r\n\r\n".encode(),
        their_spf,
        their_dkim,
        dnsfunc=lambda name: record if name == f"_dmarc.{at}" else None,
    )
    assert ours.result == theirs.result
    # It takes sp= for the domain itself, too, when that is an organisation's (RFC 7489 section 6.3: only below it).
    if ours.result != "none" and not sp:
        assert ours.inputs["policy"] == theirs.policy
