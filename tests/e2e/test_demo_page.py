"""The web page in a real browser, with typing, clicks, the slider, uploads and downloads."""

import csv
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.atom_server import AtomPapers, atom_server
from tests.e2e.server import TEXT
from tests.oai_server import Paper as Stored
from tests.waiting import until

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
pytest.importorskip("playwright")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not CHROMIUM, reason="needs Chromium: apt-get install chromium"),
]
ROOT = Path(__file__).parents[2]
VARIFOLDS = (
    "We prove a regularity theorem for stationary varifolds and for elliptic partial differential equations with "
    "boundary conditions in Sobolev spaces."
)
# Milliseconds that the page may take for anything; a busy machine needs more than Playwright gives it.
PATIENCE = 90_000
# The command line, telling on stderr whom it talks to.
_OVERHEARD = """
import sys
def heard(event, found):
    if event in ("socket.connect", "socket.getaddrinfo"):
        print("ASKED", found[1][0] if event == "socket.connect" else found[0], file=sys.stderr, flush=True)
sys.addaudithook(heard)
from entrypoints.cli.main import main
main()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the temporary files and the log of the page's process."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The page of the shipped models, with an index of a few papers."""
    (folder / "papers.jsonl").write_text(
        "".join(
            json.dumps({"id": f"2601.0000{number}", "title": title, "abstract": title, "categories": ["cs.LG"]}) + "\n"
            for number, title in enumerate(["Scans of organs", "Galaxies and stars", "Planar graphs"])
        )
    )
    command = [sys.executable, "-m", "entrypoints"]
    indexing = ["index", str(folder / "papers.jsonl"), "--output", str(folder / "index"), "--model", "minilm"]
    subprocess.run([*command, *indexing], cwd=ROOT, check=True, capture_output=True)
    port = _free_port()
    command = [sys.executable, "-c", _OVERHEARD, "demo", "--port", str(port), "--index", str(folder / "index")]
    (folder / "tmp").mkdir()
    environment = {**os.environ, "TMPDIR": str(folder / "tmp")}
    with (folder / "log").open("wb") as log:
        demo = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log)
        (folder / "pid").write_text(str(demo.pid))
        try:
            yield _answering(f"http://127.0.0.1:{port}", demo)
        finally:
            demo.terminate()
            demo.wait(60)


