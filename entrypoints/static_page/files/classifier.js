// The baseline's forward pass, calibration and explanations, as Python computes them in float32.

import { Reader } from "./reading.js";

const MARGIN = Math.fround(1e-7); // float32 probabilities closer to 0 or 1 have no exact logit
const MOST_LOGIT = 85;
const STEPS = 512;

export class Classifier {
  // `model` is what `openModel` returns. `description` is the content of description.json.
  constructor({ tensors, reading }, description) {
    this.description = description;
    this.tensors = tensors;
    this.reading = reading;
    this.table = tensors["bag.table"].values;
    this.width = tensors["bag.table"].shape[1];
    this.categories = description.categories.length;
    this.hidden = this.width - this.categories;
    this.layers = [];
    for (let n = 0; `dense.${n}.kernel` in tensors; n++) {
      const kernel = tensors[`dense.${n}.kernel`];
      this.layers.push({ kernel: kernel.values, inputs: kernel.shape[0], outputs: kernel.shape[1],
        bias: tensors[`dense.${n}.bias`].values });
    }
    const words = new TextDecoder().decode(tensors.terms.values);
    this.reader = new Reader(words ? words.split("\n") : [], reading);
    this.unigrams = this.reader.terms.length;
    const pairs = tensors.bigrams.values;
    this.pairs = new Map();
    for (let n = 0; n < pairs.length / 2; n++) {
      this.pairs.set(pairs[2 * n] * this.unigrams + pairs[2 * n + 1], n);
    }
  }

  // The probabilities of all categories, in column order, and whether the model knows no word of the paper.
  // A paper is {title, abstract, month}; `today` is the month (YYYY-MM) of papers without one.
  predict(paper, today) {
    const bag = this.#bag(this.reader.read(paper));
    const raw = this.#logits(this.#firstLayer(bag, paper.month)).map(sigmoid);
    const probabilities = this.#calibrated(raw);
    const closed = this.closed(paper.month || today);
    return { probabilities: probabilities.map((p, column) => (closed[column] ? 0 : p)), unread: !bag.features.length };
  }

  // Whether arXiv did not have each category in a month.
  closed(month) {
    return this.description.categories.map(({ first, last }) => (first && month < first) || (last && last < month));
  }

  // The parts of the calibrated logit of one category by integrated gradients, the largest first. See explain.py.
  explain(paper, column) {
    const read = this.reader.read(paper);
    const bag = this.#bag(read);
    const row = this.#calibrationRow(column);
    const bias = this.#firstLayer({ features: [], weights: [] }, paper.month);
    const whole = this.#firstLayer(bag, paper.month);
    const gradient = this.#meanGradient(bias, whole, row);
    const base = dot(this.#logits(bias), row) + this.description.calibration.intercepts[column];
    const spans = this.#spans(read);
    const terms = bag.features.map((feature, n) => ({
      term: this.#name(feature),
      contribution: this.#contribution(feature, bag.weights[n], gradient, row),
      spans: spans.get(feature) ?? [],
    }));
    terms.sort((left, right) => Math.abs(right.contribution) - Math.abs(left.contribution));
    return { base, terms, logit: terms.reduce((sum, { contribution }) => sum + contribution, base) };
  }

  // The features of a paper in ascending order, with weights of Euclidean length 1.
  #bag({ codes }) {
    const counts = new Map();
    this.#eachFeature(codes, (feature) => counts.set(feature, (counts.get(feature) ?? 0) + 1));
    const features = [...counts.keys()].sort((left, right) => left - right);
    const idf = this.tensors.idf.values;
    const weights = features.map((feature) =>
      Math.fround(Math.fround(1 + Math.log(counts.get(feature))) * idf[feature]));
    const length = Math.fround(Math.sqrt(dot(weights, weights)) || 1);
    return { features, weights: weights.map((weight) => Math.fround(weight / length)) };
  }

