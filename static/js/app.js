"use strict";
// Enhancements only: every page works without this file.
(() => {
  const root = document.documentElement;

  const isDark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

  function labelToggles() {
    const words = isDark() ? "Switch to light theme" : "Switch to dark theme";
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.setAttribute("aria-label", words);
      button.title = words;
    }
  }

  function toggleTheme() {
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // Storage is blocked: the choice lasts for this page.
    }
    labelToggles();
    document.dispatchEvent(new CustomEvent("themechange"));
  }

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  }

  // The button is disabled after the submit event, so that its name still reaches the server.
  function guardDoubleSubmit(event) {
    const form = event.target;
    if (event.defaultPrevented || form.method === "get" || form.hasAttribute("data-repeatable")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    const buttons = [...form.querySelectorAll("button"), ...document.querySelectorAll(`button[form="${form.id}"]`)];
    setTimeout(() => buttons.forEach((button) => button.setAttribute("aria-disabled", "true")));
  }

  function releaseForms() {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.querySelectorAll("button[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
    }
  }

  // The server refuses it too; here nothing has to be sent for that.
  function refuseLargeFile(input) {
    const most = Number(input.dataset.most);
    const size = Math.max(0, ...[...input.files].map((file) => file.size));
    const words = `This file has ${Math.ceil(size / 1e6)} MB; ${most / 1e6} MB are read at most. Split it into parts.`;
    input.setCustomValidity(size > most ? words : "");
    input.reportValidity();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) toggleTheme();
    closeMenus(event.target.closest("details.menu"));
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("input[type=file][data-most]")) refuseLargeFile(event.target);
  });
  document.addEventListener("submit", guardDoubleSubmit);
  document.addEventListener("htmx:afterRequest", releaseForms);
  // A page from the back-forward cache would keep its forms locked.
  addEventListener("pageshow", releaseForms);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    labelToggles();
    document.dispatchEvent(new CustomEvent("themechange"));
  });
  labelToggles();
  // On a phone the tab of this page may lie beyond the edge of its bar.
  document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
})();
