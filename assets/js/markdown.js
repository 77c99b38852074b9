/** A little Markdown as elements: headings, paragraphs, lists, tables, links, bold, code. Never HTML. */
import { h } from "./dom.js";

const INLINE = /\*\*([^*]+)\*\*|`([^`]+)`|\[([^\]]+)\]\(([^)\s]+)\)|<(https?:[^>\s]+)>/g;

/** Nodes of a document; the front matter and the first heading are left out. `image(name)` makes a picture. */
export function markdown(text, { image = () => null } = {}) {
  const lines = text.replace(/^---\n[\s\S]*?\n---\n/, "").split(/\r?\n/);
  const nodes = [];
  let index = 0;
  const take = (test) => {
    const found = [];
    while (index < lines.length && test(lines[index])) found.push(lines[index++]);
    return found;
  };
  while (index < lines.length) {
    const line = lines[index];
    if (!line.trim()) index += 1;
    else if (/^# /.test(line)) index += 1;
    else if (/^#{2,6} /.test(line)) {
      nodes.push(h(line.startsWith("## ") ? "h3" : "h4", {}, ...inline(line.replace(/^#+ /, ""))));
      index += 1;
    } else if (/^!\[/.test(line)) {
      const [, alt, name] = /^!\[([^\]]*)\]\(([^)]+)\)/.exec(line) ?? [];
      nodes.push(image(name, alt));
      index += 1;
    } else if (/^\s*[-*] /.test(line))
      nodes.push(
        list(
          "ul",
          take((one) => /^\s*[-*] |^ {2,}\S/.test(one)),
          /^\s*[-*] /,
        ),
      );
    else if (/^\d+\. /.test(line))
      nodes.push(
        list(
          "ol",
          take((one) => /^\d+\. |^ {2,}\S/.test(one)),
          /^\d+\. /,
        ),
      );
    else if (/^\|/.test(line)) nodes.push(table(take((one) => /^\|/.test(one))));
    else if (/^```/.test(line)) {
      index += 1;
      const code = take((one) => !/^```/.test(one));
      index += 1;
      nodes.push(h("pre", {}, h("code", {}, code.join("\n"))));
    } else {
      const rest = () => take((one) => one.trim() && !/^(#|\||```|\s*[-*] |\d+\. |!\[)/.test(one));
      nodes.push(h("p", {}, ...inline([lines[index++], ...rest()].join(" "))));
    }
  }
  return nodes.filter(Boolean);
}

function list(tag, lines, mark) {
  const items = [];
  for (const line of lines) {
    if (mark.test(line)) items.push(line.replace(mark, ""));
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return h(
    tag,
    {},
    items.map((item) => h("li", {}, ...inline(item))),
  );
}

function table(lines) {
  const rows = lines
    .filter((line) => !/^\|[\s:|-]+\|$/.test(line))
    .map((line) =>
      line
        .replace(/^\||\|\s*$/g, "")
        .split("|")
        .map((cell) => cell.trim()),
    );
  const [first, ...rest] = rows;
  return h(
    "div",
    { class: "table-box", tabIndex: 0 },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          first.map((cell) => h("th", { scope: "col" }, ...inline(cell))),
        ),
      ),
      h(
        "tbody",
        {},
        rest.map((row) =>
          h(
            "tr",
            {},
            row.map((cell) => h("td", {}, ...inline(cell))),
          ),
        ),
      ),
    ),
  );
}

/** Text with bold, code and links; only http(s) addresses become links. */
function inline(text) {
  const nodes = [];
  let last = 0;
  for (const found of text.matchAll(INLINE)) {
    const [whole, bold, code, word, target, bare] = found;
    nodes.push(text.slice(last, found.index));
    last = found.index + whole.length;
    if (bold) nodes.push(h("strong", {}, bold));
    else if (code) nodes.push(h("code", {}, code));
    else nodes.push(link(bare ?? target, word ?? bare));
  }
  nodes.push(text.slice(last));
  return nodes.filter((node) => node !== "");
}

function link(target, word) {
  if (!/^https?:\/\//.test(target)) return document.createTextNode(word);
  return h("a", { href: target, target: "_blank", rel: "noopener noreferrer" }, word);
}
