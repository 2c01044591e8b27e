// What all pages share. Text from the data only ever becomes text nodes and attributes, never HTML.
"use strict";

/** An element: tag and classes ("p.soft.small"), attributes (functions are listeners), children. */
function element(what, attributes, ...children) {
  const [tag, ...classes] = what.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(name, value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** The same in a drawing. */
function drawn(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A number for people: four significant digits or so. */
function readable(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size !== 0 && size < 0.001) return value.toExponential(1).replace("e-", "e−");
  if (Number.isInteger(value) || size >= 1000) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : size >= 0.1 ? 3 : 4);
}

function readableSeconds(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return seconds < 10 ? seconds.toFixed(1) + " s" : whole + " s";
  const two = (number) => String(number).padStart(2, "0");
  if (whole < 3600) return Math.floor(whole / 60) + " min " + two(whole % 60) + " s";
  return Math.floor(whole / 3600) + " h " + two(Math.floor(whole / 60) % 60) + " min";
}

/** The page follows the system's theme until its button chooses one. */
const theme = {
  system: window.matchMedia("(prefers-color-scheme: dark)"),
  chosen: null,
  dark() {
    return this.chosen === null ? this.system.matches : this.chosen === "dark";
  },
  apply() {
    document.documentElement.dataset.theme = this.dark() ? "dark" : "light";
  },
  button() {
    const made = element("button.no-print", { type: "button", "aria-label": "Light or dark" });
    const show = () => {
      this.apply();
      made.textContent = this.dark() ? "☀ Light" : "☾ Dark";
    };
    made.addEventListener("click", () => {
      this.chosen = this.dark() ? "light" : "dark";
      show();
    });
    this.system.addEventListener("change", show);
    show();
    return made;
  },
};
theme.apply();

function pageHead(title, ...lines) {
  return element("header.page-head", {},
    element("div", {}, element("h1", {}, title), ...lines.map((line) => element("p.soft", {}, line))), theme.button());
}

function pageData() {
  return JSON.parse(document.getElementById("data").textContent);
}
