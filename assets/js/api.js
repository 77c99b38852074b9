/** HTTP to our own server: JSON in and out, errors as values the page can word. */

/** An error that the server explained: `info` is {code, name, value, rule, remedy}. */
export class StudioError extends Error {
  constructor(info) {
    super(info.code);
    this.name = "StudioError";
    this.info = info;
  }
}

/** Same origin, and below the page's own path (a Space serves it under a prefix at times). */
export function address(path) {
  return new URL(path.replace(/^\//, ""), document.baseURI.replace(/[?#].*$/, "")).href;
}

let files = () => null;

/** Call `fn(text)` before a body of JSON is sent; it resolves when the server has what the text names. */
export function sendBefore(fn) {
  files = fn;
}

async function send(method, path, body, { signal, keepalive = false } = {}) {
  const raw = body instanceof Blob || body instanceof ArrayBuffer;
  const headers = body === undefined || raw ? {} : { "Content-Type": "application/json" };
  const payload = body === undefined || raw ? body : JSON.stringify(body);
  const ahead = typeof payload === "string" ? files(payload, { keepalive }) : null;
  if (ahead && !keepalive) await ahead; // a page that is being left can't wait
  const response = await fetch(address(path), {
    method,
    headers,
    body: payload,
    signal,
    keepalive,
    credentials: "same-origin",
  });
  if (response.ok) return response;
  const answer = await response.json().catch(() => null);
  throw new StudioError(answer?.error ?? { code: "unexpected", value: String(response.status) });
}

/** One call. Resolves to the JSON of the answer, or to the Response where `raw` is set. */
export async function request(method, path, body, { raw = false, ...options } = {}) {
  const response = await send(method, path, body, options);
  return raw ? response : response.json();
}

/** A call that answers with one JSON object a line. */
export async function streamLines(method, path, body, onLine, signal) {
  const response = await send(method, path, body, { signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = done ? "" : lines.pop();
    for (const line of lines) {
      if (!line.trim()) continue;
      const object = JSON.parse(line);
      if (object.error) throw new StudioError(object.error);
      onLine(object);
    }
    if (done) return;
  }
}
