"""tests/vectors/: what they promise of themselves, and that both implementations do as they say."""

import base64
import binascii
import importlib.util
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ravi.crypto import derive
from tests.support import second_path as second
from tests.unit.crypto.operations import OURS, REFUSALS, SECOND, STEPS, unhex

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "tests" / "vectors"
TOPICS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))
}
CASES = [(topic, case) for topic, document in TOPICS.items() for case in document["cases"]]
BY_NAME = {(topic, case["name"]): case for topic, case in CASES}
README = (FOLDER / "README.md").read_text(encoding="utf-8")

Case = dict[str, Any]


def named(cases: list[tuple[str, Case]]) -> list[Any]:
    return [pytest.param(case, id=f"{topic}: {case['name'][:90]}") for topic, case in cases]


def failing(case: Case) -> str | None:
    failure: str | None = case["expected"].get("failure")
    return failure


GOOD = [(topic, case) for topic, case in CASES if not failing(case)]
BAD = [(topic, case) for topic, case in CASES if failing(case)]


@pytest.mark.parametrize("case", named(GOOD))
def test_our_implementation_computes_what_is_expected(case: Case) -> None:
    assert OURS[case["operation"]](case["input"]) == case["expected"]


@pytest.mark.parametrize("case", named(BAD))
def test_our_implementation_refuses_what_must_fail(case: Case) -> None:
    with pytest.raises(REFUSALS[case["operation"]]) as caught:
        OURS[case["operation"]](case["input"])

    assert type(caught.value) in REFUSALS[case["operation"]] or case["operation"] == "read_field"


@pytest.mark.parametrize("topic", TOPICS)
def test_the_second_path_computes_the_same(topic: str) -> None:
    for case in (case for name, case in GOOD if name == topic):
        assert SECOND[case["operation"]](case["input"]) == case["expected"], case["name"]


@pytest.mark.parametrize("topic", TOPICS)
def test_the_second_path_refuses_each_fault_at_the_step_where_it_is(topic: str) -> None:
    for case in (case for name, case in BAD if name == topic):
        with pytest.raises(second.Refused) as caught:
            SECOND[case["operation"]](case["input"])

        assert caught.value.step in STEPS[case["expected"]["failure"]], case["name"]


