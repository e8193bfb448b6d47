"use strict";
// The Gantt chart of one schedule, drawn from the JSON that the page carries. Only what lies in the
// shown stretch of time is drawn, so that a plant of 50 lines and thousands of runs stays smooth.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const NS = "http://www.w3.org/2000/svg";
  const DAY = 1440, AXIS = 42;
  // Okabe and Ito's colours for colour-blind readers; the ninth family on is the same with stripes.
  const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#7f7f7f"];
  const DARK = new Set(["#0072b2", "#009e73", "#d55e00", "#7f7f7f"]);
  const COST = { tardiness: "#b3261e", production: "#0072b2", changeover: "#8a5a00", holding: "#00704f", idle: "#6b7280",
    instability: "#8e44ad", makespan: "#34495e" };
  const PLAIN = { none: "free", line: "line locked", start: "start locked", all: "all locked" };
  const row = data.lines.length <= 12 ? 36 : data.lines.length <= 30 ? 26 : 20;
  const start = Date.parse(data.starts_at);
  let from = 0, to = data.horizon, hidden = new Set(), found = null, kept = null;

  const number = (value, digits = 0) => value.toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: 0 });
  const wall = (minute) => new Date(start + (minute + data.offset) * 60000); // read with getUTC...: the plant's own clock
  const two = (value) => String(value).padStart(2, "0");
  const time = (minute) => `${two(wall(minute).getUTCHours())}:${two(wall(minute).getUTCMinutes())}`;
  const WEEK = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const date = (minute) => `${WEEK[wall(minute).getUTCDay()]} ${wall(minute).toISOString().slice(5, 10)}`;
  const when = (minute) => `${date(minute)} ${time(minute)}`;
  const colour = (family) => COLOURS[family % COLOURS.length];
  const striped = (family) => Math.floor(family / COLOURS.length) % 3;

  function make(name, attributes, parent, text) {
    const element = name.startsWith("html:") ? document.createElement(name.slice(5)) : document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    if (parent) parent.appendChild(element);
    return element;
  }
  const html = (name, parent, text, attributes) => make(`html:${name}`, attributes, parent, text);

  function patterns(svg) {
    const defs = make("defs", {}, svg);
    const stripe = (id, size, colour, width, angle) => {
      const pattern = make("pattern", { id, width: size, height: size, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${angle})` }, defs);
      make("rect", { width, height: size, fill: colour }, pattern);
    };
    stripe("stripe1", 7, "rgba(255,255,255,.55)", 2.5, 45);
    stripe("stripe2", 6, "rgba(255,255,255,.55)", 2.5, 90);
    stripe("change", 4, "#4b5563", 1.6, -45);
    stripe("down", 8, "#c3cad2", 2, 45);
  }

  // A run's width, less a hair's breadth that keeps it apart from the next.
  const wide = (run, scale) => Math.max((run.end - run.start) * scale - 1, 1.5);

  // The stretches without shift inside a run, in which it pauses.
  function pauses(run) {
    const gaps = [];
    let last = run.start;
    for (const [a, b] of data.lines[run.line].shifts) {
      if (b <= run.start) continue;
      if (a >= run.end) break;
      if (a > last) gaps.push([last, a]);
      last = b;
    }
    return gaps;
  }

  function body(parent, run, x, y, width, height, gaps) {
    const family = data.items[run.item][1];
    const edge = run.breaches.length ? { stroke: "#c1121f", "stroke-width": 2.5 } : { stroke: "rgba(0,0,0,.28)", "stroke-width": .6 };
    make("rect", { class: "body", x, y, width, height, rx: 2, fill: colour(family), ...edge }, parent);
    if (striped(family)) make("rect", { x, y, width, height, rx: 2, fill: `url(#stripe${striped(family)})`, "pointer-events": "none" }, parent);
    for (const [at, wide] of gaps) if (wide > 1) make("rect", { x: at, y: y + .5, width: wide, height: height - 1, fill: "rgba(255,255,255,.6)", "pointer-events": "none" }, parent);
    if (run.lock !== "none") make("rect", { x, y, width: Math.min(3, width), height, fill: "#111" }, parent);
    if (run.late > 0) make("path", { d: `M${x + width - Math.min(width, 9)} ${y}H${x + width}V${y + 9}Z`, fill: "#c1121f", stroke: "#fff", "stroke-width": .8 }, parent);
    const left = Math.max(x, 0) + (run.lock !== "none" ? 6 : 4); // a run that began before the view is named at its edge
    const label = data.items[run.item][0], room = Math.floor((x + width - left - 3) / 7);
    if (room >= Math.min(label.length, 5)) {
      const light = DARK.has(colour(family)) && !striped(family);
      const ink = light ? { fill: "#fff", stroke: colour(family) } : { fill: "#111", stroke: "rgba(255,255,255,.7)" };
      const text = label.length <= room ? label : `${label.slice(0, room - 1)}…`;
      make("text", { x: left, y: y + height / 2 + 4, "stroke-width": 2.5, "paint-order": "stroke", "stroke-linejoin": "round", ...ink }, parent, text);
    }
  }

  const dimmed = (run) => hidden.has(data.items[run.item][1]) || (found && !found.has(run.id)) || ($("late").checked && !(run.late > 0));

  function draw() {
    const plot = $("plot"), width = plot.clientWidth, height = data.lines.length * row;
    plot.setAttribute("height", height);
    plot.style.height = `${height}px`;
    plot.replaceChildren();
    patterns(plot);
    const scale = width / (to - from), x = (minute) => (minute - from) * scale;
    const seen = (a, b) => b > from && a < to;
    make("rect", { width, height, fill: "#e9edf1" }, plot);
    data.lines.forEach((line, index) => {
      const y = index * row;
      for (const [a, b, overtime] of line.shifts)
        if (seen(a, b)) make("rect", { x: x(a), y, width: (b - a) * scale, height: row, fill: overtime ? "#fdeecb" : "#fff" }, plot);
      if (line.from > 0 && seen(0, line.from)) make("rect", { x: x(0), y, width: line.from * scale, height: row, fill: "url(#down)" }, plot);
      make("line", { x1: 0, x2: width, y1: y + row - .5, y2: y + row - .5, stroke: "#dfe4e9" }, plot);
    });
    ticks(scale, x, height);
    const shown = make("g", {}, plot);
    for (const run of data.runs) {
      const change = run.change[0], begins = change ? Math.min(change.begins, run.start) : run.start;
      if (!seen(begins, run.end)) continue;
      const y = run.line * row + 2, tall = row - 5;
      const group = make("g", { class: `run${dimmed(run) ? " dim" : ""}${kept === run ? " kept" : ""}` }, shown);
      if (change && change.minutes > 0) {
        const box = { x: x(begins), y: y + tall * .25, width: Math.max(x(run.start) - x(begins), 1), height: tall * .5 };
        make("rect", { ...box, fill: "#fff", "fill-opacity": .8 }, group);
        make("rect", { ...box, fill: "url(#change)", stroke: "#4b5563", "stroke-width": .5 }, group);
        for (const [a, b] of pauses({ line: run.line, start: begins, end: run.start }))
          make("rect", { ...box, x: x(a), width: (b - a) * scale, fill: "rgba(233,237,241,.8)" }, group);
      }
      body(group, run, x(run.start), y, wide(run, scale), tall, pauses(run).map(([a, b]) => [x(a), (b - a) * scale]));
      group.addEventListener("pointerenter", (event) => kept || card(run, event));
      group.addEventListener("pointermove", (event) => kept || place(event));
      group.addEventListener("pointerleave", () => kept || ($("card").hidden = true));
      group.addEventListener("click", (event) => { if (moved < 4) keep(run, event); });
    }
    if (to > data.horizon) make("rect", { x: x(data.horizon), y: 0, width: width, height, fill: "rgba(255,255,255,.7)" }, plot);
  }

  function ticks(scale, x, height) {
    const axis = $("axis"), plot = $("plot");
    axis.replaceChildren();
    const first = -(((start / 60000 + data.offset) % DAY) + DAY) % DAY; // the plant's midnight at or before minute 0
    const perDay = DAY * scale;
    const step = [15, 30, 60, 120, 180, 360, 720].find((minutes) => minutes * scale >= 46);
    const days = perDay >= 46 ? 1 : perDay >= 20 ? 2 : 7;
    for (let day = first, n = 0; day < to; day += DAY, n++) {
      if (day + DAY <= from) continue;
      make("line", { x1: x(day), x2: x(day), y1: 0, y2: AXIS, stroke: "#aab4be" }, axis);
      make("line", { x1: x(day), x2: x(day), y1: 0, y2: height, stroke: "#aab4be" }, plot);
      if (n % days === 0) make("text", { class: "day", x: Math.max(x(day), 0) + 5, y: 16 }, axis, perDay >= 74 || days > 1 ? date(day) : date(day).slice(0, 3) + date(day).slice(6));
      for (let tick = day + (step || DAY); step && tick < day + DAY; tick += step) {
        make("line", { x1: x(tick), x2: x(tick), y1: 30, y2: AXIS, stroke: "#aab4be" }, axis);
        make("line", { x1: x(tick), x2: x(tick), y1: 0, y2: height, stroke: "#c9d0d7", "stroke-dasharray": "2 4" }, plot);
        make("text", { class: "hour", x: x(tick), y: 28, "text-anchor": "middle" }, axis, time(tick));
      }
    }
  }

  function card(run, event) {
    const box = $("card"), [item, family] = data.items[run.item];
    box.replaceChildren();
    box.hidden = false;
    html("h3", box, `${run.id} · ${item}`);
    const table = html("table", box);
    const line = (name, value, style) => {
      const tr = html("tr", table);
      html("th", tr, name);
      html("td", tr, value, style ? { class: style } : {});
    };
    line("line", data.lines[run.line].id);
    line("family", data.families[family]);
    line("quantity", number(run.quantity, 2));
    line("time", `${when(run.start)} – ${when(run.end)}`);
    const change = run.change[0];
    if (change) line("changeover", `${change.minutes} min before it, ${number(change.cost)} ${data.currency}`);
    line("lock", PLAIN[run.lock]);
    if (run.runs) line("feeds", `${run.runs} later run${run.runs > 1 ? "s" : ""}`);
    for (const message of run.breaches) line("breaks a rule", message, "late");
    if (!run.orders.length) return place(event);
    const orders = html("table", box), head = html("tr", orders);
    for (const name of ["order", "units", "due", "late"]) html("th", head, name);
    for (const [order, units, late, due] of run.orders) {
      const tr = html("tr", orders);
      for (const value of [order, number(units, 1), when(due)]) html("td", tr, value);
      html("td", tr, late > 0 ? number(late, 1) : "in time", late > 0 ? { class: "late" } : {});
    }
    if (run.more) html("div", box, `and ${run.more} more`);
    place(event);
  }

  function place(event) {
    const box = $("card"), gap = 14;
    const x = event.clientX + gap + box.offsetWidth > innerWidth ? event.clientX - gap - box.offsetWidth : event.clientX + gap;
    const y = event.clientY + gap + box.offsetHeight > innerHeight ? event.clientY - gap - box.offsetHeight : event.clientY + gap;
    box.style.left = `${Math.max(x, 4)}px`;
    box.style.top = `${Math.max(y, 4)}px`;
  }

  function keep(run, event) {
    kept = kept === run ? null : run;
    $("card").classList.toggle("kept", Boolean(kept));
    if (kept) card(run, event); else $("card").hidden = true;
    draw();
  }

  function look(a, b) {
    const span = Math.min(Math.max(b - a, 120), data.horizon * 1.02);
    from = Math.min(Math.max(a, 0), Math.max(data.horizon * 1.0 - span, 0));
    to = from + span;
    requestAnimationFrame(draw);
  }
  function zoom(factor, at) {
    const middle = at === undefined ? (from + to) / 2 : at;
    look(middle - (middle - from) * factor, middle + (to - middle) * factor);
  }

  let drag = null, moved = 0;
  for (const id of ["plot", "axis"]) {
    const area = $(id);
    area.addEventListener("pointerdown", (event) => { drag = { x: event.clientX, from, to }; moved = 0; });
    area.addEventListener("wheel", (event) => {
      const at = from + (event.offsetX / $("plot").clientWidth) * (to - from);
      if (event.ctrlKey || event.metaKey) { event.preventDefault(); zoom(Math.exp(event.deltaY * .0016), at); }
      else if (event.deltaX || event.shiftKey) {
        event.preventDefault();
        const by = ((event.deltaX || event.deltaY) / $("plot").clientWidth) * (to - from);
        look(from + by, to + by);
      }
    }, { passive: false });
  }
  addEventListener("pointermove", (event) => {
    if (!drag) return;
    moved = Math.max(moved, Math.abs(event.clientX - drag.x));
    if (moved < 4) return;
    $("plot").classList.add("drag");
    const by = ((event.clientX - drag.x) / $("plot").clientWidth) * (drag.to - drag.from);
    look(drag.from - by, drag.to - by);
  });
  addEventListener("pointerup", () => { drag = null; $("plot").classList.remove("drag"); });
  addEventListener("resize", draw);
  addEventListener("keydown", (event) => {
    if (event.target.tagName === "INPUT") return;
    const by = (to - from) / 6;
    if (event.key === "+" || event.key === "=") zoom(.7);
    else if (event.key === "-") zoom(1.4);
    else if (event.key === "ArrowLeft") look(from - by, to - by);
    else if (event.key === "ArrowRight") look(from + by, to + by);
    else if (event.key === "Escape" && kept) keep(kept);
  });
  $("in").onclick = () => zoom(.6);
  $("out").onclick = () => zoom(1.7);
  for (const button of document.querySelectorAll("[data-days]"))
    button.onclick = () => { const days = Number(button.dataset.days); look(days ? from : 0, days ? from + days * DAY : data.horizon); };

  function search() {
    const words = $("find").value.trim().toLowerCase();
    found = null;
    if (words) {
      const hit = (text) => text.toLowerCase().includes(words);
      found = new Set(data.runs.filter((run) => hit(run.id) || hit(data.items[run.item][0]) || hit(data.lines[run.line].id)
        || run.orders.some(([order]) => hit(order))).map((run) => run.id));
    }
    const shown = data.runs.filter((run) => !dimmed(run)).length;
    $("hits").textContent = words || $("late").checked ? `${shown} of ${data.runs.length} runs` : "";
    draw();
  }
  $("find").oninput = search;
  $("late").onchange = search;

  function header() {
    const kpis = data.kpis, bad = data.violations.length;
    $("about").textContent = `${data.lines.length} lines, ${data.runs.length} runs, ${data.orders} orders, from ${when(0)} for `
      + `${number(data.horizon / DAY, 1)} days (clock of the plant, UTC${data.offset < 0 ? "−" : "+"}${two(Math.floor(Math.abs(data.offset) / 60))}:${two(Math.abs(data.offset) % 60)})`;
    const card = (name, value, wrong) => {
      const div = html("div", $("kpis"), undefined, wrong ? { class: "bad" } : {});
      html("dt", div, name);
      html("dd", div, value);
    };
    card("rules", bad ? `${bad} broken` : "all kept", bad);
    card(`cost, ${data.currency}`, number(data.cost.total));
    card("on time in full", `${number(100 * kpis.on_time_in_full, 1)} %`);
    card("orders late", number(kpis.orders_late));
    card("units late", number(kpis.units_late));
    card("utilisation", `${number(100 * kpis.utilisation, 1)} %`);
    card("changeovers", number(kpis.changeovers));
    card("changeover hours", number(kpis.changeover_hours, 1));
    card("overtime hours", number(kpis.overtime_hours, 1));
    card("stock held a day", number(kpis.stock_value));
    for (const [name, shade] of Object.entries(COST)) {
      const share = data.cost[name] / data.cost.total;
      if (!(share > 0)) continue;
      const text = `${name} ${number(data.cost[name])}`;
      html("span", $("cost"), text, { style: `flex:${share};background:${shade}`, title: `${text} (${number(100 * share, 1)} %)` });
    }
  }

  function legend() {
    const used = new Set(data.runs.map((run) => data.items[run.item][1]));
    const swatch = (parent, paint) => { const svg = make("svg", { width: 22, height: 13 }, parent); patterns(svg); paint(svg); };
    const box = (svg, fill, more) => make("rect", { x: .5, y: .5, width: 21, height: 12, fill, stroke: "rgba(0,0,0,.3)", ...more }, svg);
    data.families.forEach((name, family) => {
      if (!used.has(family)) return;
      const button = html("button", $("legend"), undefined, { title: "click to fade or show" });
      swatch(button, (svg) => { box(svg, colour(family)); if (striped(family)) box(svg, `url(#stripe${striped(family)})`); });
      button.append(name);
      button.onclick = () => { if (!hidden.delete(family)) hidden.add(family); button.classList.toggle("off"); draw(); };
    });
    const note = (text, paint) => { const span = html("span", $("legend")); swatch(span, paint); span.append(text); };
    note("changeover", (svg) => box(svg, "url(#change)", { y: 3, height: 7 }));
    note("serves an order late", (svg) => { box(svg, "#fff"); make("path", { d: "M12 .5H21.5V10Z", fill: "#c1121f" }, svg); });
    note("locked", (svg) => { box(svg, "#fff"); make("rect", { x: 0, y: 0, width: 3, height: 13, fill: "#111" }, svg); });
    note("shift", (svg) => box(svg, "#fff"));
    note("overtime", (svg) => box(svg, "#fdeecb"));
    note("no shift", (svg) => box(svg, "#e9edf1"));
    if (data.lines.some((line) => line.from > 0)) note("not available", (svg) => box(svg, "url(#down)"));
    if (data.violations.length) note("breaks a rule", (svg) => box(svg, "#fff", { stroke: "#c1121f", "stroke-width": 2.5 }));
  }

  function names() {
    for (const line of data.lines) {
      const div = html("div", $("names"), undefined, { style: `height:${row}px`, title: line.id });
      html("b", div, line.id);
      html("small", div, `${number(100 * line.used)} %`);
    }
  }

  function lists() {
    if (data.violations.length) {
      $("breaches").hidden = false;
      html("h2", $("breaches"), `Broken rules: ${data.violations.length}`);
      const list = html("ul", $("breaches"));
      for (const message of data.violations.slice(0, 100)) html("li", list, message);
    }
    if (!data.late_orders.length) return;
    $("orders").hidden = false;
    html("h2", $("orders"), `Late orders: ${data.late_orders.length}${data.late_orders.length > 100 ? ", the 100 that weigh most" : ""}`);
    const table = html("table", $("orders")), head = html("tr", html("thead", table)), rows = html("tbody", table);
    for (const name of ["order", "item", "source", "due", "units", "late or never", `${data.currency} a unit and day`]) html("th", head, name);
    for (const order of data.late_orders.slice(0, 100)) {
      const tr = html("tr", rows, undefined, { title: "click to find its runs" });
      for (const value of [order.id, data.items[order.item][0], order.source, when(order.due), number(order.quantity, 1), number(order.late, 1), number(order.weight, 2)])
        html("td", tr, value);
      tr.onclick = () => { $("find").value = order.id; search(); $("chart").scrollIntoView(); };
    }
  }

  header();
  legend();
  names();
  lists();
  look(0, data.horizon);
})();
