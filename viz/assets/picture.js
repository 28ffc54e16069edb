/* How the map looks: geometry, labels that do not overlap, and the picture that is printed. */
"use strict";

/** A percentage as viz/words.py writes it. */
function percent(value) {
  if (value === 0) return "0%";
  if (value < 0.05) return "<0.1%";
  return value >= 99.95 ? "100%" : value.toFixed(1) + "%";
}

/** A phrase with its {blanks} filled in. */
function filled(phrase, values) {
  return phrase.replace(/\{(\w+)\}/g, (blank, name) => (name in values ? String(values[name]) : blank));
}

/** The colour of a loss [percent]. */
function colourOf(loss, look) {
  let colour = look.damage[0].colour;
  for (const step of look.damage) if (loss > step.above) colour = step.colour;
  return colour;
}

/** How thick the line of a share is [px]; the share is in thousandths. */
function widthOf(amount, look) {
  return look.thinnest + ((look.thickest - look.thinnest) * amount) / 1000;
}

/** How opaque a line is; strong ones stand out of many. */
function opacityOf(amount, look) {
  return look.faint + (1 - look.faint) * Math.sqrt(amount / 1000);
}

const FONT = '"Segoe UI", system-ui, "Helvetica Neue", Arial, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", sans-serif';
const PAD = { left: 44, right: 150, top: 52, bottom: 30 };
const pen = document.createElement("canvas").getContext("2d");

/** How wide a text is [px]. */
function textWidth(text, size, bold) {
  pen.font = (bold ? "600 " : "") + size + "px " + FONT;
  return pen.measureText(text).width;
}

/** Where companies and headings stand in a box of this size [px]. */
function placed(data, width, height) {
  const across = (x) => PAD.left + x * Math.max(1, width - PAD.left - PAD.right);
  const down = (y) => PAD.top + y * Math.max(1, height - PAD.top - PAD.bottom);
  return {
    nodes: data.companies.map((c) => ({ x: across(c.x), y: down(c.y) })),
    heads: data.columns.map((c) => across(c.x)),
  };
}

/** A heading in up to two lines that fit into `room` px. */
function wrapped(text, size, room) {
  if (textWidth(text, size, true) <= room) return [text];
  const words = text.includes(" ") ? text.split(" ") : [...text];
  const glue = text.includes(" ") ? " " : "";
  let first = words[0];
  let k = 1;
  while (k < words.length && textWidth(first + glue + words[k], size, true) <= room) first += glue + words[k++];
  const rest = words.slice(k).join(glue);
  return rest ? [first, rest] : [first];
}

/** Headings and the counts of companies not drawn: texts with their places. */
function headings(data, heads, width, height) {
  const texts = [];
  const middle = (x, text, size, bold) => {
    const half = textWidth(text, size, bold) / 2 + 4;
    return Math.max(half, Math.min(width - half, x));
  };
  data.columns.forEach((column, k) => {
    const room = Math.min(
      k > 0 ? heads[k] - heads[k - 1] : Infinity,
      k + 1 < heads.length ? heads[k + 1] - heads[k] : Infinity,
      150,
    ) - 10;
    const lines = wrapped(column.title, 12, room);
    lines.forEach((line, n) => texts.push({ text: line, x: middle(heads[k], line, 12, true), y: 14 + 14 * n + (lines.length === 1 ? 7 : 0), bold: true, size: 12 }));
    if (column.others) texts.push({ text: column.others, x: middle(heads[k], column.others, 11, false), y: height - 12, bold: false, size: 11 });
  });
  return texts;
}

const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** Whether a straight line passes through a box (Liang and Barsky 1984). */
function crosses(a, b, box) {
  let from = 0;
  let to = 1;
  for (const [step, room] of [
    [a.x - b.x, a.x - box.left],
    [b.x - a.x, box.right - a.x],
    [a.y - b.y, a.y - box.top],
    [b.y - a.y, box.bottom - a.y],
  ]) {
    if (step === 0 && room < 0) return false;
    if (step < 0) from = Math.max(from, room / step);
    if (step > 0) to = Math.min(to, room / step);
  }
  return from < to;
}

