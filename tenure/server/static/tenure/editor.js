// Completion of names, and the way from a problem to its place in the text.
(() => {
  const asked = new Map();
  let open = null;

  const wordsOf = (form) => {
    const address = form.dataset.words;
    if (!asked.has(address)) {
      asked.set(address, fetch(address, { headers: { Accept: "application/json" } })
        .then((answer) => (answer.ok ? answer.json() : { words: [] })).then((told) => told.words).catch(() => []));
    }
    return asked.get(address);
  };

  const close = () => {
    if (!open) return;
    open.list.remove();
    open.field.removeAttribute("aria-activedescendant");
    open.field.removeAttribute("aria-controls");
    open = null;
  };

  const choose = (at) => {
    open.at = (at + open.items.length) % open.items.length;
    [...open.list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === open.at)));
    const item = open.list.children[open.at];
    item.scrollIntoView({ block: "nearest" });
    open.field.setAttribute("aria-activedescendant", item.id);
  };

  const take = () => {
    const { field, start, items, at } = open;
    const word = items[at];
    const put = word.kind === "function" ? `${word.word}()` : word.kind === "key" ? `${word.word} ` : word.word;
    const end = field.selectionStart;
    close();
    field.focus();
    field.setRangeText(put, start, end, "end");
    if (word.kind === "function") field.selectionStart = field.selectionEnd = start + put.length - 1;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    close();
  };

  // text is of one width: where the caret stands follows from line and column
  const place = (field, list, start) => {
    const style = getComputedStyle(field);
    const line = parseFloat(style.lineHeight) || 18;
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `${style.fontSize} ${style.fontFamily}`;
    const before = field.value.slice(0, start);
    const row = before.split("\n").length;
    const column = start - (before.lastIndexOf("\n") + 1);
    const wraps = style.whiteSpace !== "pre";
    const top = wraps ? field.offsetTop + field.offsetHeight : field.offsetTop + row * line - field.scrollTop + 10;
    const left = wraps ? 0 : column * pen.measureText("m").width - field.scrollLeft + 10;
    const box = field.offsetParent ?? field.parentElement;
    list.style.top = `${Math.max(0, top)}px`;
    list.style.left = `${Math.max(0, Math.min(left, box.clientWidth - list.offsetWidth))}px`;
  };

  const offer = async (field, wanted) => {
    const form = field.closest("[data-words]");
    if (!form) return;
    const words = await wordsOf(form);
    const end = field.selectionStart;
    const start = end - /[A-Za-z_][\w.]*$|$/.exec(field.value.slice(0, end))[0].length;
    const typed = field.value.slice(start, end).toLowerCase();
    close();
    if (!wanted && typed.length < 2) return;
    const atStart = /(^|\n)[ \t-]*$/.test(field.value.slice(0, start));
    const yaml = field.id === "text";
    const items = words
      .filter((word) => (word.kind === "key" ? yaml && atStart : true) && word.word.toLowerCase().startsWith(typed))
      .filter((word) => word.word.toLowerCase() !== typed)
      .sort((a, b) => (atStart && yaml ? (b.kind === "key") - (a.kind === "key") : 0))
      .slice(0, 40);
    if (!items.length || document.activeElement !== field) return;
    const list = document.createElement("ul");
    list.className = "completions";
    list.id = "completions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Names");
    items.forEach((word, at) => {
      const item = document.createElement("li");
      item.id = `completion-${at}`;
      item.setAttribute("role", "option");
      const name = document.createElement("strong");
      name.textContent = word.word;
      const told = document.createElement("span");
      told.className = "note";
      told.textContent = [word.kind, word.means].filter(Boolean).join(": ");
      item.append(name, told);
      item.addEventListener("mousedown", (event) => { event.preventDefault(); choose(at); take(); });
      list.append(item);
    });
    const box = field.parentElement;
    if (getComputedStyle(box).position === "static") box.style.position = "relative";
    box.append(list);
    field.setAttribute("aria-controls", "completions");
    open = { field, list, items, start, at: 0 };
    place(field, list, start);
    choose(0);
  };

  const tell = (field) => {
    const told = field.closest("form")?.querySelector("[data-place]");
    if (!told) return;
    const before = field.value.slice(0, field.selectionStart);
    told.textContent = `${before.split("\n").length}:${before.length - before.lastIndexOf("\n")}`;
  };

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.matches?.("[data-completes]") && event.isTrusted) offer(field, false);
  });
  document.addEventListener("keyup", (event) => {
    if (event.target.matches?.("[data-completes]")) tell(event.target);
  });
  document.addEventListener("focusin", (event) => {
    const field = event.target;
    if (!field.matches?.("[data-completes]")) return;
    field.setAttribute("aria-autocomplete", "list");
    wordsOf(field.closest("[data-words]"));
  });
  document.addEventListener("focusout", close);
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.matches?.("[data-completes]")) return;
    if (event.key === " " && event.ctrlKey) { event.preventDefault(); offer(field, true); return; }
    if (!open) return;
    if (event.key === "ArrowDown") { choose(open.at + 1); event.preventDefault(); }
    else if (event.key === "ArrowUp") { choose(open.at - 1); event.preventDefault(); }
    else if (event.key === "Enter" || event.key === "Tab") { take(); event.preventDefault(); }
    else if (event.key === "Escape") { close(); event.preventDefault(); }
    else if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) close();
  });

  // a problem leads to its place
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-line]");
    const field = document.getElementById("text");
    if (!link || !field) return;
    event.preventDefault();
    const lines = field.value.split("\n");
    const line = Math.max(1, Math.min(Number(link.dataset.line) || 1, lines.length));
    const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
    const at = start + Math.max(0, Math.min((Number(link.dataset.column) || 1) - 1, lines[line - 1].length));
    field.focus();
    field.setSelectionRange(at, start + lines[line - 1].length > at ? start + lines[line - 1].length : at);
    const height = parseFloat(getComputedStyle(field).lineHeight) || 18;
    field.scrollTop = Math.max(0, (line - 6) * height);
    tell(field);
  });
})();
