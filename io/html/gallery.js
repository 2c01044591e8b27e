// Captions with the probabilities of their words, and cards of pictures with them.
//
// A caption: {how: "greedy", words: ["a", ..., "<END>"], log_probabilities: [-0.1, ...]}
// An image: {name, photo: "data:..." or absent, references: [text], score: number or absent, captions: [...],
//   place: its number in the data}
// A gallery: {score: "CIDEr-D" or absent, images: [...]}, the worst first

/** The geometric mean of a caption's probabilities: how probable the model finds its words. */
function meanProbability(caption) {
  const logs = caption.log_probabilities;
  return logs.length ? Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length) : null;
}

function percent(probability) {
  const value = 100 * probability;
  return value > 0 && value < 1 ? "<1" : String(Math.round(value));
}

/** The words of a caption, each with its probability in percent and the deeper in colour the less probable it was. */
function captionWords(caption) {
  const list = element("ul.words");
  caption.words.forEach((word, i) => {
    const log = caption.log_probabilities[i];
    const known = log !== undefined && log !== null;
    const probability = known ? Math.exp(log) : null;
    const end = word === "<END>";
    const item = element("li" + (end ? ".end" : ""), {
      title: (end ? "end of the caption" : word) + (known ? ": " + (100 * probability).toPrecision(3) + " %" : ""),
    }, end ? "⏎" : word, known ? element("small", {}, percent(probability)) : null);
    if (known) item.style.setProperty("--doubt", (0.8 * (1 - probability) ** 2).toFixed(3));
    list.append(item);
  });
  if (!caption.words.length) list.append(element("li.end", {}, "(no words)"));
  return list;
}

/** A caption with how it was made. */
function captionView(caption) {
  const mean = meanProbability(caption);
  return element("div", {},
    element("div.caption-head", {}, element("span", {}, caption.how),
      mean === null ? null
        : element("span", { title: "Geometric mean of the words' probabilities" }, percent(mean) + " % per word")),
    captionWords(caption));
}

/** Captions of equal words once, with all the ways that led to them. */
function distinctCaptions(captions) {
  const found = new Map();
  for (const caption of captions) {
    const key = JSON.stringify(caption.words);
    const same = found.get(key);
    if (same) same.how += " = " + caption.how;
    else found.set(key, Object.assign({}, caption));
  }
  return [...found.values()];
}

function referencesView(references) {
  if (!references.length) return null;
  const shown = 2;
  const list = (texts) => element("ul", {}, ...texts.map((text) => element("li", {}, text)));
  const rest = references.slice(shown);
  return element("div.references", {}, "References", list(references.slice(0, shown)),
    rest.length ? element("details", {}, element("summary", {}, rest.length + " more"), list(rest)) : null);
}

function photoView(image) {
  if (!image.photo) return element("div.photo", { style: "height: 84px" }, "no photo");
  const photo = element("img", { src: image.photo, alt: image.name, loading: "lazy", decoding: "async" });
  photo.addEventListener("load", () => photo.classList.toggle("tiny", photo.naturalWidth <= 64));
  return element("div.photo", {}, photo);
}

/** A picture with its captions. */
function imageView(image, scoreName) {
  const hasScore = image.score !== undefined && image.score !== null;
  return element("figure.card", {}, photoView(image),
    element("figcaption", {},
      element("div.image-head", {}, element("span.name", { title: image.name }, image.name.split("/").pop()),
        hasScore ? element("span.score", {}, scoreName + " " + image.score.toFixed(2)) : null),
      ...distinctCaptions(image.captions).map(captionView), referencesView(image.references)));
}

/** All pictures, to be sorted and searched. */
function galleryView(gallery) {
  const images = gallery.images.map((image) => ({
    image,
    probability: image.captions.length ? meanProbability(image.captions[0]) : null,
    text: [image.name, ...image.references, ...image.captions.map((caption) => caption.words.join(" "))]
      .join("\n").toLowerCase(),
  }));
  const scored = images.some(({ image }) => typeof image.score === "number");
  // Sorting is stable: what is equal stays as it came, the worst first.
  const by = (value) => (list) => [...list].sort((a, b) => value(a) - value(b));
  const probability = (entry) => entry.probability ?? Infinity;
  const orders = [];
  if (scored) orders.push(["Worst score first", (list) => list], ["Best score first", (list) => [...list].reverse()]);
  orders.push(["Least sure first", by(probability)], ["Surest first", by((entry) => -probability(entry))],
    ["In the data's order", by((entry) => entry.image.place)]);

  const grid = element("div.gallery");
  const count = element("span.count", { role: "status" });
  const order = element("select", {}, ...orders.map(([name], i) => element("option", { value: i }, name)));
  const find = element("input", { type: "search", placeholder: "Find words or names", "aria-label": "Find" });
  const numbers = element("input", { type: "checkbox", checked: true });
  const views = new Map();
  const show = () => {
    const wanted = find.value.trim().toLowerCase().split(/\s+/);
    const found = images.filter(({ text }) => wanted.every((word) => text.includes(word)));
    const shown = orders[order.value][1](found);
    for (const entry of shown)
      if (!views.has(entry)) views.set(entry, imageView(entry.image, gallery.score));
    grid.replaceChildren(...shown.map((entry) => views.get(entry)));
    if (!shown.length) grid.append(element("p.empty", {}, "No image has these words."));
    count.textContent = (shown.length === images.length ? "" : shown.length + " of ") + images.length +
      (images.length === 1 ? " image" : " images");
  };
  order.addEventListener("change", show);
  find.addEventListener("input", show);
  numbers.addEventListener("change", () => grid.classList.toggle("words-plain", !numbers.checked));
  show();
  return element("div", {},
    element("div.gallery-bar.no-print", {}, element("label.order", {}, "Order", order), element("label.find", {}, find),
      element("label", {}, numbers, "Percent under words"), count),
    grid);
}
