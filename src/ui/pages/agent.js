// An agent's desk: the state, the customer, the flow's step, the outcome. It shows what the server pushes and decides
// nothing. What the agent writes is kept in this browser until the server has it.

import { $, announce, h, kbd, put, setText } from "./dom.js";
import { Outbox, ask, follow, load, save } from "./net.js";
import { drawBar, enter, line, login, setKeys, shell, trouble } from "./shell.js";
import { clock, dayTime, figure, has, hm, lang, langOf, own, t } from "./words.js";

const PAUSES = ["break", "lunch", "training", "coaching", "meeting", "paperwork", "technical", "care"];
const OBJECTION_KEYS = [..."QWERTYUIOP"];
const OUTCOME_KEYS = [..."ASDFGHJKL"];

const desk = {
  hello: null, view: null, pop: null, calls: [], numbers: [], skew: 0,
  /** The choice that was sent and not yet answered by a new step: "call turn choice". */
  sent: null,
  /** Why the form was refused. */
  formError: "", pausing: false, callbackOpen: false, outbox: null, restarted: false,
};

const now = () => Date.now() + desk.skew;
const call = () => desk.view?.call ?? null;
const state = () => desk.view?.state ?? "off";
const inHand = () => ["talk", "hold", "wrap", "reserved"].includes(state()) || (state() === "no_device" && call());

// ── what is written, kept here ──

const draftKey = (id) => `outpace.draft.${id}`;
const draft = (id) => load(draftKey(id), null);

function keep(id, change) {
  const kept = { note: "", sent: "", fields: {}, at: Date.now(), ...draft(id), ...change };
  save(draftKey(id), kept);
  return kept;
}

const forget = (id) => localStorage.removeItem(draftKey(id));

function drafts() {
  const prefix = draftKey("");
  return Object.keys(localStorage).filter((key) => key.startsWith(prefix)).map((key) => [key.slice(prefix.length), load(key, {})]);
}

/** The call is closed on the server. What it has not had goes after it; what it never closed is asked of the agent. */
function settle(id) {
  const kept = draft(id);
  if (!kept || id === call()?.call) return;
  if (Date.now() - kept.at > 24 * 3600_000) { forget(id); return; }
  if (kept.boot === desk.hello.boot) {
    if (kept.note.trim() && kept.note !== kept.sent) send("POST", `/v1/calls/${id}/outcome`, { note: kept.note }, `note ${id}`, true);
    forget(id);
  } else {
    save(draftKey(id), { ...kept, unfinished: true });
  }
}

// ── asking the server ──

/** By the outbox: kept and repeated until it is answered. */
const send = (method, path, body, what, once) => desk.outbox.put(method, path, body, what, once);

/** At once or not at all: what makes no sense a minute later. */
async function now_or_never(method, path, body) {
  try {
    await ask(method, path, body);
    trouble("");
  } catch (refused) {
    trouble(refused.status ? refused.message : t("app.offline"));
  }
}

function refused(refusal, item) {
  // A click on a step that another tab has answered already is no trouble: the truth is on the screen.
  if (["call.step_passed", "call.no_step"].includes(refusal.code)) { desk.sent = null; draw(); return; }
  if (item.what?.startsWith("choice")) {
    desk.sent = null;
    const empty = call()?.step?.fields.find((one) => one.required && !$(`#field-${CSS.escape(one.name)}`)?.value);
    desk.formError = refusal.code === "script.field_required" && empty ? t("step.fill", { field: own(empty.label) }) : refusal.message;
    draw();
    $(empty ? `#field-${CSS.escape(empty.name)}` : "#form input")?.focus();
    return;
  }
  if (refusal.status === 404 && item.what) return;
  trouble(refusal.message);
}

const agentPath = (what) => `/v1/agents/${desk.hello.agent}/${what}`;
const callPath = (what, id = call().call) => `/v1/calls/${id}/${what}`;

function choose(id) {
  const { call: inhand, turn, step } = call();
  const mark = `${inhand} ${turn} ${id}`;
  if (desk.sent?.startsWith(`${inhand} ${turn} `)) return;
  desk.sent = mark;
  desk.formError = "";
  const typed = draft(inhand)?.fields?.[step.name] ?? {};
  const fields = Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== ""));
  send("POST", callPath("choice"), { turn, choice: id, fields }, `choice ${inhand} ${turn}`);
  draw();
}

