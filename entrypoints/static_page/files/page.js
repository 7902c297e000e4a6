// The page: takes a paper, draws its categories as bars, and marks the words that speak for and against one.

import { problemOf, warningsOf } from "./checks.js";
import { load } from "./classifier.js";

const LEAST_SHOWN = 5;
const WORDS = 12;
const FAINTEST = 0.15;
const EXAMPLES = [
  ["Attention for graphs of molecules",
    "We introduce a graph neural network that predicts properties of molecules. Attention over bonds and atoms lets it " +
    "learn long-range interactions from few labelled examples."],
  ["Black hole entropy from string theory",
    "We compute the entropy of extremal black holes in type IIB string theory by counting microstates of D-branes and " +
    "compare it with the area law of Bekenstein and Hawking."],
  ["Acyclic colourings of planar graphs",
    "We prove that every planar graph has an acyclic colouring with few colours and give a linear algorithm that finds " +
    "it."],
];
const by = (id) => document.getElementById(id);
let classifier;
let answered;

start();

async function start() {
  try {
    classifier = await load();
  } catch (error) {
    by("model").replaceChildren(element("span", { class: "problem", role: "alert" }, sentenceOf(error)));
    return;
  }
  const { description } = classifier;
  showModel(description);
  by("filed").hidden = !description.arxiv;
  by("date").min = `${description.first_month}-01`;
  if (description.arxiv) showExamples();
  by("paper").addEventListener("submit", (event) => { event.preventDefault(); classify(); });
  by("paper").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) classify();
  });
  by("category").addEventListener("input", showWords);
  by("classify").disabled = false;
  document.documentElement.dataset.ready = "yes";
  keepForOffline();
}

function sentenceOf(error) {
  if (typeof DecompressionStream === "undefined") {
    return "This browser is too old to read the model. Use one of 2023 or later.";
  }
  return `The model cannot be loaded. ${error.message}`;
}

function showModel({ model, categories, papers, arxiv }) {
  const what = arxiv ? "categories" : "labels";
  const learnt = papers ? `, learnt from ${papers.toLocaleString("en")} papers` : "";
  by("model").textContent = `Model ${model}: ${categories.length} ${what}${learnt}.`;
}

function showExamples() {
  by("examples").hidden = false;
  for (const [title, abstract] of EXAMPLES) {
    const button = element("button", { type: "button" }, title);
    button.addEventListener("click", () => {
      by("title").value = title;
      by("abstract").value = abstract;
      classify();
    });
    by("examples").append(button);
  }
}

// Keeps all files in the browser, so that the page opens without a network.
async function keepForOffline() {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("service-worker.js");
    await navigator.serviceWorker.ready;
    document.documentElement.dataset.offline = "yes";
    by("model").append(" It works offline from now on.");
  } catch {
    // The page works all the same, with a network.
  }
}

// The latest day that has begun anywhere on Earth.
function latestDay() {
  return new Date(Date.now() + 14 * 3600 * 1000).toISOString().slice(0, 10);
}

function thisMonth() {
  return new Date().toISOString().slice(0, 7);
}

function classify() {
  const [title, abstract, date] = ["title", "abstract", "date"].map((id) => by(id).value);
  const paper = { title, abstract, date, month: date.slice(0, 7) };
  const problem = problemOf(paper, classifier.description, latestDay());
  by("why").hidden = true;
  if (problem) {
    by("answer").replaceChildren(element("div", { class: "problem", role: "alert" }, problem));
    return;
  }
  const begun = performance.now();
  const { probabilities, unread } = classifier.predict(paper, thisMonth());
  const milliseconds = performance.now() - begun;
  answered = { paper, rows: rowsOf(probabilities) };
  showAnswer(warningsOf(paper, unread, classifier.description), milliseconds);
  showChoice();
  showWords();
  if (matchMedia("(max-width: 640px)").matches) by("answer").scrollIntoView();
}

// The categories, most probable first. Ties keep their order.
function rowsOf(probabilities) {
  const rows = classifier.description.categories.map((category, column) => (
    { ...category, column, probability: probabilities[column], passes: probabilities[column] >= category.threshold }));
  return rows.sort((left, right) => right.probability - left.probability);
}

function showAnswer(warnings, milliseconds) {
  const { rows } = answered;
  const passing = rows.filter((row) => row.passes).length;
  const last = rows.findLastIndex((row) => row.passes);
  const what = classifier.description.arxiv ? "categories" : "labels";
  const counts = element("p", { class: "note counts", role: "status" },
    element("span", {}, `${passing} of ${rows.length} ${what} at or above the threshold`),
    element("span", {}, element("span", { class: "key" }), " threshold"));
  const bars = element("ul", { class: "bars", "aria-label": "Categories" },
    ...rows.slice(0, Math.max(LEAST_SHOWN, last + 1)).map(bar));
  const took = element("p", { class: "note" }, `Answered in ${milliseconds.toFixed(1)} ms on this machine.`);
  const notes = warnings.map((warning) => element("p", { class: "note warning", role: "status" }, warning));
  by("answer").replaceChildren(...notes, counts, bars, took);
}

