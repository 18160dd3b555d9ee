#!/usr/bin/env python3
"""Figures of the pages in headless Chromium, on loopback: first paint of /agent and /floor, and frames a second of the
floor with 500 agents. It asserts nothing; docs/figures.md holds what it printed, with its date.

    cargo build --release && python3 tests/pages/figures.py target/release/outpace

The server is a real `outpace serve` with a new campaign. For the frames a proxy stands between: what it passes on is the
server's own, but for the floor's feed, where 500 made-up agents are added, of whom 60 change each second."""

import argparse, json, os, pathlib, random, shutil, socket, statistics, subprocess, sys, tempfile, threading, time
import urllib.error, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PASSWORD = "correct horse battery"
STATES = ["ready"] * 3 + ["talk"] * 10 + ["wrap"] * 4 + ["pause", "hold"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait(what, seen, seconds=60):
    end = time.monotonic() + seconds
    while not seen():
        if time.monotonic() > end:
            sys.exit(f"waited {seconds} s for {what}")
        time.sleep(0.05)


def answers(url):
    try:
        return urllib.request.urlopen(url, timeout=5).status == 200
    except (urllib.error.URLError, OSError):
        return False


class Server:
    """`outpace serve` in a scratch folder, with a campaign, a manager, and nobody to call."""

    def __init__(self, binary, scratch):
        self.base = f"http://127.0.0.1:{free_port()}"
        config = scratch / "outpace.toml"
        config.write_text(f'[data]\ndir = "{scratch}/data"\n[api]\nbind = "{self.base[7:]}"\n'
                          f'[sip]\nbind = "127.0.0.1:{free_port()}"\n[log]\nlevel = "warn"\n')
        run = lambda *words, **more: subprocess.run([binary, *words], check=True, capture_output=True, text=True, **more)
        folder = scratch / "data/campaigns/mine"
        folder.parent.mkdir(parents=True)
        run("new", str(folder))
        run("import", "mine", str(folder / "leads.sample.csv"), "--config", str(config))
        run("user", "add", "maria", "--role", "manager", "--password-stdin", "--config", str(config), input=PASSWORD)
        self.process = subprocess.Popen([binary, "serve", "--config", str(config)])
        wait("the server", lambda: answers(self.base + "/readyz"))


class Browser:
    """Headless Chromium by WebDriver (W3C)."""

    def __init__(self, scratch):
        port = free_port()
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL)
        self.base = f"http://127.0.0.1:{port}"
        wait("chromedriver", lambda: answers(self.base + "/status"))
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--window-size=1440,1080",
                     "--disable-background-networking", f"--user-data-dir={scratch}/profile"]
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": arguments}}}}
        self.base += "/session/" + self.post("/session", wanted)["sessionId"]
        self.post("/timeouts", {"script": 120_000})

    def post(self, path, body):
        request = urllib.request.Request(self.base + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=150))["value"]

    def open(self, url):
        self.post("/url", {"url": url})

    def value(self, expression):
        return self.post("/execute/sync", {"script": f"return {expression}", "args": []})

    def later(self, script):
        return self.post("/execute/async", {"script": script, "args": []})

    def until(self, expression):
        wait(expression, lambda: self.value(f"Boolean({expression})") is True)

    def without_cache(self):
        self.post("/goog/cdp/execute", {"cmd": "Network.setCacheDisabled", "params": {"cacheDisabled": True}})

    def log_in(self, base):
        self.open(base + "/floor")
        self.until("document.querySelector('#name')")
        for field, text in [("name", "maria"), ("password", PASSWORD)]:
            self.value(f"(document.querySelector('#{field}').value = {json.dumps(text)})")
        self.value("document.querySelector('[data-k=go]').click()")
        self.until("document.querySelector('#main .floor, #main .wait')")

    def quit(self):
        try:
            urllib.request.urlopen(urllib.request.Request(self.base, method="DELETE"), timeout=20)
        finally:
            self.driver.terminate()
            self.driver.wait(20)


PAINT = """
const done = arguments[arguments.length - 1];
new PerformanceObserver((list) => {
  const first = performance.getEntriesByName('first-contentful-paint')[0].startTime;
  done([first, list.getEntries().at(-1).startTime]);
}).observe({ type: 'largest-contentful-paint', buffered: true });
"""


def paints(browser, url, loads):
    """First and largest contentful paint of fresh loads, in milliseconds since the navigation began."""
    first, largest = [], []
    for _ in range(loads):
        browser.open("about:blank")
        browser.open(url)
        browser.until("document.querySelector('#main').firstElementChild")
        one, all_of_it = browser.later(PAINT)
        first.append(one)
        largest.append(all_of_it)
    return first, largest


def told(what, values):
    print(f"{what}: median {statistics.median(values):.0f} ms, {min(values):.0f} to {max(values):.0f} ms")


