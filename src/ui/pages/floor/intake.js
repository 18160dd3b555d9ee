// What comes into the house from the floor: another campaign's folder, and lists with what became of each row. It refuses
// to judge either: the server does, and its reasons are shown where they were asked for.

import { $, h } from "../dom.js";
import { ask } from "../net.js";
import { count, own, t } from "../words.js";

/** `done`: with the campaign as the server has it now. */
export function takeNew(done) {
  const input = h("input", { id: "take", class: "input", autocapitalize: "none", spellcheck: "false", required: true });
  const problem = h("p", { id: "take-error", class: "error", role: "alert" });
  const submit = async () => {
    problem.textContent = "";
    try {
      done(await ask("POST", "/v1/campaigns", { name: input.value.trim() }));
      dialog.close();
    } catch (refused) {
      problem.textContent = said(refused);
      input.focus();
    }
  };
  const dialog = question("take-title", t("floor.take"), t("floor.take"), submit,
    h("label", { for: "take" }, t("floor.take.name")), input, h("p", { class: "quiet small" }, t("floor.none.more")), problem);
}

/** A list for one campaign. */
export function upload(campaign) {
  const input = h("input", { id: "list-file", class: "input", type: "file", accept: ".csv,.txt,.tsv,text/csv", required: true });
  const report = h("div", { id: "report", class: "col", role: "status" });
  const submit = async () => {
    const [file] = input.files;
    if (!file) return;
    report.replaceChildren(h("p", {}, t("floor.list.sending", { file: file.name })));
    try {
      report.replaceChildren(...told(await ask("POST", `/v1/campaigns/${campaign.id}/leads:import`, file)));
    } catch (refused) {
      report.replaceChildren(h("p", { class: "error" }, said(refused)));
    }
  };
  question("list-title", `${t("floor.list.upload")}: ${own(campaign.title)}`, t("floor.list.import"), submit,
    h("label", { for: "list-file" }, t("floor.list.file")), input, report);
}

const said = (refused) => (refused.status ? refused.message : t("app.offline"));

function told({ rows, accepted, rejected, rejections, rejections_left_out: more }) {
  const row = ({ line, why, value }) => h("tr", {}, h("td", { class: "num" }, String(line)), h("td", {}, why), h("td", { class: "num" }, value));
  return [
    h("p", {}, t("floor.list.report", { rows: count(rows), accepted: count(accepted), rejected: count(rejected) })),
    rejections.length > 0 && h("div", { class: "scroll report", tabindex: "0", role: "region", "aria-label": t("floor.list.rejected") }, h("table", {},
      h("thead", {}, h("tr", {}, ["line", "why", "value"].map((name) => h("th", { scope: "col" }, t(`floor.list.${name}`))))),
      h("tbody", {}, rejections.map(row)))),
    more > 0 && h("p", { class: "quiet small" }, t("floor.list.more", { n: count(more) })),
  ].filter(Boolean);
}

/** Fields to fill in, sent as often as it is asked for, gone once it is closed. */
function question(id, title, yes, submit, ...fields) {
  const send = h("button", { class: "btn primary", type: "submit" }, yes);
  const once = async (event) => {
    event.preventDefault();
    send.disabled = true;
    await submit();
    send.disabled = false;
  };
  const dialog = h("dialog", { "aria-labelledby": id }, h("h2", { id }, title), h("form", { class: "field col", onsubmit: once }, fields,
    h("div", { class: "actions" }, h("button", { class: "btn", type: "button", onclick: () => dialog.close() }, t("app.close")), send)));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  $("input", dialog).focus();
  return dialog;
}
