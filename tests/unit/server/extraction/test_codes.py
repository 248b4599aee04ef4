"""What a code looks like, where it stands, and what is none."""

import pytest

from ravi.server.extraction import find_codes
from ravi.server.extraction.codes import MOST_FOUND


def values(subject: str, text: str) -> list[str]:
    return [found["value"] for found in find_codes(subject, text)]


PLACES = {
    "in its sentence": ("Hello", "Your verification code is {}. It expires soon."),
    "on a line below": ("Sign in", "Enter this code:\n\n{}\n\nIt expires at 10:42."),
    "before its name": ("Hello", "{} is your Tern code"),
    "in the subject": ("{} is your Tern code", "Hello"),
    "behind a colon": ("Hello", "Tern login code: {}"),
    "to be typed": ("Tern", "Use {} to sign in to Tern."),
    "in German": ("Hallo", "Ihr Bestätigungscode lautet: {}. Gültig bis 14:30 Uhr."),
    "in Russian": ("Код", "Ваш код подтверждения: {}"),
    "in Japanese": ("認証コード", "認証コードは{}です。"),
    "in Arabic": ("رمز", "رمز التحقق هو {} صالح لمدة 5 دقائق"),
    "in a row of cells": ("Sign in", "Your one-time code\n{}\n"),
}
FORMS = {
    "4821": "4821",
    "0048": "0048",
    "482913": "482913",
    "4829137516": "4829137516",
    "482 913": "482913",
    "482-913": "482913",
    "48 29 13": "482913",
    "48-29-13": "482913",
    "4829 1375": "48291375",
    "482\u00a0913": "482913",
    "482\u2011913": "482913",
    "4 8 2 9 1 3": "482913",
    "4-8-2-9-1-3": "482913",
    "\uff14\uff18\uff12\uff19\uff11\uff13": "482913",
    "\u0664\u0668\u0662\u0669\u0661\u0663": "482913",
    "4\ufe0f\u20e38\ufe0f\u20e32\ufe0f\u20e39\ufe0f\u20e31\ufe0f\u20e33\ufe0f\u20e3": "482913",
    "K7QM2X": "K7QM2X",
    "K7QM-2X9D": "K7QM-2X9D",
    "7f3k9q": "7f3k9q",
    "WDJB-MJHT": "WDJB-MJHT",
    "horse-battery-staple": "horse-battery-staple",
}


@pytest.mark.parametrize("printed", FORMS)
@pytest.mark.parametrize("place", PLACES)
def test_a_code_is_found_in_every_form_at_every_place(printed: str, place: str) -> None:
    subject, text = PLACES[place]

    assert values(subject.format(printed), text.format(printed)) == [FORMS[printed]]


@pytest.mark.parametrize(
    "text",
    [
        "Your code was sent to +1 202 555 0143.",
        "A code was sent to the phone ending in 4417. It ends after 3600 seconds.",
        "Your promo code is SUMMER26, worth 20% off.",
        "Order 482913 was shipped. Tracking code: 1Z00441772093812",
        "Booking code: QX7K2P",
        "Error code 482913 at line 1204",
        "Postal code: 75011",
        "Meeting ID: 881 2044 7193\nPasscode: 553201",
        "If somebody asks for your code, hang up and call 1930.",
        "You paid 1,250.00 EUR on 2026-11-23 at 10:42 from 192.0.2.1.",
        "Code review for 482913 is done.",
        "https://tern.example/verify?code=482913",
        "Approved. Auth code 771203, terminal 4417",
    ],
)
def test_other_numbers_are_no_codes(text: str) -> None:
    assert values("Hello", text) == []


def test_the_newest_code_wins_over_the_one_that_is_quoted() -> None:
    answer = (
        "Please use verification code 305577.\n\nOn Mon, 2 Nov 2026, Sam wrote:\n> the verification code 118822 fails"
    )

    assert values("Re: code", answer) == ["305577"]
    assert values("Re: code", "Thanks!\n\nOn Mon, 2 Nov 2026, Sam wrote:\n> my verification code is 118822") == []


def test_what_is_forwarded_is_what_is_meant() -> None:
    text = (
        "---------- Forwarded message ---------\nFrom: Tern\nDate: Mon, 2 Nov 2026\n\nYour verification code is 60488."
    )

    assert values("Fwd: Your code", text) == ["60488"]


def test_an_older_code_that_is_only_mentioned_is_left_out() -> None:
    assert values("Code", "Your previous code 660417 has expired. Your new code is 118842.") == ["118842"]


def test_two_codes_are_both_returned_in_their_order() -> None:
    assert values("Codes", "Sign-in code: 118204\nRecovery code: R4TT-90QX") == ["118204", "R4TT-90QX"]


def test_letters_that_stand_for_the_sender_are_not_part_of_the_code() -> None:
    assert values("Hello", "K-482913 is your Koi verification code.") == ["482913"]
    assert values("Hello", "Enter the unlock code TR-90417 exactly as printed.") == ["TR-90417"]


def test_the_line_for_browsers_says_the_same_code_again() -> None:
    text = "Your code is: 775 012.\n\n@wicket.example #775012"

    assert values("", text) == ["775012"]


def test_a_code_of_a_contract_is_told_from_the_number_of_the_contract() -> None:
    for text in (
        "Your code for contract 20441772 is 604182.",
        "604182 is your code for contract 20441772.",
        "For contract 20441772 your code is 604182.",
        "契約20441772の認証コードは604182です。",
    ):
        assert values("Contract", text) == ["604182"], text


def test_a_mail_that_says_everything_twice_has_one_code() -> None:
    text = "Your code is 482913.\nYour code is 482913."

    assert find_codes("482913 is your code", text) == [{"value": "482913", "score": 0.95}]


def test_at_most_ten_values_are_returned() -> None:
    text = "\n".join(f"Code: {number}" for number in range(482900, 482950))

    assert len(values("", text)) == MOST_FOUND
