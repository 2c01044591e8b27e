// Line charts as drawings: lineChart({title, unit, x, series, mark, fromZero}).
//
// series: [{name, points: [[x, y], ...] by rising x, colour: 1 to 6, faint, dashed}]; y of null is a gap.
// x: {name: "epoch"}; mark: {x, name}, a vertical line. Values come up where a pointer is, a finger too, and with the
// arrow keys.

/** About `count` round numbers that span [low, high]. */
function roundTicks(low, high, count) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; ++i) ticks.push(i * step || 0);  // no -0
  return ticks;
}

/** Labels with as many digits as tell the ticks apart. */
function tickLabels(ticks) {
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : Math.abs(ticks[0]) || 1;
  const largest = Math.max(...ticks.map(Math.abs));
  if (largest > 0 && (largest < 0.001 || largest >= 1e6))
    return ticks.map((tick) => (tick === 0 ? "0" : tick.toExponential(step < 10 ** Math.floor(Math.log10(largest)) ? 1 : 0)
      .replace("e-", "e−").replace("e+", "e")));
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9) + (/[^0.]25|2\.5/.test(step.toPrecision(2)) ? 1 : 0));
  return ticks.map((tick) => tick.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }));
}

/** The point of rising `points` that is nearest to x; null where there is none within `reach`. */
function nearestPoint(points, x, reach) {
  let best = null;
  for (const point of points)
    if (point[1] !== null && (best === null || Math.abs(point[0] - x) <= Math.abs(best[0] - x))) best = point;
  return best !== null && Math.abs(best[0] - x) <= reach ? best : null;
}

function lineSwatch(series) {
  return drawn("svg", { width: 18, height: 8, "aria-hidden": "true" },
    drawn("line", { x1: 1, x2: 17, y1: 4, y2: 4, class: lineClass(series), stroke: `var(--series-${series.colour})` }));
}

function lineClass(series) {
  return "line" + (series.faint ? " faint" : "") + (series.dashed ? " dashed" : "");
}

