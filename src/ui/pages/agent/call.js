// The call in hand: who the customer is and why the phone rang, what was before, the flow's step with its form.

import { $, h, kbd, put } from "../dom.js";
import { dayTime, lang, langOf, own, t } from "../words.js";
import { call, choose, desk, draft, keep, state } from "./desk.js";

const OBJECTION_KEYS = [..."QWERTYUIOP"];

const objectionId = (choice) => (choice.id.startsWith("objection:") ? choice.id : `objection:${choice.id}`);

/** `pop`: of the call in hand, or of the lead that is shown before it. */
export function drawWho(pop, speaks) {
  const key = [lang(), pop, speaks];
  put($("#who"), key, () => [
    h("header", {}, h("h2", {}, t("who.title")), h("span", { class: "tag plain" }, own(pop?.campaign ?? ""))),
    h("div", { class: "body col" }, !pop ? h("p", { class: "quiet" }, t("who.loading")) : [
      h("div", {}, h("p", { class: "name" }, pop.name || t("who.nameless")),
        h("p", { class: "clock" }, h("b", { id: "there" }), h("span", { class: "quiet small" }, t("who.there"), pop.zone && ` · ${pop.zone}`))),
      h("div", {}, h("h2", {}, t("who.why")), h("p", {}, why(pop))),
      h("dl", { class: "facts" },
        [[t("who.phone"), h("span", { class: "num" }, pop.phone ?? "–")], speaks && [t("who.lang"), t(`lang.${speaks}`)], ...Object.entries(pop.fields)]
          .filter(Boolean).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    ]),
  ]);
}

function why(pop) {
  if (pop.callback_at) return t("who.promised", { time: dayTime(pop.callback_at, pop.zone) });
  return pop.attempt > 1 ? t("who.again", { n: pop.attempt }) : t("who.first");
}

export function drawPast(history) {
  put($("#past"), [lang(), history], () => [
    h("header", {}, h("h2", {}, t("who.history"))),
    h("div", { class: "body" }, history?.length
      ? h("ol", { class: "history" }, history.map((past) => h("li", {},
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

export function outcomeWord(past) {
  if (past.title) return own(past.title);
  const cause = typeof past.cause === "string" ? past.cause : Object.keys(past.cause ?? {})[0];
  const words = CAUSES[cause];
  return words ? words[["en", "zh-Hans", "zh-Hant"].indexOf(lang())] : t("outcome.none");
}

export function drawStep() {
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
