// What pages do better with JavaScript. Every page works without it; nothing here fetches or renders.
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
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
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