const NAME = 11.5;
const LOSS = 10.5;
const CROWDED = 60; // companies, from which on those that lose nothing are named only when zoomed in
const FOREMOST = 10;

/**
 * The names that fit, each with its loss below it where there is one. Those hit by a shock come first,
 * then the brands, then by money lost; of the places right, left, above and below the one that fewest lines cross is taken;
 * where none is free the name is left out. `segments` are the lines drawn, as [from, to];
 * names stay within a box of this width and height, below the headings.
 */
function labels(data, places, radius, week, segments, { width: wide, height, scale }) {
  const rims = places.map((p, k) => {
    const r = radius(k);
    return { left: p.x - r, right: p.x + r, top: p.y - r, bottom: p.y + r };
  });
  const order = data.companies.map((_, k) => k);
  const chief = data.companies.map((c) => 2 * c.shocked + (c.column === 0));
  order.sort((a, b) => chief[b] - chief[a] || a - b);
  const bare = data.companies.length > CROWDED && scale < 1.4;
  const shown = [];
  order.forEach((k, rank) => {
    const company = data.companies[k];
    const loss = company.weekly.loss[week];
    if (bare && loss < 0.05 && !chief[k]) return;
    const told = loss >= 0.05 ? "−" + percent(loss) : "";
    const bold = company.shocked;
    const width = Math.max(textWidth(company.label, NAME, bold), told ? textWidth(told, LOSS, true) : 0) + 2;
    const tall = told ? 27 : 15;
    const p = places[k];
    const reach = radius(k) + 3;
    let best = null;
    for (const [side, left, top] of [
      ["start", p.x + reach, p.y - tall / 2],
      ["end", p.x - reach - width, p.y - tall / 2],
      ["middle", p.x - width / 2, p.y + reach],
      ["middle", p.x - width / 2, p.y - reach - tall],
    ]) {
      const box = { left, right: left + width, top, bottom: top + tall };
      if (left < 2 || box.right > wide - 2 || top < (PAD.top - 12) * scale || box.bottom > height - 20) continue;
      // The foremost may cover companies of no such rank, but no other name.
      const free = rims.every((rim, n) => n === k || (rank < FOREMOST && !chief[n]) || !overlap(box, rim));
      if (!free || shown.some((other) => overlap(box, other.box))) continue;
      const cost = segments.reduce((sum, [a, b]) => sum + crosses(a, b, box), side === "start" ? 0 : 0.5);
      if (best === null || cost < best.cost) best = { cost, box, side };
    }
    if (best) shown.push({ ...best, text: company.label, told, bold, rank });
  });
  return shown;
}

/** The middle of a bowed line, as vis-network bows it (curvedCW). */
function bowed(a, b, bend) {
  if (!bend) return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  const reach = (bend * 0.5 + 0.5) * Math.hypot(a.x - b.x, a.y - b.y);
  const angle = Math.atan2(a.y - b.y, b.x - a.x) + (bend * 0.5 + 0.5) * Math.PI;
  return { x: a.x + reach * Math.sin(angle), y: a.y + reach * Math.cos(angle) };
}

/** The lines that a week shows, each as two straight segments. */
function segmentsOf(data, places, week, channels) {
  return data.lines
    .filter((line) => line.amount[week] >= data.style.faintest * 1000 && channels.has(line.channel))
    .flatMap((line) => {
      const [a, b] = [places[line.a], places[line.b]];
      const via = bowed(a, b, line.bend);
      const middle = { x: (a.x + b.x + 2 * via.x) / 4, y: (a.y + b.y + 2 * via.y) / 4 };
      return [[a, middle], [middle, b]];
    });
}

const VEIL = 0.72; // how much the ground of a name covers the lines below it

/** A label's texts with their places; y is the middle of the letters. */
function linesOf(label) {
  const { left, right, top } = label.box;
  const x = { start: left + 1, end: right - 1, middle: (left + right) / 2 }[label.side];
  const lines = [{ text: label.text, y: top + 7.5, size: NAME, bold: label.bold }];
  if (label.told) lines.push({ text: label.told, y: top + 20, size: LOSS, bold: true });
  return lines.map((line) => {
    const width = textWidth(line.text, line.size, line.bold) + 2;
    const start = { start: left, end: right - width, middle: x - width / 2 }[label.side];
    return { ...line, x, left: start, width };
  });
}

