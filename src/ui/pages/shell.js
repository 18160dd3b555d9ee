// What both pages share: the bar with language, colours, keys and the way out, the login, the notice of a lost line.

import { $, announce, h, put } from "./dom.js";
import { load, logIn, logOut, save, whoAmI } from "./net.js";
import { lang, own, setLang, t } from "./words.js";

const LANGS = [["en", "English"], ["zh-Hans", "简体中文"], ["zh-Hant", "繁體中文"]];

export const shell = {
  page: "", session: null, online: true, display: null, begin: null, redraw: () => {}, keys: load("outpace.keys", true), tools: () => null,
};

const dark = () => document.documentElement.dataset.theme === "dark";

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  try { localStorage.setItem("outpace.theme", name); } catch { /* this page only */ }
  drawBar();
  shell.redraw();
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (change) => {
  if (!load("outpace.theme", null) && !localStorage.getItem("outpace.theme")) {
    document.documentElement.dataset.theme = change.matches ? "dark" : "light";
    drawBar();
    shell.redraw();
  }
});

export function drawBar() {
  document.title = `${t(`app.${shell.page}`)} – Outpace`;
  $(".skip").textContent = t("app.skip");
  document.body.classList.toggle("no-keys", !shell.keys);
  const { session } = shell;
  put($("#bar-tools"), [lang(), dark(), session?.name, shell.display, shell.page], () => [
    session && h("span", { class: "quiet" }, shell.display ?? session.name),
    h("label", { class: "sr-only", for: "lang" }, t("app.language")),
    h("select", { id: "lang", "data-k": "lang", onchange: (event) => { setLang(event.target.value); drawBar(); drawLine(); shell.redraw(); } },
      LANGS.map(([tag, name]) => h("option", { value: tag, lang: tag, selected: tag === lang() }, name))),
    h("button", { class: "btn ghost", type: "button", "data-k": "theme", "aria-pressed": String(dark()), onclick: () => setTheme(dark() ? "light" : "dark") }, t("app.dark")),
    session && shell.tools(),
    session && h("button", { class: "btn ghost", type: "button", "data-k": "logout", onclick: leave }, t("app.logout")),
  ]);
  put($("#where"), [shell.page, lang()], () => t(`app.${shell.page}`));
  drawLine();
}

async function leave() {
  await logOut();
  location.reload();
}

/** The line to the server. A short break is not worth a word. */
let lost = null;
export function line(online) {
  if (online === shell.online) return;
  shell.online = online;
  clearTimeout(lost);
  if (online) {
    drawLine();
  } else {
    lost = setTimeout(() => { drawLine(); announce(t("app.offline")); }, 1500);
  }
}

export function drawLine() {
  const words = t(shell.page === "agent" ? "app.offline.kept" : "app.offline.floor");
  put($("#line"), [shell.online, words], () => (shell.online ? null : h("div", { class: "notice bad" }, words)));
}

/** Something was refused: said where it is read, until it is dismissed or the next success. */
export function trouble(text) {
  put($("#trouble"), [text, lang()], () => text && h("div", { class: "notice bad" }, h("span", {}, text),
    h("button", { class: "btn", type: "button", onclick: () => trouble("") }, t("app.dismiss"))));
}

export function setKeys(on) {
  shell.keys = on;
  save("outpace.keys", on);
  drawBar();
}

/** Shows the login until somebody is in, then begins. */
export async function enter() {
  drawBar();
  let session = null;
  try {
    session = await whoAmI();
  } catch {
    // The server is away: try again while the page says so.
    line(false);
    setTimeout(enter, 1500);
    return;
  }
  line(true);
  if (session) begin(session);
  else login();
}

function begin(session) {
  shell.session = session;
  // A choice made in this browser wins, then the person's own, then the browser's.
  if (!localStorage.getItem("outpace.lang") && session.lang) document.documentElement.lang = session.lang;
  drawBar();
  shell.begin(session);
}

export function login() {
  shell.session = null;
  shell.redraw = login;
  drawBar();
  const main = $("#main");
  const kept = { name: $("#name")?.value ?? "", password: $("#password")?.value ?? "" };
  put(main, ["login", lang()], () => h("div", { class: "login" }, h("form", { class: "card", novalidate: true, onsubmit: submit },
    h("h1", {}, t("login.title")),
    h("div", { class: "field" }, h("label", { for: "name" }, t("login.name")),
      h("input", { id: "name", name: "name", "data-k": "name", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true, value: kept.name })),
    h("div", { class: "field" }, h("label", { for: "password" }, t("login.password")),
      h("input", { id: "password", name: "password", "data-k": "password", type: "password", autocomplete: "current-password", required: true, value: kept.password })),
    h("p", { class: "error", id: "login-error", role: "alert" }),
    h("button", { class: "btn primary large", type: "submit", "data-k": "go" }, t("login.go")))));
  if (!main.contains(document.activeElement)) $("#name").focus();
}

async function submit(event) {
  event.preventDefault();
  const say = (text) => { $("#login-error").textContent = text; };
  const name = $("#name").value.trim(), password = $("#password").value;
  if (!name || !password) {
    say(t("login.empty"));
    (name ? $("#password") : $("#name")).focus();
    return;
  }
  say("");
  try {
    const session = await logIn(name, password);
    $("#main").shownKey = null;
    begin(session);
  } catch (refused) {
    say(refused.status ? refused.message : t("login.failed"));
    $("#password").focus();
  }
}

export const nameOf = (names) => own(names);