function lineChart({ title, unit, x, series, mark, fromZero }) {
  const lines = series.filter(({ points }) => points.some((point) => point[1] !== null));
  if (!lines.length) return null;
  const height = 220, top = 8, bottom = 26, right = 12;
  const points = lines.flatMap((line) => line.points).filter((point) => point[1] !== null);
  const xs = [...new Set(points.map((point) => point[0]))].sort((a, b) => a - b);
  let lowX = xs[0], highX = xs[xs.length - 1];
  if (lowX === highX) { lowX -= 0.5; highX += 0.5; }
  // A first steep fall would press the rest against the axis: of what is faint only most needs to fit.
  const ys = lines.flatMap((line) => {
    const values = line.points.map((point) => point[1]).filter((value) => value !== null);
    if (!line.faint) return values;
    values.sort((a, b) => a - b);
    return [values[Math.floor(0.02 * values.length)], values[Math.floor(0.85 * values.length)]];
  });
  let lowY = fromZero ? Math.min(0, ...ys) : Math.min(...ys), highY = Math.max(...ys);
  const room = (highY - lowY || Math.abs(highY) || 1) * 0.06;
  if (!fromZero) lowY = lowY >= 0 ? Math.max(0, lowY - room) : lowY - room;
  highY += room;

  const svg = drawn("svg", { role: "img", tabindex: "0", "aria-label": `${title}: ${lines.map((line) => {
    const last = line.points.filter((point) => point[1] !== null).pop();
    return line.name + " " + readable(last[1]);
  }).join(", ")} at the end` });
  const readout = element("div.readout", { hidden: true });
  const plot = element("div.plot", {}, svg, readout);
  const legend = element("ul.legend", {}, ...(lines.length > 1 || mark
    ? lines.map((line) => element("li", {}, lineSwatch(line), line.name)) : []));
  if (mark && mark.x >= lowX && mark.x <= highX)
    legend.append(element("li", {}, drawn("svg", { width: 9, height: 12, "aria-hidden": "true" },
      drawn("line", { x1: 4.5, x2: 4.5, y1: 0, y2: 12, class: "best" })), mark.name));

  const yTicks = roundTicks(lowY, highY, 4), yLabels = tickLabels(yTicks);
  const left = 12 + 6.6 * Math.max(x.name.length, ...yLabels.map((label) => label.length));
  const cursor = drawn("g");
  let width = 0, placeX, placeY;
  const draw = () => {
    width = Math.max(plot.clientWidth, 160);
    placeX = (value) => left + (value - lowX) / (highX - lowX) * (width - left - right);
    placeY = (value) => top + (highY - value) / (highY - lowY) * (height - top - bottom);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.replaceChildren();
    const clip = "clip-" + Math.random().toString(36).slice(2);
    svg.append(drawn("clipPath", { id: clip },
      drawn("rect", { x: left - 3, y: 0, width: width - left - right + 6, height: height - bottom + 3 })));
    yTicks.forEach((tick, i) => {
      const y = placeY(tick);
      svg.append(drawn("line", { class: "grid", x1: left, x2: width - right, y1: y, y2: y }));
      svg.append(drawn("text", { x: left - 7, y: y + 4, "text-anchor": "end" }, yLabels[i]));
    });
    svg.append(drawn("line", { class: "axis", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom }));
    svg.append(drawn("text", { x: left - 7, y: height - bottom + 17, "text-anchor": "end" }, x.name));
    const xTicks = roundTicks(lowX, highX, Math.max(2, Math.floor(width / 60))).filter(Number.isInteger);
    for (const tick of xTicks)
      svg.append(drawn("text", { x: placeX(tick), y: height - bottom + 17, "text-anchor": "middle" }, String(tick)));
    if (mark && mark.x >= lowX && mark.x <= highX)
      svg.append(drawn("line", { class: "best", x1: placeX(mark.x), x2: placeX(mark.x), y1: top, y2: height - bottom }));
    const drawings = drawn("g", { "clip-path": `url(#${clip})` });
    for (const line of lines) {
      const stroke = `var(--series-${line.colour})`;
      let path = "", pen = "M";
      for (const [px, py] of line.points) {
        if (py === null) { pen = "M"; continue; }
        path += `${pen}${placeX(px).toFixed(1)} ${placeY(py).toFixed(1)}`;
        pen = "L";
      }
      drawings.append(drawn("path", { d: path, class: lineClass(line), stroke }));
      if (line.points.length <= 2)
        for (const [px, py] of line.points)
          if (py !== null) drawings.append(drawn("circle", { cx: placeX(px), cy: placeY(py), r: 3.5, fill: stroke }));
    }
    svg.append(drawings, cursor);
  };

  let at = null;  // index into xs
  const reach = Math.max((highX - lowX) / 40, x.reach || 0);
  const show = (index) => {
    at = index;
    cursor.replaceChildren();
    readout.hidden = index === null;
    if (index === null) return;
    const value = xs[index], px = placeX(value);
    cursor.append(drawn("line", { class: "cursor", x1: px, x2: px, y1: top, y2: height - bottom }));
    const inWords = (place) => x.name + " " + (Number.isInteger(place) ? place : place.toFixed(2));
    const rows = [];
    for (const line of lines) {
      const point = nearestPoint(line.points, value, reach);
      if (point === null) continue;
      const fill = `var(--series-${line.colour})`;
      if (placeY(point[1]) >= 0 && placeY(point[1]) <= height - bottom)
        cursor.append(drawn("circle", { cx: placeX(point[0]), cy: placeY(point[1]), r: 4, fill, stroke: "var(--card)", "stroke-width": 1.5 }));
      const elsewhere = point[0] === value ? null : element("span.soft", {}, ", " + inWords(point[0]));
      rows.push(element("tr", {}, element("td", {}, lineSwatch(line), " " + line.name, elsewhere),
        element("td", {}, readable(point[1]))));
    }
    readout.replaceChildren(element("div.soft", {}, inWords(value)), element("table", {}, element("tbody", {}, ...rows)));
    const wide = readout.offsetWidth;
    readout.style.left = (px + 14 + wide <= width ? px + 14 : Math.max(0, px - 14 - wide)) + "px";
  };
  const follow = (event) => {
    const box = svg.getBoundingClientRect();
    const value = lowX + (event.clientX - box.left - left) / (width - left - right) * (highX - lowX);
    let nearest = 0;
    for (let i = 1; i < xs.length; ++i) if (Math.abs(xs[i] - value) < Math.abs(xs[nearest] - value)) nearest = i;
    show(nearest);
  };
  svg.addEventListener("pointermove", follow);
  svg.addEventListener("pointerdown", follow);
  svg.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") show(null); });
  svg.addEventListener("blur", () => show(null));
  svg.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: -1, ArrowRight: 1, Home: -xs.length, End: xs.length };
    if (event.key === "Escape") show(null);
    if (!(event.key in moves)) return;
    event.preventDefault();
    const from = at === null ? (moves[event.key] > 0 ? -1 : xs.length) : at;
    show(Math.min(Math.max(from + moves[event.key], 0), xs.length - 1));
  });
  new ResizeObserver(() => {
    if (plot.clientWidth === width) return;
    draw();
    show(at);
  }).observe(plot);
  return element("section.chart.card", {},
    element("h3", {}, title, unit ? element("span.unit", {}, " · " + unit) : null), legend, plot);
}
