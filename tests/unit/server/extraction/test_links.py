"""Which of a message's links is the one that it was sent for."""

import pytest

from ravi.server.extraction import find_links
from ravi.server.extraction.links import MOST_FOUND

URL = "https://tern.example/a/7f3k9q"


def urls(html: str, text: str = "") -> list[str]:
    return [found["url"] for found in find_links(html, text)]


def button(label: str, url: str = URL) -> str:
    return f'<p>Hello.</p><p><a href="{url}">{label}</a></p>'


@pytest.mark.parametrize(
    "label", ["Confirm email", "Sign in", "Passwort zurücksetzen", "Activer", "驗證", "تأكيد الحساب"]
)
def test_a_link_is_known_by_what_is_written_on_it(label: str) -> None:
    assert find_links(button(label), "") == [{"url": URL, "score": 0.85, "label": label}]


@pytest.mark.parametrize(
    "label", ["Unsubscribe", "Privacy policy", "View order", "It wasn't me", "Abmelden", "App Store"]
)
def test_a_link_that_does_something_else_is_left(label: str) -> None:
    assert urls(button(label)) == []


def test_a_link_that_says_nothing_is_known_by_its_sentence() -> None:
    html = f'<p>Please click <a href="{URL}">here</a> to confirm it. Questions? See <a href="{URL}/q">here</a>.</p>'

    assert urls(html) == [URL]


def test_the_text_of_an_image_is_its_label() -> None:
    assert urls(button('<img src="cid:1" alt="Complete registration">')) == [URL]


def test_of_approve_and_deny_only_the_first_is_returned() -> None:
    assert urls(button("Approve", f"{URL}?yes") + button("Deny", f"{URL}?no")) == [f"{URL}?yes"]


@pytest.mark.parametrize(
    "text",
    [
        "Confirm your address: {}",
        "Please visit {} to confirm your address.",
        "To log in, follow this link:\n\n{}\n\nIt works once.",
        "Verify your email ({}).",
        "Verify <{}>",
        "[Verify email]({})",
        "登録を完了するには、次のURLを開いてください。\n{}",
    ],
)
def test_an_address_in_plain_text_is_found_without_what_is_around_it(text: str) -> None:
    assert urls("", text.format(URL)) == [URL]


def test_entities_in_an_address_are_read_as_a_browser_would() -> None:
    url = "https://tern.example/verify?u=8&sig=a1"

    assert urls(button("Verify", url.replace("&", "&amp;")), f"Verify: {url}") == [url]


def test_brackets_belong_to_an_address_if_they_were_opened_in_it() -> None:
    assert urls("", "Confirm (https://tern.example/c(1)7).") == ["https://tern.example/c(1)7"]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "mailto:a@tern.example", "ftp://tern.example/verify/1", "//x/verify/1"]
)
def test_only_addresses_of_the_web_are_returned(url: str) -> None:
    assert urls(button("Verify", url), f"Verify: {url}") == []


def test_a_page_that_is_the_same_for_everybody_is_not_what_is_waited_for() -> None:
    assert urls(button("Log in", "https://tern.example/login?utm_source=mail7")) == []
    assert urls(button("Log in", "https://tern.example")) == []


def test_at_most_ten_are_returned() -> None:
    assert len(urls("".join(button("Confirm", f"{URL}{number}") for number in range(50)))) == MOST_FOUND