const objectionId = (choice) => (choice.id.startsWith("objection:") ? choice.id : `objection:${choice.id}`);

function mark(id, callbackLocal) {
  const note = draft(call().call)?.note || undefined;
  const body = { outcome: id, close: false, ...(note && { note }), ...(callbackLocal && { callback_local: callbackLocal }) };
  desk.callbackOpen = false;
  send("POST", callPath("outcome"), body, `outcome ${call().call}`).then((refusal) => refusal && draw());
}

function pick(outcome) {
  if (outcome.then === "callback" && !call().callback_at) {
    desk.callbackOpen = true;
    draw();
    $("#callback")?.focus();
  } else {
    mark(outcome.id);
  }
}

const takeBack = () => send("POST", callPath("outcome"), { outcome: null, close: false }, `outcome ${call().call}`);

function done() {
  const { call: id, outcome } = call();
  const note = draft(id)?.note ?? "";
  send("POST", callPath("outcome"), { outcome, ...(note.trim() && { note }) }, `outcome ${id}`, true);
  keep(id, { sent: note });
}

const hangUp = () => now_or_never("POST", callPath("hangup"));
const hold = () => now_or_never("POST", callPath("hold"), { on: state() !== "hold" });
const extend = () => now_or_never("POST", callPath("extend"));
const ready = () => now_or_never("POST", agentPath("ready"), {});
const keepWorking = () => now_or_never("POST", agentPath("ready"), { after_call: true });

function pauseFor(reason) {
  desk.pausing = false;
  draw();
  return now_or_never("POST", agentPath("pause"), { reason, after_call: true });
}

function togglePausing() {
  if (desk.view?.next?.pause) { keepWorking(); return; }
  desk.pausing = !desk.pausing;
  draw();
  if (desk.pausing) $("#pauses .btn")?.focus();
}

function startShift(campaigns) {
  save("outpace.shift", { agent: desk.hello.agent, campaigns, boot: desk.hello.boot });
  return now_or_never("POST", agentPath("login"), { campaigns });
}

async function endShift() {
  localStorage.removeItem("outpace.shift");
  await now_or_never("POST", agentPath("logout"));
}

// ── what the server pushes ──

