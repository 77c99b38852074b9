/** The way without sockets: one call under way, the newest waits. */
import { request as http } from "./api.js";

/** What a picture carries: a poem's words as `text`, as `bare` what they were before a finish, as `places` where each stood; a tune's `score`; `of`, its recipe; `growing`, not whole yet. */
export const more = ({ text, bare, places, score }) => (text ? { text, bare, places } : score ? { score } : {});

/**
 * @param {(picture: ImageBitmap, header: object, question: object) => void} arrive  like `arrive` of live.js
 * @param {(error: Error) => void} fail
 */
export function plainWay(arrive, fail) {
  let busy = false;
  let waiting = null;

  async function next() {
    busy = true;
    while (waiting) {
      const { request, want, seq } = waiting;
      waiting = null;
      const quality = want === "final" ? "reference" : "draft";
      try {
        const answer = await http("POST", "/studio/render", { request, quality, told: true });
        const bytes = await (await fetch(answer.image)).blob();
        const picture = Object.assign(await createImageBitmap(bytes), more(answer));
        const head = { seq, want, engine: answer.engine, wait_ms: 0, render_ms: 0 };
        arrive(picture, head, { request, at: performance.now() });
      } catch (error) {
        fail(error);
      }
    }
    busy = false;
  }

  return {
    ask(question) {
      waiting = question;
      if (!busy) next();
    },
    stop() {
      waiting = null;
    },
  };
}