function bar({ label, name, description, probability, threshold, passes }) {
  const percent = element("em", {}, `${(100 * probability).toFixed(1)} %`,
    element("i", { class: "hidden" }, passes ? ", given" : ", not given"));
  const head = [
    element("div", { class: "head" }, element("b", {}, label), " ", element("span", {}, name), percent),
    element("div", { class: "track" }, styled(element("div", { class: "fill" }), "--w", `${100 * probability}%`),
      styled(element("div", { class: "cut", title: `threshold ${threshold.toFixed(2)}` }), "--x", `${100 * threshold}%`)),
  ];
  const content = description
    ? [element("details", {}, element("summary", {}, ...head), element("p", {}, description))] : head;
  return element("li", { class: `bar ${passes ? "passes" : "below"}` }, ...content);
}

function showChoice() {
  by("category").replaceChildren(...answered.rows.map(({ label, name, column }) =>
    element("option", { value: column }, `${label} ${name}`.trim())));
  by("why").hidden = false;
}

function showWords() {
  const column = Number(by("category").value);
  const { paper } = answered;
  if (classifier.closed(paper.month || thisMonth())[column]) {
    by("words").replaceChildren(element("p", { class: "note" },
      "arXiv did not have this category in the month of the paper, so its probability is 0 whatever the words."));
    return;
  }
  const { base, terms, logit } = classifier.explain(paper, column);
  const shown = terms.slice(0, WORDS);
  if (!shown.length) {
    by("words").replaceChildren(element("p", { class: "note" }, "None of these words says anything of this category."));
    return;
  }
  const texts = ["title", "abstract"].map((field) => [paper[field], stretches(field, shown)]);
  const most = Math.max(...texts.flatMap(([, found]) => found.map(({ value }) => Math.abs(value))));
  const [title, abstract] = texts.map(([text, found]) => marked(text, found, most));
  const rest = terms.slice(WORDS).reduce((sum, { contribution }) => sum + contribution, 0);
  by("words").replaceChildren(
    ...(paper.title.trim() ? [element("p", { class: "title" }, ...title)] : []),
    element("p", { class: "text" }, ...abstract), sides(shown),
    element("p", { class: "note" }, `Method: integrated gradients. Logit ${logit.toFixed(2)}: ${base.toFixed(2)} without ` +
      `words, ${signed(logit - base - rest)} by these, ${signed(rest)} by others.`));
}

// Stretches of a text with the sum of the contributions of all terms that cover them.
function stretches(field, terms) {
  const places = terms.flatMap(({ spans, contribution }) =>
    spans.filter((span) => span.field === field).map(({ start, end }) => ({ start, end, contribution })));
  const edges = [...new Set(places.flatMap(({ start, end }) => [start, end]))].sort((left, right) => left - right);
  return edges.slice(1).map((end, n) => ({ start: edges[n], end }))
    .map(({ start, end }) => ({ start, end, over: places.filter((place) => place.start <= start && end <= place.end) }))
    .filter(({ over }) => over.length)
    .map(({ start, end, over }) => ({ start, end, value: over.reduce((sum, { contribution }) => sum + contribution, 0) }));
}

function marked(text, found, most) {
  let at = 0;
  const pieces = [];
  for (const { start, end, value } of found) {
    const strength = FAINTEST + (1 - FAINTEST) * Math.abs(value) / most;
    const mark = element("mark", { class: value > 0 ? "for" : "against", title: signed(value) }, text.slice(start, end));
    pieces.push(text.slice(at, start), styled(mark, "--s", strength.toFixed(2)));
    at = end;
  }
  return [...pieces, text.slice(at)];
}

function sides(terms) {
  const most = Math.max(...terms.map(({ contribution }) => Math.abs(contribution)));
  const list = (side, chosen) => element("section", { class: side, "aria-label": `Words ${side}` },
    element("p", { class: "side" }, side),
    chosen.length ? element("ul", {}, ...chosen.map(({ term, contribution }) => styled(
      element("li", {}, element("b", {}, term), " ", element("span", {}, signed(contribution))),
      "--w", `${Math.round(100 * Math.abs(contribution) / most)}%`)))
      : element("p", { class: "note" }, "none of weight"));
  return element("div", { class: "sides" }, list("for", terms.filter(({ contribution }) => contribution > 0)),
    list("against", terms.filter(({ contribution }) => contribution <= 0)));
}

function signed(value) {
  return `${value < 0 ? "" : "+"}${value.toFixed(2)}`;
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function styled(made, name, value) {
  made.style.setProperty(name, value);
  return made;
}