class Feed:
    """The server's own first picture, and 500 agents beside it."""

    def __init__(self, agents, changing):
        self.rng = random.Random(1)
        self.changing = changing
        now = int(time.time() * 1000)
        self.rows = {f"{n:016x}": self.row(n, now - self.rng.randrange(600_000)) for n in range(1, agents + 1)}

    def row(self, n, since):
        state = self.rng.choice(STATES)
        row = {"id": f"{n:016x}", "name": f"agent-{n:03}", "state": state, "since": since, "device": True}
        if state == "pause":
            row["reason"] = "break"
        if state in ("talk", "hold"):
            row["step"] = self.rng.choice(["opener", "offer", "order", "price"])
        return row

    def changes(self, campaign, whole):
        now = int(time.time() * 1000)
        if not whole:
            for key in self.rng.sample(sorted(self.rows), self.changing):
                self.rows[key] = self.row(int(key, 16), now)
                self.rows[key]["changed"] = True
        changed = [row for row in self.rows.values() if whole or row.pop("changed", False)]
        shown = dict(campaign, in_flight={stage: self.rng.randrange(200) for stage in campaign["in_flight"]})
        return {"now": now, "agents": changed, "gone": [], "campaigns": [shown], "faults": []}


def proxy(server, feed):
    """Passes everything on but the floor's stream, which begins as the server's own and goes on with the feed."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def pass_on(self):
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length) if length else None
            keep = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection", "accept-encoding")}
            return urllib.request.Request(server + self.path, body, keep, method=self.command)

        def answer(self):
            try:
                answer = urllib.request.urlopen(self.pass_on(), timeout=20)
            except urllib.error.HTTPError as refused:
                answer = refused
            body = answer.read()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in ("transfer-encoding", "connection", "content-length", "date"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = answer

        def do_GET(self):
            if self.path != "/v1/floor/stream":
                return self.answer()
            own = urllib.request.urlopen(self.pass_on(), timeout=60)
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            try:
                self.stream(own)
            except OSError:
                pass  # The page has gone.

        def tell(self, name, data):
            self.wfile.write(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())
            self.wfile.flush()

        def stream(self, own):
            name, seen = None, {}
            for line in own:
                line = line.decode().rstrip("\n")
                if line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    seen[name] = json.loads(line[5:])
                if {"hello", "floor", "course"} <= seen.keys() and seen["floor"]["campaigns"]:
                    break
            if not {"hello", "floor", "course"} <= seen.keys() or not seen["floor"]["campaigns"]:
                return  # The server has ended.
            campaign, course = seen["floor"]["campaigns"][0], seen["course"]
            self.tell("hello", seen["hello"])
            self.tell("floor", feed.changes(campaign, True))
            for second in range(10_000):
                if second % 5 == 0:
                    now = int(time.time() * 1000)
                    points = [[now - (24 - n) * 300_000, feed.rng.random() / 10] for n in range(24)]
                    self.tell("course", dict(course, courses={kpi: points for kpi in course["courses"]}))
                time.sleep(1)
                self.tell("floor", feed.changes(campaign, False))

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{httpd.server_address[1]}"


FRAMES = """
const [seconds, done] = [SECONDS, arguments[arguments.length - 1]];
const long = [];
new PerformanceObserver((list) => long.push(...list.getEntries().map((task) => task.duration))).observe({ type: 'longtask' });
const at = [];
const frame = (now) => {
  at.push(now);
  if (now - at[0] < seconds * 1000) requestAnimationFrame(frame);
  else done({ at, long });
};
requestAnimationFrame(frame);
"""


def frames(browser, base, agents, seconds):
    # A cookie does not know of ports: the login at the server holds here too.
    browser.open(base + "/floor")
    browser.until(f"document.querySelector('#agents tbody tr[aria-rowindex]') && document.querySelector('#states').textContent.includes({agents})")
    seen = browser.later(FRAMES.replace("SECONDS", str(seconds)))
    at = seen["at"]
    gaps = sorted(later - earlier for earlier, later in zip(at, at[1:]))
    rate = 1000 * len(gaps) / (at[-1] - at[0])
    print(f"/floor with {agents} agents: {rate:.1f} frames a second over {seconds} s, a frame median {statistics.median(gaps):.1f} ms, "
          f"p99 {gaps[int(len(gaps) * 0.99)]:.1f} ms, worst {gaps[-1]:.1f} ms; {len(seen['long'])} tasks over 50 ms"
          + (f", the longest {max(seen['long']):.0f} ms" if seen["long"] else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=os.path.abspath)
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--changing", type=int, default=60, help="of them, each second")
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--loads", type=int, default=15)
    asked = parser.parse_args()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="outpace-figures-"))
    server = browser = None
    try:
        print(f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
        server = Server(asked.binary, scratch)
        browser = Browser(scratch)
        browser.without_cache()
        for path in ["/agent", "/floor"]:
            first, largest = paints(browser, server.base + path, asked.loads)
            told(f"{path}, {asked.loads} loads without a cache, first contentful paint", first)
            told(f"{path}, the login shown (largest contentful paint)", largest)
        browser.log_in(server.base)
        first, largest = paints(browser, server.base + "/floor", asked.loads)
        told("/floor, logged in, first contentful paint", first)
        told("/floor, logged in, the campaign shown (largest contentful paint)", largest)
        feed = Feed(asked.agents, asked.changing)
        frames(browser, proxy(server.base, feed), asked.agents, asked.seconds)
        print(f"load at the end {os.getloadavg()[0]:.1f}")
    finally:
        if browser:
            browser.quit()
        if server:
            server.process.terminate()
            server.process.wait(30)
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
