/** Files that someone drops or chooses, folders walked through: [{name, file}], named from the folder down. */

const MOST = 20_000;

/** Everything in a drop. Entries are taken before the first pause: afterwards the browser forgets them. */
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return chosen(transfer.files);
  const found = [];
  for (const entry of entries) await walk(entry, "", found);
  // One folder alone is no kind of its own: its sub-folders are.
  const alone = entries.length === 1 && entries[0].isDirectory ? `${entries[0].name}/` : "";
  return found.map(({ name, file }) => ({ name: name.slice(alone.length), file }));
}

/** What a field of files holds. */
export function chosen(files) {
  return [...files].slice(0, MOST).map((file) => {
    const path = file.webkitRelativePath; // "folder/sub/a.png"
    return { name: path ? path.slice(path.indexOf("/") + 1) : file.name, file };
  });
}

async function walk(entry, above, found) {
  if (found.length >= MOST || entry.name.startsWith(".")) return;
  const name = `${above}${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise((good, bad) => entry.file(good, bad));
    found.push({ name, file });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((good, bad) => reader.readEntries(good, bad));
    if (!some.length) return;
    for (const one of some) await walk(one, `${name}/`, found);
  }
}
