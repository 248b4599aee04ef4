"""Subjects and names of threads; looking them up is tested with the engines."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ravi.server.mail.threads import bare_subject, conversation_of, is_answer, new_thread_id


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Order 17",
        "RE:Order 17",
        "re : Order  17",
        "Re[2]: Order 17",
        "AW: WG: Order 17",
        "Fwd: Re: FW: Order 17",
        "回复\uff1aOrder 17",
        "Sv: Order 17",
        "  Re:\tOrder\r\n 17 ",
    ],
)
def test_an_answer_is_about_what_it_answers(subject: str) -> None:
    assert (bare_subject(subject), is_answer(subject)) == ("Order 17", True)


@pytest.mark.parametrize("subject", ["Order 17", "Reorder: 17", "Response: yes", "Re Order", "", "Answer: Re: x"])
def test_what_is_no_answer_keeps_its_subject(subject: str) -> None:
    assert (bare_subject(subject), is_answer(subject)) == (subject, False)


def test_a_conversation_is_a_subject_with_one_correspondent() -> None:
    number = conversation_of("Re: Order 17", "Bob@Shop.example")

    assert number == conversation_of("order  17", "bob@shop.example")
    assert number not in (conversation_of("Order 18", "bob@shop.example"), conversation_of("Order 17", "eve@x.example"))
    assert conversation_of("Re:", "bob@shop.example") is None
    assert conversation_of("Order 17", "") is None


@settings(deadline=None)
@given(st.text(), st.text(min_size=1))
def test_the_number_of_a_conversation_fits_into_a_column(subject: str, correspondent: str) -> None:
    number = conversation_of(
        subject.encode("utf-8", "replace").decode(), correspondent.encode("utf-8", "replace").decode()
    )
    assert number is None or -(2**63) <= number < 2**63


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400))
def test_the_name_of_a_thread_needs_no_encoding_in_a_path(inner: str) -> None:
    name = new_thread_id(f"<{inner}>")

    assert len(name) <= 250
    assert name.isascii()
    assert not set(name) & set('/?#%\\ \t\r\n"`')
    assert new_thread_id(f"<{inner}>") == name
    assert new_thread_id(name) == name
