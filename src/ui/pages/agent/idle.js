// The desk without a call: the shift begins, what is waited for, the own calls of the day and their corrections, and the
// wrap-ups that a restart of the server cut off.

import { $, h, kbd, put } from "../dom.js";
import { load, save } from "../net.js";
import { shell, trouble } from "../shell.js";
import { clock, hm, lang, own, t } from "../words.js";
import { outcomeWord } from "./call.js";
import { asking, callPath, desk, draft, drafts, forget, keep, send, startShift, state } from "./desk.js";

export function drawWait() {
  const { campaigns, name } = desk.hello;
  const asked = state() === "ready" ? asking() : [];
  const open = state() === "off" && campaigns.map((one) => [one.id, one.title]);
  const key = [lang(), state(), desk.view?.reason, desk.view?.device, open, name, asked, desk.view?.notice];
  put($("#wait"), key, () => {
    if (state() === "off") return shiftForm();
    const word = waitWord(asked);
    return h("div", { class: "wait" }, h("p", { class: "big" }, t(`wait.${word}`)), h("p", {}, t(`wait.${word}.more`, { name })),
      desk.view?.notice_text && state() === "ready" && h("p", { id: "notice", class: "notice", role: "status" }, own(desk.view.notice_text)),
      asked.map((one) => h("p", { class: "quiet small", "data-why": one.id },
        asked.length > 1 && `${own(one.title)}: `, one.running ? own(one.why) : t("wait.closed"))));
  });
}

/** One who also works where the dialer dials by itself waits for a customer: leads come between. */
function waitWord(asked) {
  if (state() !== "ready") return state() === "no_device" ? "no_device" : "pause";
  const only = (mode) => asked.length === desk.view.campaigns?.length && asked.every((one) => one.mode === mode);
  return asked.length && only("manual") ? "manual" : asked.length && only("preview") ? "preview" : "ready";
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

export function drawMine() {
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
  shell.redraw();
}

/** A wrap-up that the server's restart cut off: its words are here, the outcome is the agent's to say. */
export function drawUnfinished() {
  const open = drafts().filter(([, kept]) => kept.unfinished && kept.outcomes);
  put($("#unfinished"), [lang(), open.map(([id]) => id)], () => open.map(([id, kept]) => {
    const saveIt = async (outcome) => {
      const note = (draft(id)?.note ?? "").trim();
      forget(id);
      shell.redraw();
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
