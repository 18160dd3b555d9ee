// The floor: what the dialer does and why, calls in flight, the law's limit, who does what. Pushed each second; rows
// and figures change in place, so that five hundred agents cost little. Decisions are the server's.

import { $, announce, confirm, h, put, setText } from "./dom.js";
import { takeNew, upload } from "./floor/intake.js";
import { ask, follow } from "./net.js";
import { chart } from "./charts.js";
import { drawBar, enter, line, login, shell, trouble } from "./shell.js";
import { clock, count, figure, lang, own, pauseWord, percent, t } from "./words.js";

const floor = {
  agents: new Map(), campaigns: new Map(), courses: new Map(), faults: [], skew: 0, whole: false,
  pauses: [], chosen: null, wanted: null, filter: "all", shown: [], session: null, charts: new Map(),
};

const STAGES = ["dialing", "ringing", "listening", "waiting", "message", "talking", "wrapping"];
const STATES = ["ready", "talk", "hold", "wrap", "pause", "reserved", "no_device", "manual_dial", "preview"];
const BUSY = ["talk", "hold", "wrap"];
/** Longer than this in a state is worth a look (seconds). */
const LONG = { wrap: 120, pause: 1800, hold: 120, no_device: 30 };

const now = () => Date.now() + floor.skew;
const campaign = () => floor.campaigns.get(floor.chosen) ?? null;
const may = () => ["admin", "manager"].includes(floor.session.role);

const events = {
  hello(hello) {
    floor.skew = hello.now - Date.now();
    floor.pauses = hello.pauses;
    floor.agents.clear();
    floor.campaigns.clear();
  },
  floor(changes) {
    floor.skew = changes.now - Date.now();
    floor.whole = true;
    for (const row of changes.agents) floor.agents.set(row.id, row);
    for (const id of changes.gone) floor.agents.delete(id);
    for (const one of changes.campaigns) floor.campaigns.set(one.id, one);
    floor.faults = changes.faults;
    choose();
    draw();
  },
  course(course) {
    floor.courses.set(course.campaign, course);
    if (course.campaign === floor.chosen) drawFigures();
  },
};

/** The one looked at, or the one that runs. */
function choose() {
  if (floor.campaigns.has(floor.wanted)) {
    floor.chosen = floor.wanted;
    floor.wanted = null;
  }
  if (floor.campaigns.has(floor.chosen)) return;
  const all = [...floor.campaigns.values()];
  floor.chosen = (all.find((one) => one.state === "running") ?? all[0])?.id ?? null;
}

// ── drawing ──

function draw() {
  const main = $("#main");
  if (!floor.whole || !floor.chosen) {
    put(main, ["none", lang(), floor.whole], () => h("div", { class: "wait" },
      h("h1", { class: "big" }, t(floor.whole ? "floor.none" : "floor.wait")), floor.whole && h("p", {}, t("floor.none.more")), floor.whole && may() && h("div", {}, takeButton("primary"))));
    return;
  }
  if (put(main, ["floor", lang()], frame)) {
    floor.charts.clear();
  }
  drawTabs();
  drawWhy();
  drawMeters();
  drawFlight();
  drawFigures();
  drawAgents();
}

function frame() {
  const clientsView = floor.session.role === "client";
  return h("div", { class: "floor" },
    h("div", { class: "col" },
      h("div", { id: "faults" }),
      h("nav", { id: "tabs", class: "tabs", "aria-label": t("floor.campaigns") }),
      h("section", { class: "card", "aria-label": t("floor.why") }, h("div", { class: "body why", id: "why" })),
      h("section", { class: "card" }, h("div", { class: "body meters", id: "meters" })),
      h("section", { class: "card" }, h("header", {}, h("h2", {}, t("floor.flight"))), h("ol", { class: "funnel", id: "flight" }, STAGES.map((stage) =>
        h("li", { "data-stage": stage, class: ["waiting", "message"].includes(stage) ? "warn" : null }, h("b", {}, "0"), h("span", {}, t(`flight.${stage}`)))))),
      h("section", { class: "card" }, h("header", {}, h("h2", {}, t("floor.kpis"))), h("div", { class: "body" }, h("dl", { class: "kpis", id: "kpis" }))),
      h("section", { class: "card" }, h("header", {}, h("h2", {}, t("floor.courses"))), h("div", { class: "body charts", id: "charts" }))),
    h("section", { class: "card", hidden: clientsView },
      h("header", {}, h("h2", {}, t("floor.agents"))),
      h("div", { class: "body states", id: "states", role: "group", "aria-label": t("floor.col.state") }),
      h("div", { class: "agents scroll", id: "agents", tabindex: "0", role: "region", "aria-label": t("floor.agents") },
        h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("floor.col.name")), h("th", { scope: "col" }, t("floor.col.state")), h("th", { scope: "col", class: "end" }, t("floor.col.since")), h("th", { scope: "col" }, t("floor.col.what")))),
          h("tbody", { id: "rows" })))));
}

