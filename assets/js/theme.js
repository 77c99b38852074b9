/** Light or dark: the system's choice until the person makes one, which this browser remembers. */

const KEY = "duet.theme";

function chosen() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function mount(store) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const dark = chosen() ? chosen() === "dark" : system.matches;
    if (document.body.classList.contains("dark") !== dark)
      document.body.classList.toggle("dark", dark);
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    store.set({ theme: dark ? "dark" : "light" });
  };
  apply();
  system.addEventListener("change", apply);
  // Gradio sets the class from the system when it starts; the person's choice stands above it.
  new MutationObserver(apply).observe(document.body, { attributeFilter: ["class"] });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-act=theme], #theme")) return;
    try {
      localStorage.setItem(KEY, store.get().theme === "dark" ? "light" : "dark");
    } catch {
      // not remembered, but still toggled below
    }
    if (!chosen()) document.body.classList.toggle("dark");
    apply();
  });
}