/** A line from company to company as an SVG path and an arrow head; ends stop at the companies' rims. */
function arrow(from, to, bend, start, end, size) {
  const via = bowed(from, to, bend);
  const rim = (p, r) => {
    const away = Math.hypot(via.x - p.x, via.y - p.y) || 1;
    return { x: p.x + ((via.x - p.x) * r) / away, y: p.y + ((via.y - p.y) * r) / away };
  };
  const a = rim(from, start);
  const tip = rim(to, end + 1);
  const neck = rim(to, end + 1 + size * 1.6);
  const dx = ((tip.x - neck.x) / (size * 1.6)) * size * 0.6;
  const dy = ((tip.y - neck.y) / (size * 1.6)) * size * 0.6;
  const n = (v) => v.toFixed(1);
  return {
    path: `M${n(a.x)} ${n(a.y)}Q${n(via.x)} ${n(via.y)} ${n(neck.x)} ${n(neck.y)}`,
    head: `M${n(tip.x)} ${n(tip.y)}L${n(neck.x - dy)} ${n(neck.y + dx)}L${n(neck.x + dy)} ${n(neck.y - dx)}Z`,
  };
}

/** An SVG element with attributes. */
function drawn(name, attributes, parent) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (parent) parent.append(element);
  return element;
}

/** The map of a week as an SVG picture, for print. */
function picture(data, week, channels) {
  const width = 1120;
  const height = 540;
  const look = data.style;
  const { nodes, heads } = placed(data, width, height);
  const radius = (k) => data.companies[k].r * (data.companies[k].shocked ? look.shockedGrowth : 1);
  const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  for (const tie of data.ties) {
    const { path } = arrow(nodes[tie.a], nodes[tie.b], 0, 0, 0, 0.01);
    drawn("path", { d: path, stroke: look.link, "stroke-width": look.linkWidth, fill: "none" }, svg);
  }
  for (const line of data.lines) {
    const amount = line.amount[week];
    if (amount < look.faintest * 1000 || !channels.has(line.channel)) continue;
    const { colour, dash } = look.channels[line.channel];
    const thick = widthOf(amount, look);
    const opacity = opacityOf(amount, look).toFixed(2);
    const { path, head } = arrow(nodes[line.a], nodes[line.b], line.bend, radius(line.a), radius(line.b), 4 + thick);
    drawn("path", { d: path, stroke: colour, "stroke-width": thick.toFixed(2), "stroke-dasharray": dash.join(" "), fill: "none", opacity }, svg);
    drawn("path", { d: head, fill: colour, opacity }, svg);
  }
  data.companies.forEach((company, k) => {
    const r = radius(k);
    const { x, y } = nodes[k];
    const d = company.shocked
      ? `M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}Z`
      : `M${x - r} ${y}A${r} ${r} 0 1 1 ${x + r} ${y}A${r} ${r} 0 1 1 ${x - r} ${y}Z`;
    drawn("path", {
      d,
      fill: colourOf(company.weekly.loss[week], look),
      stroke: company.shocked ? look.ink : look.border,
      "stroke-width": company.shocked ? look.shockedBorder : look.nodeBorder,
    }, svg);
  });
  for (const label of labels(data, nodes, radius, week, segmentsOf(data, nodes, week, channels), { width, height, scale: 1 })) {
    for (const line of linesOf(label)) {
      drawn("rect", { x: line.left, y: line.y - 7, width: line.width, height: 14, fill: look.paper, opacity: VEIL }, svg);
      drawn("text", { x: line.x, y: line.y + 4, "text-anchor": label.side, "font-size": line.size, "font-weight": line.bold ? 600 : 400, fill: look.ink }, svg).textContent = line.text;
    }
  }
  for (const head of headings(data, heads, width, height)) {
    drawn("text", { x: head.x, y: head.y + 4, "text-anchor": "middle", "font-size": head.size, "font-weight": head.bold ? 600 : 400, fill: look.ink }, svg).textContent = head.text;
  }
  return svg;
}
