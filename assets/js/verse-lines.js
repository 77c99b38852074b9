/** The lines of a poem and whose words they are; the rules of pipelines/verse/wishes.py and stanza_wishes.py. */

const MARKS = /[，。？！；、：?!;,.:\s]+$/;
const STANZAS = { couplet: 2, quatrain: 4, sestet: 6, octave: 8, sonnet: 14 };
const WIDEST = 80;
let pen = null; // measures words

/** How a language writes a line: its words, what a person may write over it, and its look. */
const CHINESE = {
  name: "chinese",
  lang: "zh-Hant",
  trim: (line) => line.trim().replace(MARKS, ""),
  split: (line) => [...line],
  join: (words) => words.join(""),
  gap: "",
  tidy: (text) => text.replaceAll(/\s/g, ""),
  /** Why a line cannot stand, or null. */
  refuses(line, { length }) {
    if (!/^[\u3400-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]*$/u.test(line)) return "verse.characters";
    return [...line].length === length ? null : "verse.length";
  },
  begins: (line, sign) => line.startsWith(sign),
};
const LATIN = {
  name: "latin",
  lang: "en",
  trim: (line) => line.trim(),
  split: (line) => (line ? line.split(" ") : []),
  join: (words) => words.join(" "),
  gap: " ",
  tidy: (text) => text.replaceAll("'", "’").replaceAll(/\s+/g, " ").trim(),
  refuses(line) {
    if (!/^[A-Za-z0-9À-ÖØ-öø-ÿŒœ ,.;:!?()’‘“”…&—-]*$/.test(line) || !/[A-Za-zÀ-ÿŒœ]/.test(line)) return "verse.letters";
    return line.length > WIDEST ? "verse.long" : null;
  },
  begins: (line, sign) => line.match(/\p{L}/u)?.[0].toLowerCase() === sign.toLowerCase(),
};

/** @returns {typeof CHINESE} of a form such as "7x4" or "quatrain" */
export const scriptOf = (form) => (form in STANZAS ? LATIN : CHINESE);

/** Lines as their script keeps them, Chinese ones without their marks. */
export const linesOf = (text, script) =>
  text
    .split("\n")
    .map(script.trim)
    .filter(Boolean);

/** {length, lines} of a form; a line of English verse has no length. */
export function formOf(name) {
  if (name in STANZAS) return { length: WIDEST, lines: STANZAS[name] };
  const [length, lines] = String(name).split("x").map(Number);
  return { length, lines };
}

const partsOf = (value, script) => (value ?? "").split("/").map(script.trim);

/** Which lines are kept, in the order of the poem. @returns {boolean[]} */
export function keptOf(controls, count, script) {
  const parts = partsOf(controls.kept_lines, script);
  return Array.from({ length: count }, (_, at) => Boolean(parts[at] || (!at && controls.first_line?.trim())));
}

/** Of every line, which places the person wrote. @returns {boolean[][]} */
export function ownOf(controls, count, script) {
  const own = partsOf(controls.kept_lines, script).map((part) => {
    const places = [];
    let mine = false;
    for (const word of script.split(part)) {
      if (script === CHINESE && (word === "[" || word === "]")) mine = word === "[";
      else {
        mine ||= word.includes("[");
        places.push(mine);
        mine &&= !word.includes("]");
      }
    }
    return places;
  });
  const all = Array.from({ length: count }, (_, at) => own[at] ?? []);
  [...(controls.acrostic ?? "").replaceAll(/\s/g, "")].forEach((_, at) => all[at] && (all[at][0] = true));
  const first = script.split(script.trim(controls.first_line ?? ""));
  if (first.length) all[0] = first.map(() => true);
  return all;
}

/** The value of the control that keeps some lines; the person's words in brackets. */
export function keptText(lines, kept, own, script) {
  const parts = lines.map((line, at) => {
    if (!kept[at]) return "";
    const marked = script.split(line).map((word, place) => (own[at]?.[place] ? `[${word}]` : word));
    return script.join(marked).replaceAll(`]${script.gap}[`, script.gap);
  });
  const text = parts.join("/");
  return /[^/]/.test(text) ? text : "";
}

/** Places of a line that was written over: the person's where a word is another than before. */
export function written(line, before, own, script) {
  const [fresh, old] = [script.split(line), script.split(before)];
  const same = fresh.length === old.length;
  let [head, foot] = [0, 0]; // words that stand at the beginning and at the end as they did
  while (head < Math.min(fresh.length, old.length) && fresh[head] === old[head]) head += 1;
  while (foot < Math.min(fresh.length, old.length) - head && fresh.at(-1 - foot) === old.at(-1 - foot)) foot += 1;
  return fresh.map((word, at) => {
    const was = same || at < head ? at : at >= fresh.length - foot ? at - fresh.length + old.length : -1;
    return was < 0 || word !== old[was] || Boolean(own?.[was]);
  });
}

/** The controls without what gives the line `at` beforehand. */
export function plainControls(controls, at) {
  const rest = { ...controls };
  if (at === 0) delete rest.first_line;
  return rest;
}

/** Of every word of a line as it stands, the words that it was: a finish may have joined some. @returns {string[][]} */
export const stood = (words, places) => places.map((place, at) => words.slice(place, places[at + 1] ?? words.length));

/** How wide a line of English words is, in heights of its letters. */
export function widthOf(line) {
  pen ??= document.createElement("canvas").getContext("2d");
  pen.font = "400 100px 'EB Garamond', serif";
  return pen.measureText(line).width / 100;
}
