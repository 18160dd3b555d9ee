// The customer's phone beside the agent's page: ring, answer, hang up, keys; and what became of what was saved in the
// campaign's folder. For `outpace preview` alone.

import { $, h, put } from "./dom.js";
import { own } from "./words.js";

const WORDS = {
  title: ["The customer's phone", "客户的电话", "客戶的電話"],
  idle: ["Silent. Sign in on the page and say ready: it will ring.", "未响铃。请在页面签入并示闲，随后会响铃。", "未響鈴。請在頁面簽入並示閒，隨後會響鈴。"],
  ringing: ["It rings.", "正在响铃。", "正在響鈴。"],
  up: ["Talking.", "通话中。", "通話中。"],
  answer: ["Answer", "接听", "接聽"],
  refuse: ["Refuse", "拒接", "拒接"],
  hangup: ["Hang up", "挂断", "掛斷"],
  key: ["Key", "按键", "按鍵"],
  gone: ["The preview has ended: start it again.", "预览已结束，请重新启动。", "預覽已結束，請重新啟動。"],
  waits: ["Saved. It is taken over once this call is closed.", "已保存，本次通话结束后生效。", "已儲存，本次通話結束後生效。"],
  taken: ["Taken over: the next call has it.", "已生效，下一通电话即使用新版本。", "已生效，下一通電話即使用新版本。"],
  problem: ["Something is wrong in the folder", "活动文件夹有错误", "活動資料夾有錯誤"],
};
const LANGS = ["en", "zh-Hans", "zh-Hant"];
const t = (word) => WORDS[word][Math.max(0, LANGS.indexOf(document.documentElement.lang))];

const act = (what) => fetch(`/preview/phone/${encodeURIComponent(what)}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" })
  .then(look).catch(() => {});
const button = (word, what, kind) => h("button", { class: `btn ${kind}`, type: "button", "data-k": what, onclick: () => act(what) }, t(word));

async function look() {
  const shown = await fetch("/preview/phone", { cache: "no-store" }).then((answer) => answer.json()).catch(() => ({ phone: "gone" }));
  const state = shown.phone;
  put($("#phone"), [shown, document.documentElement.lang], () => [
    h("h2", {}, t("title")),
    h("p", { id: "phone-state", "data-state": state }, t(state)),
    state === "ringing" && h("div", { class: "actions" }, button("answer", "answer", "primary"), button("refuse", "hangup", "")),
    state === "up" && h("div", { class: "actions" }, button("hangup", "hangup", "danger")),
    state === "up" && h("div", { class: "keys" }, [..."123456789*0#"].map((key) =>
      h("button", { class: "btn", type: "button", "data-k": `key-${key}`, "aria-label": `${t("key")} ${key}`, onclick: () => act(key) }, key))),
    shown.problem && h("div", { id: "problem", class: "notice bad", role: "alert" }, h("h3", {}, t("problem")), h("pre", { tabindex: "0" }, own(shown.problem))),
    !shown.problem && shown.waits && h("p", { id: "saved", class: "quiet" }, t("waits")),
    !shown.problem && !shown.waits && shown.version > 0 && h("p", { id: "saved", class: "quiet", "data-version": shown.version }, t("taken")),
  ]);
}

look();
setInterval(look, 400);
