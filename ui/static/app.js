// What pages do better with JavaScript. Every page works without it. Only the search box fetches, from this server alone.
"use strict";

(() => {
  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);
  const isTyping = (element) => element instanceof Element && element.matches("input, textarea, select, [contenteditable]");

  // "/" goes to the search field, as in most tools of this kind.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const search = document.querySelector("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  // Arrow keys walk through a list of candidates, and from the search field into it.
  const links = () => Array.from(document.querySelectorAll("[data-candidates] a[data-candidate]"));
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    const all = links();
    const at = all.indexOf(document.activeElement);
    const inSearch = document.activeElement instanceof Element && document.activeElement.matches("[data-search]");
    if (all.length === 0 || (at < 0 && !(inSearch && event.key === "ArrowDown"))) return;
    event.preventDefault();
    const next = event.key === "ArrowDown" ? at + 1 : at - 1;
    if (next < 0) {
      document.querySelector("[data-search]")?.focus();
    } else {
      all[Math.min(next, all.length - 1)].focus();
    }
  });

  // Results while somebody types: a combobox with a list, as the ARIA practices describe it. The focus stays in the field;
  // arrow keys move through the list, Enter opens what is chosen, or sends the form; Escape clears.
  const WAIT_MS = 150;
  const SHORTEST = 2;
  each("[data-search]", (field) => {
    const form = field.form;
    if (!form) return;
    const list = document.createElement("div");
    list.className = "options";
    list.id = `${field.id}-options`;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "What was found");
    const note = document.createElement("p");
    note.className = "option-note";
    note.setAttribute("role", "status");
    const panel = document.createElement("div");
    panel.className = "options-panel";
    panel.hidden = true;
    panel.append(list, note);
    form.append(panel);
    // A search field has a role of its own that this one would contradict.
    field.type = "text";
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id],
      ["aria-expanded", "false"], ["aria-haspopup", "listbox"], ["enterkeyhint", "search"]]) {
      field.setAttribute(name, value);
    }

    let timer = 0;
    let asked = 0;
    let underWay = null;
    let chosen = -1;
    const options = () => Array.from(list.children);
    const choose = (at) => {
      chosen = at;
      options().forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
      const option = options()[at];
      if (option) {
        field.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      } else {
        field.removeAttribute("aria-activedescendant");
      }
    };
    const show = (isOpen) => {
      panel.hidden = !isOpen;
      field.setAttribute("aria-expanded", String(isOpen && list.children.length > 0));
      if (!isOpen) choose(-1);
    };
    // Whatever is still on its way is not wanted any more.
    const forget = () => {
      clearTimeout(timer);
      asked += 1;
      underWay?.abort();
      underWay = null;
    };
    const close = () => {
      forget();
      show(false);
    };
    const fill = (html) => {
      const answer = new DOMParser().parseFromString(html, "text/html");
      const found = Array.from(answer.querySelectorAll("[role=option]"));
      found.forEach((option, place) => { option.id = `${field.id}-option-${place}`; });
      list.replaceChildren(...found);
      choose(-1);
      // First it is shown: what is said within something hidden is not read out.
      show(true);
      note.textContent = answer.querySelector("[data-note]")?.textContent.trim() ?? "";
    };
    const ask = async () => {
      const text = field.value.trim();
      if (Array.from(text).length < SHORTEST) {
        close();
        return;
      }
      forget();
      const number = asked;
      underWay = new AbortController();
      try {
        const answer = await fetch(`/find/options?q=${encodeURIComponent(text)}`, { signal: underWay.signal });
        // Whoever is not logged in any more is led away.
        const html = answer.ok && !answer.redirected ? await answer.text() : null;
        if (number !== asked) return;
        if (html === null) show(false);
        else fill(html);
      } catch {
        // A later letter has taken its place, or the server cannot be reached: Enter still sends the form.
        if (number === asked) show(false);
      }
    };
    field.addEventListener("input", (event) => {
      if (event.isComposing) return;
      clearTimeout(timer);
      timer = setTimeout(ask, WAIT_MS);
    });
    field.addEventListener("compositionend", () => {
      clearTimeout(timer);
      timer = setTimeout(ask, WAIT_MS);
    });
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      const count = panel.hidden ? 0 : list.children.length;
      if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count > 0) {
        event.preventDefault();
        // Before the first and behind the last is the field itself, where nothing is chosen.
        const step = event.key === "ArrowDown" ? 1 : -1;
        choose(((chosen + 1 + step + count + 1) % (count + 1)) - 1);
      } else if (event.key === "Enter" && count > 0 && chosen >= 0) {
        event.preventDefault();
        location.assign(options()[chosen].href);
      } else if (event.key === "Escape" && (field.value !== "" || !panel.hidden)) {
        event.preventDefault();
        field.value = "";
        close();
      }
    });
    // A press on the list must not take the focus away before it becomes a click.
    panel.addEventListener("mousedown", (event) => { event.preventDefault(); });
    field.addEventListener("blur", close);
    form.addEventListener("submit", close);
  });

  // Copy buttons are hidden until it is known that they can copy.
  if (navigator.clipboard) {
    each("[data-copy]", (button) => {
      const source = document.getElementById(button.dataset.copy);
      if (!source) return;
      const words = button.textContent;
      button.hidden = false;
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(source.textContent.trim());
          button.textContent = "Copied";
        } catch {
          button.textContent = "Could not copy";
        }
        setTimeout(() => { button.textContent = words; }, 2000);
      });
    });
  }

  // A filter applies as soon as it is changed.
  each("[data-autosubmit]", (field) => {
    field.addEventListener("change", () => field.form?.requestSubmit());
  });

  // The picture begins where the question was asked, which is at its right end.
  each("[data-picture]", (region) => {
    const start = region.querySelector(".pic-start");
    if (!start || region.scrollWidth <= region.clientWidth) return;
    const box = start.getBoundingClientRect();
    const view = region.getBoundingClientRect();
    region.scrollLeft += box.left + box.width / 2 - (view.left + view.width / 2);
  });

  // On a narrow screen the lists say more than the picture.
  if (matchMedia("(max-width: 40rem)").matches) {
    each("[data-open-when-narrow]", (details) => { details.open = true; });
  }

  // Paper cannot be clicked: everything is opened for printing and put back afterwards.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = Array.from(document.querySelectorAll("details:not([open])"));
    opened.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => {
    opened.forEach((details) => { details.open = false; });
    opened = [];
  });
})();
