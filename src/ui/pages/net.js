// The way to the server: requests with the session's token, a stream that comes back by itself, and an outbox that
// keeps clicks and words while there is no network. What would count twice carries a key of its own; clicks carry the
// turn of their step, which does the same and costs the server nothing.

let csrf = null;

/** What the server said instead of yes. `status` 0: it said nothing. */
export class Refused extends Error {
  constructor(status, problem = {}) {
    super(problem.detail ?? `HTTP ${status}`);
    this.status = status;
    this.code = problem.code ?? "";
    this.field = problem.field ?? null;
  }
}

/** `body`: JSON, or a file as it is. A list may take its time. */
export async function ask(method, path, body, key) {
  const file = body instanceof Blob;
  const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang };
  if (csrf && method !== "GET") headers["X-CSRF-Token"] = csrf;
  if (body !== undefined) headers["Content-Type"] = file ? "text/csv" : "application/json";
  if (key) headers["Idempotency-Key"] = key;
  let response;
  try {
    response = await fetch(path, {
      method, headers, credentials: "same-origin", cache: "no-store",
      body: body === undefined || file ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(file ? 600_000 : 20_000),
    });
  } catch {
    throw new Refused(0);
  }
  const text = await response.text().catch(() => "");
  let answer = null;
  try { answer = text ? JSON.parse(text) : null; } catch { /* no JSON: the status says enough */ }
  if (!response.ok) throw new Refused(response.status, answer ?? {});
  return answer;
}

// ── who is logged in ──

export async function whoAmI() {
  try {
    return remember(await ask("GET", "/v1/session"));
  } catch (refused) {
    if (refused.status === 0 || refused.status >= 500) throw refused;
    return null;
  }
}

export const logIn = async (name, password) => remember(await ask("POST", "/v1/session", { name, password }));

export async function logOut() {
  await ask("DELETE", "/v1/session").catch(() => {});
  csrf = null;
}

function remember(session) {
  csrf = session.csrf;
  return session;
}

// ── pushed ──

/** Silent for longer than the server's own heartbeat: the line is dead though nobody said so. */
const SILENT_MS = 25_000;

/**
 * Follows a stream of server-sent events and never gives up. `on`: { event: handler }, `line(true|false)`.
 * Gives `stop`, and `again` for when the line is in doubt.
 */
export function follow(path, on, line, unauthorized) {
  let stopped = false, wait = 500, abort = null, wake = null;
  const pause = (ms) => new Promise((resolve) => { wake = resolve; setTimeout(resolve, ms); });
  const run = async () => {
    while (!stopped) {
      abort = new AbortController();
      try {
        const response = await fetch(path, { credentials: "same-origin", cache: "no-store", headers: { Accept: "text/event-stream" }, signal: abort.signal });
        if (response.status === 401) { unauthorized(); return; }
        if (!response.ok) throw new Refused(response.status);
        wait = 500;
        await read(response.body, on, () => line(true), abort);
      } catch { /* below */ }
      if (stopped) return;
      line(false);
      await pause(wait * (0.75 + Math.random() / 2));
      wait = Math.min(wait * 1.6, 4_000);
    }
  };
  addEventListener("online", () => { wait = 200; wake?.(); });
  addEventListener("offline", () => abort?.abort());
  // A page that is put away listens no more, though the browser may keep it for the way back.
  addEventListener("pagehide", () => { stopped = true; abort?.abort(); });
  addEventListener("pageshow", (shown) => { if (shown.persisted) { stopped = false; run(); } });
  run();
  return { stop: () => { stopped = true; abort?.abort(); }, again: () => abort?.abort() };
}

async function read(body, on, alive, abort) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", watchdog;
  const feed = () => { clearTimeout(watchdog); watchdog = setTimeout(() => abort.abort(), SILENT_MS); };
  feed();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      feed();
      rest += value;
      const events = rest.split("\n\n");
      rest = events.pop();
      for (const event of events) {
        let name = "message", data = "";
        for (const field of event.split("\n")) {
          if (field.startsWith("event:")) name = field.slice(6).trim();
          else if (field.startsWith("data:")) data += field.slice(5).trimStart();
        }
        alive();
        if (data && on[name]) on[name](JSON.parse(data));
      }
    }
  } finally {
    clearTimeout(watchdog);
  }
}

// ── the outbox ──

const AGAIN_MS = [500, 1000, 2000, 4000];

export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Keeps what was asked until the server has answered, over reloads too. In order, one at a time. */
export class Outbox {
  /** `refused(refusal, item)`: it will not be. `lost()`: nothing came back. */
  constructor(name, refused, lost) {
    const tab = (sessionStorage["outpace.tab"] ??= newKey());
    this.prefix = `outpace.out.${name}.`;
    this.store = this.prefix + tab;
    this.refused = refused;
    this.lost = lost;
    this.items = load(this.store, []);
    this.adopt();
    this.busy = false;
    this.tries = 0;
    this.send();
  }

  /** What a closed tab left behind for some minutes is sent by whoever comes next. */
  adopt() {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(this.prefix) || key === this.store) continue;
      const items = load(key, []);
      if (items.some((item) => Date.now() - item.at < 60_000)) continue;
      this.items.unshift(...items);
      localStorage.removeItem(key);
    }
    this.keep();
  }

  get waiting() { return this.items.length; }

  /** `what`: the newest of a kind replaces those that wait (a note, an outcome). `once`: a second one would count. */
  put(method, path, body, what = null, once = false) {
    // The one that is under way may have arrived already.
    this.items = this.items.filter((item, nth) => !what || item.what !== what || (nth === 0 && this.busy));
    const item = { key: once ? newKey() : null, method, path, body, what, at: Date.now() };
    const done = new Promise((resolve) => { item.done = resolve; });
    this.items.push(item);
    this.keep();
    this.send();
    return done;
  }

  keep() {
    if (this.items.length) save(this.store, this.items.map(({ done, ...item }) => item));
    else localStorage.removeItem(this.store);
  }

  /** The line is back: no need to wait longer. */
  hurry() {
    this.tries = 0;
    clearTimeout(this.timer);
    this.send();
  }

  async send() {
    if (this.busy || !this.items.length) return;
    this.busy = true;
    const item = this.items[0];
    let over = true, refusal = null;
    try {
      await ask(item.method, item.path, item.body, item.key);
    } catch (refused) {
      refusal = refused;
      // The server died with it under way: whatever it did, the same words again do no harm.
      if (refused.code === "api.idempotency_lost") item.key = newKey();
      over = !(refused.code?.startsWith("api.idempotency_") || refused.status === 0 || refused.status === 401 || refused.status === 408 || refused.status === 429 || refused.status >= 500);
    }
    this.busy = false;
    if (over) {
      this.tries = 0;
      this.items = this.items.filter((other) => other !== item);
      this.keep();
      if (refusal) this.refused(refusal, item);
      item.done?.(refusal);
      this.send();
    } else {
      if (refusal.status === 0 && this.tries === 0) this.lost();
      this.timer = setTimeout(() => this.send(), AGAIN_MS[Math.min(this.tries++, AGAIN_MS.length - 1)]);
    }
  }
}

export function load(key, otherwise) {
  try { return JSON.parse(localStorage.getItem(key)) ?? otherwise; } catch { return otherwise; }
}

export function save(key, value) {
  try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* full: it lives in this page only */ }
}