const events = {
  hello(hello) {
    const again = desk.hello && desk.hello.boot !== hello.boot;
    desk.hello = hello;
    desk.skew = hello.now - Date.now();
    const shift = load("outpace.shift", null);
    desk.restarted = Boolean(again || (shift && shift.boot !== hello.boot));
    desk.outbox.hurry();
    drawBar();
  },
  view(view) {
    const before = call(), was = state();
    desk.view = view;
    const inhand = call();
    if (before?.call !== inhand?.call) {
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

function draw() {
  if (!desk.hello) return;
  const main = $("#main");
  if (!$("#strip")) {
    main.shownKey = null;
    main.replaceChildren(h("section", { id: "strip", class: "strip state", "aria-label": t("app.agent") }), h("div", { id: "desk", class: "desk" }));
  }
  drawStrip();
  const idle = !inHand();
  const place = $("#desk");
  place.classList.toggle("idle", idle);
  // Nothing left to say: the outcome is the work at hand.
  place.classList.toggle("closing", !idle && state() === "wrap" && !call()?.step);
  put(place, idle ? "idle" : "call", () => (idle
    ? [h("div", { class: "col" }, h("div", { id: "unfinished", class: "col" }), h("section", { id: "wait", class: "card" })), h("div", { class: "col" }, h("section", { id: "mine", class: "card" }))]
    : [h("div", { class: "col" }, h("section", { id: "who", class: "card who" }), h("section", { id: "past", class: "card" })),
      h("section", { id: "step", class: "card step" }),
      h("section", { id: "end", class: "card state" })]));
  if (idle) {
    drawUnfinished();
    drawWait();
    drawMine();
  } else {
    drawWho();
    drawPast();
    drawStep();
    drawEnd();
  }
  tick();
}

function drawStrip() {
  const strip = $("#strip");
  const { view } = desk;
  strip.dataset.state = state();
  const key = [lang(), state(), view?.reason, view?.next, view?.device, desk.pausing, desk.numbers, call()?.call, desk.pop?.campaign, call()?.customer_on_line, Boolean(view?.session)];
  put(strip, key, () => [
    h("div", {},
      h("h1", { class: "now" }, h("span", { class: "word" }, t(`state.${state()}`)), h("span", { class: "timer", id: "timer", role: "timer", "aria-live": "off" })),
      h("p", { class: "detail" }, detail())),
    h("div", {}, h("div", { class: "acts" }, actions()), desk.pausing && pauses()),
    h("dl", { class: "numbers", "aria-label": t("mine.numbers") },
      desk.numbers.map((kpi) => h("div", {}, h("dt", {}, own(kpi.names)), h("dd", {}, figure(kpi))))),
  ]);
}

function reasonWord(reason) {
  return has(`pause.${reason}`) ? t(`pause.${reason}`) : reason;
}

function detail() {
  const { view } = desk;
  const next = view?.next === "logout" ? t("shift.end.after") : view?.next?.pause ? `${t("do.pause.after")}: ${reasonWord(view.next.pause)}` : "";
  if (state() === "off") return t(view?.device ? "shift.phone.yes" : "shift.phone.no");
  if (state() === "pause") return reasonWord(view.reason ?? "pause");
  if (inHand() && !call()?.customer_on_line) return [t("step.left"), next].filter(Boolean).join(" · ");
  return next || own(desk.pop?.campaign ?? "") || (view?.device ? t("shift.phone.yes") : "");
}

function button(label, key, onclick, style = "", more = {}) {
  return h("button", { class: `btn ${style}`, type: "button", "data-k": `${key}${label}`, "aria-keyshortcuts": key || null, onclick, ...more }, key && kbd(key === "Enter" ? "↵" : key), label);
}

function actions() {
  const next = desk.view?.next;
  const pausing = (label) => button(label, "V", togglePausing, "", { "aria-expanded": String(desk.pausing), "aria-controls": "pauses" });
  const later = next?.pause ? button(t("do.pause.undo"), "V", togglePausing) : pausing(t("do.pause.after"));
  switch (state()) {
    case "off": return [];
    case "ready": return [pausing(t("do.pause")), button(t("shift.end"), "", endShift, "ghost")];
    case "pause": return [button(t("do.ready"), "Enter", ready, "primary large"), pausing(t("do.pause")), button(t("shift.end"), "", endShift, "ghost")];
    case "talk":
    case "hold": return [button(t("do.hangup"), "X", hangUp, "danger"), button(t(state() === "hold" ? "do.unhold" : "do.hold"), "C", hold), later];
    case "wrap": return [button(t("do.done"), "Enter", done, "primary"), later];
    default: return [button(t("shift.end"), "", endShift, "ghost")];
  }
}

function pauses() {
  return h("div", { id: "pauses", class: "pauses", role: "group", "aria-label": t("pause.choose") },
    PAUSES.map((reason) => h("button", { class: "btn", type: "button", "data-k": `pause-${reason}`, onclick: () => pauseFor(reason) }, t(`pause.${reason}`))));
}

// ── a call ──

function drawWho() {
  const { pop } = desk, inhand = call();
  const key = [lang(), inhand.call, pop, inhand.zone, inhand.callback_at];
  put($("#who"), key, () => [
    h("header", {}, h("h2", {}, t("who.title")), h("span", { class: "tag plain" }, own(pop?.campaign ?? ""))),
    h("div", { class: "body col" }, !pop ? h("p", { class: "quiet" }, t("who.loading")) : [
      h("div", {}, h("p", { class: "name" }, pop.name || t("who.nameless")),
        h("p", { class: "clock" }, h("b", { id: "there" }), h("span", { class: "quiet small" }, t("who.there"), pop.zone && ` · ${pop.zone}`))),
      h("div", {}, h("h2", {}, t("who.why")), h("p", {}, why(pop))),
      h("dl", { class: "facts" },
        [[t("who.phone"), h("span", { class: "num" }, pop.phone ?? "–")], [t("who.lang"), t(`lang.${inhand.lang}`)], ...Object.entries(pop.fields)]
          .map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    ]),
  ]);
}

function why(pop) {
  if (pop.callback_at) return t("who.promised", { time: dayTime(pop.callback_at, pop.zone) });
  return pop.attempt > 1 ? t("who.again", { n: pop.attempt }) : t("who.first");
}

function drawPast() {
  put($("#past"), [lang(), desk.pop?.history], () => [
    h("header", {}, h("h2", {}, t("who.history"))),
    h("div", { class: "body" }, desk.pop?.history.length
      ? h("ol", { class: "history" }, desk.pop.history.map((past) => h("li", {},
        h("div", { class: "line" }, h("span", {}, outcomeWord(past)), h("span", { class: "quiet small" }, dayTime(past.at))),
        past.notes?.map((note) => h("p", { class: "note" }, note)))))
      : h("p", { class: "quiet" }, t("who.history.none"))),
  ]);
}

const CAUSES = {
  busy: ["busy", "忙线", "忙線"], no_answer: ["no answer", "无应答", "無應答"], rejected: ["declined", "拒接", "拒接"],
  machine: ["answered by a machine", "语音信箱", "語音信箱"], failed: ["line failure", "线路失败", "線路失敗"],
  abandoned_no_agent: ["a person, and no agent", "呼损", "呼損"], abandoned_customer_early: ["hung up at once", "客户提前挂机", "客戶提前掛機"],
  handled: ["spoken with", "已处理", "已處理"], interrupted: ["interrupted", "中断", "中斷"], invalid: ["wrong number", "号码无效", "號碼無效"],
  cancelled_surplus: ["we hung up", "主动取消", "主動取消"], cancelled_stopped: ["we hung up", "主动取消", "主動取消"],
};

function outcomeWord(past) {
  if (past.title) return own(past.title);
  const cause = typeof past.cause === "string" ? past.cause : Object.keys(past.cause ?? {})[0];
  const words = CAUSES[cause];
  return words ? words[["en", "zh-Hans", "zh-Hant"].indexOf(lang())] : t("outcome.none");
}

function drawStep() {
  const inhand = call();
  const { step } = inhand;
  const key = [lang(), inhand.call, inhand.turn, step, desk.sent, desk.formError, inhand.customer_on_line, state() === "wrap"];
  put($("#step"), key, () => (step ? stepCard(step, inhand) : [
    h("header", {}, h("h2", {}, t("step.none"))),
    h("div", { class: "body" }, h("p", {}, t("step.none.talk"))),
  ]));
}

function stepCard(step, inhand) {
  const sent = desk.sent?.startsWith(`${inhand.call} ${inhand.turn} `);
  const choice = (one, id, key, style) => h("button", {
    class: `btn ${style}`, type: "button", "data-k": `choice-${id}`, disabled: sent, "aria-pressed": sent && desk.sent.endsWith(` ${id}`) ? "true" : null,
    "aria-keyshortcuts": key ?? null, "data-choice": id, onclick: () => choose(id),
  }, key && kbd(key), own(one.text));
  return [
    h("header", {}, h("h2", {}, t("step.say")), h("span", { class: "tag plain state", "data-state": step.kind === "objection" ? "wrap" : "talk" }, t(`step.${step.kind}`))),
    h("div", { class: "body" },
      h("p", { class: "say", id: "say", lang: langOf(step.text, inhand.lang) }, own(step.text, inhand.lang)),
      step.fields.length > 0 && h("form", { id: "form", onsubmit: (event) => event.preventDefault(), novalidate: true, "aria-labelledby": "form-title" },
        h("h2", { id: "form-title", class: "row-title" }, t("step.form")),
        h("div", { class: "form" }, step.fields.map((one) => field(one, step, inhand))),
        desk.formError && h("p", { class: "error", role: "alert", id: "form-error" }, desk.formError)),
      h("div", { role: "group", "aria-labelledby": "choices-title" },
        h("h2", { id: "choices-title", class: "row-title" }, t("step.answer")),
        h("div", { class: "choices" }, step.choices.map((one, nth) => choice(one, one.id, nth < 9 ? String(nth + 1) : null, ""))),
        !step.fields.length && desk.formError && h("p", { class: "error", role: "alert" }, desk.formError)),
      step.objections.length > 0 && h("div", { role: "group", "aria-labelledby": "objections-title", class: "objections" },
        h("h2", { id: "objections-title", class: "row-title" }, t("step.objections")),
        h("div", { class: "choices" }, step.objections.map((one, nth) => choice(one, objectionId(one), OBJECTION_KEYS[nth] ?? null, "")))),
      h("p", { class: "saved", role: "status" }, sent ? t("step.sending") : "")),
  ];
}

function field(one, step, inhand) {
  const id = `field-${one.name}`;
  const value = draft(inhand.call)?.fields?.[step.name]?.[one.name] ?? desk.pop?.filled?.[one.name] ?? "";
  const typed = (event) => {
    const fields = draft(inhand.call)?.fields ?? {};
    keep(inhand.call, { fields: { ...fields, [step.name]: { ...fields[step.name], [one.name]: event.target.value } } });
  };
  const shared = { id, name: one.name, "data-k": id, oninput: typed, "aria-required": one.required ? "true" : null, "aria-describedby": desk.formError ? "form-error" : null, value };
  const control = one.options.length || one.kind === "select"
    ? h("select", { class: "input", ...shared }, h("option", { value: "" }, ""), one.options.map((option) => h("option", { value: option.id, selected: option.id === value }, own(option.text))))
    : h("input", { ...shared, type: { number: "text", date: "date", text: "text" }[one.kind], inputmode: one.kind === "number" ? "decimal" : null, autocomplete: "off" });
  return h("div", { class: "field" }, h("label", { for: id }, own(one.label), one.required && h("span", { class: "quiet" }, ` (${t("step.required")})`)), control);
}

// ── how it ended ──

function drawEnd() {
  const place = $("#end");
  const { pop } = desk, inhand = call();
  const wrapping = state() === "wrap";
  place.dataset.state = state();
  if (put(place, [lang(), inhand.call, "frame"], () => [
    h("header", {}, h("h2", {}, t("outcome.title"))),
    h("div", { class: "body col" },
      h("div", { id: "count" }), h("div", { id: "undo", role: "status" }),
      h("div", { id: "outcomes" }), h("div", { id: "callback-place" }),
      h("div", { class: "field" }, h("label", { for: "note" }, t("do.note")),
        h("textarea", { id: "note", "data-k": "note", rows: "4", maxlength: "4000", "aria-keyshortcuts": "N", oninput: typedNote, value: draft(inhand.call)?.note ?? "" }),
        h("p", { class: "saved", id: "note-state" }))),
  ])) drawNoteState();
  put($("#count"), [lang(), wrapping, inhand.extensions_left], () => wrapping && h("div", { class: "count" },
    h("div", { class: "row" }, h("span", { class: "quiet small" }, t("outcome.ends"), " ", h("b", { id: "left", class: "num" })),
      h("span", { class: "quiet small" }, t("outcome.left", { n: inhand.extensions_left })),
      button(t("do.extend"), "B", extend, "", { disabled: !inhand.extensions_left })),
    h("progress", { id: "left-bar", max: "1", value: 1, "aria-hidden": "true" })));
  put($("#undo"), [lang(), inhand.closes_at, inhand.outcome], () => inhand.closes_at && h("div", { class: "undo" },
    h("span", { id: "closes" }), button(t("do.undo"), "Z", takeBack)));
  put($("#outcomes"), [lang(), pop?.outcomes, inhand.outcome, desk.callbackOpen], () => h("div", { class: "outcomes", role: "group", "aria-label": t("outcome.title") },
    (pop?.outcomes ?? []).map((outcome, nth) => h("button", {
      class: `btn ${outcome.opt_out ? "danger" : ""}`, type: "button", "data-k": `outcome-${outcome.id}`, "data-outcome": outcome.id,
      "aria-pressed": String(inhand.outcome === outcome.id), "aria-expanded": outcome.then === "callback" ? String(desk.callbackOpen) : null, "aria-keyshortcuts": OUTCOME_KEYS[nth] ?? null, onclick: () => pick(outcome),
    }, OUTCOME_KEYS[nth] && kbd(OUTCOME_KEYS[nth]), own(outcome.title)))));
  put($("#callback-place"), [lang(), desk.callbackOpen, inhand.callback_at, pop?.zone], () => callbackForm(inhand));
}

function callbackForm(inhand) {
  const agreed = inhand.callback_at && h("p", {}, t("outcome.callback.agreed", { time: dayTime(inhand.callback_at / 1000, inhand.zone) }));
  if (!desk.callbackOpen) return agreed;
  const outcome = desk.pop.outcomes.find((one) => one.then === "callback");
  const input = h("input", { id: "callback", class: "input", "data-k": "callback", type: "datetime-local", value: there(inhand.zone, 3600_000), min: there(inhand.zone, 0), "aria-describedby": "callback-error" });
  const quick = [["outcome.in_1h", there(inhand.zone, 3600_000)], ["outcome.tonight", `${there(inhand.zone, 0).slice(0, 10)}T18:00`],
    ["outcome.tomorrow", `${there(inhand.zone, 86_400_000).slice(0, 10)}T10:00`], ["outcome.days3", `${there(inhand.zone, 3 * 86_400_000).slice(0, 10)}T10:00`]];
  const promise = (event) => {
    event.preventDefault();
    if (!input.value || input.value <= there(inhand.zone, 0)) { $("#callback-error").textContent = t("outcome.callback.past"); input.focus(); return; }
    mark(outcome.id, input.value);
    draw();
  };
  return h("form", { class: "field col", onsubmit: promise, novalidate: true },
    h("label", { for: "callback" }, t("outcome.callback")), input,
    h("div", { class: "pauses" }, quick.filter(([, value]) => value > there(inhand.zone, 0)).map(([word, value]) =>
      h("button", { class: "btn", type: "button", onclick: () => { input.value = value; input.focus(); } }, t(word)))),
    h("p", { class: "error", id: "callback-error", role: "alert" }),
    h("button", { class: "btn primary", type: "submit" }, t("outcome.callback.set")));
}

/** `2026-11-23T15:00` on the clock of a zone, so many milliseconds from now. */
function there(zone, later) {
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: zone || undefined, dateStyle: "short", timeStyle: "short" }).format(now() + later);
  return parts.replace(" ", "T");
}

// ── the note: every key is kept here, and sent as it is written ──

let noteTimer = null;

function typedNote(event) {
  const id = call()?.call;
  if (!id) return;
  keep(id, { note: event.target.value });
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => sendNote(id), 400);
  drawNoteState();
}

async function sendNote(id) {
  const note = draft(id)?.note ?? "";
  const refusal = await send("PUT", `/v1/calls/${id}/note`, { note }, `note ${id}`);
  if (!refusal && draft(id)) keep(id, { sent: note });
  drawNoteState();
}

function drawNoteState() {
  const kept = draft(call()?.call);
  setText($("#note-state"), !kept?.note ? "" : t(kept.note === kept.sent ? "outcome.saved" : "outcome.typing"));
}

/** Another tab of this desk wrote. */
addEventListener("storage", (event) => {
  const id = call()?.call;
  const note = $("#note");
  if (id && event.key === draftKey(id) && note && document.activeElement !== note) {
    note.value = draft(id)?.note ?? "";
    for (const [name, value] of Object.entries(draft(id)?.fields?.[call().step?.name] ?? {})) {
      const control = $(`#field-${CSS.escape(name)}`);
      if (control && document.activeElement !== control) control.value = value;
    }
    drawNoteState();
  }
});

// ── no call in hand ──

function drawWait() {
  const key = [lang(), state(), desk.view?.reason, desk.view?.device, desk.hello.campaigns, desk.hello.name];
  put($("#wait"), key, () => {
    if (state() === "off") return shiftForm();
    const word = { ready: "ready", no_device: "no_device" }[state()] ?? "pause";
    return h("div", { class: "wait" }, h("p", { class: "big" }, t(`wait.${word}`)), h("p", {}, t(word === "ready" ? "wait.ready.more" : `wait.${word}.more`, { name: desk.hello.name })));
  });
}

function shiftForm() {
  const { campaigns } = desk.hello;
  const last = load("outpace.shift.last", campaigns.map((one) => one.id));
  const submit = (event) => {
    event.preventDefault();
    const chosen = [...event.target.querySelectorAll("input:checked")].map((input) => input.value);
    if (!chosen.length) { trouble(t("shift.one")); return; }
    save("outpace.shift.last", chosen);
    startShift(chosen);
  };
  return [h("header", {}, h("h2", {}, t("shift.title"))), h("form", { class: "body col", onsubmit: submit },
    campaigns.length ? h("fieldset", { class: "plain" }, h("legend", { class: "label" }, t("shift.campaigns")),
      campaigns.map((one) => h("label", { class: "check" }, h("input", { type: "checkbox", value: one.id, checked: last.includes(one.id) || campaigns.length === 1 }), own(one.title))))
      : h("p", {}, t("shift.none")),
    h("p", { class: "quiet" }, t(desk.view?.device ? "shift.phone.yes" : "shift.phone.no")),
    h("div", {}, h("button", { class: "btn primary large", type: "submit", disabled: !campaigns.length, "data-k": "shift" }, kbd("↵"), t("shift.start"))))];
}

function drawMine() {
  put($("#mine"), [lang(), desk.calls], () => [
    h("header", {}, h("h2", {}, t("mine.calls"))),
    desk.calls.length === 0 ? h("p", { class: "body quiet" }, t("mine.calls.none")) : h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("mine.calls") }, h("table", {},
      h("thead", {}, h("tr", {}, ["time", "who", "outcome", "talk"].map((name) => h("th", { scope: "col", class: name === "talk" ? "end" : null }, t(`mine.${name}`))), h("th", { scope: "col" }, h("span", { class: "sr-only" }, t("outcome.correct"))))),
      h("tbody", {}, desk.calls.map((past) => h("tr", {},
        h("td", { class: "num" }, hm(past.at)), h("td", {}, past.name ?? "–"), h("td", {}, outcomeWord(past)), h("td", { class: "num end" }, clock(past.talk_ms)),
        h("td", { class: "end" }, h("button", { class: "btn ghost", type: "button", "data-k": `correct-${past.call}`, "aria-label": `${t("outcome.correct")}: ${past.name ?? hm(past.at)}`, onclick: () => correct(past) }, t("outcome.correct")))))))),
  ]);
}

