"""The content of the page, made without a page."""

from dataclasses import replace

from entrypoints.demo import presenter
from entrypoints.demo.backend import CategoryRow, Classified, Given, ModelInfo, Neighbour, Paper
from entrypoints.demo.batch import Row

ROWS = tuple(
    CategoryRow(f"cs.{letter}", probability, 0.4, f"Field {letter}", f"About {letter}")
    for letter, probability in zip("ABCDEFG", (0.9, 0.6, 0.35, 0.2, 0.1, 0.05, 0.01), strict=True)
)
CLASSIFIED = Classified("baseline/1", ROWS)
GIVEN = Given((("cs.LG", 0.5),))


def test_warnings_stand_above_the_answer() -> None:
    """Bars, a comparison and the summary of a batch begin with what is the matter with the text, escaped."""
    warned = Classified("m", ROWS, ("Few & short.",))
    note = '<p class="note warning" role="status">Few &amp; short.</p>'
    assert presenter.bars(warned, None).startswith(note)
    assert presenter.compared([warned, warned]).count(note) == 1
    assert "warning" not in presenter.bars(CLASSIFIED, None)
    few = Given((), ("Few.",))
    said = presenter.batch_summary([Row(1, Paper("a"), GIVEN), Row(2, Paper("b"), few), Row(3, Paper("c"), few)], of=3)
    assert '<p class="note warning" role="status">2 papers: Few.</p>' in said


def test_categories_that_pass_are_shown_and_some_more() -> None:
    """Some are drawn beside them, so that those given can be compared with those that are not."""
    assert [row.label for row in presenter.shown_rows(ROWS, None, least=3)] == ["cs.A", "cs.B", "cs.C"]
    assert len(presenter.shown_rows(ROWS, 0.0, least=3)) == 7
    assert len(presenter.shown_rows(ROWS, 0.02, least=3)) == 6


def test_a_category_that_passes_is_never_left_out() -> None:
    """If categories have thresholds of their own, an improbable one may pass, and those before it are drawn too."""
    rare = CategoryRow("cs.Z", 0.03, 0.02)
    assert presenter.shown_rows([*ROWS[:6], rare, ROWS[6]], None, least=3)[-1] == rare


def test_bars_say_what_passes() -> None:
    """Each bar has label, name, probability and threshold, and says without colour whether it passes."""
    html = presenter.bars(CLASSIFIED, None)
    assert html.count('<li class="bar passes">') == 2
    assert html.count('class="bar below"') == 5
    assert "2 of 7 categories at or above the threshold" in html
    assert 'style="left:40.0%" title="threshold 0.40"' in html
    assert 'style="width:90.0%"' in html
    assert '<i class="hidden">, not given</i>' in html


def test_ten_bars_are_drawn_and_the_others_are_folded() -> None:
    """The eleventh category is in a box that unfolds, unless it passes."""
    rows = tuple(CategoryRow(f"cs.{letter}", 0.2 - number / 100, 0.4) for number, letter in enumerate("ABCDEFGHIJKL"))
    html = presenter.bars(Classified("m", rows), None)
    seen, _, folded = html.partition('<details class="rest"><summary>2 less probable categories</summary>')
    assert (seen.count("<li"), folded.count("<li")) == (10, 2)
    assert "less probable" not in presenter.bars(Classified("m", rows), 0.0)


def test_twins_share_a_bar_and_a_choice() -> None:
    """arXiv lists cs.IT and math.IT together, so they are one row, by the name that a paper is filed under."""
    rows = (
        CategoryRow("math.IT", 0.8, 0.4, "Information Theory", "", "cs.IT"),
        CategoryRow("cs.IT", 0.7, 0.4, "Information Theory", "", "math.IT"),
        CategoryRow("math-ph", 0.1, 0.4, "Mathematical Physics", "", "math.MP"),
    )
    html = presenter.bars(Classified("m", rows), None)
    assert html.count("<li") == 2
    assert "<b>cs.IT, math.IT</b>" in html and "80.0 %" in html and "70.0 %" not in html
    assert "<b>math-ph</b>" in html
    assert presenter.category_choices(Classified("m", rows)) == [
        ("cs.IT, math.IT Information Theory", "cs.IT"),
        ("math-ph Mathematical Physics", "math-ph"),
    ]


def test_what_a_category_is_about_unfolds() -> None:
    """A bar with a description opens by mouse or keyboard. One without is no switch."""
    html = presenter.bars(Classified("m", (ROWS[0], CategoryRow("cs.Z", 0.1, 0.4))), None)
    assert html.count("<details><summary>") == 1
    assert "</summary><p>About A</p></details>" in html


def test_the_slider_overrules_the_models_thresholds() -> None:
    """With a threshold given, that is the one drawn and the one that decides, down to 0."""
    assert "3 of 7" in presenter.bars(CLASSIFIED, 0.3)
    assert "7 of 7" in presenter.bars(CLASSIFIED, 0.0)


def test_errors_are_text() -> None:
    """A message is shown as it is."""
    assert presenter.problem("<b>") == '<div class="problem" role="alert">&lt;b&gt;</div>'


