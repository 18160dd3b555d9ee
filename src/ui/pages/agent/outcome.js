// How the call ended: the outcome, marked with one key and taken back with another, a callback on the customer's clock,
// and the note, of which every key is kept here and sent as it is written.

import { $, h, kbd, put, setText } from "../dom.js";
import { shell } from "../shell.js";
import { dayTime, lang, own, t } from "../words.js";
import { call, desk, draft, draftKey, extend, keep, mark, now, pick, send, state, takeBack } from "./desk.js";
import { button } from "./strip.js";

const OUTCOME_KEYS = [..."ASDFGHJKL"];

export function drawEnd() {
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
    shell.redraw();
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
