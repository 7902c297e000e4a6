"""Papers become token ids as the checkpoint's own tokenizer makes them."""

import itertools
import shutil
import string
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.classifiers.transformer.options import ReadingOptions
from adapters.classifiers.transformer.tokenizing import PaperTokenizer, open_tokenizer
from application.explain import word_spans
from domain.abstract import Abstract
from domain.errors import InvalidInputError
from domain.explanation import Span
from tests.checkpoints import vocabulary
from tests.strategies import abstracts

NUMBERS = {token: number for number, token in enumerate(vocabulary())}
READING = ReadingOptions(max_length=16)
PAPER = Abstract("we study quantum states.", "On black holes")


@pytest.fixture(scope="module")
def tokenizer(tiny: Path) -> PaperTokenizer:
    """The tiny checkpoint's, of its vocab.txt."""
    return open_tokenizer(tiny, READING)


@pytest.fixture(scope="module")
def saved(tokenizer: PaperTokenizer, tmp_path_factory: pytest.TempPathFactory) -> PaperTokenizer:
    """The same, saved as tokenizer.json and opened again."""
    folder = tmp_path_factory.mktemp("saved")
    tokenizer.save(folder)
    return open_tokenizer(folder, READING)


def words_of(tokenizer: PaperTokenizer, abstract: Abstract, *, longest: int | None = None) -> list[str]:
    """The tokens of one paper."""
    return [vocabulary()[number] for number in tokenizer.read([abstract], longest=longest).ids]


def test_a_paper_lies_between_the_special_tokens(tokenizer: PaperTokenizer) -> None:
    """A paper's ids begin with [CLS] and end with [SEP]; words that the vocabulary lacks are spelt in pieces."""
    assert words_of(tokenizer, Abstract("We study starly")) == ["[CLS]", "we", "study", "star", "##ly", "[SEP]"]


@pytest.mark.parametrize(("join", "between"), [("newline", []), ("sep", ["[SEP]"])])
def test_title_joins(tiny: Path, join: str, between: list[str]) -> None:
    """Between title and abstract stands nothing that is a token, or the separator, as the option says."""
    tokens = words_of(open_tokenizer(tiny, ReadingOptions(title_join=join)), PAPER)
    assert tokens[:4] == ["[CLS]", "on", "black", "holes"]
    assert tokens[4:] == [*between, "we", "study", "quantum", "states", ".", "[SEP]"]


def test_a_paper_without_title_is_its_abstract(tiny: Path) -> None:
    """Without a title there is no separator inside, whatever the join."""
    tokenizer = open_tokenizer(tiny, ReadingOptions(title_join="sep"))
    assert words_of(tokenizer, PAPER.without_title()) == ["[CLS]", "we", "study", "quantum", "states", ".", "[SEP]"]


def test_truncation_keeps_the_separator_and_is_counted(tokenizer: PaperTokenizer) -> None:
    """A paper over the limit has exactly that number of tokens, with the separator last. One at the limit is whole."""
    papers = [Abstract("star " * words) for words in (13, 14, 15, 300)]
    tokens = tokenizer.read(papers)
    assert tokens.lengths().tolist() == [15, 16, 16, 16]
    assert tokens.truncated == 2
    assert (tokens.ids[tokens.offsets[1:] - 1] == NUMBERS["[SEP]"]).all()
    assert words_of(tokenizer, papers[3], longest=4) == ["[CLS]", "star", "star", "[SEP]"]


@given(papers=st.lists(abstracts(), max_size=5))
def test_papers_do_not_depend_on_their_neighbours(tokenizer: PaperTokenizer, papers: list[Abstract]) -> None:
    """Papers read together have the ids that each has alone."""
    together = tokenizer.read(papers)
    assert len(together) == len(papers)
    for number, paper in enumerate(papers):
        assert together.part(number, number + 1).ids.tolist() == tokenizer.read([paper]).ids.tolist()


@given(papers=st.lists(abstracts(), min_size=1, max_size=5))
def test_a_saved_tokenizer_reads_alike(
    tokenizer: PaperTokenizer, saved: PaperTokenizer, papers: list[Abstract]
) -> None:
    """vocab.txt and the tokenizer.json saved of it give any text the same ids."""
    first, second = tokenizer.read(papers), saved.read(papers)
    np.testing.assert_array_equal(first.ids, second.ids)
    np.testing.assert_array_equal(first.offsets, second.offsets)
    assert (first.truncated, tokenizer.size) == (second.truncated, saved.size)