function drawTabs() {
  put($("#faults"), [lang(), floor.faults], () => floor.faults.length > 0 && h("p", { class: "notice bad card" }, t("floor.faults", { names: floor.faults.join(", ") })));
  const all = [...floor.campaigns.values()];
  put($("#tabs"), [lang(), all.map((one) => [one.id, one.state]), floor.chosen], () => [
    all.length > 1 && all.map((one) =>
      h("button", { class: "btn", type: "button", "data-k": one.id, "aria-pressed": String(one.id === floor.chosen), onclick: () => { floor.chosen = one.id; draw(); } }, own(one.title))),
    may() && takeButton("ghost")]);
}

const TONE = { running: "ready", paused: "pause", draining: "wrap", finished: "pause", idle: "pause" };

function drawWhy() {
  const one = campaign();
  put($("#why"), [lang(), one.id, one.state, one.mode, one.title], () => {
    const act = (what, style) => h("button", { class: `btn ${style}`, type: "button", "data-k": what, "data-act": what, onclick: () => order(what) }, t(`floor.${what}`));
    const starts = one.state !== "running";
    return [
      h("div", {}, h("h1", {}, own(one.title)),
        h("p", { class: "small" }, h("span", { class: "tag state", "data-state": TONE[one.state] }, t(`floor.state.${one.state}`)), " ", h("span", { class: "quiet" }, t(`mode.${one.mode}`)))),
      may() && h("div", { class: "acts" }, starts ? act("start", "primary") : act("pause", ""), one.state === "running" && act("drain", ""),
        h("button", { class: "btn ghost", type: "button", "data-k": "take", "data-act": "take", onclick: takeAgain }, t("floor.take.again")),
        h("button", { class: "btn ghost", type: "button", "data-k": "list", "data-act": "list", onclick: () => upload(campaign()) }, t("floor.list.upload"))),
      h("p", { class: "sentence", id: "sentence" }),
    ];
  });
  setText($("#sentence"), own(one.why));
}

async function order(what) {
  const one = campaign();
  const name = own(one.title);
  const sure = await confirm(t(`floor.sure.${what}`, { name }), t(`floor.sure.${what}.more`), t(`floor.${what}`), t("app.cancel"), what !== "start");
  if (!sure) return;
  const answer = await asked(`/v1/campaigns/${one.id}/${what}`);
  if (answer) announce(t("floor.done", { name, state: t(`floor.state.${answer.state}`) }));
}

async function takeAgain() {
  const one = campaign();
  const sure = await confirm(t("floor.sure.take", { name: own(one.title) }), t("floor.sure.take.more"), t("floor.take.again"), t("app.cancel"), false);
  if (!sure) return;
  const answer = await asked("/v1/campaigns", { name: one.name });
  if (answer) taken(answer);
}

const taken = ({ name, version }) => announce(t("floor.taken", { name, version: version.slice(0, 8) }));

/** Another folder: it is looked at as soon as the floor has it. */
const takeButton = (style) => h("button", {
  class: `btn ${style}`, type: "button", "data-k": "take-new", "data-act": "take-new",
  onclick: () => takeNew((answer) => { floor.wanted = answer.id; choose(); draw(); taken(answer); }),
}, t("floor.take"));

/** What came back, or null with the reason on the page. */
async function asked(path, body) {
  try {
    const answer = await ask("POST", path, body);
    trouble("");
    return answer;
  } catch (refused) {
    trouble(refused.status ? refused.message : t("app.offline"));
    return null;
  }
}

