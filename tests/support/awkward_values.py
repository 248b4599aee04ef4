"""Values of secrets that readers trip over, by example and at random; the random ones are the same in every run."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

#: What some reader treats as more than itself, alone and together, and what is easily lost on the way.
SPECIAL = (
    *"'\"`$\\#=!~*?&|;<>(){}[]^%@:,-+ \t\n\r\v\f",
    *("\\n", "\\r", "\\t", "\\\\", "\\'", '\\"', "\\$", "\\\n", "\r\n", " #", "\n#", "''", '""'),
    *("$X", "${X}", "${X:-y}", "$(id)", "$((1+1))", "`id`", "$$", "$1", "${", "$'", "{X}", ":-", "export A=b", "A=b\n"),
    *("\ufeff", "\u0085", "\u00a0", "\u2028", "\u2029", "\u200b", "\u200d", "é", "😀", "\U000e0041", "\U0010ffff"),
    *("\x01", "\x1b", "\x1f", "\x7f", "a", "b", "n", "r", "X"),
)
TEXT = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
VALUES = st.one_of(
    st.lists(st.sampled_from(SPECIAL), max_size=8).map("".join),
    st.lists(st.sampled_from("a'\"`$\\ \n#{}"), max_size=5).map("".join),
    st.text(TEXT, max_size=12),
)
#: Many values in one file, because starting the readers is what takes the time.
FILES = st.lists(VALUES, min_size=40, max_size=80)

repeatably = settings(
    max_examples=10,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)

#: A spelling in `.env` files that all readers share ...
SPELLED_FOR_ALL = [
    "plain",
    "",
    " ",
    "\t both ends \t",
    "\n",
    "two\nlines\n",
    "#not a comment",
    "a#b # c",
    "it's",
    "it's\ntwo lines",
    "it's 5$ and $",
    'say "hi"',
    '{"json": "x", "list": [1]}',
    "$HOME `id` $(id) !!",
    "${ never closed",
    "postgres://user:p%40ss@host:5432/db?sslmode=require&x=$1",
    "C:\\Users\\new",
    "a\\nb",
    "key=value=",
    "export A=b",
    "~/x:~/y",
    "\ufeffmarked",
    "\u0085\u2028\u2029\u200b\u00a0",
    "naïve 😀 \U0001f468\u200d\U0001f469",
    "\x01\x1b[31m\x7f",
    "MIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n==\n",
    "x" * 65536,
    "é\n" * 21845,
]
#: ... and none.
SPELLED_FOR_NONE = [
    "${HOME}",
    "$${X:-y}",
    "both ' and \"",
    "it's `id`",
    "it's $HOME",
    "it's $é",
    "\\\\server\\share",
    "C:\\dir\\",
    "it's C:\\new",
    "\r",
    "one\r\ntwo\r\n",
]


def numbered(values: list[str]) -> dict[str, str]:
    return {f"V{number}": value for number, value in enumerate(values)}