def test_case_is_kept_where_the_checkpoint_says_so(tiny: Path, tmp_path: Path) -> None:
    """With do_lower_case false a capital is another letter, here one that the vocabulary lacks."""
    shutil.copy(tiny / "vocab.txt", tmp_path)
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false}', "utf-8")
    assert words_of(open_tokenizer(tmp_path, READING), Abstract("Star star")) == ["[CLS]", "[UNK]", "star", "[SEP]"]


@pytest.mark.parametrize("line", ["\u2028", "\x85", "\x1c"])
def test_a_token_may_be_any_character(tiny: Path, tmp_path: Path, line: str) -> None:
    """Only a line feed ends a line of vocab.txt, so that later tokens keep their numbers."""
    words = [*vocabulary()[:10], line, *vocabulary()[10:]]
    (tmp_path / "vocab.txt").write_text("".join(f"{word}\n" for word in words), "utf-8")
    ids = open_tokenizer(tmp_path, READING).read([Abstract("star")]).ids
    assert ids[1] == NUMBERS["star"] + 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("tokenizer.json", b'{"model": ', "tokenizer.json is not a tokenizer"),
        ("tokenizer.json", b"\xff\xfe", "tokenizer.json is not a tokenizer"),
        ("vocab.txt", b"[PAD]\n[UNK]\n[CLS]\nstar\n", r"vocab.txt lacks \[SEP\], \[MASK\]"),
        ("vocab.txt", b"", "vocab.txt lacks"),
        ("vocab.txt", b"[PAD]\n\xff\xfe\n", "vocab.txt is not UTF-8"),
        ("tokenizer_config.json", b"{", "tokenizer_config.json is not JSON"),
        ("tokenizer_config.json", b"[1]", "tokenizer_config.json is not a JSON object"),
    ],
)
def test_a_bad_file_is_named(tiny: Path, tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """A file that cannot be used is an InvalidInputError that names it and what is wrong."""
    shutil.copy(tiny / "vocab.txt", tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInputError, match=message):
        open_tokenizer(tmp_path, READING)


def test_a_tokenizer_without_separator_is_refused(tokenizer: PaperTokenizer, tmp_path: Path) -> None:
    """A tokenizer.json of another kind of model, which has no [SEP], is an InvalidInputError that says so."""
    tokenizer.save(tmp_path)
    path = tmp_path / "tokenizer.json"
    path.write_text(path.read_text("utf-8").replace("[SEP]", "</s>"), "utf-8")
    with pytest.raises(InvalidInputError, match=r"\[SEP\]"):
        open_tokenizer(tmp_path, READING)


def test_a_folder_without_tokenizer_is_refused(tmp_path: Path) -> None:
    """A folder with neither file is an InvalidInputError that names both."""
    with pytest.raises(InvalidInputError, match=r"tokenizer\.json nor vocab\.txt"):
        open_tokenizer(tmp_path, READING)


def readings_of(tiny: Path, words: int, *, title: str | None, longest: int = 12, join: str = "newline") -> list[str]:
    """Returns each reading, as text, of a paper with the given number of numbered words."""
    reading = ReadingOptions(max_length=longest, read_end=True, title_join=join)
    text = " ".join(string.ascii_lowercase[:words])
    tokens = open_tokenizer(tiny, reading).readings([Abstract(text, title)]).tokens
    parts = [tokens.part(row, row + 1).ids for row in range(len(tokens))]
    return [" ".join(vocabulary()[number] for number in ids) for ids in parts]


def test_the_end_of_a_long_paper_is_read(tiny: Path) -> None:
    """The second reading is the title with as many of the last words as fit."""
    assert readings_of(tiny, 14, title="on stars") == [
        "[CLS] on stars a b c d e f g h [SEP]",
        "[CLS] on stars g h i j k l m n [SEP]",
    ]


def test_an_end_has_the_separator(tiny: Path) -> None:
    """If a separator follows the title, it does in both readings."""
    assert readings_of(tiny, 14, title="on stars", join="sep") == [
        "[CLS] on stars [SEP] a b c d e f g [SEP]",
        "[CLS] on stars [SEP] h i j k l m n [SEP]",
    ]


@pytest.mark.parametrize("words", [1, 10])
def test_a_short_paper_is_read_once(tiny: Path, words: int) -> None:
    """A paper whose tokens all fit has no second reading."""
    assert len(readings_of(tiny, words, title=None)) == 1


def test_a_long_title_leaves_room_for_the_end(tiny: Path) -> None:
    """Of a title that would fill the second reading, a third of it is read."""
    assert readings_of(tiny, 14, title="star " * 20)[1] == "[CLS] star star star star i j k l m n [SEP]"


@pytest.mark.parametrize(("words", "unread"), [(10, 0), (11, 0), (20, 0), (21, 1)])
def test_only_what_neither_reads_is_truncated(tiny: Path, words: int, unread: int) -> None:
    """A paper counts as truncated where something lies between its beginning and its end."""
    tokenizer = open_tokenizer(tiny, ReadingOptions(max_length=12, read_end=True))
    assert tokenizer.readings([Abstract(" ".join(["star"] * words))]).tokens.truncated == unread


TEXTS = st.lists(
    st.sampled_from(["star", "galaxy", "x-ray", "unheardly", "a.b", "é≤ü", "[SEP]", "\U0001d538b", "(field)"]),
    max_size=30,
).map(" ".join)
TITLES = st.none() | TEXTS


@pytest.mark.parametrize("read_end", [False, True])
@pytest.mark.parametrize("join", ["newline", "sep"])
@given(title=TITLES, text=TEXTS)
def test_words_outside_what_is_read_change_no_token(
    tiny: Path, read_end: bool, join: str, title: str | None, text: str
) -> None:
    """Any word that lies outside the parts said to be read can be left out, alone or with all others, unnoticed."""
    tokenizer = open_tokenizer(tiny, ReadingOptions(max_length=12, read_end=read_end, title_join=join))
    paper = Abstract(f"star {text}", title)
    read = tokenizer.read_spans(paper)
    unread = {
        word: spans
        for word, spans in word_spans(paper).items()
        if not any(a.field == b.field and a.start < b.end and b.start < a.end for a in spans for b in read)
    }
    wanted = tokenizer.readings([paper]).tokens.ids.tolist()
    for spans in (*unread.values(), tuple(itertools.chain(*unread.values()))):
        assert tokenizer.readings([blanked(paper, spans)]).tokens.ids.tolist() == wanted


def blanked(paper: Abstract, spans: Sequence[Span]) -> Abstract:
    """The paper with spaces in the spans' places."""
    texts = {"title": list(paper.title or ""), "abstract": list(paper.text)}
    for span in spans:
        texts[span.field][span.start : span.end] = " " * (span.end - span.start)
    text = "".join(texts["abstract"])
    return Abstract("." if text.isspace() else text, paper.title and "".join(texts["title"]))


@pytest.mark.parametrize("read_end", [False, True])
def test_as_much_is_read_as_there_are_tokens(tiny: Path, read_end: bool) -> None:
    """Of a long paper the words of the tokens are read and no others, of one that fits all of it."""
    tokenizer = open_tokenizer(tiny, ReadingOptions(max_length=12, read_end=read_end))
    assert tokenizer.read_spans(Abstract("star " * 10)) == (Span("abstract", 0, 50),)
    found = tokenizer.read_spans(Abstract(" ".join(["star"] * 300)))
    assert found[0] == Span("abstract", 0, 49)
    assert found[1:] == ((Span("abstract", 1450, 1499),) if read_end else ())


def test_a_word_of_which_a_piece_is_read_is_read(tiny: Path) -> None:
    """If the limit falls inside a word, the part that is read ends, or starts, with the whole word."""
    tokenizer = open_tokenizer(tiny, ReadingOptions(max_length=12, read_end=True))
    beginning, end = tokenizer.read_spans(Abstract("a " + "starly " * 50 + "a"))
    assert (beginning, end) == (Span("abstract", 0, 2 + 5 * 7 - 1), Span("abstract", 2 + 45 * 7, 2 + 50 * 7 + 1))
