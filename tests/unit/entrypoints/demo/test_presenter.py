"""What the page shows, without a page."""

from dataclasses import replace

from domain.ports.dataset import BadRecord
from entrypoints.demo import presenter
from entrypoints.demo.backend import CategoryRow, Classified, Given, ModelInfo, Neighbour, Paper

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
    said = presenter.batch_summary([GIVEN, Given((), ("Few.",)), Given((), ("Few.",))], [], of=3)
    assert '<p class="note warning" role="status">2 papers: Few.</p>' in said


def test_categories_that_pass_are_shown_and_some_more() -> None:
    """At least five are drawn, so that those given can be compared with those that are not."""
    assert [row.label for row in presenter.shown_rows(ROWS, None)] == ["cs.A", "cs.B", "cs.C", "cs.D", "cs.E"]
    assert len(presenter.shown_rows(ROWS, 0.0)) == 7
    assert len(presenter.shown_rows(ROWS, 0.02)) == 6


def test_a_category_that_passes_is_never_left_out() -> None:
    """Where categories have thresholds of their own, an improbable one may pass, and those before it are drawn too."""
    rare = CategoryRow("cs.Z", 0.03, 0.02)
    assert presenter.shown_rows([*ROWS[:6], rare, ROWS[6]], None)[-1] == rare


def test_bars_say_what_passes() -> None:
    """Each bar has label, name, probability and threshold, and says without colour whether it passes."""
    html = presenter.bars(CLASSIFIED, None)
    assert html.count('<li class="bar passes">') == 2
    assert html.count('class="bar below"') == 3
    assert "2 of 7 categories at or above the threshold" in html
    assert 'style="left:40.0%" title="threshold 0.40"' in html
    assert 'style="width:90.0%"' in html
    assert '<i class="hidden">, not given</i>' in html


def test_what_a_category_is_about_unfolds() -> None:
    """A bar with a description opens by mouse or keyboard; one without is no switch."""
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
    """What one model puts among its first has a row with the others' numbers; without models, one is asked for."""
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
    assert [shown for shown, _ in presenter.choices(models)] == ["baseline", "minilm/1", "minilm/2"]
    assert [name for _, name in presenter.choices(models)] == [model.name for model in models]


def test_shipped_models_are_called_by_their_names() -> None:
    """Two shipped models of one kind have different names in the list of models and in the comparison."""
    models = [ModelInfo("baseline/1", 0.3, "baseline"), ModelInfo("baseline/2", 0.3, "arxiv")]
    assert presenter.choices(models) == [("baseline", "baseline/1"), ("arxiv", "baseline/2")]
    html = presenter.compared([replace(CLASSIFIED, model=model.name) for model in models], models)
    assert "baseline <span>1</span>" in html
    assert "arxiv <span>2</span>" in html


def test_categories_can_be_chosen() -> None:
    """Categories are offered with their names, most probable first."""
    assert presenter.category_choices(CLASSIFIED)[:2] == [("cs.A Field A", "cs.A"), ("cs.B Field B", "cs.B")]


def test_similar_papers_are_linked() -> None:
    """Papers of arXiv are linked to, others named; without an index, the page says how to make one."""
    found = [Neighbour("2606.01234", "On <stars>", ("astro-ph.GA",), 0.912), Neighbour("own-1", "", ("cs.LG",), 0.5)]
    html = presenter.neighbours(found)
    assert '<a href="https://arxiv.org/abs/2606.01234"' in html
    assert "On &lt;stars&gt;</a>" in html
    assert '<p>own-1</p><p class="note">cs.LG <span class="right">similarity <b>0.50</b></span></p>' in html
    assert "arxiv-classifier index" in presenter.neighbours(None)


def test_batches_are_rows() -> None:
    """A paper without an id is numbered, one without a title named by its first words; nothing becomes markup."""
    papers = [Paper("x", "<b>Title", "a"), Paper("word " * 40)]
    html = presenter.batch_table(papers, [Given((("cs.LG", 0.512), ("cs.CV", 0.25))), Given(())])
    assert '<th scope="row">a</th><td>&lt;b&gt;Title</td>' in html
    assert "<span><b>cs.LG</b> 0.51</span> <span><b>cs.CV</b> 0.25</span>" in html
    assert '<th scope="row">2</th><td>word word' in html
    assert "word\N{HORIZONTAL ELLIPSIS}</td><td></td>" in html


def test_what_was_left_out_is_said() -> None:
    """The first record that could not be read is named with its line."""
    said = presenter.batch_summary([GIVEN] * 1200, [BadRecord("x.jsonl", 3, "The abstract is blank.")] * 2, of=1200)
    assert "1,200 papers classified" in said
    assert "2 records could not be read and were left out. The first, line 3: The abstract is blank." in said
    one = presenter.batch_summary([GIVEN], [BadRecord("x", 3, "Blank.")], of=1)
    assert "1 record could not be read and was left out." in one
    assert "problem" not in presenter.batch_summary([GIVEN] * 3, [], of=3)


def test_a_batch_that_was_stopped_says_where() -> None:
    """Fewer papers than were given are told beside those."""
    assert "Stopped after 32 of 1,200 papers." in presenter.batch_summary([GIVEN] * 32, [], of=1200)
