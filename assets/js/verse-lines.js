/** The lines of a poem and whose words they are; the rules of pipelines/verse/wishes.py. */

const MARKS = /[，。？！；、：?!;,.:\s]+$/;

/** Lines without their marks. */
export const linesOf = (text) =>
  text
    .split("\n")
    .map((line) => line.trim().replace(MARKS, ""))
    .filter(Boolean);

/** {length, lines} of a form such as "7x4". */
export function formOf(name) {
  const [length, lines] = String(name).split("x").map(Number);
  return { length, lines };
}

const partsOf = (value) => (value ?? "").split("/").map((part) => part.trim().replace(MARKS, ""));

/** Which lines are kept, in the order of the poem. @returns {boolean[]} */
export function keptOf(controls, count) {
  const parts = partsOf(controls.kept_lines);
  return Array.from({ length: count }, (_, at) => Boolean(parts[at] || (!at && controls.first_line?.trim())));
}

/** Of every line, which places the person wrote. @returns {boolean[][]} */
export function ownOf(controls, count) {
  const own = partsOf(controls.kept_lines).map((part) => {
    const places = [];
    let mine = false;
    for (const sign of part) {
      if (sign === "[" || sign === "]") mine = sign === "[";
      else places.push(mine);
    }
    return places;
  });
  const all = Array.from({ length: count }, (_, at) => own[at] ?? []);
  [...(controls.acrostic ?? "").trim()].forEach((_, at) => all[at] && (all[at][0] = true));
  const first = [...(controls.first_line ?? "").trim().replace(MARKS, "")];
  if (first.length) all[0] = first.map(() => true);
  return all;
}

/** The value of the control that keeps some lines; the person's words in brackets. */
export function keptText(lines, kept, own) {
  const parts = lines.map((line, at) => {
    if (!kept[at]) return "";
    const marked = [...line].map((sign, place) => (own[at]?.[place] ? `[${sign}]` : sign)).join("");
    return marked.replaceAll("][", "");
  });
  const text = parts.join("/");
  return /[^/]/.test(text) ? text : "";
}

/** Places of a line that was written over: the person's where a word is another than before. */
export function written(line, before, own = []) {
  const old = [...before];
  return [...line].map((sign, at) => sign !== old[at] || Boolean(own[at]));
}


/** The controls without what gives the line `at` beforehand. */
export function plainControls(controls, at) {
  const rest = { ...controls };
  if (at === 0) delete rest.first_line;
  return rest;
}
