// An agent's desk: the state, the customer, the flow's step, the outcome. It shows what the server pushes and decides
// nothing. What the desk holds and does stands in agent/desk.js, each part of the page in a module of its own.

import { drawPast, drawStep, drawWho } from "./agent/call.js";
import { before, call, desk, drafts, inHand, keep, now, refused, settle, startShift, state } from "./agent/desk.js";
import { drawMine, drawUnfinished, drawWait } from "./agent/idle.js";
import { card, drawLead, tickLead } from "./agent/lead.js";
import { drawEnd } from "./agent/outcome.js";
import { drawStrip, keyed, keysHelp } from "./agent/strip.js";
import { $, announce, h, put, setText } from "./dom.js";
import { Outbox, follow, load, save } from "./net.js";
import { drawBar, enter, line, login, shell, trouble } from "./shell.js";
import { clock, lang, own, t } from "./words.js";

// ── what the server pushes ──

const events = {
  hello(hello) {
    const again = desk.hello && desk.hello.boot !== hello.boot;
    desk.hello = hello;
    shell.display = hello.display;
    desk.skew = hello.now - Date.now();
    const shift = load("outpace.shift", null);
    desk.restarted = Boolean(again || (shift && shift.boot !== hello.boot));
    desk.outbox.hurry();
    drawBar();
  },
  view(view) {
    const had = call(), was = state();
    desk.view = view;
    const inhand = call();
    if (had?.call !== inhand?.call) {
      desk.pop = null;
      desk.callbackOpen = false;
      desk.formError = "";
      trouble("");
    }
    if (inhand && desk.sent && !desk.sent.startsWith(`${inhand.call} ${inhand.turn} `)) desk.sent = null;
    if (inhand) keep(inhand.call, { boot: desk.hello.boot, unfinished: false });
    drafts().forEach(([id]) => settle(id));
    takeUpShift();
    if (was !== state()) announce(t(`state.${state()}`));
    draw();
  },
  pop(pop) {
    if (pop.call !== call()?.call) return;
    desk.pop = pop;
    keep(pop.call, { name: pop.name, campaign: pop.campaign, outcomes: pop.outcomes, zone: pop.zone });
    if (state() === "talk") announce(t("call.new", { name: pop.name ?? t("who.nameless"), campaign: own(pop.campaign) }));
    draw();
  },
  lead(lead) {
    desk.ahead = lead;
    announce(t("lead.shown", { name: lead.name ?? t("who.nameless") }));
    draw();
  },
  campaigns(campaigns) { desk.hello.campaigns = campaigns; draw(); },
  calls(calls) { desk.calls = calls; draw(); },
  numbers(numbers) { desk.numbers = numbers; draw(); },
};

/** After a restart of the server the shift goes on, without a ready that nobody asked for. */
function takeUpShift() {
  const shift = load("outpace.shift", null);
  if (!shift || shift.agent !== desk.hello.agent) return;
  if (desk.view?.session) {
    if (shift.boot !== desk.hello.boot) save("outpace.shift", { ...shift, boot: desk.hello.boot });
    return;
  }
  if (desk.restarted && shift.boot !== desk.hello.boot) {
    desk.restarted = false;
    const open = shift.campaigns.filter((id) => desk.hello.campaigns.some((one) => one.id === id));
    if (open.length) startShift(open).then(() => announce(t("shift.again")));
  } else if (!desk.restarted && shift.boot === desk.hello.boot && desk.seenSession) {
    // Logged out by somebody else.
    localStorage.removeItem("outpace.shift");
  }
  desk.seenSession = Boolean(desk.view?.session);
}

// ── drawing ──

const person = () => h("div", { class: "col" }, h("section", { id: "who", class: "card who" }), h("section", { id: "past", class: "card" }));
const LOOKS = {
  idle: () => [h("div", { class: "col" }, h("div", { id: "unfinished", class: "col" }), h("section", { id: "wait", class: "card" })), h("div", { class: "col" }, h("section", { id: "mine", class: "card" }))],
  lead: () => [person(), h("section", { id: "lead", class: "card state", "data-state": "preview" })],
  call: () => [person(), h("section", { id: "step", class: "card step" }), h("section", { id: "end", class: "card state" })],
};
const DRAW = {
  idle() {
    drawUnfinished();
    drawWait();
    drawMine();
  },
  lead() {
    const lead = card();
    drawWho(lead, lead?.lang ?? call()?.lang);
    drawPast(lead?.history);
    drawLead();
  },
  call() {
    drawWho(desk.pop, call().lang);
    drawPast(desk.pop?.history);
    drawStep();
    drawEnd();
  },
};

function draw() {
  if (!desk.hello) return;
  const main = $("#main");
  if (!$("#strip")) {
    main.shownKey = null;
    main.replaceChildren(h("section", { id: "strip", class: "strip state", "aria-label": t("app.agent") }), h("div", { id: "desk", class: "desk" }));
  }
  drawStrip();
  const look = inHand() ? "call" : before() ? "lead" : "idle";
  const place = $("#desk");
  place.classList.toggle("idle", look === "idle");
  place.classList.toggle("ahead", look === "lead");
  // Nothing left to say: the outcome is the work at hand.
  place.classList.toggle("closing", look === "call" && state() === "wrap" && !call()?.step);
  put(place, look, LOOKS[look]);
  DRAW[look]();
  tick();
}

// ── each quarter of a second: clocks only ──

function tick() {
  const { view } = desk;
  if (!view) return;
  setText($("#timer"), view.session ? clock(now() - view.since / 1000) : "");
  const person = before() ? card() : call() && desk.pop;
  if (person) setText($("#there"), new Intl.DateTimeFormat(lang(), { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: person.zone || undefined }).format(now()));
  tickLead();
  const inhand = call();
  if (!inhand) return;
  const left = inhand.wrap_until ? inhand.wrap_until / 1000 - now() : 0;
  setText($("#left"), clock(left + 999));
  const bar = $("#left-bar");
  if (bar) bar.value = Math.max(0, Math.min(1, left / (1000 * Math.max(1, desk.pop?.wrap_seconds_max ?? 30))));
  if (inhand.closes_at && $("#closes")) {
    const name = desk.pop?.outcomes.find((one) => one.id === inhand.outcome)?.title;
    setText($("#closes"), t("outcome.closes", { name: own(name) || inhand.outcome, n: Math.max(0, Math.ceil((inhand.closes_at / 1000 - now()) / 1000)) }));
  }
}

// ── begin ──

function begin(session) {
  if (!session.agent) {
    // Who has no desk has the floor: `/` leads here for everybody.
    location.replace("/floor");
    return;
  }
  shell.redraw = draw;
  let stream = null;
  desk.outbox = new Outbox(session.agent, refused, () => stream?.again());
  stream = follow("/v1/desk/stream", events, (online) => {
    line(online);
    if (online) desk.outbox.hurry();
  }, () => { stream.stop(); login(); });
  setInterval(tick, 250);
  addEventListener("keydown", keyed);
}

shell.page = "agent";
shell.tools = () => h("button", { class: "btn ghost", type: "button", "data-k": "keys", onclick: keysHelp }, t("app.keys"));
shell.begin = begin;
enter();