  #eachFeature(codes, visit) {
    const { unpaired } = this.reader;
    codes.forEach((code, at) => {
      if (code >= 0) visit(code, at, at);
      const next = codes[at + 1];
      if (code < unpaired || !(next >= unpaired)) return;
      const pair = this.pairs.get(code * this.unigrams + next);
      if (pair !== undefined) visit(this.unigrams + pair, at, at + 1);
    });
  }

  #firstLayer({ features, weights }, month) {
    const sums = Float64Array.from(this.tensors["bag.bias"].values);
    const scale = this.tensors["bag.scale"].values;
    features.forEach((feature, n) => {
      const weight = Math.fround(weights[n] * scale[feature]);
      const start = feature * this.width;
      for (let unit = 0; unit < this.width; unit++) sums[unit] += weight * this.table[start + unit];
    });
    this.#months(month).forEach((value, knot) => {
      const kernel = this.tensors["months.kernel"].values;
      for (let unit = 0; value && unit < this.width; unit++) sums[unit] += value * kernel[knot * this.width + unit];
    });
    return sums;
  }

  // The input of a month (YYYY-MM): hat functions on the knots; empty for today.
  #months(month) {
    if (!month || !("months.kernel" in this.tensors)) return [];
    const [today] = this.tensors["months.today"].values;
    const number = 12 * Number(month.slice(0, 4)) + Number(month.slice(5));
    if (number >= today) return [];
    const knots = [...this.reading.knots, 0].map((years) => today - 12 * years);
    const at = Math.max(number, knots[0]);
    const left = knots.findLastIndex((knot) => knot <= at);
    const right = (at - knots[left]) / (knots[left + 1] - knots[left]);
    const hats = new Float32Array(knots.length);
    hats[left] = this.reading.month_size * (1 - right);
    hats[left + 1] = this.reading.month_size * right;
    return hats.subarray(0, -1);
  }

  // The logits of all categories from the first layer's sums.
  #logits(sums) {
    let active = sums.subarray(0, this.hidden).map((value) => Math.max(value, 0));
    this.layers.forEach((layer, n) => {
      active = dense(layer, active);
      if (n < this.layers.length - 1) active = active.map((value) => Math.max(value, 0));
    });
    return active.map((value, column) => value + sums[this.hidden + column]);
  }

  #calibrated(raw) {
    const { slopes, intercepts, mixing } = this.description.calibration;
    const logits = raw.map(logit);
    const own = logits.map((value, column) => {
      const mixed = mixing.length ? dot(mixing[column], logits) : 0;
      const z = slopes[column] * value + intercepts[column] + mixed;
      return Math.fround(1 / (1 + Math.exp(-Math.min(Math.max(z, -MOST_LOGIT), MOST_LOGIT))));
    });
    return own.map((p, column) => (p + own[this.description.categories[column].twin]) / 2);
  }

  // The factors by which the raw logits make the calibrated logit of a column.
  #calibrationRow(column) {
    const { slopes, mixing } = this.description.calibration;
    const row = Float64Array.from(mixing.length ? mixing[column] : slopes.map(() => 0));
    row[column] += slopes[column];
    return row;
  }

  // The gradient of a calibrated logit by the first layer's units, as a mean over the way from no words to the paper.
  #meanGradient(bias, whole, row) {
    if (this.layers.length === 1) {
      return transposed(this.layers[0], row).map((value, unit) => value * shareOn(bias[unit], whole[unit]));
    }
    const total = new Float64Array(this.hidden);
    for (let step = 0; step < STEPS; step++) {
      const share = (step + 0.5) / STEPS;
      const before = total.map((_, unit) => bias[unit] + (whole[unit] - bias[unit]) * share);
      this.#gradientAt(before, row).forEach((value, unit) => (total[unit] += value / STEPS));
    }
    return total;
  }

  #gradientAt(before, row) {
    const gates = [before];
    for (const layer of this.layers.slice(0, -1)) {
      gates.push(dense(layer, gates.at(-1).map((value) => Math.max(value, 0))));
    }
    return this.layers.reduceRight(
      (gradient, layer, n) => transposed(layer, gradient).map((value, unit) => (gates[n][unit] > 0 ? value : 0)), row);
  }

  #contribution(feature, weight, gradient, row) {
    const start = feature * this.width;
    let sum = 0;
    for (let unit = 0; unit < this.hidden; unit++) sum += this.table[start + unit] * gradient[unit];
    for (let c = 0; c < this.categories; c++) sum += this.table[start + this.hidden + c] * row[c];
    return sum * weight * this.tensors["bag.scale"].values[feature];
  }

  // The places of each feature. A pair spans from its first term to its second.
  #spans({ codes, places }) {
    const found = new Map();
    this.#eachFeature(codes, (feature, first, last) => {
      if (!found.has(feature)) found.set(feature, []);
      found.get(feature).push({ ...places[first], end: places[last].end });
    });
    return found;
  }

  #name(feature) {
    const { terms } = this.reader;
    if (feature < terms.length) return terms[feature];
    const at = 2 * (feature - terms.length);
    const pairs = this.tensors.bigrams.values;
    return `${terms[pairs[at]]} ${terms[pairs[at + 1]]}`;
  }
}