const outcomesOf = (campaign) => desk.hello.campaigns.find((one) => one.id === campaign)?.outcomes ?? [];

function correct(past) {
  const outcomes = outcomesOf(past.campaign);
  const dialog = h("dialog", { "aria-labelledby": "correct-title" }, h("form", { method: "dialog", class: "col" },
    h("h2", { id: "correct-title" }, t("outcome.correct.title")),
    h("p", { class: "quiet" }, [past.name, hm(past.at)].filter(Boolean).join(" · ")),
    h("div", { class: "field" }, h("label", { for: "correct-outcome" }, t("outcome.title")),
      h("select", { id: "correct-outcome", class: "input" }, outcomes.map((one) => h("option", { value: one.id, selected: one.id === past.outcome }, own(one.title))))),
    h("div", { class: "field" }, h("label", { for: "correct-note" }, t("do.note")), h("textarea", { id: "correct-note", rows: "3", maxlength: "4000" })),
    h("div", { class: "actions" }, h("button", { class: "btn", type: "submit", value: "no" }, t("app.cancel")), h("button", { class: "btn primary", type: "submit", value: "yes" }, t("app.save")))));
  dialog.addEventListener("close", async () => {
    dialog.remove();
    if (dialog.returnValue !== "yes") return;
    const note = $("#correct-note", dialog).value.trim(), outcome = $("#correct-outcome", dialog).value;
    const refusal = await send("POST", callPath("outcome", past.call), { outcome, ...(note && { note }) }, null, true);
    if (!refusal) amended(past.call, outcome, outcomes);
  });
  document.body.append(dialog);
  dialog.showModal();
}

