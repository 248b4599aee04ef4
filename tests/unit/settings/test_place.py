"""Where a process stands."""

import os
import pwd

import pytest

from ravi.settings.place import Place


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}])
def test_without_a_home_variable_the_password_database_says(environ) -> None:
    assert Place(environ).home == pwd.getpwuid(os.getuid()).pw_dir


def test_empty_variables_are_unset() -> None:
    place = Place({"HOME": "/h", "A": "", "B": "b"})

    assert (place.var("A"), place.var("B"), place.var("C")) == (None, "b", None)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/h/src/p/.ravi/config.json", "./.ravi/config.json"),
        ("/h/.ravi/auth.json", "~/.ravi/auth.json"),
        ("/h/src/.ravi/config.json", "/h/src/.ravi/config.json"),
        ("/h/src/p/.ravish/config.json", "/h/src/p/.ravish/config.json"),
        ("/etc/x.json", "/etc/x.json"),
    ],
)
def test_paths_are_shown_as_people_know_them(path, shown) -> None:
    assert Place({"HOME": "/h"}, "/h/src/p").shown(path) == shown


def test_the_homes_file_is_shown_as_such_also_from_home(home) -> None:
    path = str(home / ".ravi" / "config.json")

    assert Place({"HOME": str(home)}, str(home)).shown(path) == "~/.ravi/config.json"


@pytest.mark.parametrize(
    ("value", "folder"),
    [("/x/y/", "/x/y"), ("conf", "/h/src/conf"), ("../conf/", "/h/conf"), (".", "/h/src"), ("", None)],
)
def test_the_config_dir_is_made_absolute(value, folder) -> None:
    assert Place({"HOME": "/h", "RAVI_CONFIG_DIR": value}, "/h/src").explicit_dir == folder
