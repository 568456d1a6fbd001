// Keys for agents, a counter for short fields, printing. Every page works without it.
"use strict";
(() => {
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const opener = (row) => row && row.querySelector("[data-open]");
  let at = -1;

  const typing = (el) => el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));

  const select = (i) => {
    const all = rows();
    if (!all.length) return;
    at = Math.max(0, Math.min(i, all.length - 1));
    all.forEach((r, n) => r.classList.toggle("at", n === at));
    const link = opener(all[at]);
    if (link) link.focus({ preventScroll: true });
    all[at].scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("focusin", (e) => {
    const row = e.target.closest("[data-row]");
    if (row) at = rows().indexOf(row);
  });

  document.addEventListener("keydown", (e) => {
    if (document.body.dataset.keys !== "on" || e.ctrlKey || e.metaKey || e.altKey || e.repeat || typing(e.target)) return;
    const release = document.querySelector('[data-key="f"]');
    switch (e.key) {
      case "j": select(at + 1); break;
      case "k": select(at < 0 ? 0 : at - 1); break;
      case "/": {
        const field = document.querySelector("[data-search]");
        if (!field) return;
        field.focus();
        break;
      }
      case "f":
        if (release) { release.click(); break; }
        { // from the list: open the case with its note; nothing leaves unread
          const row = document.activeElement.closest("[data-case]") || rows()[at];
          if (row && row.dataset.case) location.assign("/case/" + row.dataset.case + "?key=f#tell");
        }
        break;
      default: return;
    }
    e.preventDefault();
  });

  const count = (field) => {
    const out = document.getElementById(field.dataset.count);
    if (out) out.textContent = [...field.value].length + " / " + out.dataset.of + " ·";
  };
  document.addEventListener("input", (e) => { if (e.target.dataset && e.target.dataset.count) count(e.target); });

  const ready = (root) => {
    root.querySelectorAll("[data-count]").forEach(count);
    root.querySelectorAll("[data-print]").forEach((b) => { b.hidden = false; b.onclick = () => window.print(); });
  };
  document.addEventListener("DOMContentLoaded", () => ready(document));
  document.addEventListener("htmx:afterSwap", (e) => ready(e.target));

  // One decision is sent once.
  document.addEventListener("submit", (e) => {
    if (e.defaultPrevented || e.target.method !== "post") return;
    setTimeout(() => e.target.querySelectorAll("button").forEach((b) => { b.disabled = true; }), 0);
  });
  window.addEventListener("pageshow", (e) => {
    if (e.persisted) document.querySelectorAll("form[method=post] button").forEach((b) => { b.disabled = false; });
  });
})();
