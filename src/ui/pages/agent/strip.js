// The strip at the top of the desk: the state with its timer, what can be done in it, the numbers of the day; and the keys,
// which press what the page shows and nothing else.

import { $, h, kbd, put } from "../dom.js";
import { setKeys, shell } from "../shell.js";
import { figure, lang, own, pauseWord, t } from "../words.js";
import { asking, before, call, desk, dial, done, endShift, hangUp, hold, inHand, nextLead, pauseFor, ready, skip, state, togglePausing } from "./desk.js";

export function drawStrip() {
  const strip = $("#strip");
  const { view } = desk;
  strip.dataset.state = state();
  const key = [lang(), state(), view?.reason, view?.next, view?.device, desk.pausing, desk.numbers, call()?.call, desk.pop?.campaign, call()?.customer_on_line, Boolean(view?.session), view?.preview?.may_skip, desk.ahead?.lead, askingManually().map((one) => one.id)];
  put(strip, key, () => [
    h("div", {},
      h("h1", { class: "now" }, h("span", { class: "word" }, t(`state.${state()}`)), h("span", { class: "timer", id: "timer", role: "timer", "aria-live": "off" })),
      h("p", { class: "detail" }, detail())),
    h("div", {}, h("div", { class: "acts" }, actions()), desk.pausing && pauses()),
    h("dl", { class: "numbers", "aria-label": t("mine.numbers") },
      desk.numbers.map((kpi) => h("div", {}, h("dt", {}, own(kpi.names)), h("dd", {}, figure(kpi))))),
  ]);
}

const askingManually = () => asking().filter((one) => one.mode === "manual" && one.running);

const reasonWord = (reason) => pauseWord(reason, desk.hello.pauses);

function detail() {
  const { view } = desk;
  const next = view?.next === "logout" ? t("shift.end.after") : view?.next?.pause ? `${t("do.pause.after")}: ${reasonWord(view.next.pause)}` : "";
  if (state() === "off") return t(view?.device ? "shift.phone.yes" : "shift.phone.no");
  if (state() === "pause") return reasonWord(view.reason ?? "pause");
  if (inHand() && !call()?.customer_on_line) return [t("step.left"), next].filter(Boolean).join(" · ");
  return next || own(desk.pop?.campaign ?? (before() ? desk.ahead?.campaign : null) ?? "") || (view?.device ? t("shift.phone.yes") : "");
}

export function button(label, key, onclick, style = "", more = {}) {
  return h("button", { class: `btn ${style}`, type: "button", "data-k": `${key}${label}`, "aria-keyshortcuts": key || null, onclick, ...more }, key && kbd(key === "Enter" ? "↵" : key), label);
}

function actions() {
  const next = desk.view?.next;
  const pausing = (label) => button(label, "V", togglePausing, "", { "aria-expanded": String(desk.pausing), "aria-controls": "pauses" });
  const later = next?.pause ? button(t("do.pause.undo"), "V", togglePausing) : pausing(t("do.pause.after"));
  switch (state()) {
    case "off": return [];
    case "ready": return [askingManually().map((one, nth, all) => button(all.length > 1 ? `${t("do.next")}: ${own(one.title)}` : t("do.next"), nth ? "" : "Enter", () => nextLead(one.id), nth ? "" : "primary large", { "data-next": one.id })),
      pausing(t("do.pause")), button(t("shift.end"), "", endShift, "ghost")];
    case "pause": return [button(t("do.ready"), "Enter", ready, "primary large"), pausing(t("do.pause")), button(t("shift.end"), "", endShift, "ghost")];
    case "preview": return [button(t("do.dial"), "Enter", dial, "primary large", { "data-act": "dial" }), desk.view.preview?.may_skip && button(t("do.skip"), "M", skip, "", { "data-act": "skip" }),
      pausing(t("do.pause")), button(t("shift.end"), "", endShift, "ghost")];
    case "manual_dial": return [later, button(t("shift.end"), "", endShift, "ghost")];
    case "talk":
    case "hold": return [button(t("do.hangup"), "X", hangUp, "danger"), button(t(state() === "hold" ? "do.unhold" : "do.hold"), "C", hold), later];
    case "wrap": return [button(t("do.done"), "Enter", done, "primary"), later];
    default: return [button(t("shift.end"), "", endShift, "ghost")];
  }
}

function pauses() {
  return h("div", { id: "pauses", class: "pauses", role: "group", "aria-label": t("pause.choose") },
    desk.hello.pauses.map(({ id, title }) => h("button", { class: "btn", type: "button", "data-k": `pause-${id}`, onclick: () => pauseFor(id) }, own(title))));
}

// ── keys ──

export function keyed(event) {
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

export function keysHelp() {
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
