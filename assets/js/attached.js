/**
 * Files that recipes name by the sha256 of their bytes (`request.inputs`): a sketch, a picture, a mask.
 *
 * The page holds what it made, and hands each file to the server once per connection, before the first
 * recipe that names it, over the socket or over HTTP. What it does not hold lies in the library or with
 * the model.
 */
import { address, request as http, sendBefore } from "./api.js";

const ROOM = 48_000_000; // bytes held
const held = new Map(); // sha256 -> Uint8Array, newest last
let size = 0;
let told = new Set(); // what this connection has been given

/** What a model accepts under that name, or undefined. */
export const inputOf = (model, name) => model?.inputs?.find((one) => one.name === name);

/** Hold a file. @param {Uint8Array} bytes  @returns {Promise<string>} its sha256 */
export async function hold(bytes) {
  const name = await digest(bytes);
  if (!held.has(name)) size += bytes.length;
  held.delete(name);
  held.set(name, bytes);
  for (const [old, data] of held) {
    if (size <= ROOM || old === name) break;
    held.delete(old);
    size -= data.length;
  }
  return name;
}

/** Over plain HTTP from another machine browsers offer no digest: the server says it then. */
async function digest(bytes) {
  if (!crypto.subtle) return (await http("POST", "/studio/inputs", bytes.slice().buffer)).sha256;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The file called `name`: of this page, an example of the model, or the server's. */
export async function fetched(name, model) {
  if (held.has(name)) return held.get(name);
  const example = model.inputs.map((one) => one.examples[name]).find(Boolean);
  const answer = await fetch(example ?? address(`/studio/inputs/${name}`), { credentials: "same-origin" });
  return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
}

/** A work as a file that recipes can name. @returns {Promise<string | undefined>} its sha256 */
export async function fileOf(store, request) {
  return (await store.api("POST", "/studio/inputs/work", { request }))?.sha256;
}

/** A new connection knows nothing yet. */
export function forget() {
  told = new Set();
}

const fresh = (request) =>
  Object.values(request.inputs ?? {}).filter((name) => held.has(name) && !told.has(name));

/** Send what `request` names and this socket does not have. */
export function sendTo(socket, request) {
  for (const name of fresh(request)) {
    const header = new TextEncoder().encode(JSON.stringify({ v: 1, attach: true }));
    const bytes = held.get(name);
    const message = new Uint8Array(4 + header.length + bytes.length);
    new DataView(message.buffer).setUint32(0, header.length);
    message.set(header, 4);
    message.set(bytes, 4 + header.length);
    socket.send(message);
    told.add(name);
  }
}

/** The same over HTTP, before anything that names a file: the library must find what it is to keep. */
sendBefore((text, { keepalive }) => {
  const named = [...held.keys()].filter((name) => !told.has(name) && text.includes(name));
  return named.length ? Promise.all(named.map((name) => give(name, keepalive))) : null;
});

async function give(name, keepalive) {
  await http("POST", "/studio/inputs", held.get(name).slice().buffer, { keepalive });
  told.add(name);
}
