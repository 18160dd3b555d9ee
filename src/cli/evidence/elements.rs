//! What the safe harbour asks beside the rate (16 CFR 310.4(b)(4)(ii) to (iv)): that lines rang long enough, that people
//! whom nobody served heard the message in time, and that the gate looked before every call. From the facts alone.
//! It refuses to judge a call anew, and to believe a length it cannot see in the facts.

use crate::campaign::rules::PACKS;
use crate::campaign::rules::pack::BASE;
use crate::facts::{Abandon, Envelope, Fact, Verdict};
use crate::words::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// A timer may be so late; the message is "later than the threshold" only beyond.
const LATE_MS: i64 = 100;

/// Lines that were given up unanswered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Ring {
    /// By us, after ringing, and the end of the line was confirmed: those whose length the facts show.
    pub given_up: u64,
    /// Of these, the shortest, from the first ringing to the end of the line (that is: at most one round trip too long).
    pub least_ms: Option<u64>,
    /// Of these, shorter than the rule pack of the call asks.
    pub too_short: u64,
    /// The longest that a pack of these calls asks.
    pub law_seconds: u32,
    /// Given up by us, and it never rang; or nobody ever confirmed the end.
    pub never_rang: u64,
    pub unconfirmed: u64,
    /// The program died while they were dialed or rang.
    pub interrupted: u64,
    /// Given up by the network, or refused: nothing of ours to prove.
    pub by_network: u64,
}

/// People whom nobody served after the threshold (`NA`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Message {
    pub begun: u64,
    /// From where the law's clock starts to the begin of the message, the longest.
    pub latest_ms: Option<i64>,
    /// Later than the threshold and a tenth of a second.
    pub late: u64,
    /// Of those who heard it: pressed the key that opts out, or were put on the list in the call otherwise.
    pub opted_out: u64,
    /// Heard none, because: the program died.
    pub none_crashed: u64,
    /// They picked up while their line was being given up.
    pub none_crossed: u64,
    /// The campaign or the program ended, the line was too long silent, or the flow failed before its first word.
    pub none_cut_off: u64,
}

/// What the gate said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// Calls that were placed, and by rule how many of them it let through.
    pub placed: u64,
    pub passed: BTreeMap<String, u64>,
    /// Leads whose turn came and that were not dialed, by rule (`us.hours`, `dnc`, `attempts.day`, ...).
    pub held: BTreeMap<String, u64>,
    /// Placed, and taken back by its second look before any INVITE left, by rule.
    pub withdrawn: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Elements {
    pub ring: Ring,
    pub message: Message,
    pub gate: Gate,
}

/// One abandoned call (`AB`), as it stands in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abandoned {
    pub call: CallId,
    pub lead: LeadId,
    pub answered: Wall,
    /// `no_agent`, `late` or `crash`.
    pub why: &'static str,
    pub waited_ms: u32,
    /// From where the law's clock starts; none: no message.
    pub message_ms: Option<i64>,
    pub opted_out: bool,
    pub pack: String,
}

impl Abandoned {
    pub const HEAD: &'static str = "call,lead,answered,why,waited_ms,message_ms,opted_out,rule_pack";

    /// A row under `HEAD`; no value holds a comma.
    pub fn csv(&self) -> String {
        let Abandoned { call, lead, answered, why, waited_ms, message_ms, opted_out, pack } = self;
        let message_ms = message_ms.map_or(String::new(), |ms| ms.to_string());
        format!("{call},{lead},{},{why},{waited_ms},{message_ms},{opted_out},{pack}", answered.rfc3339())
    }
}

/// What a call showed of all this.
#[derive(Debug, Clone)]
struct Seen {
    lead: LeadId,
    pack: String,
    rules: Vec<String>,
    placed: Wall,
    invited: bool,
    rang: Option<Moment>,
    answered: Option<Wall>,
    verdict: Option<Verdict>,
    verdict_why: String,
    handled: bool,
    late_ms: Option<u32>,
    abandoned: Option<(Abandon, u32, Moment)>,
    message: Option<Moment>,
    opted_out: bool,
    withdrawn: Option<Vec<String>>,
    ended: Option<(Cause, Side, bool, Moment)>,
}