/** The server has it: the list of today says so too. */
function amended(id, outcome, outcomes) {
  const title = outcomes.find((one) => one.id === outcome)?.title;
  desk.calls = desk.calls.map((past) => (past.call === id ? { ...past, outcome, title } : past));
  draw();
}

/** A wrap-up that the server's restart cut off: its words are here, the outcome is the agent's to say. */
function drawUnfinished() {
  const open = drafts().filter(([, kept]) => kept.unfinished && kept.outcomes);
  put($("#unfinished"), [lang(), open.map(([id]) => id)], () => open.map(([id, kept]) => {
    const saveIt = async (outcome) => {
      const note = (draft(id)?.note ?? "").trim();
      forget(id);
      draw();
      const refusal = await send("POST", callPath("outcome", id), { outcome, ...(note && { note }) }, `outcome ${id}`, true);
      if (!refusal) amended(id, outcome, kept.outcomes);
    };
    return h("section", { class: "card", "data-unfinished": id },
      h("header", {}, h("h2", {}, t("outcome.unfinished")), h("span", {}, kept.name)),
      h("div", { class: "body col" }, h("p", {}, t("outcome.unfinished.more")),
        h("div", { class: "field" }, h("label", { for: `note-${id}` }, t("do.note")),
          h("textarea", { id: `note-${id}`, rows: "3", "data-k": `note-${id}`, oninput: (event) => keep(id, { note: event.target.value }), value: kept.note ?? "" })),
        h("div", { class: "outcomes" }, kept.outcomes.map((one) => h("button", { class: "btn", type: "button", "data-outcome": one.id, onclick: () => saveIt(one.id) }, own(one.title))))));
  }));
}

