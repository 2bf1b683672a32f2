// What the pages need beyond htmx: the theme, the menu of narrow screens, and keys.
(() => {
  const root = document.documentElement;

  document.addEventListener("click", (event) => {
    const theme = event.target.closest("[data-theme-switch]");
    if (theme) {
      const dark = root.dataset.theme
        ? root.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      localStorage.setItem("theme", root.dataset.theme);
    }
    const menu = event.target.closest("button.menu");
    if (menu) {
      const open = menu.getAttribute("aria-expanded") !== "true";
      menu.setAttribute("aria-expanded", String(open));
    }
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
    const copied = event.target.closest("[data-copy]");
    if (copied) {
      const text = document.getElementById(copied.dataset.copy)?.textContent ?? "";
      navigator.clipboard?.writeText(text.trim()).then(() => { copied.textContent = copied.dataset.done; });
    }
  });

  // a form that changes what a list shows sends itself
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-auto]");
    if (form) form.requestSubmit();
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const find = document.querySelector("main input[type=search]") ?? document.getElementById("find");
      if (find) {
        document.querySelector("button.menu")?.setAttribute("aria-expanded", "true");
        find.focus();
        event.preventDefault();
      }
    }
    // rows of a list are gone through with the arrows
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (!typing || typing.type === "search")) {
      const links = [...document.querySelectorAll("table.list tbody a.row")];
      if (!links.length) return;
      const at = links.indexOf(document.activeElement);
      const next = event.key === "ArrowDown" ? Math.min(at + 1, links.length - 1) : Math.max(at - 1, 0);
      if (at === -1 && !(typing?.type === "search") && event.key === "ArrowUp") return;
      links[next].focus();
      event.preventDefault();
    }
  });
})();
