//! KPIs beside months of calls: `cargo bench --bench kpi -- --calls 1500000 --days 30`. Plain wall clock. What counts is
//! the copy (the engine waits for it) and the day of a page; the fold is paid once, at the start.

use outpace::facts::{Envelope, Fact, VERSION, Verdict};
use outpace::kpi::{Fold, Query};
use outpace::words::*;
use std::time::{Duration, Instant};

const AGENTS: u64 = 100;
const CAMPAIGN: CampaignId = CampaignId(1);

fn main() {
    let (calls, days) = (argument("--calls", 300_000), argument("--days", 6));
    let mut log = Log { fold: Fold::new(), seq: 0, told: Duration::ZERO };
    let first = Wall::from_millis(1_790_000_000_000);
    for day in 0..days {
        log.day(first + Duration::from_secs(86_400 * day), day, calls / days);
    }
    let now = first + Duration::from_secs(86_400 * (days - 1) + 10 * 3_600);
    println!("calls {calls} on {days} days, {AGENTS} agents, {} facts", log.seq);
    println!("facts folded a second    {:.0}", log.seq as f64 / log.told.as_secs_f64());
    println!("memory                   {} MiB", resident_kib() / 1_024);
    let copy = time(|| drop(log.fold.clone()));
    println!("a copy                   {:.3} ms", copy.as_secs_f64() * 1e3);
    // While the copy stands, the next call is told: what it shares is parted.
    let held = log.fold.clone();
    let written = time(|| log.call(now, CallId(calls * 2), 7, 10_000_000));
    println!("the next call after it   {:.3} ms", written.as_secs_f64() * 1e3);
    let derived = time(|| drop(held.report_at(now)));
    println!("a report derived         {:.1} ms", derived.as_secs_f64() * 1e3);
    let report = held.report_at(now);
    let day = Query { from: Some(now - Duration::from_secs(11 * 3_600)), ..Query::of(CAMPAIGN) };
    for (name, query) in [("every KPI of the day", &day), ("every KPI of all days", &Query::of(CAMPAIGN))] {
        let taken = time(|| drop(report.figures(query).expect("a lawful query")));
        println!("{name:<24} {:.1} ms", taken.as_secs_f64() * 1e3);
    }
}

struct Log {
    fold: Fold,
    seq: u64,
    told: Duration,
}

impl Log {
    fn tell(&mut self, wall: Wall, millis: i64, fact: Fact) {
        self.seq += 1;
        let wall = wall + Duration::from_millis(millis as u64);
        let moment = Moment(wall.0);
        let envelope = Envelope { centre: CentreId(1), node: 1, seq: self.seq, moment, wall, version: VERSION, fact };
        let began = Instant::now();
        self.fold.observe(&envelope);
        self.told += began.elapsed();
    }

    /// Ten hours, spread evenly; every third call is a person's.
    fn day(&mut self, begins: Wall, day: u64, calls: u64) {
        for agent in 0..AGENTS {
            let session = SessionId(day * AGENTS + agent + 1);
            let (agent, campaigns) = (AgentId(agent + 1), vec![CAMPAIGN]);
            self.tell(begins, 0, Fact::AgentLoggedIn { agent, session, campaigns });
        }
        let each = 36_000_000 / calls.max(1) as i64;
        for n in 0..calls {
            self.call(begins, CallId(day * calls + n + 1), day, n as i64 * each);
        }
    }

    fn call(&mut self, begins: Wall, call: CallId, day: u64, at: i64) {
        let (lead, agent) = (LeadId(call.0 % 1_000_000 + 1), AgentId(call.0 % AGENTS + 1));
        let session = SessionId(day * AGENTS + agent.0);
        let placed = Fact::CallPlaced {
            call,
            campaign: CAMPAIGN,
            lead,
            attempt: 1,
            number_hash: format!("{:064x}", lead.0),
            zone: "UTC".to_owned(),
            rules: Vec::new(),
            pack: "us_tsr".to_owned(),
        };
        self.tell(begins, at, placed);
        let (leg, trunk) = (LegId(call.0), TrunkId(1));
        let (sip_call_id, caller_id) = (format!("{:x}@host", call.0), "+12125550100".to_owned());
        self.tell(begins, at + 10, Fact::InviteSent { call, leg, trunk, sip_call_id, caller_id });
        self.tell(begins, at + 1_500, Fact::CallRinging { call, early_media: false });
        if !call.0.is_multiple_of(3) {
            return self.end(begins, at + 25_000, call, Cause::NoAnswer, 0);
        }
        self.tell(begins, at + 9_000, Fact::CallAnswered { call });
        let (verdict, why) = (Verdict::Human, "cadence".to_owned());
        self.tell(begins, at + 9_700, Fact::CallClassified { call, verdict, why, analysed_ms: 700 });
        self.tell(begins, at + 9_701, Fact::CallBridged { call, agent, waited_ms: 701, within: true });
        self.state(begins, at + 9_701, (agent, session), AgentState::Talk, Some(call));
        self.end(begins, at + 69_000, call, Cause::Handled, 60_000);
        self.state(begins, at + 69_000, (agent, session), AgentState::Wrap, Some(call));
        let outcome = Fact::OutcomeSet {
            call,
            agent: Some(agent),
            outcome: "not_interested".to_owned(),
            right_party: true,
            effective: true,
            interested: false,
            amended: false,
        };
        self.tell(begins, at + 75_000, outcome);
        self.state(begins, at + 75_000, (agent, session), AgentState::Ready, None);
    }

    fn end(&mut self, begins: Wall, at: i64, call: CallId, cause: Cause, talk_ms: u32) {
        self.tell(begins, at, Fact::CallEnded { call, cause, sip: None, q850: None, by: Side::Customer, talk_ms });
    }

    fn state(&mut self, begins: Wall, at: i64, who: (AgentId, SessionId), state: AgentState, call: Option<CallId>) {
        let campaign = call.map(|_| CAMPAIGN);
        let (agent, session) = who;
        self.tell(begins, at, Fact::AgentStateChanged { agent, session, state, reason: None, call, campaign });
    }
}

fn time(what: impl FnOnce()) -> Duration {
    let began = Instant::now();
    what();
    began.elapsed()
}

/// Of this process, as Linux tells it.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}

fn argument(name: &str, otherwise: u64) -> u64 {
    let value = std::env::args().skip_while(|argument| argument != name).nth(1);
    value.map_or(otherwise, |value| value.parse().unwrap_or_else(|_| panic!("{name} takes a number, not {value}")))
}
