/** The kept versions of a poem as a tree: what was shaped on from what, read from the family of each. */

const MOST = 60; // versions that are read; the rest is in Works

/**
 * @typedef {{work: object, from: string | null, into: Version[], lines: string[] | null}} Version
 */

/** The parents of a family that a poem was shaped on from. */
const shapedFrom = ({ role, work }) => role === "edit" && work?.medium === "verse";

/**
 * Every version that hangs together with some works, as trees by their roots, oldest first.
 * @param {(id: string) => Promise<{parents: object[], children: object[]} | null>} familyOf
 * @param {object[]} known  works to begin with
 * @returns {Promise<{roots: Version[], more: boolean}>}
 */
export async function treeOf(familyOf, known) {
  const found = new Map(); // id -> Version
  let fresh = known;
  let more = false;
  while (fresh.length) {
    for (const work of fresh) found.set(work.id, { work, from: null, into: [], lines: null });
    const families = await Promise.all(fresh.map((work) => familyOf(work.id)));
    const next = new Map();
    families.forEach((family, at) => {
      const parents = (family?.parents ?? []).filter(shapedFrom);
      found.get(fresh[at].id).from = parents[0]?.work.id ?? null;
      for (const { work } of [...parents, ...(family?.children ?? []).filter(shapedFrom)])
        if (!found.has(work.id)) next.set(work.id, work);
    });
    more = found.size + next.size > MOST;
    fresh = [...next.values()].slice(0, MOST - found.size);
  }
  return { roots: grown(found), more };
}

/** Versions under those they came from; what was deleted hands its own on. */
function grown(found) {
  const roots = [];
  const standing = (id) => {
    let version = found.get(id);
    while (version?.work.deleted) version = found.get(version.from);
    return version;
  };
  const oldest = (a, b) => a.work.created_at.localeCompare(b.work.created_at);
  for (const version of [...found.values()].sort(oldest)) {
    if (!version.work.deleted) (standing(version.from)?.into ?? roots).push(version);
  }
  return roots;
}

/**
 * Which words of a line are not in another, in its order (longest common subsequence).
 * @param {string[]} words  @param {string[]} before  @returns {boolean[]}
 */
export function fresh(words, before) {
  const long = Array.from({ length: words.length + 1 }, () => new Array(before.length + 1).fill(0));
  for (let a = words.length - 1; a >= 0; a -= 1)
    for (let b = before.length - 1; b >= 0; b -= 1)
      long[a][b] = words[a] === before[b] ? 1 + long[a + 1][b + 1] : Math.max(long[a + 1][b], long[a][b + 1]);
  const found = [];
  let b = 0;
  for (let a = 0; a < words.length; a += 1) {
    while (b < before.length && words[a] !== before[b] && long[a][b + 1] === long[a][b]) b += 1;
    const same = b < before.length && words[a] === before[b];
    found.push(!same);
    if (same) b += 1;
  }
  return found;
}
