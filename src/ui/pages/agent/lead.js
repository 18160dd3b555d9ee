// Modes preview and manual: who is about to be called, until when that can be looked at, and the wait for the answer.
// Dial and skip stand in the strip, where every state has what can be done in it.

import { $, h, put, setText } from "../dom.js";
import { clock, dayTime, lang, t } from "../words.js";
import { call, desk, now, state } from "./desk.js";

/** Pushed a moment after the view; after a reload while it rings only the call's own is there. */
export const card = () => {
  const { view, ahead, pop } = desk;
  const shown = view?.preview?.lead ?? call()?.lead;
  return (ahead && (!shown || ahead.lead === shown)) ? ahead : pop;
};

export function drawLead() {
  const calling = state() === "manual_dial", lead = card(), { view } = desk;
  const preview = view.preview;
  put($("#lead"), [lang(), calling, lead?.lead, lead?.on_timeout, preview], () => [
    h("header", {}, h("h2", {}, t(calling ? "lead.calling" : "lead.title"))),
    h("div", { class: "body col" },
      calling && h("p", {}, t("lead.calling.more")),
      !calling && !preview?.until && h("p", {}, t("lead.no_limit")),
      !calling && preview?.until && h("div", { class: "count" },
        h("div", { class: "row" }, h("span", { class: "quiet small" }, t(lead?.on_timeout === "skip" ? "lead.skip" : "lead.dial"), " ", h("b", { id: "lead-left", class: "num" }))),
        h("progress", { id: "lead-bar", max: "1", value: 1, "aria-hidden": "true" })),
      preview && h("dl", { class: "facts" }, [
        [t("lead.attempt"), String(preview.attempt)],
        preview.callback && [t("lead.callback"), dayTime(preview.callback / 1000, lead?.zone)],
        [t("lead.there"), preview.local_time],
      ].filter(Boolean).map(([name, value]) => [h("dt", {}, name), h("dd", { class: "num" }, value)]))),
  ]);
}

/** Each quarter of a second. */
export function tickLead() {
  const until = desk.view?.preview?.until;
  if (!until) return;
  const left = Math.max(0, until / 1000 - now());
  setText($("#lead-left"), clock(left + 999));
  const bar = $("#lead-bar");
  if (bar) bar.value = Math.min(1, left / (1000 * Math.max(1, card()?.seconds || 30)));
}
