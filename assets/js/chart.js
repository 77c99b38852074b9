/** Small drawings of numbers in SVG: a line that grows, and an interval on its scale. */

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element. */
function s(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/**
 * One line through `points` ([step, value]) with its last point marked; the words are its name.
 * @param {[number, number][]} points  @param {string} label
 * @param {number} until  where the line will end, in steps
 */
export function curve(points, label, until = 0) {
  const [width, height, pad] = [320, 96, 6];
  const values = points.map((one) => one[1]);
  const [low, high] = [Math.min(...values, 0), Math.max(...values, 0)];
  const span = high - low || 1;
  const last = Math.max(until, points.at(-1)?.[0] ?? 1, 1);
  const x = (step) => pad + (step / last) * (width - 2 * pad);
  const y = (value) => height - pad - ((value - low) / span) * (height - 2 * pad);
  const path = points.map(
    ([step, value], index) => `${index ? "L" : "M"}${x(step).toFixed(1)} ${y(value).toFixed(1)}`,
  );
  const drawing = s("svg", {
    viewBox: `0 0 ${width} ${height}`,
    class: "curve",
    role: "img",
    "aria-label": label,
  });
  drawing.append(s("line", { x1: pad, x2: width - pad, y1: y(0), y2: y(0), class: "curve-zero" }));
  if (points.length) {
    const [step, value] = points.at(-1);
    drawing.append(s("path", { d: path.join(""), class: "curve-line" }));
    drawing.append(s("circle", { cx: x(step), cy: y(value), r: 3.5, class: "curve-end" }));
  }
  return drawing;
}

/** An interval from `low` to `high` with its estimate, on a scale from 0 to 1 with a mark at one half. */
export function interval({ low, high, at }, label) {
  const [width, height] = [560, 36];
  const x = (share) => (8 + share * (width - 16)).toFixed(1);
  const text = (share, words, anchor) =>
    Object.assign(s("text", { x: x(share), y: 34, "text-anchor": anchor }), { textContent: words });
  return s(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, class: "interval", role: "img", "aria-label": label },
    s("line", { x1: x(0), x2: x(1), y1: 11, y2: 11, class: "interval-scale" }),
    s("line", { x1: x(0.5), x2: x(0.5), y1: 2, y2: 20, class: "interval-half" }),
    s("line", { x1: x(low), x2: x(high), y1: 11, y2: 11, class: "interval-span" }),
    s("circle", { cx: x(at), cy: 11, r: 6, class: "interval-at" }),
    text(0, "0 %", "start"),
    text(0.5, "50 %", "middle"),
    text(1, "100 %", "end"),
  );
}

/**
 * Several lines over the same steps, from 0 to four times `level`, where a dotted line goes across; what is
 * higher leaves the drawing at its top.
 * @param {{name: string, points: [number, number][]}[]} lines  the name becomes a class of its line
 * @param {string} label
 * @param {{until: number, level: number}} options  where the lines will end, in steps
 */
export function curves(lines, label, { until, level }) {
  const [width, height, pad] = [480, 200, 8];
  const high = 4 * level;
  const x = (step) => (pad + (step / Math.max(until, 1)) * (width - 2 * pad)).toFixed(1);
  const y = (value) => (height - pad - (value / high) * (height - 2 * pad)).toFixed(1);
  const across = { x1: pad, x2: width - pad, y1: y(level), y2: y(level), class: "curves-level" };
  const drawing = s(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, class: "curves", role: "img", "aria-label": label },
    s("line", { x1: pad, x2: width - pad, y1: y(0), y2: y(0), class: "curve-zero" }),
    s("line", across),
  );
  for (const { name, points } of lines.filter((one) => one.points.length)) {
    const path = points.map(([step, value], index) => `${index ? "L" : "M"}${x(step)} ${y(value)}`);
    const [step, value] = points.at(-1);
    drawing.append(
      s("path", { d: path.join(""), class: `curves-line ${name}` }),
      s("circle", { cx: x(step), cy: y(value), r: 4, class: `curves-end ${name}` }),
    );
  }
  return drawing;
}
