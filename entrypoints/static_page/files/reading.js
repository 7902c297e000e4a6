// Splits a paper into the terms that the model knows, as adapters/classifiers/baseline/terms.py and scanning.py do.

const UNKNOWN = -1; // a term outside the vocabulary or a removed stop word, which no pair spans
const END_OF_TITLE = -2;
// ASCII characters that no term contains separate pieces. Others may be part of one, in TeX and outside ASCII.
const PIECE = /[0-9A-Za-z."'`~=+#^{}\\\u{80}-\u{10ffff}]+/gu;
const PLAIN = /^[0-9a-z]+$/;
const ASCII = /^[\0-\x7f]*$/;
const TERM = /\\[a-z]+|[\p{L}\p{N}]+(?:\^(?:\{[\p{L}\p{N}]+\}|[\p{L}\p{N}]+))?(?:\+\+|#)?/gu;
const TEX_ACCENT = /\\(?:["'`^~=.]\{?|[vcuhkr]\{)\\?([a-z])\}?/g;
const TEX_LETTER = /\{?\\(ss|ae|oe|aa|o|l)\}/g;
const GREEK = (
  "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho " +
  "sigma sigma tau upsilon phi chi psi omega"
).split(" ");
const GREEK_LETTER = /[\u03b1-\u03c9]/g;

export class Reader {
  // `combining` lists the first and last code points of runs of combining marks.
  constructor(terms, { unpaired, removed, combining }) {
    this.terms = terms;
    this.codes = new Map(terms.map((term, code) => [term, code]));
    for (const term of removed) this.codes.delete(term);
    this.unpaired = unpaired;
    const ranges = combining.map(([first, last]) => `\\u{${first.toString(16)}}-\\u{${last.toString(16)}}`);
    this.combining = new RegExp(`[${ranges.join("")}]`, "gu");
  }

  // The codes of a paper's terms, and the place of each: field, start and end in UTF-16 units.
  read({ title, abstract }) {
    const codes = [];
    const places = [];
    this.#field("title", title || "", codes, places);
    codes.push(END_OF_TITLE);
    places.push(null);
    this.#field("abstract", abstract, codes, places);
    return { codes, places };
  }

  // The terms of one lower-cased piece of text without white space, in order.
  termsOf(piece) {
    if (ASCII.test(piece)) {
      return PLAIN.test(piece) ? [piece] : found(piece.includes("\\") ? withoutTexAccents(piece) : piece);
    }
    const decomposed = piece.normalize("NFKD").replace(GREEK_LETTER, inTex).replace(this.combining, "");
    return found(withoutTexAccents(decomposed));
  }

  #field(field, text, codes, places) {
    for (const piece of text.matchAll(PIECE)) {
      const lower = piece[0].toLowerCase();
      let from = 0;
      for (const term of this.termsOf(lower)) {
        const at = lower.length === piece[0].length ? lower.indexOf(term, from) : -1;
        // A term that does not occur literally, such as one with an accent in TeX, has the whole piece's place.
        const start = at < 0 ? 0 : at;
        const end = at < 0 ? piece[0].length : at + term.length;
        if (at >= 0) from = end;
        codes.push(this.codes.get(term) ?? UNKNOWN);
        places.push({ field, start: piece.index + start, end: piece.index + end });
      }
    }
  }
}

function found(text) {
  return text.match(TERM) ?? [];
}

function inTex(letter) {
  return ` \\${GREEK[letter.charCodeAt(0) - 0x3b1]} `;
}

function withoutTexAccents(text) {
  return text.replace(TEX_ACCENT, "$1").replace(TEX_LETTER, "$1");
}
