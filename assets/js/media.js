/** What media have in common. */

/** Whether works of a medium can be heard. */
export const sounds = (medium) => medium === "music" || medium === "drums";
