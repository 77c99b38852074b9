/** One sounds at a time: the tune of the Studio, a work that is listened to, a mix, a film with sound. */
let last = null; // ends what sounds

/** Sound from now on; what sounded before ends. @param {() => void} end  is called when another begins */
export function alone(end) {
  const before = last;
  last = end;
  if (before !== end) before?.();
}

/** Let all be silent, as where a microphone listens. */
export function silence() {
  alone(null);
}
