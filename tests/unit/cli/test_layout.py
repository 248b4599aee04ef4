"""Tables and facts."""

from ravi.cli.layout import Layout, columns, moment

HEADERS = ("name", "address", "number", "status", "created", "uuid")
ROW = (
    "research-agent",
    "research-agent@in.ravi.localhost",
    "+15005550001",
    "active",
    "2026-11-23 05:04",
    "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d",
)


def test_a_table_without_end_has_one_line_a_row() -> None:
    lines = Layout(colour=False, width=None).table(HEADERS, [ROW], empty="none").split("\n")

    assert len(lines) == 2
    assert lines[1].split() == " ".join(ROW).split()


def test_a_table_too_wide_is_folded_and_never_cut() -> None:
    text = Layout(colour=False, width=80).table(HEADERS, [ROW, ROW], empty="none")

    assert max(len(line) for line in text.split("\n")) <= 80
    assert text.count(ROW[1]) == text.count(ROW[5]) == 2
    assert text.split("\n")[1].startswith("    ")


def test_one_value_wider_than_the_terminal_is_shown_whole() -> None:
    text = Layout(colour=False, width=20).table(("address", "uuid"), [("a" * 50, "b" * 36)], empty="none")

    assert "a" * 50 in text
    assert "b" * 36 in text


def test_wide_and_combining_characters_keep_columns_aligned() -> None:
    text = Layout(colour=False, width=None).table(("name", "status"), [("日本", "active"), ("Zoe\u0308", "active")], "")
    lines = text.split("\n")

    assert [columns(line[: line.index("active")]) for line in lines[1:]] == [6, 6]


def test_no_rows_say_what_to_do() -> None:
    assert Layout(colour=True, width=80).table(HEADERS, [], empty="make one") == "make one"


def test_cells_are_cleaned_and_cannot_paint() -> None:
    text = Layout(colour=False, width=None).table(("name",), [("\x1b[31mred\x1b[0m",)], empty="")

    assert "\x1b" not in text


def test_facts_leave_out_what_is_absent_and_keep_false() -> None:
    text = Layout(colour=False, width=None).facts(
        [("name", "ada"), ("ends", None), ("labels", {}), ("signed in", False)]
    )

    assert text == "name       ada\nsigned in  no"


def test_colour_marks_states_only_where_it_is_wanted() -> None:
    assert "\x1b[32mactive\x1b[0m" in Layout(colour=True, width=None).facts([("status", "active")])
    assert "\x1b" not in Layout(colour=False, width=None).facts([("status", "active")])


def test_moments_are_shown_to_the_minute_and_other_text_as_it_is() -> None:
    assert moment("2026-11-23T05:04:03.123Z") == "2026-11-23 05:04"
    assert moment("soon") == "soon"
    assert moment(None) == ""
