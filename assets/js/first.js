/**
 * Before anything else: the theme that was chosen, and the first picture.
 *
 * Not a module, so that it runs as soon as the document is read. A person who was here before sees
 * the work they left, which this browser remembered; everyone else the opening picture.
 */
(() => {
  // Gradio's sign of loading counts its seconds at every frame, also long after it is gone: the clock
  // of the one before the page came is never stopped. Nothing here shows it, so it isn't wound up.
  const request = window.requestAnimationFrame.bind(window);
  const counts = (call) => call.length === 0 && /performance\.now\(\)[^;]*\/1e3/.test(String(call));
  window.requestAnimationFrame = (call) => (counts(call) ? 0 : request(call));

  const remembered = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage is off in this browser
    }
  };
  const chosen = remembered("duet.theme");
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.body.classList.toggle("dark", dark);
  document.documentElement.lang = /^zh\b/i.test(navigator.language) ? "zh" : "en";
  if (/^#\/(works|models)/.test(location.hash)) return;
  const picture = new Image();
  picture.onload = () => {
    // Enlarged just as the stage will do it, so that nothing jumps when the live picture takes over.
    const canvas = document.createElement("canvas");
    canvas.id = "first-light";
    document.body.append(canvas);
    canvas.width = Math.round(canvas.clientWidth * devicePixelRatio);
    canvas.height = canvas.width;
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = picture.naturalWidth > 64; // pixel art stays in squares
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  };
  picture.src = remembered("duet.last") ?? "assets/images/first.webp";
})();