function drawMeters() {
  const one = campaign(), est = one.estimates;
  const rate = est.humans ? est.abandoned / est.humans : null;
  const at = [...floor.agents.values()];
  const working = at.filter((row) => BUSY.includes(row.state)).length;
  const online = at.filter((row) => BUSY.includes(row.state) || row.state === "ready").length;
  const { pending, scheduled, in_flight, closed, excluded } = one.leads;
  const left = pending + scheduled + in_flight, all = left + closed;
  const target = one.target_utilization;
  put($("#meters"), [lang(), "frame"], () => ["abandon", "use", "list"].map((id) => h("div", { id: `meter-${id}` }, h("h2", {}, t(`floor.${id}`)), h("p", { class: "figure" }), h("div", { class: "rail", "aria-hidden": "true" }, h("i", {}), h("b", {})), h("p", { class: "of" }))));
  meter("abandon", percent(rate, 2), (rate ?? 0) / Math.max(est.cap * 2, 1e-9), 0.5, t("floor.abandon.of", { n: count(est.abandoned), of: count(est.humans), limit: percent(est.cap || null, 1) }), est.cap > 0 && rate > est.cap);
  const share = online ? working / online : null;
  meter("use", percent(share, 0), share ?? 0, target, t("floor.use.of", { n: working, of: online, limit: percent(target, 0) }), false);
  meter("list", count(left), all ? left / all : 0, null, t("floor.list.of", { n: count(closed), of: count(all + excluded) }), false);
}

function meter(id, text, fill, mark, words, over) {
  const place = $(`#meter-${id}`);
  place.classList.toggle("over", Boolean(over));
  setText($(".figure", place), text);
  setText($(".of", place), words);
  $("i", place).style.width = `${Math.round(Math.min(1, Math.max(0, fill)) * 1000) / 10}%`;
  const bar = $("b", place);
  bar.hidden = mark == null;
  if (mark != null) bar.style.insetInlineStart = `${Math.min(100, mark * 100)}%`;
}

function drawFlight() {
  const flight = campaign().in_flight;
  for (const place of $("#flight").children) {
    const n = flight[place.dataset.stage];
    setText(place.firstChild, count(n));
    place.classList.toggle("some", n > 0);
  }
}

function drawFigures() {
  const course = floor.courses.get(floor.chosen);
  if (!$("#kpis")) return;
  const kpis = course?.kpis ?? [];
  const place = $("#kpis");
  put(place, [lang(), kpis.map((kpi) => kpi.id)], () => kpis.map((kpi) => h("div", { "data-kpi": kpi.id }, h("dt", {}, own(kpi.names)), h("dd", {}))));
  kpis.forEach((kpi, nth) => setText(place.children[nth]?.lastChild, figure(kpi)));
  if (course) drawCharts(course);
}

function drawCharts(course) {
  const one = campaign();
  const name = (id) => own(course.kpis.find((kpi) => kpi.id === id)?.names ?? id);
  const share = (value) => percent(value, 1), whole = (value) => (value == null ? "–" : count(value));
  const shown = [
    { id: "occupancy", title: name("occupancy"), points: course.courses.occupancy, format: share, axis: (value) => percent(value, 0), limit: one.target_utilization, top: 1 },
    { id: "abandon_rate", title: name("abandon_rate"), points: course.courses.abandon_rate, format: share, axis: (value) => percent(value, 0), limit: one.estimates.cap, top: Math.max(one.estimates.cap * 2, 0.02) },
    { id: "dials", title: name("dials"), points: course.courses.dials, format: whole, axis: whole, bars: true },
    { id: "burn", title: t("floor.burn"), points: course.burn, format: whole, axis: whole },
  ];
  const theme = document.documentElement.dataset.theme;
  put($("#charts"), [lang(), theme, one.id], () => {
    floor.charts.clear();
    return shown.map((spec) => {
      const made = chart(spec);
      floor.charts.set(spec.id, made);
      return made.element;
    });
  });
  for (const spec of shown) floor.charts.get(spec.id)?.show(spec);
}

// ── agents ──