/// Give it the campaign's facts in the order they were written.
#[derive(Debug, Default)]
pub struct Observer {
    calls: BTreeMap<CallId, Seen>,
    /// Leads held, by quarter of an hour (no zone's midnight lies within one) and rule: there are many.
    held: BTreeMap<(i64, String), u64>,
}

const QUARTER: i64 = 15 * 60 * 1_000_000;

impl Observer {
    pub fn observe(&mut self, campaign: CampaignId, envelope: &Envelope) {
        match &envelope.fact {
            Fact::LeadHeld { campaign: of, rules, .. } if *of == campaign => {
                for rule in rules {
                    *self.held.entry((envelope.wall.0.div_euclid(QUARTER), rule.clone())).or_default() += 1;
                }
            }
            Fact::CallPlaced { call, campaign: of, lead, rules, pack, .. } if *of == campaign => {
                self.calls.insert(*call, Seen::placed(*lead, pack, rules, envelope.wall));
            }
            fact => {
                let Some(seen) = fact.call().and_then(|call| self.calls.get_mut(&call)) else { return };
                seen.learns(fact, envelope);
            }
        }
    }

    /// Of calls that were placed, and of leads whose turn came, where `within` says so. `threshold_ms`: of the settings.
    pub fn elements(&self, threshold_ms: u32, within: &dyn Fn(Wall) -> bool) -> Elements {
        let mut all = Elements::default();
        for ((_, rule), count) in self.held.iter().filter(|((at, _), _)| within(Wall(at * QUARTER))) {
            *all.gate.held.entry(rule.clone()).or_default() += count;
        }
        for seen in self.calls.values().filter(|seen| within(seen.answered.unwrap_or(seen.placed))) {
            all.gate.placed += 1;
            tally(&mut all.gate.passed, &seen.rules);
            if let Some(rules) = &seen.withdrawn {
                tally(&mut all.gate.withdrawn, rules);
            }
            all.ring.take(seen);
            all.message.take(seen, threshold_ms);
        }
        all
    }

    /// In the order of their answers.
    pub fn abandoned(&self, within: &dyn Fn(Wall) -> bool) -> Vec<Abandoned> {
        let mut rows: Vec<Abandoned> = self.calls.iter().filter_map(|(call, seen)| seen.row(*call)).collect();
        rows.retain(|row| within(row.answered));
        rows.sort_by_key(|row| (row.answered, row.call));
        rows
    }
}

fn tally(counts: &mut BTreeMap<String, u64>, rules: &[String]) {
    for rule in rules {
        if let Some(count) = counts.get_mut(rule) {
            *count += 1;
        } else {
            counts.insert(rule.clone(), 1);
        }
    }
}

impl Seen {
    fn placed(lead: LeadId, pack: &str, rules: &[String], placed: Wall) -> Seen {
        Seen {
            lead,
            pack: pack.to_owned(),
            rules: rules.to_vec(),
            placed,
            invited: false,
            rang: None,
            answered: None,
            verdict: None,
            verdict_why: String::new(),
            handled: false,
            late_ms: None,
            abandoned: None,
            message: None,
            opted_out: false,
            withdrawn: None,
            ended: None,
        }
    }

    fn learns(&mut self, fact: &Fact, envelope: &Envelope) {
        match fact {
            Fact::InviteSent { .. } => self.invited = true,
            Fact::CallRinging { .. } => _ = self.rang.get_or_insert(envelope.moment),
            Fact::CallAnswered { .. } => _ = self.answered.get_or_insert(envelope.wall),
            Fact::CallClassified { verdict, why, .. } => {
                self.verdict = Some(*verdict);
                self.verdict_why.clone_from(why);
            }
            Fact::CallBridged { within, waited_ms, .. } | Fact::FlowSpoke { within, waited_ms, .. } => {
                if !self.handled && !within {
                    self.late_ms = Some(*waited_ms);
                }
                self.handled = true;
            }
            Fact::CallAbandoned { abandon, waited_ms, .. } => {
                self.abandoned.get_or_insert((*abandon, *waited_ms, envelope.moment));
            }
            Fact::MessagePlayed { .. } => _ = self.message.get_or_insert(envelope.moment),
            Fact::OptedOut { .. } => self.opted_out = true,
            Fact::CallWithdrawn { rules, .. } => self.withdrawn = Some(rules.clone()),
            Fact::CallEnded { cause, by, sip, q850, .. } => {
                let confirmed = sip.is_some() || q850.is_some();
                self.ended = Some((cause.clone(), *by, confirmed, envelope.moment));
            }
            _ => {}
        }
    }

