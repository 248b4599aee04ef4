"""What a reader of HTML reads."""

import pytest

from ravi.server.mail.html import read_html


def text_of(source: str) -> str:
    return read_html(source)[1]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<div><div><div>one</div></div></div>two", "one\ntwo"),
        ("one<br>two<br/><br><br><br>three", "one\ntwo\n\nthree"),
        ("one\n   two\t three&nbsp;four", "one two three four"),
        ("<p>  one  <b> two </b>  three  </p>", "one two three"),
        ("12<b>34</b>56", "123456"),
        ("<h1>Title</h1>text<ul><li>a</li><li>b</li></ul>end", "Title\n\ntext\n\n- a\n- b\n\nend"),
        ("<table><tr><td>Code</td><td>123</td></tr><tr><td>x</td></tr></table>", "Code 123\nx"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("a<hr>b", "a\nb"),
        ("<img alt='Logo' src=https://x.example/l.png> hi", "Logo hi"),
        ("a&amp;b &lt;c&gt; &euro; &#128512; &bogus;", "a&b <c> € 😀 &bogus;"),
        ('<a href="https://x.example/y">Click</a> now', "Click <https://x.example/y> now"),
        ('<a href="https://x.example/">x.example</a>', "x.example"),
        ('<a href="https://www.x.example/">https://X.example</a>', "https://X.example"),
        ('<a href="https://evil.example/">good.example</a>', "good.example <https://evil.example/>"),
        ('<a href="mailto:a@b.example">a@b.example</a>', "a@b.example"),
        ('<a href="https://x.example/y"><img src=cid:z></a>', "https://x.example/y"),
        ('<a href="javascript:x">Click</a>', "Click"),
        ("<a name=x>Click</a>", "Click"),
        ("<blockquote>quoted</blockquote>answer", "quoted\n\nanswer"),
        ("<p></p><p> </p><div></div>x", "x"),
        ("", ""),
    ],
)
def test_html_reads_like_this(source: str, text: str) -> None:
    assert text_of(source) == text