def test_models_stand_side_by_side() -> None:
    """A category among one model's first ones has a row with all models' numbers.

    Without models, the user is asked for one.
    """
    other = Classified("minilm/2", (CategoryRow("cs.G", 0.7, 0.4, "Field G"), CategoryRow("cs.New", 0.1, 0.4)))
    html = presenter.compared([CLASSIFIED, other])
    assert [html.count(text) for text in ("baseline <span>1</span>", "minilm <span>2</span>")] == [1, 1]
    assert html.index("<b>cs.A</b>") < html.index("<b>cs.G</b>") < html.index("<b>cs.B</b>")
    assert "<em>1.0 %" in html
    assert "<b>cs.F</b>" not in html
    assert html.count("does not know it") == 6
    assert "Choose one model" in presenter.compared([])


def test_models_have_short_names() -> None:
    """A kind of which there is one version is called by that alone."""
    models = [ModelInfo("baseline/1", 0.3), ModelInfo("minilm/1", 0.3), ModelInfo("minilm/2", 0.3)]
    assert presenter.short_names(models) == ["baseline", "minilm/1", "minilm/2"]
    assert [name for _, name in presenter.choices(models)] == [model.name for model in models]


def test_models_are_offered_by_what_they_are_good_for() -> None:
    """A shipped model says its purpose, and each model how many categories it knows, which unfold."""
    models = [ModelInfo("baseline/1", 0.3, "baseline", ("cs.LG", "cs.CV")), ModelInfo("mine/1", 0.3, "", ("a<b",))]
    assert [shown for shown, _ in presenter.choices(models)] == ["Fast (baseline, 2 categories)", "mine (1 category)"]
    assert "<summary>The 2 categories that it knows</summary><p>cs.LG, cs.CV</p>" in presenter.known_categories(
        models[0]
    )
    assert "a&lt;b" in presenter.known_categories(models[1])


def test_shipped_models_are_called_by_their_names() -> None:
    """Two shipped models of one kind have different names in the list of models and in the comparison."""
    models = [ModelInfo("baseline/1", 0.3, "baseline"), ModelInfo("baseline/2", 0.3, "arxiv")]
    assert presenter.short_names(models) == ["baseline", "arxiv"]
    html = presenter.compared([replace(CLASSIFIED, model=model.name) for model in models], models)
    assert "baseline <span>1</span>" in html
    assert "arxiv <span>2</span>" in html


def test_categories_can_be_chosen() -> None:
    """Categories are offered with their names, most probable first."""
    assert presenter.category_choices(CLASSIFIED)[:2] == [("cs.A Field A", "cs.A"), ("cs.B Field B", "cs.B")]


def test_similar_papers_are_linked() -> None:
    """Papers of arXiv are linked to, others named. Without an index, the page says how to make one."""
    found = [Neighbour("2606.01234", "On <stars>", ("astro-ph.GA",), 0.912), Neighbour("own-1", "", ("cs.LG",), 0.5)]
    html = presenter.neighbours(found)
    assert '<a href="https://arxiv.org/abs/2606.01234"' in html
    assert "On &lt;stars&gt;</a>" in html
    assert '<p>own-1</p><p class="note">cs.LG <span class="right">similarity <b>0.50</b></span></p>' in html
    assert "arxiv-classifier index" in presenter.neighbours(None)


def test_batches_are_rows() -> None:
    """Each record has its number, id, title or first words, and categories or its reason. Nothing becomes markup."""
    rows = [
        Row(1, Paper("x", "<b>Title", "a"), Given((("cs.LG", 0.512), ("cs.CV", 0.25)))),
        Row(2, Paper("word " * 40)),
        Row(3, Paper(""), error="The abstract is <blank>."),
    ]
    html = presenter.batch_table(rows)
    assert '<th scope="row">1</th><td>a</td><td>&lt;b&gt;Title</td>' in html
    assert "<span><b>cs.LG</b> 0.51</span> <span><b>cs.CV</b> 0.25</span>" in html
    assert '<th scope="row">2</th><td></td><td>word word' in html
    assert "word\N{HORIZONTAL ELLIPSIS}</td><td></td>" in html
    assert '<i class="failed">The abstract is &lt;blank&gt;.</i>' in html


def test_one_bad_record_is_a_note_and_many_are_an_alarm() -> None:
    """The first record that could not be read is named with its row. An alert is shown where most are bad."""
    bad = [Row(number, Paper(""), error="The abstract is blank.") for number in (1, 2)]
    good = [Row(number, Paper("a"), GIVEN) for number in range(3, 1203)]
    said = presenter.batch_summary([*bad, *good], of=1202)
    assert "1,200 papers classified" in said
    assert "2 records could not be read. The results keep the reason. The first, row 1: The abstract is blank." in said
    assert 'role="alert"' not in said
    assert 'role="alert"' in presenter.batch_summary([*bad, good[0]], of=3)
    assert "could not be read" not in presenter.batch_summary(good, of=1200)


def test_a_batch_that_was_stopped_says_where() -> None:
    """The summary says how many of the file's records were classified."""
    rows = [Row(number, Paper("a"), GIVEN) for number in range(1, 33)]
    assert "Stopped after 32 of 1,200 records." in presenter.batch_summary(rows, of=1200)
