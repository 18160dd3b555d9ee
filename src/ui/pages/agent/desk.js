// What an agent's desk holds and does: the pushed picture, the words not yet sent, and what the agent asks of the server.
// What is written is kept in this browser until the server has it. It refuses to know how that is drawn.

import { $ } from "../dom.js";
import { ask, load, save } from "../net.js";
import { shell, trouble } from "../shell.js";
import { own, t } from "../words.js";

export const desk = {
  hello: null, view: null, pop: null, ahead: null, calls: [], numbers: [], skew: 0,
  /** The choice that was sent and not yet answered by a new step: "call turn choice". */
  sent: null,
  /** Why the form was refused. */
  formError: "", pausing: false, callbackOpen: false, outbox: null, restarted: false,
};

export const now = () => Date.now() + desk.skew;
export const call = () => desk.view?.call ?? null;
export const state = () => desk.view?.state ?? "off";
/** Manual and preview: a lead is looked at, or its number is being called. */
export const before = () => ["preview", "manual_dial"].includes(state());
export const inHand = () => ["talk", "hold", "wrap", "reserved"].includes(state()) || (state() === "no_device" && call());

// ── what is written, kept here ──

export const draftKey = (id) => `outpace.draft.${id}`;
export const draft = (id) => load(draftKey(id), null);

export function keep(id, change) {
  const kept = { note: "", sent: "", fields: {}, at: Date.now(), ...draft(id), ...change };
  save(draftKey(id), kept);
  return kept;
}

export const forget = (id) => localStorage.removeItem(draftKey(id));

export function drafts() {
  const prefix = draftKey("");
  return Object.keys(localStorage).filter((key) => key.startsWith(prefix)).map((key) => [key.slice(prefix.length), load(key, {})]);
}

/** The call is closed on the server. What it has not had goes after it; what it never closed is asked of the agent. */
export function settle(id) {
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
export const send = (method, path, body, what, once) => desk.outbox.put(method, path, body, what, once);

/** At once or not at all: what makes no sense a minute later. */
async function now_or_never(method, path, body) {
  try {
    await ask(method, path, body);
    trouble("");
  } catch (refused) {
    // A second key press, or the clock was quicker: what became of the lead is on the screen.
    if (refused.code === "preview.nothing_shown") return;
    trouble(refused.status ? refused.message : t("app.offline"));
  }
}

export function refused(refusal, item) {
  // A click on a step that another tab has answered already is no trouble: the truth is on the screen.
  if (["call.step_passed", "call.no_step"].includes(refusal.code)) { desk.sent = null; shell.redraw(); return; }
  if (item.what?.startsWith("choice")) {
    desk.sent = null;
    const empty = call()?.step?.fields.find((one) => one.required && !$(`#field-${CSS.escape(one.name)}`)?.value);
    desk.formError = refusal.code === "script.field_required" && empty ? t("step.fill", { field: own(empty.label) }) : refusal.message;
    shell.redraw();
    $(empty ? `#field-${CSS.escape(empty.name)}` : "#form input")?.focus();
    return;
  }
  if (refusal.status === 404 && item.what) return;
  trouble(refusal.message);
}

const agentPath = (what) => `/v1/agents/${desk.hello.agent}/${what}`;
export const callPath = (what, id = call().call) => `/v1/calls/${id}/${what}`;

export function choose(id) {
  const { call: inhand, turn, step } = call();
  const mark = `${inhand} ${turn} ${id}`;
  if (desk.sent?.startsWith(`${inhand} ${turn} `)) return;
  desk.sent = mark;
  desk.formError = "";
  const typed = draft(inhand)?.fields?.[step.name] ?? {};
  const fields = Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== ""));
  send("POST", callPath("choice"), { turn, choice: id, fields }, `choice ${inhand} ${turn}`);
  shell.redraw();
}

export function mark(id, callbackLocal) {
  const note = draft(call().call)?.note || undefined;
  const body = { outcome: id, close: false, ...(note && { note }), ...(callbackLocal && { callback_local: callbackLocal }) };
  desk.callbackOpen = false;
  send("POST", callPath("outcome"), body, `outcome ${call().call}`).then((refusal) => refusal && shell.redraw());
}

export function pick(outcome) {
  if (outcome.then === "callback" && !call().callback_at) {
    desk.callbackOpen = true;
    shell.redraw();
    $("#callback")?.focus();
  } else {
    mark(outcome.id);
  }
}

export const takeBack = () => send("POST", callPath("outcome"), { outcome: null, close: false }, `outcome ${call().call}`);

export function done() {
  const { call: id, outcome } = call();
  const note = draft(id)?.note ?? "";
  send("POST", callPath("outcome"), { outcome, ...(note.trim() && { note }) }, `outcome ${id}`, true);
  keep(id, { sent: note });
}

export const hangUp = () => now_or_never("POST", callPath("hangup"));
export const hold = () => now_or_never("POST", callPath("hold"), { on: state() !== "hold" });
export const extend = () => now_or_never("POST", callPath("extend"));
export const ready = () => now_or_never("POST", agentPath("ready"), {});
export const nextLead = (campaign) => now_or_never("POST", agentPath("preview"), { campaign });
export const dial = () => now_or_never("POST", agentPath("dial"));
export const skip = () => now_or_never("POST", agentPath("skip"));

/** Of those worked for in this shift, where agents ask for each call. */
export const asking = () => desk.hello.campaigns.filter((one) => ["manual", "preview"].includes(one.mode) && desk.view?.campaigns?.includes(one.id));
const keepWorking = () => now_or_never("POST", agentPath("ready"), { after_call: true });

export function pauseFor(reason) {
  desk.pausing = false;
  shell.redraw();
  return now_or_never("POST", agentPath("pause"), { reason, after_call: true });
}

export function togglePausing() {
  if (desk.view?.next?.pause) { keepWorking(); return; }
  desk.pausing = !desk.pausing;
  shell.redraw();
  if (desk.pausing) $("#pauses .btn")?.focus();
}

export function startShift(campaigns) {
  save("outpace.shift", { agent: desk.hello.agent, campaigns, boot: desk.hello.boot });
  return now_or_never("POST", agentPath("login"), { campaigns });
}

export async function endShift() {
  localStorage.removeItem("outpace.shift");
  await now_or_never("POST", agentPath("logout"));
}