@pytest.mark.parametrize("case", named([(t, c) for t, c in GOOD if "nonce_hex" in c.get("steps", {})]))
def test_sealing_with_the_published_nonce_gives_the_published_text(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    from ravi.crypto import field, root

    given, nonce = case["input"], unhex(case["steps"]["nonce_hex"])
    monkeypatch.setattr("os.urandom", lambda size: nonce[:size])
    if case["operation"] == "open":
        place = (given["identity_uuid"], given["kind"], given["entry"], given["field"])
        ours = field.seal(unhex(given["vault_key_hex"]), *place, case["expected"]["text"])
        bound, key, published = second.field_additional(*place), given["vault_key_hex"], given["sealed"]
    else:
        salt, account = unhex(given["salt_hex"]), given["account_uuid"]
        root_key, key = unhex(case["expected"]["root_key_hex"]), given["unlock_key_hex"]
        ours = root.wrap(root_key, unhex(key), account_uuid=account, salt=salt)
        bound, published = second.root_additional(account, salt), given["wrapped_root"]

    assert ours == published
    assert bound.hex() == case["steps"]["additional_hex"]


@pytest.mark.parametrize("case", named([(t, c) for t, c in GOOD if "box_seed_hex" in c.get("steps", {})]))
def test_the_step_to_a_public_key_is_the_published_one(case: Case) -> None:
    assert derive.derive(unhex(case["input"]["identity_key_hex"]), "box").hex() == case["steps"]["box_seed_hex"]


def test_the_old_formats_vector_is_the_published_clients_own() -> None:
    """Public key and seed of PIN 123456 with a salt of zeros, from the unit tests of the client v0.5.2."""
    case = BY_NAME["legacy", "a salt of zeros"]

    assert case["input"]["pin"] == "123456"
    assert base64.b64decode(case["input"]["salt"]) == bytes(16)
    assert case["expected"]["seed_hex"] == "0b96de1459ef98f53394a55e5589fe75d1a18b422cc5de1ce217d0b29ddd39a0"
    assert case["input"]["public_key"] == "r1feBlhwAtS4e36U3AJLFQKjFYzWsXITkKpH1kffcHo="


# What the files promise of themselves


@pytest.mark.parametrize("topic", TOPICS)
def test_a_file_has_more_failures_than_successes(topic: str) -> None:
    found = Counter("bad" if failing(case) else "good" for case in TOPICS[topic]["cases"])

    assert found["bad"] > found["good"] > 0


@pytest.mark.parametrize("topic", TOPICS)
def test_every_name_is_there_once(topic: str) -> None:
    names = Counter(case["name"] for case in TOPICS[topic]["cases"])

    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("topic", TOPICS)
def test_a_case_that_fails_has_one_fault(topic: str) -> None:
    for case in (case for name, case in BAD if name == topic):
        base = BY_NAME[topic, case["base"]]
        given, right = case["input"], base["input"]

        assert not failing(base)
        assert case["operation"] == base["operation"]
        assert given.keys() == right.keys()
        assert sorted(name for name in right if given[name] != right[name]) == case["changed"], case["name"]
        if case["expected"]["failure"] == "moved_boundary":
            assert "".join(given[name] for name in case["changed"]) == "".join(right[name] for name in case["changed"])
        else:
            (changed,) = case["changed"]
            check_fault(case["expected"]["failure"], right[changed], given[changed])


def check_fault(failure: str, right: str, wrong: str) -> None:
    """The damage is what the class says, and no more."""
    if failure in ("bit_flip", "truncated", "extended"):
        before, after = bytes_in(right), bytes_in(wrong)
        if failure == "bit_flip":
            assert len(before) == len(after)
            assert sum((a ^ b).bit_count() for a, b in zip(before, after, strict=True)) == 1
        elif failure == "truncated":
            assert len(after) < len(before)
            assert before.startswith(after)
        else:
            assert len(after) > len(before)
            assert after.startswith(before)
    elif failure == "wrong_prefix":
        assert bytes_in(right) == bytes_in(wrong)
    elif failure == "not_canonical_base64":
        with pytest.raises((binascii.Error, ValueError, AssertionError)):
            assert wrong.endswith(base64.b64encode(bytes_in(wrong)).decode())


def bytes_in(text: str) -> bytes:
    return base64.b64decode(text.rpartition(":")[2], validate=True)


def test_they_are_what_the_script_writes() -> None:
    spec = importlib.util.spec_from_file_location("vectors", ROOT / "scripts" / "vectors.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}

    assert written == module.files(), "write them anew with: .venv/bin/python scripts/vectors.py"


def test_the_readme_names_every_file_operation_argument_and_failure() -> None:
    words = {f"{topic}.json" for topic in TOPICS}
    for _, case in CASES:
        words |= {case["operation"], *case["input"]}
        words |= {case["expected"]["failure"]} if failing(case) else set(case["expected"])
    told = set(re.findall(r"`([^`\n]+)`", README))

    assert words - told == set()
    assert {failing(case) for _, case in BAD} == set(STEPS)


def test_neither_the_second_path_nor_the_script_uses_our_code_or_libsodium() -> None:
    sources = [ROOT / "scripts" / "vectors.py", *(ROOT / "tests" / "support").glob("*second*.py")]
    sources += (ROOT / "tests" / "support").glob("vector*.py")

    assert len(sources) == 6
    for source in sources:
        imports = re.findall(r"^\s*(?:from|import) (\w+)", source.read_text(encoding="utf-8"), re.M)
        assert not {"ravi", "nacl"} & set(imports), source
