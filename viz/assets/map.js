/* The page: the week shown, the company chosen, and what both change. Texts enter as text, never as HTML. */
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const graph = JSON.parse(byId("graph").textContent);
  const { words, style: look, companies, lines, ties } = data;
  const canvas = byId("canvas");
  const slider = byId("week");
  const chooser = byId("company");
  const told = byId("told");
  const tip = byId("tip");
  const channels = new Set(Object.keys(look.channels));
  const cells = [...document.querySelectorAll("td[data-weekly]")].map((cell) => ({
    cell,
    weekly: companies[cell.parentElement.querySelector("button").dataset.company].weekly[cell.dataset.weekly],
  }));
  let week = data.worst;
  let chosen = null;
  let timer = null;
  let replayed = false;

  /** An element with a text. */
  function made(name, text, parent) {
    const element = document.createElement(name);
    if (text) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  }

  // --- the canvas ---------------------------------------------------------------------------------

  let places = [];
  let heads = [];
  const nodes = new vis.DataSet(graph.nodes.map(({ label, ...node }) => node));
  const edges = new vis.DataSet(graph.edges);
  const network = new vis.Network(canvas, { nodes, edges }, graph.options);

  function resize() {
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (!width || !height) return;
    ({ nodes: places, heads } = placed(data, width, height));
    nodes.update(places.map((p, k) => ({ id: k, x: p.x, y: p.y })));
    network.setSize(width + "px", height + "px");
    whole();
  }

  function whole() {
    const position = { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 };
    network.moveTo({ position, scale: 1, animation: false });
  }

  /** The names to be written, reckoned again only when the week, the zoom, the size or the lines change. */
  let written = { key: "", labels: [] };
  function named(scale) {
    const key = [week, scale, canvas.clientWidth, canvas.clientHeight, ...channels].join();
    if (written.key !== key) {
      const scaled = places.map((p) => ({ x: p.x * scale, y: p.y * scale }));
      const segments = segmentsOf(data, scaled, week, channels);
      const room = { width: canvas.clientWidth * scale, height: canvas.clientHeight * scale, scale };
      written = { key, labels: labels(data, scaled, (k) => radiusOf(k) * scale, week, segments, room) };
    }
    return written.labels;
  }

  const radiusOf = (k) => companies[k].r * (companies[k].shocked ? look.shockedGrowth : 1);

  network.on("afterDrawing", (ctx) => {
    const scale = network.getScale();
    const origin = network.canvasToDOM({ x: 0, y: 0 });
    const ratio = ctx.canvas.width / canvas.clientWidth;
    ctx.save();
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.textBaseline = "middle";
    const write = (text, x, y, size, bold, align) => {
      ctx.font = (bold ? "600 " : "") + size + "px " + FONT;
      ctx.textAlign = align;
      ctx.fillStyle = look.ink;
      ctx.fillText(text, x, y);
    };
    if (chosen !== null) {
      const p = network.canvasToDOM(places[chosen]);
      ctx.beginPath();
      ctx.arc(p.x, p.y, radiusOf(chosen) * scale + 5, 0, 2 * Math.PI);
      ctx.lineWidth = 2.5;
      ctx.strokeStyle = look.chosen;
      ctx.stroke();
    }
    ctx.translate(origin.x, origin.y);
    for (const label of named(scale)) {
      for (const line of linesOf(label)) {
        ctx.globalAlpha = VEIL;
        ctx.fillStyle = look.paper;
        ctx.fillRect(line.left, line.y - 7, line.width, 14);
        ctx.globalAlpha = 1;
        write(line.text, line.x, line.y, line.size, line.bold, label.side === "middle" ? "center" : label.side);
      }
    }
    ctx.translate(-origin.x, -origin.y);
    const along = heads.map((x) => network.canvasToDOM({ x, y: 0 }).x);
    for (const head of headings(data, along, canvas.clientWidth, canvas.clientHeight)) write(head.text, head.x, head.y, head.size, head.bold, "center");
    ctx.restore();
  });

  /** What the lines look like in the week shown; with a company chosen, the others' lines fade. */
  function recolour() {
    const repainted = [];
    companies.forEach((company, k) => {
      const background = colourOf(company.weekly.loss[week], look);
      if (company.now === background) return;
      company.now = background;
      repainted.push({ id: k, color: { background, border: company.shocked ? look.ink : look.border } });
    });
    const changed = [];
    lines.forEach((line, n) => {
      const amount = line.amount[week];
      const hidden = amount < look.faintest * 1000 || !channels.has(line.channel);
      const near = chosen === null || line.a === chosen || line.b === chosen;
      const now = hidden ? "" : `${amount}/${near}`;
      if (line.now === now) return;
      line.now = now;
      changed.push({
        id: "l" + n,
        hidden,
        width: widthOf(amount, look),
        color: { color: look.channels[line.channel].colour, opacity: near ? opacityOf(amount, look) : 0.1 },
      });
    });
    nodes.update(repainted);
    edges.update(changed);
    if (!repainted.length && !changed.length) network.redraw(); // the names, too, follow the week
  }

  // --- the week -----------------------------------------------------------------------------------

  function show(next) {
    week = Math.min(Math.max(next, 0), data.weeks - 1);
    const named = filled(words.week_of, { week });
    slider.value = String(week);
    slider.setAttribute("aria-valuetext", named);
    byId("now").textContent = named;
    byId("lost").textContent = data.lost[week];
    byId("caption").textContent = filled(words.table_caption, { week });
    if (timer === null) byId("live").textContent = `${named}: ${data.lost[week]}`;
    for (const { cell, weekly } of cells) cell.textContent = percent(weekly[week]);
    recolour();
    tell();
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    byId("play").textContent = words.play;
  }

  function play() {
    if (timer !== null) return stop();
    replayed ||= week !== data.worst;
    if (!replayed || week === data.weeks - 1) show(0);
    replayed = true;
    byId("play").textContent = words.pause;
    timer = setInterval(() => {
      if (week === data.weeks - 1) stop();
      show(week + (timer === null ? 0 : 1));
    }, 450);
  }

  // --- the panel ----------------------------------------------------------------------------------

  function choose(k) {
    chosen = k;
    chooser.value = k === null ? "" : String(k);
    recolour();
    tell();
    network.redraw();
  }

  function tell() {
    told.replaceChildren();
    if (chosen === null) tellRanking();
    else tellCompany(companies[chosen]);
  }

  function tellRanking() {
    made("h2", words.worst_now, told);
    const worst = companies
      .map((company, k) => ({ k, loss: company.weekly.loss[week] }))
      .filter(({ loss }) => loss >= 0.05)
      .sort((a, b) => b.loss - a.loss || a.k - b.k)
      .slice(0, 12);
    if (!worst.length) made("p", words.worst_none, told);
    const list = made("ol", "", told);
    for (const { k, loss } of worst) {
      const item = made("li", "", list);
      const button = made("button", "", item);
      button.type = "button";
      button.addEventListener("click", () => choose(k));
      made("bdi", companies[k].name, button);
      made("span", percent(loss), item);
    }
  }

  function tellCompany(company) {
    const title = made("h2", "", told);
    made("bdi", company.name, title);
    if (company.id !== company.name) made("p", company.id, told).className = "soft";
    const list = made("dl", "", told);
    const row = (name, value) => {
      made("dt", name, list);
      made("dd", value, list);
    };
    for (const name of ["role", "tier", "revenue"]) row(words[name], company.fixed[name]);
    const now = filled(words.week_of, { week });
    made("h3", now, list);
    row(words.revenue_loss, percent(company.weekly.loss[week]));
    for (const name of ["output", "demand", "reputation", "churn"]) row(words[name], percent(company.weekly[name][week]));
    made("h3", filled(words.over_weeks, { weeks: data.weeks }), list);
    for (const name of ["revenue_loss", "value_added", "rival_gain", "first_week", "recovery_week", "time_to_survive", "runway"]) {
      if (name in company.fixed) row(words[name], company.fixed[name]);
    }
    curve(company, told);
    made("h3", words.sources, told);
    const sources = made("ul", "", told);
    sources.className = "sources";
    for (const line of company.sources.length ? company.sources : [words.sources_none]) made("li", line, sources);
    const back = made("button", words.close, told);
    back.type = "button";
    back.addEventListener("click", () => choose(null));
  }

  /** The company's loss by week, with the week shown marked. */
  function curve(company, parent) {
    made("h3", words.curve, parent);
    const loss = company.weekly.loss;
    const top = Math.max(...loss, 1);
    const last = Math.max(data.weeks - 1, 1);
    const svg = drawn("svg", { viewBox: "0 0 260 52", class: "course", role: "img", "aria-label": words.curve }, parent);
    const x = (t) => 2 + (256 * t) / last;
    const y = (v) => 48 - (44 * v) / top;
    const points = loss.map((v, t) => `${x(t).toFixed(1)},${y(v).toFixed(1)}`).join(" ");
    drawn("polygon", { points: `2,48 ${points} ${x(data.weeks - 1).toFixed(1)},48` }, svg);
    drawn("line", { x1: x(week), x2: x(week), y1: 2, y2: 50 }, svg);
    drawn("text", { x: 258, y: 11, "text-anchor": "end" }, svg).textContent = percent(Math.max(...loss));
  }

  // --- hover --------------------------------------------------------------------------------------

  function hint(pointer, texts) {
    tip.replaceChildren();
    texts.forEach((text, n) => made(n ? "div" : "strong", text, tip));
    tip.hidden = false;
    const left = pointer.x + 16 + tip.offsetWidth > canvas.clientWidth ? pointer.x - tip.offsetWidth - 12 : pointer.x + 14;
    tip.style.left = Math.max(2, left) + "px";
    tip.style.top = Math.max(2, Math.min(pointer.y + 12, canvas.clientHeight - tip.offsetHeight - 4)) + "px";
  }

  network.on("hoverNode", ({ node, pointer }) => {
    const company = companies[node];
    const texts = [company.name];
    texts.push(`${words.loss_week}: ${percent(company.weekly.loss[week])}`);
    for (const name of ["output", "demand", "reputation", "churn"]) {
      if (company.weekly[name][week] > 0) texts.push(`${words[name]}: ${percent(company.weekly[name][week])}`);
    }
    texts.push(`${words.revenue_loss}: ${company.fixed.revenue_loss}`, `${words.value_added}: ${company.fixed.value_added}`);
    if (company.sources.length) texts.push(company.sources[0]);
    hint(pointer.DOM, texts);
  });
  network.on("hoverEdge", ({ edge, pointer }) => {
    const number = Number(edge.slice(1));
    const { a, b } = edge[0] === "l" ? lines[number] : ties[number];
    const between = ({ a: one, b: other }) => (one === a && other === b) || (one === b && other === a);
    const texts = [`${companies[a].name} – ${companies[b].name}`, ...ties.filter(between).map((tie) => tie.what)];
    for (const line of lines.filter(between)) {
      const amount = line.amount[week];
      if (amount < look.faintest * 1000 || !channels.has(line.channel)) continue;
      texts.push(`→ ${companies[line.b].name}: ${words[line.channel]} ${percent(amount / 10)}`);
    }
    hint(pointer.DOM, texts);
  });
  const unhint = () => { tip.hidden = true; };
  for (const left of ["blurNode", "blurEdge", "dragStart"]) network.on(left, unhint);
  canvas.addEventListener("mouseleave", unhint); // vis-network says nothing of a pointer that leaves it
  network.on("click", ({ nodes: hit }) => choose(hit.length ? hit[0] : null));

  // --- what people do -----------------------------------------------------------------------------

  slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
  byId("play").addEventListener("click", play);
  byId("worst").addEventListener("click", () => { stop(); show(data.worst); });
  byId("closer").addEventListener("click", () => network.moveTo({ scale: Math.min(8, network.getScale() * 1.5) }));
  byId("farther").addEventListener("click", () => network.moveTo({ scale: Math.max(0.3, network.getScale() / 1.5) }));
  byId("whole").addEventListener("click", whole);
  chooser.append(new Option(words.choose_none, ""));
  companies
    .map((company, k) => ({ name: company.name, k }))
    .sort((a, b) => a.name.localeCompare(b.name, document.documentElement.lang))
    .forEach(({ name, k }) => chooser.append(new Option(name, String(k))));
  chooser.addEventListener("change", () => choose(chooser.value === "" ? null : Number(chooser.value)));
  for (const button of document.querySelectorAll("button[data-company]")) {
    button.addEventListener("click", () => {
      choose(Number(button.dataset.company));
      byId("panel").scrollIntoView({ block: "nearest" });
    });
  }
  for (const box of document.querySelectorAll("input[data-channel]")) {
    box.addEventListener("change", () => {
      if (box.checked) channels.add(box.dataset.channel);
      else channels.delete(box.dataset.channel);
      recolour();
    });
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && chosen !== null) choose(null); });
  window.addEventListener("resize", resize);
  window.addEventListener("beforeprint", () => byId("print").replaceChildren(picture(data, week, channels)));

  resize();
  show(week);
  document.documentElement.dataset.ready = "";
})();
