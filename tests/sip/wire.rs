//! Two or more stacks in virtual time over a wire that may lose, double and reorder. Shared by the stories.
#![allow(dead_code)]

use outpace::sip::*;
use outpace::words::{LegId, Moment, TrunkId};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

pub const DIALER: &str = "10.0.0.1:5060";
pub const CARRIER: &str = "10.0.0.2:5060";
pub const TRUNK: TrunkId = TrunkId(7);

pub fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// SplitMix64: the wire's own chance.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn percent(&mut self, p: u64) -> bool {
        self.roll() % 100 < p
    }
}

pub struct World {
    pub now: Moment,
    pub stacks: BTreeMap<SocketAddr, Stack>,
    pub events: Vec<(SocketAddr, Event)>,
    /// Everything that was put on the wire: from, to, text.
    pub log: Vec<(SocketAddr, SocketAddr, String)>,
    in_flight: BTreeMap<(Moment, u64), (SocketAddr, SocketAddr, Vec<u8>)>,
    count: u64,
    pub dice: Dice,
    pub loss_percent: u64,
    pub double_percent: u64,
    pub jitter_ms: u64,
    /// Drop the next messages whose first line contains this, so many times.
    pub drop_next: Vec<(String, u32)>,
}

impl World {
    pub fn new(addresses: &[&str], seed: u64) -> World {
        let mut stacks = BTreeMap::new();
        for (i, a) in addresses.iter().enumerate() {
            let mut config = Config::new(addr(a));
            config.digest = vec![digest::Algorithm::Sha256, digest::Algorithm::Md5];
            stacks.insert(addr(a), Stack::new(config, seed * 1000 + i as u64));
        }
        World {
            now: Moment::from_millis(1000),
            stacks,
            events: Vec::new(),
            log: Vec::new(),
            in_flight: BTreeMap::new(),
            count: 0,
            dice: Dice(seed),
            loss_percent: 0,
            double_percent: 0,
            jitter_ms: 0,
            drop_next: Vec::new(),
        }
    }

    /// Dialer and carrier, trunks of each other.
    pub fn pair(seed: u64) -> World {
        let mut w = World::new(&[DIALER, CARRIER], seed);
        let now = w.now;
        w.at(DIALER).add_trunk(now, Trunk::new(TRUNK, "carrier", addr(CARRIER)));
        w.at(CARRIER).add_trunk(now, Trunk::new(TRUNK, "dialer", addr(DIALER)));
        w.settle();
        w.events.clear();
        w
    }

    pub fn at(&mut self, a: &str) -> &mut Stack {
        self.stacks.get_mut(&addr(a)).unwrap()
    }

