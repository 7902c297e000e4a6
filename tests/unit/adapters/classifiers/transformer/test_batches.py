"""The batches of an epoch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.classifiers.transformer.batches import Batch, Schedule, TokenSet, batches, drawn_batches
from adapters.classifiers.transformer.tokenizing import Tokens

schedules = st.builds(
    Schedule,
    batch_size=st.integers(1, 9),
    title_dropout=st.sampled_from([0.0, 0.3, 0.95]),
    papers=st.integers(0, 60),
    seed=st.integers(0, 5),
)


def tokens_of(lengths: np.ndarray, first: int) -> Tokens:
    """Papers of those lengths; each of a paper's tokens is `first` plus its number."""
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Tokens(np.repeat(np.arange(first, first + len(lengths)), lengths).astype(np.int32), offsets)


def token_set(count: int, *, longest: int = 250, seed: int = 0) -> TokenSet:
    """Papers that their tokens identify: paper n has 1000 + n with its title and 5000 + n, shorter, without."""
    generator = np.random.default_rng(seed)
    lengths = generator.integers(8, longest, count)
    weights = generator.uniform(0.25, 1.0, count).astype(np.float32)
    targets = np.eye(count, dtype=np.uint8)[:, :50]
    return TokenSet(tokens_of(lengths, 1000), tokens_of(lengths - 5, 5000), targets, weights)


@given(count=st.integers(1, 50), schedule=schedules, epoch=st.integers(1, 9))
def test_every_paper_comes_once(count: int, schedule: Schedule, epoch: int) -> None:
    """An epoch has no paper twice, as many as it should and in as many batches as it says."""
    drawn = [rows for rows, _, _ in drawn_batches(token_set(count), schedule, epoch)]
    papers = np.concatenate(drawn).tolist()
    assert len(set(papers)) == len(papers) == schedule.size(count) == min(schedule.papers or count, count)
    assert len(drawn) == schedule.steps(count)
    assert max(map(len, drawn)) <= schedule.batch_size


@given(count=st.integers(1, 50), schedule=schedules, epoch=st.integers(1, 9))
def test_inputs_targets_and_weights_belong_together(count: int, schedule: Schedule, epoch: int) -> None:
    """A line of a batch holds one paper's tokens, whole, with or without title, beside its own target and weight."""
    data = token_set(count)
    for batch in batches(data, schedule, epoch):
        ids, mask = batch.inputs
        papers = (ids[:, 0] - 1000) % 4000
        untitled = ids[:, 0] >= 5000
        assert (ids == ids[:, :1] * mask).all()
        assert (mask.sum(axis=1) == data.with_titles.lengths()[papers] - 5 * untitled).all()
        assert (batch.targets == data.targets[papers]).all()
        if schedule.size(count) == count:
            assert (batch.paper_weights == data.weights[papers]).all()


def test_an_epoch_can_be_repeated() -> None:
    """Seed and epoch alone decide the batches. Another epoch, or another seed, has others."""
    data = token_set(100)

    def order(seed: int, epoch: int) -> list[int]:
        return [int(i) for batch in batches(data, Schedule(8, 0.3, 0, seed), epoch) for i in batch.inputs[0][:, 0]]

    first = order(1, 2)
    assert order(1, 2) == first
    assert order(1, 3) != first
    assert order(2, 2) != first


def test_little_is_padding() -> None:
    """Papers of a batch are alike in length: of very different papers less than a sixth is padding."""
    data = token_set(2000)
    masks = [batch.inputs[1] for batch in batches(data, Schedule(16, 0.0, 0, 0), 1)]
    assert 1 - sum(mask.sum() for mask in masks) / sum(mask.size for mask in masks) < 1 / 6
    assert {mask.shape[1] % 32 for mask in masks} == {0}


def test_a_drawn_epoch_favours_the_heavy() -> None:
    """Of papers with weights 4 and 1, the heavy are drawn far more often, and those drawn count alike."""
    data = token_set(200)
    data = TokenSet(data.with_titles, data.without_titles, data.targets, np.repeat(np.array([4, 1], np.float32), 100))
    drawn = [d for epoch in range(20) for d in drawn_batches(data, Schedule(16, 0.0, 40, 0), epoch)]
    heavy = np.mean(np.concatenate([rows for rows, _, _ in drawn]) < 100)
    assert 0.7 < heavy < 0.85
    assert all((weights == 1).all() for _, _, weights in drawn)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_titles_are_left_out_at_random(share: float) -> None:
    """About as many papers go without title as the option says, not the same in each epoch."""
    data = token_set(1000)
    epochs = []
    for epoch in (1, 2):
        without = np.zeros(1000, bool)
        for rows, untitled, _ in drawn_batches(data, Schedule(16, share, 0, 0), epoch):
            without[rows] = untitled
        epochs.append(without)
    assert abs(np.mean(epochs) - share) < 0.05
    assert share == 0.0 or (epochs[0] != epochs[1]).any()


@pytest.mark.parametrize("count", [2, 5])
def test_halves_hold_the_batch(count: int) -> None:
    """The two halves, neither empty, hold the papers of the batch in order, as tokens and as vectors."""
    targets, weights = np.eye(count, dtype=np.float32), np.arange(count, dtype=np.float32)
    ids = np.arange(count * 3, dtype=np.int32).reshape(count, 3)
    for inputs in ([ids, ids + 1], ids.astype(np.float32)):
        halves = Batch(inputs, targets, weights).halves()
        assert min(len(half.targets) for half in halves) == count // 2
        first = [half.inputs[0] if isinstance(half.inputs, list) else half.inputs for half in halves]
        np.testing.assert_array_equal(np.concatenate(first), ids)
        np.testing.assert_array_equal(np.concatenate([half.targets for half in halves]), targets)
        np.testing.assert_array_equal(np.concatenate([half.paper_weights for half in halves]), weights)
