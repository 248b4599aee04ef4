"""PINs: the same for whoever types them, and slow to guess."""

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ravi.crypto import pin
from ravi.errors import VaultPinWrong

SALT = bytes(range(16))
SECRET = bytes(range(20))


@pytest.mark.parametrize("text", ["café à la crème", "Ångström", "한국어비밀번호", "ﬀ 1234"])
def test_composed_and_decomposed_spellings_are_one_pin(text: str) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)

    assert pin.stretch(composed, SALT) == pin.stretch(decomposed, SALT)


def test_look_alikes_of_the_other_normal_form_stay_different() -> None:
    """NFKC would fold these; NFC does not, so that no PIN gets weaker than it was typed."""
    assert pin.stretch("ﬀ1234", SALT) != pin.stretch("ff1234", SALT)


def test_pin_salt_and_secret_key_all_count() -> None:
    keys = {
        pin.unlock_key("123456", SALT, SECRET),
        pin.unlock_key("123457", SALT, SECRET),
        pin.unlock_key("123456 ", SALT, SECRET),
        pin.unlock_key("123456", bytes(16), SECRET),
        pin.unlock_key("123456", SALT, SECRET[:-1] + b"\0"),
    }

    assert {len(key) for key in keys} == {32}
    assert len(keys) == 5


@pytest.mark.parametrize("size", [0, 8, 15, 17, 32])
def test_a_salt_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        pin.stretch("123456", bytes(size))


@pytest.mark.parametrize("size", [0, 19, 21, 32])
def test_a_secret_key_of_another_length_is_refused_before_the_pin_is_stretched(size: int) -> None:
    with pytest.raises(ValueError, match="20 bytes"):
        pin.unlock_key("123456", SALT, bytes(size))


def test_a_pin_without_utf_8_is_a_wrong_one_and_is_not_carried_along() -> None:
    with pytest.raises(VaultPinWrong) as caught:
        pin.stretch("12345\udcff", SALT)

    assert caught.value.__context__ is None


def test_too_little_memory_is_said_in_words() -> None:
    """In a process of its own, which may have 48 MiB more than it has; Argon2id wants 64."""
    script = (
        "import resource\n"
        "from ravi.crypto import pin\n"
        "from ravi.errors import VaultError\n"
        "pages = int(open('/proc/self/statm').read().split()[0])\n"
        "limit = pages * resource.getpagesize() + 48 * 2**20\n"
        "resource.setrlimit(resource.RLIMIT_AS, (limit, limit))\n"
        "try:\n"
        "    pin.stretch('123456', bytes(16))\n"
        "except VaultError as error:\n"
        "    print(type(error).__name__, error)\n"
    )
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "VaultError there is too little memory to check the PIN, which takes 64 MiB\n"


@pytest.mark.parametrize("text", ["123456", "correct horse", "a b c d", "пароль", "🔑🔑🔑🔑🔑🔑", "1234e\u0301\u0302"])
def test_good_pins_are_let_in(text: str) -> None:
    assert pin.find_fault(text) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "shorter than 6"),
        ("12345", "shorter than 6"),
        ("1234e\u0301", "shorter than 6"),
        (" 123456", "blank"),
        ("123456 ", "blank"),
        ("123456\n", "blank"),
        ("123456\u3000", "blank"),
        ("123\x00456", "control character"),
        ("123\t456", "control character"),
        ("123\x1b[2J456", "control character"),
        ("123456\ud800", "control character"),
        ("123456\u0378", "does not know yet"),
    ],
)
def test_bad_pins_are_refused_in_words_that_do_not_repeat_them(text: str, fault: str) -> None:
    found = pin.find_fault(text)

    assert found is not None
    assert fault in found
    assert not text.strip() or text.strip() not in found


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.characters(exclude_categories=()), max_size=12))
@example(text="12345\udcff")
def test_a_pin_that_is_let_in_can_be_stretched(text: str) -> None:
    """Whatever `find_fault` lets in has UTF-8 and one normal form."""
    if pin.find_fault(text) is None:
        normal = unicodedata.normalize("NFC", text)
        assert unicodedata.normalize("NFC", normal) == normal
        assert len(normal) >= pin.MIN_PIN_CHARACTERS
        normal.encode("utf-8")
