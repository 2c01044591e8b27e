// The report of a training run.
{
  const run = pageData();
  const page = document.getElementById("page");
  const column = (name) => run.columns.indexOf(name);
  const has = (name) => column(name) >= 0;
  const value = (row, name) => (has(name) ? row[column(name)] : null);
  const last = run.rows[run.rows.length - 1];
  const best = run.rows.find((row) => value(row, "epoch") === run.best.epoch) || last;
  const names = {
    loss: "validation loss", accuracy: "accuracy", bleu1: "BLEU-1", bleu2: "BLEU-2", bleu3: "BLEU-3", bleu4: "BLEU-4", rouge_l: "ROUGE-L",
    cider: "CIDEr-D", cider_exchanged: "images exchanged", meteor: "METEOR", spice: "SPICE",
  };
  const named = (name) => names[name] || name;

  const updated = new Date(1000 * run.updated);
  page.append(pageHead(run.title,
    `Epoch ${value(last, "epoch")} of ${run.epochs} · best ${named(run.best.figure)} in epoch ${run.best.epoch} · ` +
    `written ${updated.toLocaleString("sv-SE").slice(0, 16)}`));
  if (run.alarm)
    page.append(element("p.notice." + run.alarm.level, { role: run.alarm.level === "warning" ? "alert" : null },
      run.alarm.text));
  const speed = run.items + "_per_second";
  const perSecond = (run.items === "tokens" ? "words" : run.items) + " per second";

  const tile = (name, figure, note) => element("div.tile.card", {}, element("div.soft.small", {}, name),
    element("div.value", {}, figure), element("div.soft.small", {}, note));
  const figureTile = (title, name) => (has(name) && value(best, name) !== null
    ? tile(title, readable(value(best, name)), `epoch ${run.best.epoch}; last ${readable(value(last, name))}`) : null);
  const total = run.rows.reduce((sum, row) => sum + value(row, "seconds"), 0);
  page.append(element("div.tiles", {},
    ...[figureTile("Validation loss", "val_loss"), figureTile("Accuracy", "accuracy"), figureTile("CIDEr-D", "cider"), figureTile("BLEU-4", "bleu4"),
      run.gap === null ? null : tile("Image gap", readable(run.gap), "nats per caption, last epoch"),
      tile("Speed", readable(value(last, speed)), perSecond),
      tile("Training time", readableSeconds(total), `${readable(value(last, "step"))} steps`)].filter(Boolean)));

  const epochs = (name) => run.rows.map((row) => [value(row, "epoch"), value(row, name)]);
  const steps = (name) => {
    const k = run.steps.columns.indexOf(name);
    return run.steps.rows.map((row) => [row[0], row[k]]);
  };
  const mark = run.rows.length > 1 ? { x: run.best.epoch, name: "best epoch" } : null;
  const x = { name: "epoch", reach: 0.5 };
  const losses = [
    { name: "training, as it went", points: steps("loss"), colour: 1, faint: true },
    { name: "training", points: epochs("train_loss"), colour: 1 },
    { name: "validation", points: epochs("val_loss"), colour: 2 }];
  const ofCaptions = has("val_loss_shuffled");
  if (ofCaptions)
    losses.push({ name: "validation, images exchanged", points: epochs("val_loss_shuffled"), colour: 3, dashed: true });
  const charts = [lineChart({ title: "Loss", unit: ofCaptions ? "nats per caption" : "mean of the examples", x, mark,
    series: losses })];
  if (has("accuracy"))
    charts.push(lineChart({ title: "Accuracy", unit: "of the validation examples", x, mark,
      series: [{ name: "accuracy", points: epochs("accuracy"), colour: 2 }] }));
  if (has("cider"))
    charts.push(lineChart({ title: "CIDEr-D", unit: `of ${readable(value(last, "captions"))} validation images`, x, mark,
      fromZero: true, series: [
        { name: "as they are", points: epochs("cider"), colour: 2 },
        { name: "images exchanged", points: epochs("cider_exchanged"), colour: 3, dashed: true }] }));
  // The other scores, those too that this page does not know.
  const known = ["epoch", "step", "seconds", "train_loss", "val_loss", "val_loss_shuffled", "accuracy", speed,
    "learning_rate", "cider", "cider_exchanged", "captions", "distinct"];
  const scores = run.columns.filter((name) => !known.includes(name));
  if (scores.length)
    charts.push(lineChart({ title: "Other scores of captions", x, mark, fromZero: true,
      series: scores.map((name, i) => ({ name: named(name), points: epochs(name), colour: i % 6 + 1, dashed: i >= 6 })) }));
  if (has("distinct"))
    charts.push(lineChart({ title: "Distinct captions", unit: `of ${readable(value(last, "captions"))}`, x, mark, fromZero: true,
      series: [{ name: "distinct", points: epochs("distinct"), colour: 4 }] }));
  charts.push(
    lineChart({ title: "Learning rate", x, fromZero: true,
      series: [{ name: "learning rate", points: steps("learning_rate"), colour: 4 }] }),
    lineChart({ title: "Gradient norm", unit: "before clipping", x, fromZero: true,
      series: [{ name: "gradient norm", points: steps("gradient_norm"), colour: 5 }] }),
    lineChart({ title: "Speed", unit: perSecond, x, fromZero: true,
      series: [{ name: perSecond, points: epochs(speed), colour: 3 }] }));
  page.append(element("h2", {}, "Curves"), element("div.charts", {}, ...charts.filter(Boolean)));

  if (run.gallery.images.length)
    page.append(element("h2", {}, "Validation images, as the model captions them now"), galleryView(run.gallery));

  const keyValues = (kind, pairs) => element("div.scroll", {}, element("table." + kind, {},
    element("tbody", {}, ...pairs.map((pair) => element("tr", {}, ...pair.map((text) => element("td", {}, text)))))));
  const grouped = (text) => text.replace(/\d{4,}/g, (digits) => Number(digits).toLocaleString("en-US"));
  const changed = run.configuration.filter((entry) => entry.changed).map(({ key, value: text }) => [key, text]);
  const unchanged = run.configuration.filter((entry) => !entry.changed).map(({ key, value: text }) => [key, text]);
  page.append(element("h2", {}, "The run"), element("div.columns", {},
    element("section.card", {}, element("h3", {}, "Model and data"), keyValues("key-values", run.facts.map(([name, text]) => [name, grouped(text)]))),
    element("section.card", {}, element("h3", {}, "Configuration"), keyValues("configuration", changed),
      element("details", {}, element("summary.soft.small", {}, `${unchanged.length} keys have their defaults`),
        keyValues("configuration", unchanged)))));

  page.append(element("h2", {}, "All figures"), element("div.card.scroll", {}, element("table", {},
    element("thead", {}, element("tr", {}, ...run.columns.map((name) => element("th.number", {}, name)))),
    element("tbody", {}, ...run.rows.map((row) => element("tr" + (row === best ? ".best-row" : ""), {},
      ...row.map((number) => element("td.number", {}, readable(number)))))))));
}
