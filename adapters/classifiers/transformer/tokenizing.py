"""Converts papers to token ids with the Rust library tokenizers, in the same way for training and serving."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.transformer.options import ReadingOptions
from domain.abstract import Abstract
from domain.errors import InvalidInputError
from domain.explanation import Span

TOKENIZER = "tokenizer.json"
_UNREADABLE = "The tokenizer cannot read a paper"
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """The token ids of several papers in one flat array. Those of paper i start at `offsets[i]`.

    `truncated` counts the papers that were cut.
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    truncated: int = 0

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def lengths(self) -> NDArray[np.int64]:
        """Returns the number of tokens of each paper."""
        return np.diff(self.offsets)

    def part(self, start: int, end: int) -> "Tokens":
        """Returns the papers from `start` up to `end`."""
        first, last = self.offsets[start], self.offsets[end]
        return Tokens(self.ids[first:last], self.offsets[start : end + 1] - first)


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """The readings of several papers: all beginnings in order, then the ends of the papers at the rows `ends`."""

    tokens: Tokens
    ends: NDArray[np.intp]


class PaperTokenizer:
    """Reads titles and abstracts with a checkpoint's own tokenizer."""

    def __init__(self, tokenizer: Any, reading: ReadingOptions) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        self._reading = reading
        self._separator = tokenizer.token_to_id("[SEP]")
        self._start = tokenizer.token_to_id("[CLS]")
        self._wordless = [tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]", "[UNK]")]

    @property
    def size(self) -> int:
        """The number of tokens in the vocabulary."""
        return int(self._tokenizer.get_vocab_size(with_added_tokens=True))

    def numbers(self) -> NDArray[np.int64]:
        """Returns the ids of all its tokens, unordered."""
        return np.fromiter(self._tokenizer.get_vocab(with_added_tokens=True).values(), np.int64)

    @property
    def longest(self) -> int:
        """The largest number of tokens in one reading."""
        return self._reading.max_length

    @property
    def most(self) -> int:
        """The largest number of tokens of a paper, beginning and end together."""
        return 2 * self.longest if self._reading.read_end else self.longest

    def text(self, abstract: Abstract) -> str:
        """Returns a paper's text as it is read."""
        if not abstract.title:
            return abstract.text
        join = "[SEP]" if self._reading.title_join == "sep" else "\n"
        return f"{abstract.title}{join}{abstract.text}"

    def read(self, abstracts: Sequence[Abstract], *, longest: int | None = None) -> Tokens:
        """Returns the ids of each paper, at most `longest` (or else `max_length`). The last is the separator's."""
        return self._beginnings(self._encoded(abstracts), longest or self.longest)

    def readings(self, abstracts: Sequence[Abstract]) -> Readings:
        """Returns the beginning of each paper and, if the options say so, the end of each longer one."""
        papers = self._encoded(abstracts)
        beginnings = self._beginnings(papers, self.longest)
        longer = [row for row, ids in enumerate(papers) if len(ids) > self.longest] if self._reading.read_end else []
        if not longer:
            return Readings(beginnings, np.zeros(0, np.intp))
        ends, unread = zip(*(self._end(abstracts[row], len(papers[row])) for row in longer), strict=True)
        return Readings(_joined(beginnings, ends, sum(unread)), np.array(longer, np.intp))

    def unread(self, tokens: Tokens) -> NDArray[np.intp]:
        """Returns the numbers of the papers without a known word, not even in pieces. Marks count as words."""
        known = ~np.isin(tokens.ids, self._wordless)
        return np.flatnonzero(~np.logical_or.reduceat(known, tokens.offsets[:-1]))

    def read_spans(self, abstract: Abstract) -> tuple[Span, ...]:
        """Returns the parts of title and abstract whose tokens are in `readings`, in whole words."""
        whole = self._tokenizer.encode(self.text(abstract))
        if len(whole.ids) <= self.longest:
            return _spans(abstract, len(abstract.title or ""), 0)
        before = len(self.text(abstract)) - len(abstract.text)
        read = _end_of_word(whole, self.longest - 2)
        rest = len(abstract.text)
        if self._reading.read_end:
            text = self._tokenizer.encode(abstract.text, add_special_tokens=False)
            rest = _start_of_word(text, len(text.ids) - self._room(self._title_again(abstract)))
        beginning = max(0, read - before)
        if rest <= beginning:
            return _spans(abstract, read, 0)
        return (*_spans(abstract, read, 0, beginning), *_spans(abstract, 0, rest))

    def _encoded(self, abstracts: Sequence[Abstract]) -> list[list[int]]:
        texts = [self.text(abstract) for abstract in abstracts]
        return [encoding.ids for encoding in _translated(lambda: self._tokenizer.encode_batch_fast(texts), _UNREADABLE)]

    def _beginnings(self, papers: list[list[int]], longest: int) -> Tokens:
        cut = [ids if len(ids) <= longest else [*ids[: longest - 1], self._separator] for ids in papers]
        offsets = np.zeros(len(cut) + 1, dtype=np.int64)
        np.cumsum([len(ids) for ids in cut], out=offsets[1:])
        flat = np.fromiter((token for ids in cut for token in ids), np.int32, count=int(offsets[-1]))
        return Tokens(flat, offsets, sum(len(ids) > longest for ids in papers))

    def _end(self, abstract: Abstract, length: int) -> tuple[list[int], bool]:
        """Returns the title (up to a third of the length) with the last tokens, and whether tokens stay unread."""
        text = self._tokenizer.encode(abstract.text, add_special_tokens=False).ids
        title = self._title_again(abstract)
        room = self._room(title)
        return [self._start, *title, *text[-room:], self._separator], length - self.longest > min(room, len(text))

    def _title_again(self, abstract: Abstract) -> list[int]:
        """Returns the tokens between [CLS] and a paper's last tokens."""
        if not abstract.title:
            return []
        title: list[int] = self._tokenizer.encode(abstract.title, add_special_tokens=False).ids[: self.longest // 3]
        return [*title, self._separator] if self._reading.title_join == "sep" else title

    def _room(self, title: Sequence[int]) -> int:
        """Returns how many of a paper's last tokens fit beside the title."""
        return self.longest - 2 - len(title)

    def save(self, folder: Path) -> None:
        """Writes the tokenizer in the library's own format."""
        text = json.loads(self._tokenizer.to_str())
        (folder / TOKENIZER).write_text(json.dumps(text, ensure_ascii=False, separators=(",", ":")), "utf-8")


def _joined(first: Tokens, others: Sequence[Sequence[int]], truncated: int) -> Tokens:
    flat = np.fromiter((token for ids in others for token in ids), np.int32)
    offsets = first.offsets[-1] + np.cumsum([len(ids) for ids in others])
    return Tokens(np.concatenate((first.ids, flat)), np.concatenate((first.offsets, offsets)), truncated)


def _spans(abstract: Abstract, title: int, start: int, end: int | None = None) -> tuple[Span, ...]:
    """Returns the spans of the title's first characters and of the abstract from `start` up to `end`, if not empty."""
    title = min(title, len(abstract.title or ""))
    end = len(abstract.text) if end is None else end
    parts = (("title", 0, title), ("abstract", start, end))
    return tuple(Span(field, first, last) for field, first, last in parts if first < last)


def _end_of_word(encoding: Any, token: int) -> int:
    """Returns the character position at which the word of a token ends."""
    words, last = encoding.word_ids, token
    while last + 1 < len(words) and words[last + 1] == words[token] is not None:
        last += 1
    return max(int(end) for _, end in encoding.offsets[: last + 1])


def _start_of_word(encoding: Any, token: int) -> int:
    """Returns the character position at which the word of a token starts, or 0 before the first token."""
    if token <= 0:
        return 0
    words, first = encoding.word_ids, token
    while first > 0 and words[first - 1] == words[token] is not None:
        first -= 1
    return int(encoding.offsets[first][0])


def open_tokenizer(folder: Path, reading: ReadingOptions) -> PaperTokenizer:
    """Returns the tokenizer in a checkpoint's or bundle's folder: tokenizer.json, or else vocab.txt (WordPiece)."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    from tokenizers import Tokenizer

    path = folder / TOKENIZER
    if not path.is_file():
        return PaperTokenizer(_from_vocabulary(folder), reading)
    tokenizer = _translated(lambda: Tokenizer.from_file(str(path)), f"{path} is not a tokenizer")
    for token in ("[CLS]", "[SEP]"):
        if tokenizer.token_to_id(token) is None:
            raise InvalidInputError(f"{path} has no token {token}. Give the tokenizer of a BERT checkpoint.")
    return PaperTokenizer(tokenizer, reading)


def _translated(work: Callable[[], Any], problem: str) -> Any:
    """Returns the result of `work`. Raises InvalidInputError for errors of the library, which are plain Exceptions.

    A panic of its Rust code, which is no Exception and would end the program, is translated too.
    """
    try:
        return work()
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise InvalidInputError(f"{problem} ({error}). Fetch the checkpoint again.") from error


def _from_vocabulary(folder: Path) -> Any:
    """Returns BERT's tokenizer for a plain vocabulary, like `BertTokenizer` (Devlin et al. 2019)."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    path = folder / "vocab.txt"
    if not path.is_file():
        raise InvalidInputError(f"{folder} has neither {TOKENIZER} nor vocab.txt. Give a whole checkpoint.")
    vocabulary = _numbers(path)
    missing = [token for token in _SPECIAL if token not in vocabulary]
    if missing:
        raise InvalidInputError(f"{path} lacks {', '.join(missing)}. Give the vocabulary of a BERT checkpoint.")
    options = _tokenizer_config(folder)
    lower = bool(options.get("do_lower_case", True))
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=bool(options.get("tokenize_chinese_chars", True)),
        strip_accents=options.get("strip_accents"),
        lowercase=lower,
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    cls, sep = vocabulary["[CLS]"], vocabulary["[SEP]"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", cls), ("[SEP]", sep)],
    )
    tokenizer.add_special_tokens(list(_SPECIAL))
    return tokenizer


def _numbers(path: Path) -> dict[str, int]:
    """Returns the tokens with their line numbers. Only line feeds end lines, since tokens may be other separators."""
    try:
        text = path.read_text("utf-8")
    except ValueError as error:
        raise InvalidInputError(f"{path} is not UTF-8 ({error}). Fetch the checkpoint again.") from error
    return {word: number for number, word in enumerate(text.removesuffix("\n").split("\n"))}


def _tokenizer_config(folder: Path) -> dict[str, Any]:
    path = folder / "tokenizer_config.json"
    if not path.is_file():
        return {}
    try:
        options: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise InvalidInputError(f"{path} is not JSON ({error}). Fetch the checkpoint again.") from error
    if not isinstance(options, dict):
        raise InvalidInputError(f"{path} is not a JSON object. Fetch the checkpoint again.")
    return options
