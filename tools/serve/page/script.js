"use strict";

const by = (id) => document.getElementById(id);
const form = by("options");

let limits = { max_body: Infinity };
let picture = null; // { blob, name }
let request = null; // the AbortController of the one under way
let stream = null; // the camera's

// --- options --------------------------------------------------------------------------------------------------------

const mode = () => form.elements.mode.value;

const belongs = (element) => {
  const owner = element.closest("[data-mode]");
  return owner === null || owner.dataset.mode.split(" ").includes(mode());
};

// Only what differs from what the server does anyway.
const defaults = {
  "n-best": "1", "neighbors": "0", "length-penalty": "0", "seed": "0", "temperature": "1", "top-p": "1", "top-k": "0",
  "min-length": "0", "max-length": "16", "groups": "1", "diversity": "0", "no-repeat-ngram": "0",
};

function query() {
  const parameters = [];
  if (mode() === "sample") parameters.push("sample");
  for (const input of form.elements) {
    if (!input.name || input.name === "mode" || !belongs(input)) continue;
    if (input.type === "checkbox") {
      if (input.checked) parameters.push(input.name);
    } else if (input.value !== defaults[input.name]) {
      parameters.push(`${input.name}=${encodeURIComponent(input.value)}`);
    }
  }
  return parameters.join("&");
}

// A form field that cannot be right keeps the others from being asked for.
function optionsAreRight() {
  const wrong = [...form.elements].find((input) => input.name && belongs(input) && !input.checkValidity());
  if (!wrong) return true;
  wrong.closest("details")?.setAttribute("open", "");
  showError(`${wrong.closest("label").firstChild.textContent.trim()}: ${wrong.validationMessage}`);
  return false;
}

function showOptions() {
  for (const element of form.querySelectorAll("[data-mode]")) element.hidden = !belongs(element);
  const name = picture && /^[\w.-]+$/.test(picture.name) ? picture.name : "photo.jpg";
  const options = query();
  by("curl").textContent = `curl -F picture=@${name} \\\n  '${location.origin}/caption${options ? "?" + options : ""}'`;
}

let pause = 0;
form.addEventListener("input", () => {
  showOptions();
  clearTimeout(pause);
  pause = setTimeout(caption, 250);
});
form.addEventListener("submit", (event) => event.preventDefault());

// --- the picture ----------------------------------------------------------------------------------------------------

const megabytes = (bytes) => `${(bytes / 1e6).toLocaleString("en", { maximumSignificantDigits: 4 })} MB`;

function setPicture(blob, name) {
  closeCamera();
  picture = { blob, name: name || "picture" };
  const preview = by("preview");
  URL.revokeObjectURL(preview.src);
  preview.src = URL.createObjectURL(blob);
  showPicture(true);
  showOptions();
  caption();
}

function showPicture(there) {
  by("preview").hidden = !there;
  by("invitation").hidden = there;
  by("drop").classList.toggle("full", there);
}

by("preview").addEventListener("error", () => showPicture(false));
by("preview").addEventListener("load", ({ target }) => {
  target.classList.toggle("tiny", target.naturalWidth < 200 && target.naturalHeight < 200);
});

function takeFiles(files) {
  if (files.length > 0) setPicture(files[0], files[0].name);
  else showError("That was no file: drop or paste a JPEG or PNG photo.");
}

for (const input of [by("file"), by("capture")]) {
  input.addEventListener("change", () => {
    if (input.files.length > 0) takeFiles(input.files);
    input.value = ""; // so that the same file can be chosen again
  });
}
by("choose").addEventListener("click", () => by("file").click());
by("drop").addEventListener("click", () => {
  if (!stream) by("file").click();
});

document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) document.body.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  takeFiles(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length > 0) {
    event.preventDefault();
    takeFiles(event.clipboardData.files);
  } else if (!(event.target instanceof HTMLInputElement)) {
    takeFiles([]);
  }
});

// --- the camera -----------------------------------------------------------------------------------------------------

function showCamera(on) {
  for (const [id, shown] of [["video", on], ["shoot", on], ["stop", on], ["choose", !on], ["camera", !on]])
    by(id).hidden = !shown;
  if (on) by("preview").hidden = by("invitation").hidden = true;
  else showPicture(picture !== null && by("preview").naturalWidth > 0);
  by("drop").classList.toggle("full", on || picture !== null);
}

function closeCamera() {
  if (!stream) return;
  for (const track of stream.getTracks()) track.stop();
  stream = null;
  by("video").srcObject = null;
  showCamera(false);
}

by("camera").addEventListener("click", async () => {
  // Browsers give the camera only to pages of this machine and to those of https; a phone's own camera program
  // needs no leave.
  if (!navigator.mediaDevices?.getUserMedia) {
    by("capture").click();
    return;
  }
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    by("video").srcObject = stream;
    showCamera(true);
    await by("video").play();
  } catch (error) {
    closeCamera();
    showError(`The camera cannot be used: ${error.message}.`);
  }
});
by("shoot").addEventListener("click", () => {
  const video = by("video");
  if (!video.videoWidth) return;
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  canvas.toBlob((blob) => setPicture(blob, "camera.jpg"), "image/jpeg", 0.95);
});
by("stop").addEventListener("click", closeCamera);

// --- captions -------------------------------------------------------------------------------------------------------

function showError(sentence) {
  by("error").textContent = sentence;
  by("error").hidden = false;
  by("captions").replaceChildren();
  by("captions").removeAttribute("aria-busy");
  by("legend").hidden = by("times").hidden = true;
}