function drawAgents() {
  const all = [...floor.agents.values()];
  const numbers = Object.fromEntries(STATES.map((state) => [state, all.filter((row) => row.state === state).length]));
  put($("#states"), [lang(), numbers, floor.filter], () => [["all", all.length], ...STATES.filter((state) => numbers[state] || state === floor.filter).map((state) => [state, numbers[state]])].map(([state, n]) =>
    h("button", { class: "btn", type: "button", "data-k": `filter-${state}`, "aria-pressed": String(floor.filter === state), onclick: () => { floor.filter = state; drawAgents(); } },
      state === "all" ? t("floor.all") : h("span", { class: "tag state", "data-state": state }, t(`state.${state}`)), h("span", { class: "num" }, String(n)))));
  const shown = all.filter((row) => floor.filter === "all" || row.state === floor.filter).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  floor.shown = shown;
  $("#agents table").setAttribute("aria-rowcount", String(shown.length + 1));
  drawRows();
  put($("#agents").nextElementSibling ?? $("#agents").parentNode.appendChild(h("p", { class: "body quiet" })), [lang(), shown.length === 0], () => shown.length === 0 && t("floor.agents.none"));
}

/** Beyond so many, only the rows in sight are in the page, and some around them. */
const ALL_ROWS = 60, AROUND = 10;

function drawRows() {
  const body = $("#rows"), box = $("#agents");
  if (!body) return;
  body.pool ??= [];
  const { shown } = floor;
  let from = 0, to = shown.length;
  const height = 2.125 * parseFloat(getComputedStyle(document.documentElement).fontSize);
  if (shown.length > ALL_ROWS) {
    from = Math.max(0, Math.min(Math.floor(box.scrollTop / height) - AROUND, shown.length - ALL_ROWS));
    to = Math.min(shown.length, from + Math.max(ALL_ROWS, Math.ceil(box.clientHeight / height) + 2 * AROUND));
  }
  if (!body.above) {
    const space = () => h("tr", { role: "presentation" }, h("td", { colspan: "4", class: "space" }));
    body.above = space();
    body.below = space();
    body.replaceChildren(body.above, body.below);
    box.addEventListener("scroll", drawRows, { passive: true });
  }
  while (body.pool.length < to - from) {
    const cells = makeRow();
    body.pool.push(cells);
    body.insertBefore(cells.row, body.below);
  }
  body.pool.forEach((cells, nth) => {
    const row = shown[from + nth];
    cells.row.hidden = from + nth >= to;
    cells.of = cells.row.hidden ? null : row;
    if (!cells.of) return;
    fillRow(cells, row);
    cells.row.setAttribute("aria-rowindex", String(from + nth + 2));
  });
  for (const [space, rows] of [[body.above, from], [body.below, shown.length - to]]) {
    space.hidden = rows === 0;
    space.firstChild.style.height = `${rows * height}px`;
  }
}

function makeRow() {
  const cells = { of: null, name: h("td"), tag: h("span", { class: "tag state" }), since: h("td", { class: "num end" }), what: h("td", { class: "quiet small" }) };
  cells.row = h("tr", {}, cells.name, h("td", {}, cells.tag), cells.since, cells.what);
  return cells;
}

function fillRow(cells, row) {
  setText(cells.name, row.name);
  if (cells.tag.dataset.state !== row.state) cells.tag.dataset.state = row.state;
  setText(cells.tag, t(`state.${row.state}`));
  setText(cells.what, what(row));
  age(cells);
}

function what(row) {
  const reason = row.reason && pauseWord(row.reason, floor.pauses);
  const next = row.next === "logout" ? t("shift.end.after") : row.next?.pause ? `→ ${pauseWord(row.next.pause, floor.pauses)}` : null;
  return [reason, row.step, next].filter(Boolean).join(" · ");
}

function age(cells) {
  const ms = now() - cells.of.since;
  setText(cells.since, clock(ms));
  cells.since.classList.toggle("late", ms / 1000 > (LONG[cells.of.state] ?? Infinity));
}

function tick() {
  for (const cells of $("#rows")?.pool ?? []) if (cells.of) age(cells);
}

// ── begin ──

function begin(session) {
  floor.session = session;
  if (session.role === "agent") {
    shell.redraw = () => put($("#main"), ["role", lang()], () => h("div", { class: "wait" }, h("p", {}, t("floor.role")), h("a", { class: "btn primary", href: "/agent" }, t("app.agent"))));
    shell.redraw();
    return;
  }
  shell.redraw = draw;
  $("#main").shownKey = null;
  draw();
  const stream = follow("/v1/floor/stream", events, line, () => { stream.stop(); login(); });
  setInterval(tick, 1000);
}

shell.page = "floor";
shell.begin = begin;
drawBar();
enter();
