"""Guards the guard: what runs the documentation notices when a page is wrong."""

import textwrap
from pathlib import Path

import pytest

from tests.support.docs_blocks import Block, blocks_of
from tests.support.docs_runner import Failed, Session


def page(text: str) -> list[Block]:
    return blocks_of("page.md", textwrap.dedent(text))


def run(text: str, folder: Path) -> None:
    Session(folder).run([block for block in page(text) if block.runs])


def test_blocks_share_one_shell_and_files_are_where_it_stands(tmp_path: Path) -> None:
    run(
        """
        ```sh
        mkdir deep && cd deep
        X=shared
        ```

        <!-- file: greet.py -->
        ```python
        print("hello from the file")
        ```

        ```sh
        python greet.py
        echo $X
        ```

        ```text
        hello from the file
        shared
        ```
        """,
        tmp_path,
    )

    assert (tmp_path / "home" / "deep" / "greet.py").exists()


def test_a_block_that_fails_is_named_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"(?s)page\.md:6: exit 3.*about to fail.*line 2 of this block"):
        run(
            """
            ```sh
            true
            ```

            ```sh
            echo about to fail
            (exit 3)
            echo not reached
            ```
            """,
            tmp_path,
        )


@pytest.mark.parametrize("command", ["false | cat", "X=$(false)", "no-such-program"])
def test_no_failure_is_too_quiet_to_be_noticed(command: str, tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"page\.md:2: exit"):
        run(f"\n```sh\n{command}\ntrue\n```\n", tmp_path)


@pytest.mark.parametrize("shown", ["other words", "two\none", "one\ntwo\nthree"])
def test_what_is_shown_has_to_appear_in_that_order(shown: str, tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"page\.md:\d+: nothing like"):
        run(f"```sh\necho one\necho two\n```\n\n```text\n{shown}\n```\n", tmp_path)


def test_what_differs_between_runs_is_not_compared(tmp_path: Path) -> None:
    run(
        """
        ```sh
        echo '{"uuid": "0d3a6c6e-52a7-4b43-b6c9-6a8a6f1b7e2d", "at": "2026-11-23T05:35:03.683Z", "by": "ada"}'
        echo "called +12015550100 with ravi_id_09DMmymYtETuj1dJ0OnQmlbC8gKCFSTA61f5VQCHLYH8a4d846f"
        ```

        ```text
        {"uuid": "5f0c7c1e-8a53-4a0e-9d3b-0f6f4f1d2c3b", "at": "2026-03-01T12:00:00Z", …}
        called +12025550199 with ravi_id_…7f3a
        ```
        """,
        tmp_path,
    )


@pytest.mark.parametrize(("code", "fits"), [(4, True), (0, False), (5, False)])
def test_a_block_that_should_fail_has_to_fail_in_that_way(code: int, fits: bool, tmp_path: Path) -> None:
    text = f"<!-- exits: 4 -->\n```sh\n(exit {code})\n```\n\n```sh\ntrue\n```\n"
    if fits:
        run(text, tmp_path)
        return
    with pytest.raises(Failed, match=r"page\.md:2: exit"):
        run(text, tmp_path)


def test_places_of_the_machine_are_left_alone(tmp_path: Path) -> None:
    run("```sh\nmkdir -p /workspace/.ravi\necho x > /workspace/.ravi/config.json\n```\n", tmp_path)

    assert (tmp_path / "root" / "workspace" / ".ravi" / "config.json").exists()
    assert not Path("/workspace/.ravi").exists()


def test_a_reason_keeps_a_block_from_running_and_a_make_target_is_not_made(tmp_path: Path) -> None:
    text = "<!-- not run: needs a dragon -->\n```sh\nfalse\n```\n\n```sh\nmake test\n```\n"

    assert [block.not_run for block in page(text)] == ["needs a dragon", None]
    run(text, tmp_path)


def test_blocks_are_found_wherever_they_stand() -> None:
    found = page(
        """
        - in a list:

          ```sh
          one
            two
          ```

        Prose in between, so the next one is not what the first shows.

        ````text
        ```
        inside
        ````
        """
    )

    assert [(block.language, block.text) for block in found] == [("sh", "one\n  two\n"), ("text", "```\ninside\n")]
    with pytest.raises(ValueError, match=r"page\.md:2: this block does not end"):
        page("\n```sh\ntrue\n")