def _answering(address: str, demo: "subprocess.Popen[bytes]") -> str:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and demo.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return address
        except OSError:
            time.sleep(0.3)
    raise AssertionError("the page did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """A fresh page that records its requests and errors."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(PATIENCE)
    opened.asked, opened.wrong = [], []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on("pageerror", lambda error: opened.wrong.append(str(error)))
    opened.goto(address)
    opened.get_by_label("Abstract").first.wait_for()
    yield opened
    assert opened.wrong == []
    opened.close()


def classify(page: Any, text: str = TEXT, title: str = "") -> None:
    """Types a paper and clicks the button."""
    page.get_by_label("Title (if there is one)").first.fill(title)
    page.get_by_label("Abstract").first.fill(text)
    page.get_by_role("button", name="Classify", exact=True).click()


def upload(page: Any, path: Path) -> None:
    """Gives a file to the batch tab, again while the page sends nothing, and waits until the server has the file."""
    from playwright.sync_api import Error as NotSent

    tab, chosen = page.get_by_role("tab", name="Batch"), page.locator("input[type=file]").first
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline:
        tab.click()
        try:
            with page.expect_request(re.compile(r"/upload\b"), timeout=8000) as sent:
                chosen.set_input_files(str(path), timeout=2000)
        except NotSent:
            continue
        assert sent.value.response().ok
        page.locator(".file-preview", has_text=path.stem).first.wait_for()  # which shows stem and suffix apart
        return
    raise AssertionError(f"{path.name} was not sent")


def first_bar(page: Any) -> Any:
    """Waits for the bar of the most probable category and returns it."""
    bar = page.locator(".bar").first
    bar.wait_for()
    return bar


def test_a_paper_gets_bars_and_words(page: Any) -> None:
    """Typed text gives bars with thresholds, and the words that speak for the first category."""
    classify(page, title="Segmenting scans")
    assert "cs.CV" in first_bar(page).inner_text()
    assert page.locator(".bar .cut").count() == page.locator(".bar").count() >= 5
    page.locator(".words mark.for").first.wait_for()  # which come after the bars
    assert "segmentation" in page.locator(".words mark.for").all_inner_texts()


def paste(page: Any, text: str) -> None:
    """Pastes a text into the box of the abstract, as a browser does."""
    page.evaluate(
        """text => { const box = document.querySelector('#paper-abstract textarea'), data = new DataTransfer();
        data.setData('text/plain', text);
        box.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})); }""",
        text,
    )


def answered(page: Any) -> str:
    """Waits for the answer in words, with the words of its first category, and returns it."""
    page.locator(".answer").wait_for()
    page.locator(".words mark").first.wait_for()
    return str(page.locator(".answer").inner_text())


def test_the_answer_comes_first(page: Any) -> None:
    """Primary category and cross-lists are above the bars in words, with verdicts on chosen categories."""
    page.get_by_label("Categories chosen so far").fill("cs.LG math.AP")
    classify(page, VARIFOLDS, "Regularity of minimal surfaces")
    said = answered(page)
    assert said.startswith("Primary: math.AP Analysis of PDEs")
    assert "Cross-list: math.DG Differential Geometry" in said
    assert "Drop cs.LG." in said and "Make math.AP the primary category." in said
    assert page.locator(".answer").bounding_box()["y"] < first_bar(page).bounding_box()["y"]
    assert page.locator("ul.bars").first.locator("> li").count() == 10
    assert page.locator(".bar b", has_text="math-ph, math.MP").count() == 1
    for word in ("logit", "add up", "max_characters"):
        assert page.get_by_text(word).locator("visible=true").count() == 0


def test_the_answer_and_a_link_are_copied(page: Any, address: str) -> None:
    """Copy gives the sentence. The link opens a page with the same answer, and its text is sent to no server."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    page.get_by_label("Categories chosen so far").fill("cs.LG")
    classify(page, VARIFOLDS, "Surfaces & more")
    before = answered(page)
    page.get_by_role("button", name="Copy", exact=True).click()
    until(lambda: page.evaluate("navigator.clipboard.readText()").startswith("Primary: math.AP."))
    page.get_by_role("button", name="Copy link").click()
    until(lambda: page.evaluate("navigator.clipboard.readText()").startswith(f"{address}/#"))
    link = page.evaluate("navigator.clipboard.readText()")
    page.goto("about:blank")
    page.goto(link)
    assert answered(page) == before
    assert page.locator("#paper-title").locator("input, textarea").input_value() == "Surfaces & more"
    assert not any("varifolds" in url.partition("#")[0] for url in page.asked)


def test_a_pasted_block_fills_both_boxes(page: Any) -> None:
    """A pasted record in arXiv's own form fills title and abstract. Other text is pasted as it is."""
    paste(page, f"Title:Regularity of\n  surfaces\nAuthors: A. One, B. Two\n\nAbstract: {VARIFOLDS}\nComments: 3 pages")
    title = page.locator("#paper-title").locator("input, textarea")
    assert title.input_value() == "Regularity of surfaces"
    assert page.get_by_label("Abstract").first.input_value() == VARIFOLDS
    paste(page, "A text about the title: it has no abstract")
    assert title.input_value() == "Regularity of surfaces"


def test_editing_marks_the_answer_as_old(page: Any) -> None:
    """After an edit the answer is marked as old, until the edit is undone or Ctrl+Enter brings a new one."""
    classify(page, VARIFOLDS)
    answered(page)
    note = page.locator(".answer .old-note")
    assert note.inner_text() == ""
    page.get_by_label("Abstract").first.fill("We compute hadron masses in lattice QCD.")
    assert "You have edited the paper" in note.inner_text()
    page.get_by_label("Abstract").first.fill(VARIFOLDS)
    assert note.inner_text() == ""
    page.get_by_label("Abstract").first.fill("We compute hadron masses in lattice QCD.")
    assert page.get_by_text("or press Ctrl+Enter").first.is_visible()
    page.get_by_label("Abstract").first.press("Control+Enter")
    page.locator(".answer b", has_text="hep-lat").wait_for()
    until(lambda: note.inner_text() == "")


def test_models_say_what_they_are_good_for(page: Any) -> None:
    """The choice of a model shows its purpose, and its categories unfold below."""
    page.get_by_label("Model", exact=True).first.click()
    page.get_by_role("option", name="All of arXiv (arxiv, 155 categories)").click()
    page.get_by_text("The 155 categories that it knows").click()
    assert "q-bio.GN" in page.locator("details.known p").first.inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_serious_for_axe(page: Any, address: str, width: int, theme: str) -> None:
    """axe-core finds nothing serious or critical in the page with an answer.

    On a phone the page scrolls to the answer.
    """
    from importlib import resources

    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{address}/?__theme={theme}")
    page.get_by_label("Abstract").first.wait_for()
    classify(page, VARIFOLDS)
    answered(page)
    if width == 390:
        until(lambda: abs(page.locator("#paper-answer").bounding_box()["y"]) < 40)
    page.evaluate(resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8"))
    found = page.evaluate("() => axe.run()")
    assert len(found["passes"]) > 10
    bad = [each for each in found["violations"] if each["impact"] in ("serious", "critical")]
    assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in bad] == []


def test_a_paper_of_another_time(page: Any) -> None:
    """A month under More closes categories that arXiv did not have then. A future month is answered with a sentence."""
    classify(page)
    first_bar(page)
    assert "eess.IV" in page.locator(".bar").all_inner_texts()[1]
    page.get_by_role("button", name="More").first.click()
    page.get_by_label("Filed in").fill("2012-05")
    page.get_by_label("Filed in").press("Enter")
    until(lambda: not any("eess.IV" in text for text in page.locator(".bar").all_inner_texts()))
    assert "cs.CV" in first_bar(page).inner_text()
    page.get_by_label("Filed in").fill("9998-01")
    page.get_by_label("Filed in").press("Enter")
    page.get_by_text("The date 9998-01 lies in the future.").wait_for()


def test_the_slider_goes_down_to_zero(page: Any) -> None:
    """At a threshold of 0 every category is drawn, by keyboard."""
    classify(page)
    first_bar(page)
    page.get_by_role("button", name="Advanced").click()
    page.get_by_role("slider").first.focus()
    page.keyboard.press("Home")
    page.get_by_text("50 of 50 categories").wait_for()
    assert page.locator("details.rest").count() == 0
    assert page.locator(".bar").count() == 50 - page.locator(".bar b", has_text=",").count()
    until(lambda: page.get_by_label("Categories are given by").input_value() == "The threshold of the slider")


def test_the_models_thresholds_come_back(page: Any) -> None:
    """After the slider was moved, a choice restores the model's own thresholds and the position of the handle."""
    classify(page)
    first_bar(page)
    page.get_by_role("button", name="Advanced").click()
    said, at = page.locator(".note").filter(has_text="categories at or above").inner_text(), page.get_by_role("slider")
    before = at.first.input_value()
    at.first.focus()
    page.keyboard.press("End")
    page.get_by_text("0 of 50 categories").wait_for()
    given_by(page, "The model's own thresholds")
    page.locator(".note").filter(has_text=said.splitlines()[0]).wait_for()
    until(lambda: at.first.input_value() == before)


def given_by(page: Any, rule: str) -> None:
    """Chooses what decides which categories are given."""
    rules = page.get_by_label("Categories are given by")
    rules.click()
    # By keyboard: on a narrow page, some options of the open list lie below the window.
    rules.fill(rule)
    page.get_by_role("option", name=re.compile(f"^{re.escape(rule)}")).wait_for()
    rules.press("Enter")


@pytest.mark.parametrize("width", [390, 1280])
def test_a_policy_and_a_coverage_choose_categories(page: Any, width: int) -> None:
    """Bars follow the choice at once, without a threshold, and another model offers its own rules."""
    page.set_viewport_size({"width": width, "height": 900})
    classify(page)
    first_bar(page)
    page.get_by_role("button", name="Advanced").click()
    given_by(page, "precision-0.95")
    page.get_by_text(re.compile(r"\d of 50 categories given")).wait_for()
    assert page.locator("ul.bars .cut").count() == 0
    careful = page.locator(".bar.passes").count()
    given_by(page, "Sets with all categories of 99 %")
    until(lambda: page.locator(".bar.passes").count() > careful)
    given_by(page, "The model's own thresholds")
    page.get_by_text("categories at or above the threshold").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_a_category_is_about_unfolds_by_keyboard(page: Any) -> None:
    """Enter on a bar shows the category's description."""
    classify(page)
    first_bar(page)
    told = page.locator(".bar details p").first
    assert not told.is_visible()
    page.locator(".bar summary").first.focus()
    page.keyboard.press("Enter")
    told.wait_for()
    assert "image" in told.inner_text().lower()


def test_words_of_a_transformer_come_after_its_bars(page: Any) -> None:
    """Another model shows its bars first, and then the words with the largest contributions."""
    page.get_by_label("Model", exact=True).first.click()
    page.get_by_role("option", name="minilm").click()
    classify(page)
    first_bar(page)
    page.get_by_text("How these words were found").click()
    page.get_by_text("Method: occlusion").wait_for()
    assert page.locator(".words mark.for").count() > 0


def test_a_second_click_counts(page: Any) -> None:
    """A second paper that is classified while words of the first are computed gets its answer."""
    page.get_by_label("Model", exact=True).first.click()
    page.get_by_role("option", name="minilm").click()
    classify(page, f"{TEXT} {' '.join(f'w{number}' for number in range(150))}")
    first_bar(page)
    classify(page, "We compute hadron masses in lattice QCD with staggered quarks.")
    page.locator(".bar b", has_text="hep-lat").wait_for()
    page.locator(".words mark", has_text="lattice").wait_for()


def test_another_category_has_other_words(page: Any) -> None:
    """Choosing another category, even the least probable, shows its words."""
    classify(page)
    page.locator(".words").wait_for()
    before = page.locator(".sides").inner_text()
    for name in ("eess.IV", "hep-lat"):
        page.get_by_label("Why this category?").click()
        page.get_by_role("option", name=name).click()
        page.wait_for_function(
            "before => (document.querySelector('.sides')?.innerText ?? before) !== before", arg=before
        )
        before = page.locator(".sides").inner_text()


def test_a_blank_abstract_is_told_of(page: Any) -> None:
    """A blank abstract gives a message with the remedy."""
    page.get_by_role("button", name="Classify", exact=True).click()
    assert "The abstract is blank" in page.get_by_role("alert").inner_text()


def test_by_keyboard_alone(page: Any) -> None:
    """From the title on, Tab and Enter are enough to classify."""
    page.get_by_label("Title (if there is one)").first.focus()
    page.keyboard.type("Lattice QCD")
    page.keyboard.press("Tab")
    page.keyboard.type("We compute hadron masses with staggered quarks.")
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText") == "Classify":
            break
    page.keyboard.press("Enter")
    assert "hep-lat" in first_bar(page).inner_text()


def test_where_the_keyboard_is_can_be_seen(page: Any) -> None:
    """Every element that Tab reaches has a visible outline."""
    classify(page)
    page.locator(".words").wait_for()
    page.get_by_label("Title (if there is one)").first.focus()
    reached = set()
    for _ in range(20):
        page.keyboard.press("Tab")
        tag, style = page.evaluate(
            "[document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle]"
        )
        reached.add(tag)
        assert style == "solid" or tag == "BODY", tag
    assert {"BUTTON", "INPUT", "SUMMARY", "TEXTAREA"} <= reached


def test_an_example_is_classified(page: Any) -> None:
    """A click on an example fills the fields and classifies it."""
    page.get_by_text("Black hole entropy from string theory").click()
    page.locator(".answer b", has_text="hep-th").first.wait_for()
    page.wait_for_function("[...document.querySelectorAll('textarea, input')].some(e => e.value.includes('D-branes'))")


def test_a_file_is_classified(page: Any, tmp_path: Path, folder: Path) -> None:
    """An uploaded file gives a preview and a file to download. Only Gradio's own store keeps a copy."""
    papers = tmp_path / "papers.csv"
    papers.write_text('id,title,abstract\np1,,"Galaxies, stars and redshift."\np2,, \np3,,"Lattice QCD with quarks."\n')
    upload(page, papers)
    page.get_by_role("button", name="Classify all").click()
    page.get_by_text("2 papers classified").wait_for()
    assert "1 record could not be read" in page.locator(".note.warning").inner_text()
    assert page.get_by_role("alert").count() == 0
    with page.expect_download() as caught:
        page.locator("a[download]").last.click()
    rows = list(csv.reader(Path(caught.value.path()).read_text("utf-8").splitlines()))
    assert [row[:2] for row in rows] == [["row", "id"], ["1", "p1"], ["2", ""], ["3", "p3"]]
    assert rows[3][3].startswith("hep-lat")
    assert "abstract is blank" in rows[2][-1]
    assert page.locator("table.batch tbody tr").count() == 3
    until(lambda: list((folder / "tmp").glob("arxiv-classifier-*")) == [])


def long_batch(page: Any, folder: Path) -> None:
    """Begins to classify a file that takes minutes, by MiniLM."""
    papers = folder / "long.jsonl"
    papers.write_text("".join(json.dumps({"id": str(number), "abstract": TEXT * 3}) + "\n" for number in range(19_000)))
    upload(page, papers)
    page.get_by_label("Model", exact=True).locator("visible=true").click()
    page.get_by_role("option", name="minilm").locator("visible=true").click()
    page.get_by_role("button", name="Classify all").focus()
    page.keyboard.press("Enter")
    page.get_by_text(re.compile(r"[1-9]\d*/19k papers")).first.wait_for(timeout=120_000)


def processor_seconds(pid: int) -> float:
    """Returns the processor time of a process in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def until_idle(pid: int) -> None:
    """Waits until a process computes for less than a fifth of a second in a second."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        before = processor_seconds(pid)
        time.sleep(1)
        if processor_seconds(pid) - before < 0.2:
            return
    raise AssertionError("it goes on computing")


def test_a_template_can_be_downloaded(page: Any) -> None:
    """The batch tab offers a table to fill in."""
    page.get_by_role("tab", name="Batch").click()
    with page.expect_download() as caught:
        page.get_by_role("link", name="Download a template").click()
    assert caught.value.suggested_filename == "papers.csv"
    assert Path(caught.value.path()).read_text("utf-8").startswith("id,title,abstract,date\n")


def test_a_batch_is_stopped_by_keyboard(page: Any, tmp_path: Path, folder: Path) -> None:
    """Stop ends the batch. Finished papers are shown and can be downloaded, and the next batch runs to its end."""
    stop = page.get_by_role("button", name="Stop")
    page.get_by_role("tab", name="Batch").click()
    assert stop.is_disabled()
    long_batch(page, tmp_path)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Stop"
    page.keyboard.press("Enter")
    said = page.get_by_text("Stopped after")
    said.wait_for(timeout=60_000)
    done = int(re.findall(r"[\d,]+", said.inner_text())[0].replace(",", ""))
    assert 0 < done < 19_000
    until_idle(int((folder / "pid").read_text()))
    with page.expect_download() as caught:
        page.locator("a[download]").last.click()
    assert len(Path(caught.value.path()).read_text("utf-8").splitlines()) == done + 1
    assert stop.is_disabled()
    until(lambda: list((folder / "tmp").glob("arxiv-classifier-*")) == [])
    page.get_by_label("Model", exact=True).locator("visible=true").click()
    page.get_by_role("option", name="baseline").locator("visible=true").click()
    page.get_by_role("button", name="Classify all").click()
    page.get_by_text("19,000 papers classified").wait_for(timeout=120_000)


def test_a_batch_ends_with_its_page(browser: Any, address: str, tmp_path: Path, folder: Path) -> None:
    """Closing the page stops the batch."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.get_by_label("Abstract").first.wait_for()
    long_batch(page, tmp_path)
    page.close()
    until_idle(int((folder / "pid").read_text()))
    until(lambda: list((folder / "tmp").glob("arxiv-classifier-*")) == [])


def test_a_file_of_nothing_is_told_of(page: Any, tmp_path: Path) -> None:
    """A file without papers gives a message."""
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"title": "no abstract"}\n')
    upload(page, bad)
    page.get_by_role("button", name="Classify all").click()
    said = page.get_by_role("alert").inner_text()
    assert said.startswith("bad.jsonl has the columns title; wanted are abstract")


def test_models_are_compared(page: Any) -> None:
    """Each model has a column for the paper that was typed in the first tab."""
    page.get_by_label("Abstract").first.fill(TEXT)
    page.get_by_role("tab", name="Compare").click()
    abstract = page.get_by_label("Abstract").locator("visible=true")
    page.wait_for_function(
        "text => [...document.querySelectorAll('textarea')].filter(e => e.value === text)[1]", arg=TEXT
    )
    assert abstract.input_value() == TEXT
    page.get_by_role("button", name="Compare").click()
    page.locator("table.compare").wait_for()
    heads = page.locator("table.compare thead th").all_inner_texts()
    assert {head.split()[0] for head in heads} == {"baseline", "arxiv", "ensemble"}
    assert page.locator("table.compare tbody th").first.inner_text().startswith("cs.CV")


def test_similar_papers_are_found(page: Any) -> None:
    """The papers of the index are listed, the most similar first, with links."""
    page.get_by_role("tab", name="Similar").click()
    page.get_by_label("Abstract").locator("visible=true").fill("We segment organs in scans.")
    page.get_by_role("button", name="Find similar papers").click()
    first = page.locator(".similar li").first
    first.wait_for()
    assert "Scans of organs" in first.inner_text()
    assert first.locator("a").get_attribute("href") == "https://arxiv.org/abs/2601.00000"


def test_what_is_typed_in_a_tab_stays(page: Any) -> None:
    """A tab takes over the paper of another tab before typing is possible, and only into blank boxes."""
    page.get_by_label("Abstract").first.fill(TEXT)
    page.get_by_role("tab", name="Similar").click()
    abstract = page.get_by_label("Abstract").locator("visible=true")
    abstract.fill("We compute hadron masses.")
    page.get_by_role("tab", name="Advice").click()
    page.get_by_role("tab", name="Similar").click()
    page.get_by_role("button", name="Find similar papers").click()
    page.locator(".similar li").first.wait_for()
    assert abstract.input_value() == "We compute hadron masses."


@pytest.mark.parametrize("width", [360, 390, 768])
def test_it_fits_a_phone(page: Any, width: int) -> None:
    """Nothing reaches beyond the width of a phone, in any tab and with answers in it."""
    page.set_viewport_size({"width": width, "height": 844})
    classify(page, title="Segmenting scans")
    page.locator(".words").wait_for()
    until(lambda: page.evaluate(_BEYOND, width) == [])
    for tab, button, answer in (
        ("Compare", "Compare", "table.compare"),
        ("Similar", "Find similar papers", ".similar"),
    ):
        page.get_by_role("tab", name=tab).click()
        page.get_by_label("Abstract").locator("visible=true").fill(TEXT)
        page.get_by_role("button", name=button).click()
        page.locator(answer).wait_for()
        until(lambda: page.evaluate(_BEYOND, width) == [])
    assert page.get_by_role("tab", name="Batch").is_visible()


# What is cut off at the edge makes the page no wider, so each element is looked at; tables may be scrolled.
_BEYOND = """width => [document.documentElement, ...document.querySelectorAll('main *')].filter(e =>
  (e.scrollWidth > width && e === document.documentElement) ||
  (e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && !e.closest('.scroll') &&
   e.getBoundingClientRect().right > width + 1)).map(e => e.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read(page: Any, address: str, theme: str) -> None:
    """In light and dark, the text of bars has the contrast that WCAG asks for (4.5 to 1)."""
    page.goto(f"{address}/?__theme={theme}")
    page.get_by_label("Abstract").first.wait_for()
    classify(page)
    page.locator(".words mark").first.wait_for()
    assert page.evaluate("document.body.classList.contains('dark')") == (theme == "dark")
    selectors = (".bar b", ".bar.below em", ".bar .head span", ".words li b", ".note", ".sides .side", "button.primary")
    for selector in (*selectors, ".words mark", "button[role=tab][aria-selected=true]"):
        # A button's colour changes by and by.
        until(partial(_is_readable, page, selector))


def _is_readable(page: Any, selector: str) -> bool:
    return bool(page.evaluate(_CONTRAST, selector) >= 4.5)


_CONTRAST = """selector => {
  const linear = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = c => { const [r, g, b] = c.map(v => linear(v / 255));
    return .2126 * r + .7152 * g + .0722 * b; };
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  let element = document.querySelector(selector), behind = [255, 255, 255];
  const front = numbers(getComputedStyle(element).color).slice(0, 3);
  for (; element; element = element.parentElement) {
    const c = numbers(getComputedStyle(element).backgroundColor);
    if (c.length < 4 || c[3] > .5) { behind = c.slice(0, 3); break; }
  }
  const [a, b] = [light(front), light(behind)].sort((x, y) => y - x);
  return (a + .05) / (b + .05);
}"""


def test_nobody_else_is_asked(page: Any, address: str, folder: Path) -> None:
    """Neither the page nor its server sends a request to another host."""
    classify(page)
    first_bar(page)
    for name in ("Batch", "Compare", "Similar"):
        page.get_by_role("tab", name=name).click()
    strangers = [url for url in page.asked if not re.match(rf"{re.escape(address)}|data:|blob:", url)]
    assert strangers == []
    assert len(page.asked) > 5
    # A hint to connect is no request that the browser would tell of.
    linked = page.evaluate("[...document.querySelectorAll('link, script')].map(e => e.href || e.src).filter(Boolean)")
    assert [url for url in linked if not url.startswith(address)] == []
    asked = re.findall(r"^ASKED (.*)$", (folder / "log").read_text("utf-8"), re.MULTILINE)
    assert set(asked) == {"127.0.0.1"}


def test_a_paper_of_arxiv_is_fetched(browser: Any, tmp_path: Path) -> None:
    """If the operator allows it, an identifier fills the boxes, and true categories are shown beside predicted ones."""
    known = Stored("2606.01234", date(2026, 6, 9), title="Segmenting scans", abstract=TEXT, categories="cs.CV math.CO")
    port = _free_port()
    with atom_server(AtomPapers([known])) as endpoint, (tmp_path / "log").open("wb") as log:
        named = {"DEMO_ARXIV": "true", "ARXIV__LOOKUP_ENDPOINT": endpoint, "ARXIV__PAUSE_SECONDS": "0"}
        environment = {**os.environ, **{f"ARXIV_CLASSIFIER_{name}": value for name, value in named.items()}}
        command = [sys.executable, "-m", "entrypoints", "demo", "--port", str(port)]
        demo = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log)
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(PATIENCE)
            page.goto(_answering(f"http://127.0.0.1:{port}", demo))
            identifier = page.get_by_label("arXiv identifier or address")
            identifier.fill("2606.99999")
            page.get_by_role("button", name="Fetch").click()
            page.get_by_role("alert").filter(has_text="arXiv has no paper 2606.99999.").wait_for()
            identifier.fill("https://arxiv.org/abs/2606.01234")
            identifier.press("Enter")
            page.get_by_text("True categories of 2606.01234").wait_for()
            assert page.get_by_label("Title (if there is one)").first.input_value() == "Segmenting scans v1"
            assert page.get_by_label("Abstract").first.input_value() == TEXT
            assert "cs.CV" in page.locator(".bar", has=page.locator(".role", has_text="primary")).inner_text()
            page.locator(".words mark.for").first.wait_for()
            assert "math.CO (cross-list; not given" in page.locator(".note.true").inner_text()
            classify(page, "We compute hadron masses in lattice QCD.")
            page.locator(".bar b", has_text="hep-lat").wait_for()
            assert page.locator(".note.true").count() == 0
        finally:
            demo.terminate()
            demo.wait(60)


def _answered(port: int) -> list[str]:
    """Returns the number of requests for predictions that an API has counted."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return [line for line in lines if line.startswith("arxiv_classifier_requests_total") and "predict" in line]


def test_the_api_and_the_page_start_together(browser: Any, tmp_path: Path) -> None:
    """`serve --demo` starts both, the page uses the API, and both end together.

    This API has no index of papers. A batch that is stopped on the page sends no more requests.
    """
    port, demo_port = _free_port(), _free_port()
    command = [sys.executable, "-m", "entrypoints", "serve", "--port", str(port), "--demo"]
    command += ["--demo-port", str(demo_port)]
    with (tmp_path / "log").open("wb") as log:
        both = subprocess.Popen(command, cwd=ROOT, stderr=log, stdout=log, env=dict(os.environ))
        try:
            _answering(f"http://127.0.0.1:{port}/api/v1/health/", both)
            page = browser.new_page()
            page.set_default_timeout(PATIENCE)
            page.goto(_answering(f"http://127.0.0.1:{demo_port}", both))
            page.get_by_label("Abstract").first.wait_for()
            classify(page, title="Segmenting scans")
            assert "cs.CV" in first_bar(page).inner_text()
            assert page.locator(".answer").inner_text().startswith("Primary: cs.CV")
            page.get_by_text("How these words were found").click()
            page.get_by_text("Method: integrated gradients").wait_for()
            assert page.get_by_role("tab", name="Compare").count() == 1
            assert page.get_by_role("tab", name="Similar").count() == 0
            long_batch(page, tmp_path)
            page.get_by_role("button", name="Stop").click()
            page.get_by_text("Stopped after").wait_for()
            before = _answered(port)
            time.sleep(3)
            assert _answered(port) == before
            page.close()
        finally:
            both.terminate()
            both.wait(60)
    with pytest.raises(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{demo_port}", timeout=5)