    fn put(&mut self, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) {
        self.log.push((from, to, String::from_utf8_lossy(&bytes).into_owned()));
        let line = bytes.split(|&b| b == b'\r').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line).into_owned();
        if let Some((_, left)) =
            self.drop_next.iter_mut().find(|(what, left)| *left > 0 && line.contains(what.as_str()))
        {
            *left -= 1;
            return;
        }
        let copies = 1 + u64::from(self.dice.percent(self.double_percent));
        for _ in 0..copies {
            if self.dice.percent(self.loss_percent) {
                continue;
            }
            let delay = 5 + if self.jitter_ms > 0 { self.dice.roll() % self.jitter_ms } else { 0 };
            self.count += 1;
            self.in_flight.insert((self.now + Duration::from_millis(delay), self.count), (from, to, bytes.clone()));
        }
    }

    /// Puts a foreign message on the wire.
    pub fn inject(&mut self, from: &str, to: &str, text: &str) {
        let bytes = text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes();
        self.inject_bytes(from, to, &bytes);
    }

    pub fn inject_bytes(&mut self, from: &str, to: &str, bytes: &[u8]) {
        let now = self.now;
        self.at(to).receive(now, Transport::Udp, addr(from), bytes);
        self.flush();
    }

    pub fn flush(&mut self) {
        let mut sent = Vec::new();
        for (a, stack) in &mut self.stacks {
            while let Some(t) = stack.poll_transmit() {
                sent.push((*a, t.to, t.bytes.to_vec()));
            }
            while let Some(e) = stack.poll_event() {
                self.events.push((*a, e));
            }
        }
        for (from, to, bytes) in sent {
            self.put(from, to, bytes);
        }
    }

    /// One step of time. False: nothing more will happen before `until`.
    fn step(&mut self, until: Moment) -> bool {
        self.flush();
        let wire = self.in_flight.keys().next().map(|(at, _)| *at);
        let timer = self.stacks.values().filter_map(Stack::poll_timeout).min();
        let next = match (wire, timer) {
            (Some(a), Some(b)) => a.min(b),
            (a, b) => match a.or(b) {
                Some(at) => at,
                None => return false,
            },
        };
        if next > until {
            return false;
        }
        self.now = self.now.max(next);
        let due: Vec<_> = self.in_flight.range(..=(self.now, u64::MAX)).map(|(k, _)| *k).collect();
        for key in due {
            let (from, to, bytes) = self.in_flight.remove(&key).unwrap();
            if let Some(stack) = self.stacks.get_mut(&to) {
                stack.receive(self.now, Transport::Udp, from, &bytes);
            }
        }
        for stack in self.stacks.values_mut() {
            stack.handle_timeout(self.now);
        }
        self.flush();
        true
    }

    pub fn run(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        while self.step(until) {}
        self.now = until;
    }

    /// A second: enough for whatever is on the wire.
    pub fn settle(&mut self) {
        self.run(400);
    }

    pub fn invite(&mut self, leg: u64, number: &str) {
        let now = self.now;
        let invite = Invite {
            route: Route::Trunk(TRUNK),
            to: number.to_owned(),
            caller_id: "+15550001".to_owned(),
            media: addr("10.0.0.1:7000"),
            ring_max: Duration::from_secs(20),
            auto_answer: false,
        };
        self.at(DIALER).invite(now, LegId(leg), &invite);
        self.flush();
    }

    /// The last incoming leg at an address.
    pub fn incoming(&self, a: &str) -> Incoming {
        self.events
            .iter()
            .rev()
            .find_map(|(at, e)| match e {
                Event::Incoming(i) if *at == addr(a) => Some((**i).clone()),
                _ => None,
            })
            .expect("a call came in")
    }

    /// What was told about a leg at an address.
    pub fn told(&self, a: &str, leg: u64) -> Vec<CallEvent> {
        self.events
            .iter()
            .filter_map(|(at, e)| match e {
                Event::Call { leg: l, event } if *at == addr(a) && l.0 == leg => Some(event.clone()),
                _ => None,
            })
            .collect()
    }

    pub fn ends(&self, a: &str, leg: u64) -> Vec<CallEvent> {
        self.told(a, leg)
            .into_iter()
            .filter(|e| matches!(e, CallEvent::Ended { .. } | CallEvent::Refused { .. }))
            .collect()
    }

    /// First lines sent from an address.
    pub fn sent(&self, a: &str) -> Vec<String> {
        self.log
            .iter()
            .filter(|(from, _, _)| *from == addr(a))
            .map(|(_, _, text)| text.lines().next().unwrap_or_default().to_owned())
            .collect()
    }

    pub fn last_sent(&self, a: &str, starts: &str) -> String {
        self.log
            .iter()
            .rev()
            .find(|(from, _, text)| *from == addr(a) && text.starts_with(starts))
            .map(|(_, _, text)| text.clone())
            .unwrap_or_else(|| panic!("nothing sent that begins with {starts}: {:#?}", self.sent(a)))
    }

    pub fn count_sent(&self, a: &str, starts: &str) -> usize {
        self.sent(a).iter().filter(|l| l.starts_with(starts)).count()
    }
}

pub fn header<'a>(message: &'a str, name: &str) -> &'a str {
    message
        .lines()
        .find_map(|l| l.strip_prefix(name).and_then(|l| l.strip_prefix(": ")))
        .unwrap_or_else(|| panic!("no {name} in {message}"))
}

/// A response to a request text as a foreign peer would write it. `headers`: whole lines.
pub fn response_to(request: &str, code: u16, tag: &str, headers: &str, body: &str) -> String {
    let mut text = format!("SIP/2.0 {code} Something\r\n");
    for line in request.lines().filter(|l| l.starts_with("Via: ") || l.starts_with("Record-Route: ")) {
        text += &format!("{line}\r\n");
    }
    let to = header(request, "To");
    let to = if to.contains("tag=") || code == 100 { to.to_owned() } else { format!("{to};tag={tag}") };
    text += &format!("From: {}\r\nTo: {to}\r\n", header(request, "From"));
    text += &format!("Call-ID: {}\r\nCSeq: {}\r\n", header(request, "Call-ID"), header(request, "CSeq"));
    text += headers;
    if !body.is_empty() {
        text += "Content-Type: application/sdp\r\n";
    }
    text + &format!("Content-Length: {}\r\n\r\n{body}", body.len())
}

pub const SDP: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 8000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n";

/// A dialer whose carrier is played by the test, by hand.
pub fn lone_dialer(seed: u64, change: impl FnOnce(&mut Trunk)) -> World {
    let mut w = World::new(&[DIALER], seed);
    let mut trunk = Trunk::new(TRUNK, "carrier", addr(CARRIER));
    change(&mut trunk);
    let now = w.now;
    w.at(DIALER).add_trunk(now, trunk);
    w.flush();
    w.events.clear();
    w
}
