"""docs/errors.md is written from the code; this notices when it was not."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from ravi.wire import codes

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("errors_page", ROOT / "scripts" / "errors_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_code_says(writer: ModuleType) -> None:
    written = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")

    assert written == writer.page(), "write it anew with: .venv/bin/python scripts/errors_page.py"


def test_every_code_is_on_the_page(writer: ModuleType) -> None:
    page = writer.page()
    stable = {value for name, value in vars(codes).items() if name.isupper()}

    # `error` is the root's own code: nothing raises it, a bug excepted.
    assert {code for code in stable if f"| `{code}` |" not in page} == {codes.ERROR}
