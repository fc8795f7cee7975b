/* Everything here is a convenience: no page needs it to be read or used. */
(() => {
  "use strict";
  const root = document.documentElement;
  const stored = {
    get: (key) => {
      try { return localStorage.getItem(key); } catch { return null; }
    },
    set: (key, value) => {
      try { localStorage.setItem(key, value); } catch { /* A private window forgets. */ }
    },
  };

  // Runs before the body is drawn, so that a chosen theme never flashes.
  const theme = stored.get("huisu-theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;

  const isDark = () =>
    root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;

  function offerThemes() {
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      const show = () => button.setAttribute("aria-pressed", String(isDark()));
      button.hidden = false;
      show();
      button.addEventListener("click", () => {
        root.dataset.theme = isDark() ? "light" : "dark";
        stored.set("huisu-theme", root.dataset.theme);
        show();
      });
    }
  }

  function offerCopying(within) {
    if (!navigator.clipboard) return;
    for (const button of within.querySelectorAll("[data-copy][hidden]")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = button.dataset.copied;
      });
    }
  }

  // Marks every ribbon that money passes on its way into and out of one node.
  function pathThrough(ribbons, ids, from, to) {
    const seen = new Set();
    const queue = [...ids];
    const found = new Set();
    while (queue.length) {
      const id = queue.pop();
      if (seen.has(id)) continue;
      seen.add(id);
      for (const ribbon of ribbons) {
        if (ribbon.dataset[from] !== id) continue;
        found.add(ribbon);
        queue.push(ribbon.dataset[to]);
      }
    }
    return found;
  }

  function highlightPaths(within) {
    for (const chart of within.querySelectorAll(".chart--sankey")) {
      const ribbons = [...chart.querySelectorAll(".ribbon")];
      const clear = () => ribbons.forEach((ribbon) => ribbon.classList.remove("is-path"));
      const mark = (event) => {
        const target = event.target.closest(".node, .ribbon");
        clear();
        if (!target) return;
        const data = target.dataset;
        const up = data.node ? [data.node] : [data.source];
        const down = data.node ? [data.node] : [data.target];
        if (!data.node) target.classList.add("is-path");
        for (const ribbon of pathThrough(ribbons, up, "target", "source")) ribbon.classList.add("is-path");
        for (const ribbon of pathThrough(ribbons, down, "source", "target")) ribbon.classList.add("is-path");
      };
      chart.addEventListener("pointerover", mark);
      chart.addEventListener("pointerleave", clear);
      chart.addEventListener("focusin", mark);
      chart.addEventListener("focusout", clear);
    }
  }

  // Changing a select that says so sends its form: the button beside it serves without JS.
  function submitOnChange() {
    document.addEventListener("change", (event) => {
      const select = event.target.closest("select[data-submit]");
      if (select) select.form.requestSubmit();
    });
    for (const button of document.querySelectorAll("[data-submit-button]")) button.hidden = true;
  }

  const typing = (element) => element.closest("input, select, textarea, [contenteditable]");

  function listenForKeys() {
    const help = document.getElementById("keyboard-help");
    const box = document.getElementById("keyboard-on");
    if (!help || !box) return;
    box.checked = stored.get("huisu-keys") !== "off";
    box.addEventListener("change", () => stored.set("huisu-keys", box.checked ? "on" : "off"));
    for (const button of document.querySelectorAll("[data-keyboard-help]")) {
      button.hidden = false;
      button.addEventListener("click", () => help.showModal());
    }
    document.addEventListener("keydown", (event) => {
      if (!box.checked || event.ctrlKey || event.metaKey || event.altKey) return;
      if (typing(event.target) || help.open) return;
      if (event.key === "?") {
        event.preventDefault();
        help.showModal();
      }
      const search = event.key === "/" && document.querySelector("[data-search], input[type=search]");
      if (search) {
        event.preventDefault();
        search.focus();
      }
    });
  }

  // Closed details would be missing on paper.
  function openForPrint() {
    let opened = [];
    addEventListener("beforeprint", () => {
      opened = [...document.querySelectorAll("main details:not([open])")];
      opened = opened.filter((details) => !details.closest(".figure, .definition"));
      opened.forEach((details) => { details.open = true; });
    });
    addEventListener("afterprint", () => opened.forEach((details) => { details.open = false; }));
  }

  document.addEventListener("DOMContentLoaded", () => {
    offerThemes();
    offerCopying(document);
    highlightPaths(document);
    submitOnChange();
    listenForKeys();
    openForPrint();
    document.querySelector("[data-focus]")?.focus();
    document.addEventListener("htmx:afterSwap", (event) => {
      offerCopying(event.target);
      highlightPaths(event.target);
    });
  });
})();