    /// Let go after the threshold with nobody there, as the rate counts it (`NA`).
    fn no_agent(&self) -> Option<(Abandon, u32, Moment)> {
        let machine = matches!(self.verdict, Some(Verdict::Machine(_)));
        let judged = self.abandoned.filter(|(abandon, ..)| matches!(abandon, Abandon::NoAgent | Abandon::Crash));
        judged.filter(|_| !machine && !self.handled)
    }

    /// From where the law's clock starts to the message's first word.
    fn message_ms(&self) -> Option<i64> {
        let (_, waited_ms, judged) = self.no_agent()?;
        let begun = self.message?;
        Some(i64::from(waited_ms) + (begun.0 - judged.0) / 1_000)
    }

    fn row(&self, call: CallId) -> Option<Abandoned> {
        let (why, waited_ms) = match (self.no_agent(), self.late_ms, self.abandoned) {
            (Some((Abandon::Crash, waited_ms, _)), ..) => ("crash", waited_ms),
            (Some((_, waited_ms, _)), ..) => ("no_agent", waited_ms),
            (None, Some(waited_ms), _) => ("late", waited_ms),
            (None, None, Some((Abandon::Late | Abandon::NoAgent, waited_ms, _))) if self.handled => ("late", waited_ms),
            (None, None, _) => return None,
        };
        Some(Abandoned {
            call,
            lead: self.lead,
            answered: self.answered.unwrap_or(self.placed),
            why,
            waited_ms,
            message_ms: self.message_ms(),
            opted_out: self.opted_out,
            pack: self.pack.clone(),
        })
    }
}

impl Ring {
    fn take(&mut self, seen: &Seen) {
        let Some((cause, by, confirmed, ended)) = &seen.ended else { return };
        if seen.answered.is_some() || !seen.invited {
            return;
        }
        match (cause, by) {
            (Cause::Interrupted, _) => self.interrupted += 1,
            (_, Side::Us) if seen.rang.is_none() => self.never_rang += 1,
            (_, Side::Us) if !confirmed => self.unconfirmed += 1,
            (_, Side::Us) => {
                let law = PACKS.iter().find(|pack| pack.id == seen.pack).unwrap_or(&BASE).ring_seconds_min;
                let rang = seen.rang.map_or(0, |from| u64::try_from((ended.0 - from.0) / 1_000).unwrap_or(0));
                self.given_up += 1;
                self.least_ms = Some(self.least_ms.map_or(rang, |least| least.min(rang)));
                self.too_short += u64::from(rang < u64::from(law) * 1_000);
                self.law_seconds = self.law_seconds.max(law);
            }
            (_, Side::Customer | Side::Agent | Side::Network) => self.by_network += 1,
        }
    }
}

impl Message {
    fn take(&mut self, seen: &Seen, threshold_ms: u32) {
        let Some((abandon, ..)) = seen.no_agent() else { return };
        match seen.message_ms() {
            Some(after) => {
                self.begun += 1;
                self.latest_ms = Some(self.latest_ms.map_or(after, |latest| latest.max(after)));
                self.late += u64::from(after > i64::from(threshold_ms) + LATE_MS);
                self.opted_out += u64::from(seen.opted_out);
            }
            None if abandon == Abandon::Crash => self.none_crashed += 1,
            None if seen.verdict_why == "cancelled" => self.none_crossed += 1,
            None => self.none_cut_off += 1,
        }
    }
}