// Reads description.json and model.bin, which lie beside this file.
export async function load() {
  const [description, model] = await Promise.all([fetched("description.json"), fetched("model.bin")]);
  return new Classifier(openModel(await unpacked(await model.arrayBuffer())), await description.json());
}

async function fetched(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name} cannot be loaded: the server answers ${response.status}.`);
  return response;
}

// Some servers say that a compressed file is an encoding, and the browser has unpacked it then.
async function unpacked(buffer) {
  const [first, second] = new Uint8Array(buffer, 0, 2);
  if (first !== 0x1f || second !== 0x8b) return buffer;
  const stream = new Blob([buffer]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

const TYPES = { F32: Float32Array, I32: Int32Array, I8: Int8Array, U8: Uint8Array };

// The tensors and the metadata of a safetensors file.
export function openModel(buffer) {
  const size = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, size)));
  const { __metadata__: metadata, ...entries } = header;
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: [start] }] of Object.entries(entries)) {
    const count = shape.reduce((product, length) => product * length, 1);
    tensors[name] = { shape, values: new TYPES[dtype](buffer, 8 + size + start, count) };
  }
  return { tensors, reading: JSON.parse(metadata.reading) };
}

function dense({ kernel, bias, inputs, outputs }, values) {
  const sums = Float64Array.from(bias);
  for (let input = 0; input < inputs; input++) {
    const value = values[input];
    for (let output = 0; value && output < outputs; output++) sums[output] += value * kernel[input * outputs + output];
  }
  return sums;
}

// The product of a layer's kernel and a vector of its outputs.
function transposed({ kernel, inputs, outputs }, values) {
  const sums = new Float64Array(inputs);
  for (let input = 0; input < inputs; input++) {
    for (let output = 0; output < outputs; output++) sums[input] += kernel[input * outputs + output] * values[output];
  }
  return sums;
}

// The share of the way from `bias` to `whole` on which a unit is above zero.
function shareOn(bias, whole) {
  const moved = whole - bias;
  const crossing = moved === 0 ? 1 : Math.min(Math.max(-bias / moved, 0), 1);
  if (bias > 0) return moved < 0 ? crossing : 1;
  return moved > 0 ? 1 - crossing : 0;
}

function dot(left, right) {
  let sum = 0;
  for (let n = 0; n < left.length; n++) sum += left[n] * right[n];
  return sum;
}

// Rounded to float32 like Python's. Close to 1 the rounding changes what calibration makes of a probability.
function sigmoid(value) {
  const power = Math.fround(Math.exp(-Math.max(Math.fround(value), -60)));
  return Math.fround(1 / Math.fround(1 + power));
}

function logit(probability) {
  const held = Math.min(Math.max(probability, MARGIN), Math.fround(1 - MARGIN));
  return -Math.log(Math.fround(1 - held) / held);
}
