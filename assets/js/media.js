/** What media have in common. */

/** Whether works of a medium can be heard. */
export const sounds = (medium) => medium === "music" || medium === "drums";

/** Whether the server is this machine: what is packed for a wire would only take time. */
export const near = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);

/** How sound is asked for. */
export const SOUND = near ? "audio/wav" : "audio/flac";