async function caption() {
  if (!picture) return;
  request?.abort();
  if (!optionsAreRight()) return;
  if (picture.blob.size > limits.max_body) {
    showError(`${picture.name} has ${megabytes(picture.blob.size)}, more than this server's limit of ${megabytes(limits.max_body)}.`);
    return;
  }
  const own = (request = new AbortController());
  by("captions").setAttribute("aria-busy", "true");
  const type = ["image/jpeg", "image/png"].includes(picture.blob.type) ? picture.blob.type : "application/octet-stream";
  const options = [query(), `name=${encodeURIComponent(picture.name)}`].filter(Boolean).join("&");
  const begin = performance.now();
  try {
    const response = await fetch(`/caption?${options}`, {
      method: "POST",
      headers: { "Content-Type": type },
      body: picture.blob,
      signal: own.signal,
    });
    const answer = await response.json();
    if (response.ok) showCaptions(answer, performance.now() - begin);
    else showError(answer.error);
  } catch (error) {
    if (own.signal.aborted) return; // another one is under way
    showError(`The server gave no answer: ${error.message}.`);
  }
}

function make(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

function percent(probability) {
  if (probability >= 0.9995) return "100%";
  if (probability >= 0.0995) return `${Math.round(probability * 100)}%`;
  if (probability >= 0.0005) return `${(probability * 100).toFixed(1)}%`;
  return "<0.1%";
}

function wordElement(word, probability, logarithm) {
  const end = word === "<END>";
  const level = probability >= 0.5 ? "" : probability >= 0.1 ? " fair" : " doubt";
  const element = make("li", `word${end ? " end" : ""}${level}`);
  element.title = `probability ${probability.toPrecision(3)}, logarithm ${logarithm.toFixed(3)}`;
  const bar = make("span", "bar");
  bar.append(make("span"));
  bar.firstChild.style.width = `${Math.max(probability * 100, 3)}%`;
  element.append(make("span", "", end ? "end" : word), bar, make("span", "percent", percent(probability)));
  return element;
}

// With a length penalty, or by similar photos, captions are not in the order of their probabilities.
const number = (name) => Number(form.elements[name]?.value ?? 0);
const byNeighbors = () => mode() !== "greedy" && number("neighbors") > 0;
const byScore = () => byNeighbors() || (mode() === "beam" && number("length-penalty") !== 0);

function captionElement(caption, best) {
  const element = make("article", best ? "caption best" : "caption");
  const line = make("p", "line");
  const whole = Math.exp(caption.log_probabilities.reduce((sum, value) => sum + value, 0));
  line.append(make("span", "text", caption.caption || "(no words)"));
  line.append(make("span", "whole", byScore() ? caption.score.toFixed(3) : percent(whole)));
  line.lastChild.title = `probability ${whole.toPrecision(3)}, score ${caption.score.toFixed(4)}`;
  const words = make("ol", "words");
  words.setAttribute("aria-label", "Words and their probabilities");
  caption.words.forEach((word, i) =>
    words.append(wordElement(word, caption.probabilities[i], caption.log_probabilities[i])));
  if (caption.words.at(-1) !== "<END>") words.append(make("li", "cut", "… cut off here"));
  element.append(line, words);
  return element;
}

function showCaptions(answer, time) {
  by("error").hidden = true;
  const [best, ...others] = answer.captions;
  const elements = [captionElement(best, true)];
  if (others.length > 0) elements.push(make("h2", "alternatives", mode() === "sample" ? "Also drawn" : "Alternatives"));
  elements.push(...others.map((caption) => captionElement(caption, false)));
  by("captions").replaceChildren(...elements);
  by("captions").removeAttribute("aria-busy");
  by("status").textContent = best.caption;
  by("legend").hidden = by("times").hidden = false;
  by("figure").textContent = byNeighbors()
    ? "how well the caption agrees with those of similar training photos, from 0 to 10"
    : byScore()
    ? "the score, which is the logarithm of the whole caption's probability over length to the power of the penalty"
    : "the probability of the whole caption";
  by("times").textContent =
    `${answer.picture.width} × ${answer.picture.height} pixels, ${Math.round(time)} ms: ` +
    `${answer.ms.decode.toFixed(1)} reading, ${answer.ms.wait.toFixed(1)} waiting, ${answer.ms.caption.toFixed(1)} captioning` +
    (answer.batch > 1 ? ` with ${answer.batch - 1} other${answer.batch > 2 ? "s" : ""}` : "");
}

// --- the page -------------------------------------------------------------------------------------------------------

by("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(by("curl").textContent);
    by("copy").textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(by("curl")); // where the clipboard is not for this page
    by("copy").textContent = "Press Ctrl-C";
  }
  setTimeout(() => (by("copy").textContent = "Copy"), 2000);
});

async function start() {
  showOptions();
  try {
    const info = await (await fetch("/info")).json();
    limits = info.limits;
    by("model").textContent = `${info.model}, ${info.words.toLocaleString("en")} words`;
    document.querySelector("[data-limit=max_body]").textContent = megabytes(limits.max_body);
    document.querySelector("[data-limit=max_pixels]").textContent = `${limits.max_pixels / 1e6} million`;
    for (const name of ["n-best", "beam", "groups"]) form.elements[name].max = limits.max_captions;
    form.elements["max-length"].max = limits.max_words;
    if (limits.max_neighbors > 0) form.elements.neighbors.max = limits.max_neighbors;
    else by("neighbors").remove();
  } catch (error) {
    showError(`The server gave no answer: ${error.message}.`);
  }
}
start();
