// What is wrong with a paper, and what a reader should know of its prediction, in the sentences that Python gives.

const WHITE_SPACE = /[\s\u001c-\u001f\u0085]+/u; // as Python's str.split has it, but for U+FEFF
const LETTER = /\p{L}/u;
const LATIN = /\p{Script=Latin}/u;

// The sentence for a paper that cannot be classified, else "".
// `latest` is the last day (YYYY-MM-DD) that has begun anywhere on Earth.
export function problemOf({ title, abstract, date }, { max_characters: limit, first_month: first }, latest) {
  return fieldProblem("abstract", abstract, limit) || blankProblem(abstract) || fieldProblem("title", title, limit) ||
    dateProblem(date, first, latest);
}

function blankProblem(abstract) {
  return wordsOf(abstract).length ? "" : "The abstract is blank. Send its text.";
}

function fieldProblem(field, text, limit) {
  const characters = [...text];
  const broken = characters.findIndex((character) => /^[\ud800-\udfff]$/.test(character));
  if (broken >= 0) return `The ${field} is not valid UTF-8 at character ${broken + 1}. Send it as UTF-8.`;
  if (characters.length <= limit) return "";
  const [found, most] = [characters.length, limit].map((number) => number.toLocaleString("en"));
  return `The ${field} has ${found} characters; the limit is ${most}. Send a shorter one.`;
}

function dateProblem(date, first, latest) {
  if (date > latest) return `The date ${date} lies in the future. Give one up to ${latest}.`;
  if (!date || date >= first) return "";
  return `The date ${date} is before arXiv began in ${first}. Give the month in which the paper was filed.`;
}

// The sentences on a paper whose prediction may mean little.
export function warningsOf({ title, abstract }, unread, { arxiv, warnings, fewest_words: fewest }) {
  const words = `${title} ${abstract}`;
  const found = unread ? [warnings.no_known_word] : [];
  if (isOfOtherScript(words)) return arxiv ? [...found, warnings.other_script] : found;
  return wordsOf(words).length < fewest ? [...found, warnings.few_words] : found;
}

function wordsOf(text) {
  return text.replaceAll("\ufeff", "x").split(WHITE_SPACE).filter(Boolean);
}

// Whether more than half of the letters are not Latin. Mathematical alphabets count as the letters they show.
function isOfOtherScript(text) {
  let latin = 0;
  let foreign = 0;
  for (const letter of text) {
    if (!LETTER.test(letter)) continue;
    if (LATIN.test(letter.normalize("NFKC"))) latin++;
    else foreign++;
  }
  return foreign > latin;
}