// ── each quarter of a second: clocks only ──

function tick() {
  const { view } = desk;
  if (!view) return;
  setText($("#timer"), view.session ? clock(now() - view.since / 1000) : "");
  const inhand = call();
  if (!inhand) return;
  if (desk.pop) setText($("#there"), new Intl.DateTimeFormat(lang(), { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: desk.pop.zone || undefined }).format(now()));
  const left = inhand.wrap_until ? inhand.wrap_until / 1000 - now() : 0;
  setText($("#left"), clock(left + 999));
  const bar = $("#left-bar");
  if (bar) bar.value = Math.max(0, Math.min(1, left / (1000 * Math.max(1, desk.pop?.wrap_seconds_max ?? 30))));
  if (inhand.closes_at && $("#closes")) {
    const name = desk.pop?.outcomes.find((one) => one.id === inhand.outcome)?.title;
    setText($("#closes"), t("outcome.closes", { name: own(name) || inhand.outcome, n: Math.max(0, Math.ceil((inhand.closes_at / 1000 - now()) / 1000)) }));
  }
}

// ── keys ──

function keyed(event) {
  const within = event.target.closest?.("input, textarea, select, dialog, [contenteditable]");
  if (event.key === "Escape" && within && !within.matches("dialog")) { within.blur(); return; }
  if (!shell.keys || within || event.ctrlKey || event.metaKey || event.altKey || event.repeat || !desk.view) return;
  const press = (button) => { if (button && !button.disabled) { event.preventDefault(); button.click(); } };
  if (event.key === "Enter") {
    if (event.target.closest?.("button, a, summary")) return;
    press($("#strip .primary") ?? $("#wait .primary"));
    return;
  }
  const name = event.code.startsWith("Digit") ? event.code.slice(5) : event.code.startsWith("Key") ? event.code.slice(3) : event.code.startsWith("Numpad") ? event.code.slice(6) : null;
  if (!name) return;
  if (name === "N" && $("#note")) { event.preventDefault(); $("#note").focus(); return; }
  press($(`#main [aria-keyshortcuts="${name}"]:not(textarea)`));
}

function keysHelp() {
  const row = (key) => h("li", {}, t(key));
  const dialog = h("dialog", { "aria-labelledby": "keys-title" },
    h("h2", { id: "keys-title" }, t("keys.title")),
    h("label", { class: "check" }, h("input", { type: "checkbox", id: "keys-on", checked: shell.keys, onchange: (event) => setKeys(event.target.checked) }), t("keys.on")),
    h("ul", { class: "col" }, ["keys.row1", "keys.row2", "keys.row3", "keys.row4", "keys.enter", "keys.typing"].map(row)),
    h("div", { class: "actions" }, h("button", { class: "btn primary", type: "button", onclick: () => dialog.close() }, t("app.close"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

// ── begin ──

function begin(session) {
  const main = $("#main");
  if (!session.agent) {
    main.shownKey = null;
    shell.redraw = () => put(main, ["not", lang()], () => h("div", { class: "wait" }, h("p", {}, t("login.agents", { name: session.name, role: session.role })),
      h("a", { class: "btn primary", href: "/floor" }, t("login.to_floor"))));
    shell.redraw();
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
