from __future__ import annotations

import pytest

from processors.text_to_speech.speakable_text import SpeakableText

PLAIN = (
    "Sure, it is noon; I think. Shall I go on, or not? It's 3:30, about 1,000 people (so far). "
    'He said: "No way!" It costs $5.50, i.e. 10% less... The co-op is open. C# and R&D, 5 < 6 > 4.'
)

# What the model writes, and what is said of it; a bar stands for a pause.
MARKUP: dict[str, str] = {
    # Emphasis.
    "**Note:** the *thing* is __good__.": "Note: the thing is good.",
    "***Very*** _well_ done, ~~not~~ yes.": "Very well done, yes.",
    "2*3 is 6, and 2 * 3 too.": "2*3 is 6, and 2 * 3 too.",
    "Unclosed **bold and *more": "Unclosed bold and more",
    "The file snake_case_name is __init__.": "The file snake case name is init.",
    # Lines.
    "# Title\n\nText here.": "Title.|Text here.",
    "## One ##\nTwo": "One .|Two",
    "Title\n=====\nText": "Title.|Text",
    "- one\n- two\n  * three": "one.|two.|three",
    "Do this:\n1. First\n2) Second\n10. Tenth": "Do this:|1, First.|2, Second.|10, Tenth",
    "- [ ] to do\n- [x] done": "to do.|done",
    "• one\n• two": "one.|two",
    "5. Anything else?": "5. Anything else?",
    "> Quoted text\n> Goes on.": "Quoted text.|Goes on.",
    "Buy:\nflour\nsugar\nNo eggs": "Buy:|flour.|sugar.|No eggs",
    "This is a line of text that was too long\nto go on. So": (
        "This is a line of text that was too long to go on. So"
    ),
    "Hello!\n\nHow are you?": "Hello!|How are you?",
    "Before\n\n---\n\nAfter\n***\nEnd": "Before.|After.|End",
    "| Name | Age |\n|:---|---:|\n| Ann | 30 |\n\nSo.": "Name, Age.|Ann, 30.|So.",
    "A fact[^1] here.\n\n[^1]: The note.": "A fact here.|The note.",
    "See [it][1].\n\n[1]: https://a.example/b\nEnd": "See it.|End",
    # Code.
    "Call `run()` or ``x``.": "Call run() or x.",
    "```\nls -la\n```": "ls -la.|",
    "Like so:\n```python\nx = 1\n\ny = 2\n```\nThat is it.": "Like so:|That is it.",
    "~~~\na\nb\n~~~\nSo.": "So.",
    "Sure!\n```py\na\nb\n``` That is it.": "Sure!|That is it.",
    "Then ```x=1``` is done.": "Then x=1 is done.",
    "```markdown\n# Hi\nHow are you?\n```\nSo.\nBye.": "Hi.|How are you?|So.|Bye.",
    "```md\nHi.\n```sh\na\nb\n```\nYou.\n```\nSo.": "Hi.|You.|So.",
    "```js\nnever\nclosed": "",
    # Addresses.
    "See https://www.example.com/a/b?c=d#e. Then go.": "See example.com. Then go.",
    "It is at (http://a.example:80/x).": "It is at (a.example).",
    "On example.com/some/path, and/or here.": "On example.com, and/or here.",
    "www.example.com": "example.com",
    "[Click here. Now](https://a.example/b_(c)), please.": "Click here. Now, please.",
    "![A red cat](cat.png) is nice.": "A red cat is nice.",
    "![](data:image/png;base64,AAAA) Ok.": "Ok.",
    "<https://a.example/b> or <joe@a.example>": "a.example or joe@a.example",
    "Write to joe_b@a.example, ok?": "Write to joe_b@a.example, ok?",
    "[mail](mailto:joe@a.example)": "mail",
    "Paris [1][2, 3] is big【4†source】.": "Paris is big.",
    # Pictures.
    "Great 👍🏽 job 👩‍💻 1️⃣ 🇩🇪 🏴󠁧󠁢󠁥󠁮󠁧󠁿!": "Great job 1 !",
    "🎉🎉": "",
    "I ❤️ it ✅": "I it ",
    "A → B": "A , B",
    # HTML.
    "<b>Bold</b><br>new<br/>line &amp; &quot;more&quot;&nbsp;x": 'Bold.|new.|line & "more" x',
    "<ul><li>one</li><li>two</li></ul>": "one.|two.|",
    "a < b, x <- y <!-- hidden --> z": "a < b, x <- y z",
    # TeX.
    r"\(\frac{1}{2} \times x^2\) and $$E=mc^2$$": "1 over 2 times x squared and E=mc squared",
    r"$x$ and $\alpha$ cost $5 \% more": "x and alpha cost $5 % more",
    # Repeated marks.
    "Wow!!!! Really??? Hm..... ok?!?!": "Wow! Really? Hm... ok?!",
    "So,, then;; go": "So, then; go",
    # Nothing to say.
    "***": "",
    "---": "",
    " \n\n ": "",
    "\ufeff\u200b\ud83d\u202e": "",
}


def said(text: str, *, step: int) -> str:
    speakable = SpeakableText()
    pieces = [speakable.feed(text[i : i + step]) for i in range(0, len(text), step)]
    return "".join([*pieces, speakable.finish()])


@pytest.mark.promise(
    "Text-to-speech",
    "Markup, pictures and addresses are not read aloud, shown or remembered.",
)
@pytest.mark.parametrize("step", [1, 2, 3, 5, 1000])
@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_said_as_a_person_would_however_it_is_cut(text: str, step: int) -> None:
    expected = " ".join(MARKUP[text].split())
    assert " ".join(said(text, step=step).replace("\n", "|").split()) == expected


@pytest.mark.parametrize("step", [1, 4, 1000])
def test_plain_text_is_said_as_it_is(step: int) -> None:
    assert said(PLAIN, step=step) == PLAIN


def test_plain_text_is_never_held_back() -> None:
    speakable = SpeakableText()
    text = "Sure, it is noon; and 1,000 people. Yes: "
    assert [speakable.feed(char) for char in text] == [*text]


def test_what_an_address_may_begin_with_is_held_no_longer_than_it_may_be_one() -> None:
    speakable = SpeakableText()
    assert speakable.feed("h") == ""
    assert speakable.feed("e") == "he"
    assert speakable.feed(" www") == " "
    assert speakable.feed(" ") == "www "


def test_a_reply_that_ended_leaves_nothing_to_the_next() -> None:
    speakable = SpeakableText()
    speakable.feed("```\ncode\nmore")
    speakable.finish()
    assert speakable.feed("Sure, ") == "Sure, "
