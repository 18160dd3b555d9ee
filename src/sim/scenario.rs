//! What a simulated day is made of: people, lines, agents, list and faults, with every default and its unit.
//! It refuses to know campaigns: those come as they are, from their folders.

use super::dist::Dist;
use super::plan::Planned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    pub seed: u64,
    /// How long it dials; then it drains.
    pub hours: f64,
    /// Local wall time of the first moment, `YYYY-MM-DDTHH:MM:SS`.
    pub start: String,
    /// IANA zone of `start` and of the hours in `population`. Absent: the first campaign's zone.
    pub zone: Option<String>,
    pub agents: AgentsAtWork,
    pub list: ListShape,
    pub population: Population,
    pub carrier: Carrier,
    pub store: StoreTimes,
    /// Faults and orders from outside, at their time.
    pub planned: Vec<Planned>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentsAtWork {
    pub number: u32,
    /// Logins are spread evenly over this time.
    pub login_ramp_seconds: f64,
    /// Absent: until the end of the run.
    pub shift_hours: Option<f64>,
    pub breaks: Vec<Break>,
    /// Breaks begin earlier or later by up to this.
    pub break_jitter_seconds: f64,
    /// Spread of the agents' pace: sigma of a lognormal factor around 1.
    pub pace_sigma: f64,
    /// Share of returns from a pause after which an agent forgets to say ready, and for how long.
    pub forgets_ready: f64,
    pub forgets_seconds: Dist,
    /// Share of agents who leave before their shift ends, and how long before.
    pub leaves_early: f64,
    pub leaves_early_seconds: Dist,
    /// From seeing to clicking.
    pub reaction_seconds: Dist,
    pub wrap_seconds: Dist,
    pub phone_answer_seconds: Dist,
    /// Talk before the click, by step name, or else by kind: `opener`, `step`, `objection`, `closing`.
    pub step_seconds: BTreeMap<String, Dist>,
    /// Weights by choice id, `STEP/ID`, `objection:NAME` or `STEP/objection:NAME`; the longer name wins. Default: 1.
    pub choices: BTreeMap<String, f64>,
    /// Weight of each objection that `choices` does not name; halved after each objection raised in the call.
    pub objection_weight: f64,
    /// Share of steps in which the customer is put on hold, and for how long.
    pub holds: f64,
    pub hold_seconds: Dist,
    /// An agent joined with a machine notices and ends the call after this.
    pub notices_machine_seconds: Dist,
    /// In manual mode agents ask for their leads.
    pub asks_for_leads: bool,
    /// Share of shown leads that an agent passes over.
    pub skips: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Break {
    /// After the agent's login.
    pub after_minutes: f64,
    pub minutes: f64,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListShape {
    pub leads: u32,
    /// Of the made-up numbers: `US`, `GB`, `CN`. Absent: the campaign's region.
    pub region: Option<String>,
    /// IANA zones and their weights. Empty: the campaign's zone.
    pub zones: BTreeMap<String, f64>,
    /// Further columns of every lead.
    pub fields: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Population {
    /// Share of numbers that are vacant, suspended or malformed, at every attempt.
    pub invalid: f64,
    /// Share of numbers that are fax machines.
    pub fax: f64,
    /// What the other numbers come to, from each hour of the day (0 to 23) on. Before the first: the first.
    pub hours: Vec<FromHour>,
    /// From 180 to 200.
    pub ring_human_seconds: Dist,
    pub ring_machine_seconds: Dist,
    /// The network gives up an unanswered call after this with 480.
    pub network_ring_seconds_max: f64,
    /// From 200 to the first word; share of people who say nothing.
    pub greeting_after_seconds: Dist,
    pub greeting_seconds: Dist,
    pub silent_pickup: f64,
    /// Of a machine; then the beep.
    pub machine_greeting_seconds: Dist,
    /// A machine hangs up this long after its beep.
    pub machine_records_seconds: f64,
    /// From 200: how long a person waits for somebody to speak.
    pub patience_seconds: Dist,
    /// The same once a voice or a prompt was heard.
    pub silence_patience_seconds: Dist,
    /// Share of a talk's steps in which the customer hangs up.
    pub leaves_in_step: f64,
    /// Share of prompts during which a person hangs up.
    pub leaves_in_prompt: f64,
    /// Share of prompts after which a person presses a key, and which (by weight).
    pub presses: f64,
    pub digits: BTreeMap<String, f64>,
    pub presses_after_seconds: Dist,
    pub amd: AmdBehaviour,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FromHour {
    pub from: u8,
    #[serde(flatten)]
    pub mix: Mix,
}

/// Shares of attempts on a working number. What is left over rings and is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mix {
    pub human: f64,
    pub machine: f64,
    pub busy: f64,
    pub rejected: f64,
    /// Special information tones as early media, then 404.
    pub sit: f64,
    /// 500 and 502.
    pub fail: f64,
    /// 503.
    pub congestion: f64,
    /// Nothing comes back at all.
    pub silent: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AmdBehaviour {
    /// From 200 to the verdict.
    pub human_seconds: Dist,
    pub machine_seconds: Dist,
    /// Share of people taken for machines.
    pub false_positive: f64,
    /// Share of machines taken for people.
    pub miss: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Carrier {
    pub trunks: Vec<TrunkShape>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrunkShape {
    pub name: String,
    pub channels: u32,
    pub calls_per_second: u32,
    /// From the INVITE to 180 or a refusal.
    pub post_dial_seconds: Dist,
    /// Share of INVITEs refused by the carrier itself, with `refusal_code`.
    pub refuses: f64,
    pub refusal_code: u16,
    /// Share of CANCELs that cross a 200 on the wire.
    pub cancel_crosses: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreTimes {
    /// A group commit, from its begin to the disk.
    pub durable_seconds: Dist,
    pub lease_seconds: Dist,
}

impl Default for Scenario {
    fn default() -> Scenario {
        Scenario {
            seed: 1,
            hours: 8.0,
            start: "2026-11-23T09:00:00".into(),
            zone: None,
            agents: AgentsAtWork::default(),
            list: ListShape::default(),
            population: Population::default(),
            carrier: Carrier::default(),
            store: StoreTimes::default(),
            planned: Vec::new(),
        }
    }
}

impl Default for AgentsAtWork {
    fn default() -> AgentsAtWork {
        let step_seconds = [
            ("opener", Dist::lognormal(14.0, 0.4)),
            ("step", Dist::lognormal(35.0, 0.6)),
            ("objection", Dist::lognormal(22.0, 0.5)),
            ("closing", Dist::lognormal(25.0, 0.5)),
        ];
        AgentsAtWork {
            number: 10,
            login_ramp_seconds: 60.0,
            shift_hours: None,
            breaks: Vec::new(),
            break_jitter_seconds: 300.0,
            pace_sigma: 0.15,
            forgets_ready: 0.02,
            forgets_seconds: Dist::exponential(60.0),
            leaves_early: 0.02,
            leaves_early_seconds: Dist::uniform(600.0, 7200.0),
            reaction_seconds: Dist::lognormal(1.2, 0.4),
            wrap_seconds: Dist::lognormal(12.0, 0.6),
            phone_answer_seconds: Dist::uniform(0.3, 0.8),
            step_seconds: step_seconds.into_iter().map(|(kind, dist)| (kind.to_owned(), dist)).collect(),
            choices: BTreeMap::new(),
            objection_weight: 0.25,
            holds: 0.01,
            hold_seconds: Dist::lognormal(20.0, 0.5),
            notices_machine_seconds: Dist::lognormal(4.0, 0.4),
            asks_for_leads: false,
            skips: 0.05,
        }
    }
}

impl Default for ListShape {
    fn default() -> ListShape {
        ListShape { leads: 20_000, region: None, zones: BTreeMap::new(), fields: BTreeMap::new() }
    }
}

impl Default for Population {
    fn default() -> Population {
        let keys = [("1", 0.6), ("2", 0.25), ("9", 0.15)];
        Population {
            invalid: 0.06,
            fax: 0.01,
            hours: vec![FromHour::default()],
            ring_human_seconds: Dist::lognormal(9.0, 0.5),
            ring_machine_seconds: Dist::lognormal(17.0, 0.3),
            network_ring_seconds_max: 60.0,
            greeting_after_seconds: Dist::uniform(0.2, 0.9),
            greeting_seconds: Dist::lognormal(0.9, 0.4),
            silent_pickup: 0.04,
            machine_greeting_seconds: Dist::lognormal(9.0, 0.5),
            machine_records_seconds: 60.0,
            patience_seconds: Dist::lognormal(6.0, 0.6),
            silence_patience_seconds: Dist::lognormal(25.0, 0.4),
            leaves_in_step: 0.06,
            leaves_in_prompt: 0.08,
            presses: 0.75,
            digits: keys.into_iter().map(|(key, weight)| (key.to_owned(), weight)).collect(),
            presses_after_seconds: Dist::lognormal(1.5, 0.5),
            amd: AmdBehaviour::default(),
        }
    }
}

impl Default for FromHour {
    fn default() -> FromHour {
        FromHour { from: 0, mix: Mix::default() }
    }
}

impl Default for Mix {
    fn default() -> Mix {
        Mix {
            human: 0.25,
            machine: 0.22,
            busy: 0.05,
            rejected: 0.03,
            sit: 0.01,
            fail: 0.01,
            congestion: 0.01,
            silent: 0.002,
        }
    }
}

impl Mix {
    /// Nobody answers and nothing goes wrong: a ground to build on.
    pub const NOBODY: Mix =
        Mix { human: 0.0, machine: 0.0, busy: 0.0, rejected: 0.0, sit: 0.0, fail: 0.0, congestion: 0.0, silent: 0.0 };

    pub fn shares(&self) -> [f64; 8] {
        [self.human, self.machine, self.busy, self.rejected, self.sit, self.fail, self.congestion, self.silent]
    }
}

impl Default for AmdBehaviour {
    fn default() -> AmdBehaviour {
        AmdBehaviour {
            human_seconds: Dist::lognormal(1.1, 0.25),
            machine_seconds: Dist::lognormal(1.4, 0.2),
            false_positive: 0.01,
            miss: 0.08,
        }
    }
}

impl Default for Carrier {
    fn default() -> Carrier {
        Carrier { trunks: vec![TrunkShape::default()] }
    }
}

impl Default for TrunkShape {
    fn default() -> TrunkShape {
        TrunkShape {
            name: "sim".into(),
            channels: 200,
            calls_per_second: 20,
            post_dial_seconds: Dist::uniform(0.8, 2.5),
            refuses: 0.0,
            refusal_code: 503,
            cancel_crosses: 0.002,
        }
    }
}

impl Default for StoreTimes {
    fn default() -> StoreTimes {
        StoreTimes { durable_seconds: Dist::uniform(0.001, 0.005), lease_seconds: Dist::uniform(0.002, 0.010) }
    }
}

impl Population {
    pub fn mix_at(&self, hour: u8) -> Mix {
        let begun = self.hours.iter().filter(|h| h.from <= hour).max_by_key(|h| h.from);
        begun.or(self.hours.iter().min_by_key(|h| h.from)).map_or(Mix::NOBODY, |h| h.mix)
    }
}

/// A value that no day can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioError {
    /// `population.hours[0].human`.
    pub key: String,
    pub why: String,
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "scenario, {}: {}", self.key, self.why)
    }
}
impl std::error::Error for ScenarioError {}

impl Scenario {
    /// Reads and checks.
    pub fn from_toml(text: &str) -> Result<Scenario, ScenarioError> {
        let scenario: Scenario =
            toml::from_str(text).map_err(|error| ScenarioError { key: "the file".into(), why: error.to_string() })?;
        scenario.check()?;
        Ok(scenario)
    }

    /// The first value that no day can have.
    pub fn check(&self) -> Result<(), ScenarioError> {
        let refuse = |key: &str, why: String| Err(ScenarioError { key: key.to_owned(), why });
        if !(self.hours > 0.0 && self.hours <= 168.0) {
            return refuse("hours", format!("{} is not between 0 and 168", self.hours));
        }
        if self.start.parse::<jiff::civil::DateTime>().is_err() {
            return refuse("start", format!("\"{}\": YYYY-MM-DDTHH:MM:SS is expected", self.start));
        }
        for zone in self.zone.iter().chain(self.list.zones.keys()) {
            if jiff::tz::TimeZone::get(zone).is_err() {
                return refuse("zone", format!("\"{zone}\" is not an IANA zone such as America/New_York"));
            }
        }
        if self.agents.number > 2000 {
            return refuse("agents.number", format!("{}: up to 2000 are simulated", self.agents.number));
        }
        if self.list.leads > 5_000_000 {
            return refuse("list.leads", format!("{}: up to 5,000,000 are simulated", self.list.leads));
        }
        self.check_shares()?;
        self.check_times()?;
        self.check_lines()
    }

    fn check_shares(&self) -> Result<(), ScenarioError> {
        let (a, p) = (&self.agents, &self.population);
        let shares = [
            ("agents.forgets_ready", a.forgets_ready),
            ("agents.leaves_early", a.leaves_early),
            ("agents.holds", a.holds),
            ("agents.skips", a.skips),
            ("population.invalid", p.invalid),
            ("population.fax", p.fax),
            ("population.invalid + fax", p.invalid + p.fax),
            ("population.silent_pickup", p.silent_pickup),
            ("population.leaves_in_step", p.leaves_in_step),
            ("population.leaves_in_prompt", p.leaves_in_prompt),
            ("population.presses", p.presses),
            ("population.amd.false_positive", p.amd.false_positive),
            ("population.amd.miss", p.amd.miss),
        ];
        for (key, share) in shares {
            if !(0.0..=1.0).contains(&share) {
                return Err(ScenarioError { key: key.into(), why: format!("{share} is not between 0 and 1") });
            }
        }
        for (index, from) in p.hours.iter().enumerate() {
            let shares = from.mix.shares();
            let sum: f64 = shares.iter().sum();
            if from.from > 23 || shares.iter().any(|s| !(0.0..=1.0).contains(s)) || sum > 1.000_001 {
                let why =
                    format!("hour {} with shares that add up to {sum:.3}: at most 1, from hour 0 to 23", from.from);
                return Err(ScenarioError { key: format!("population.hours[{index}]"), why });
            }
        }
        Ok(())
    }

    fn check_times(&self) -> Result<(), ScenarioError> {
        let (a, p, s) = (&self.agents, &self.population, &self.store);
        let named = [
            ("agents.forgets_seconds", &a.forgets_seconds),
            ("agents.leaves_early_seconds", &a.leaves_early_seconds),
            ("agents.reaction_seconds", &a.reaction_seconds),
            ("agents.wrap_seconds", &a.wrap_seconds),
            ("agents.phone_answer_seconds", &a.phone_answer_seconds),
            ("agents.hold_seconds", &a.hold_seconds),
            ("agents.notices_machine_seconds", &a.notices_machine_seconds),
            ("population.ring_human_seconds", &p.ring_human_seconds),
            ("population.ring_machine_seconds", &p.ring_machine_seconds),
            ("population.greeting_after_seconds", &p.greeting_after_seconds),
            ("population.greeting_seconds", &p.greeting_seconds),
            ("population.machine_greeting_seconds", &p.machine_greeting_seconds),
            ("population.patience_seconds", &p.patience_seconds),
            ("population.silence_patience_seconds", &p.silence_patience_seconds),
            ("population.presses_after_seconds", &p.presses_after_seconds),
            ("population.amd.human_seconds", &p.amd.human_seconds),
            ("population.amd.machine_seconds", &p.amd.machine_seconds),
            ("store.durable_seconds", &s.durable_seconds),
            ("store.lease_seconds", &s.lease_seconds),
        ];
        let steps = a.step_seconds.iter().map(|(name, dist)| (format!("agents.step_seconds.{name}"), dist));
        let trunks =
            self.carrier.trunks.iter().map(|t| ("carrier.trunks.post_dial_seconds".to_owned(), &t.post_dial_seconds));
        for (key, dist) in named.into_iter().map(|(key, dist)| (key.to_owned(), dist)).chain(steps).chain(trunks) {
            if let Some(why) = dist.fault() {
                return Err(ScenarioError { key, why });
            }
        }
        Ok(())
    }

    fn check_lines(&self) -> Result<(), ScenarioError> {
        if self.carrier.trunks.is_empty() {
            return Err(ScenarioError { key: "carrier.trunks".into(), why: "at least one is needed".into() });
        }
        for trunk in &self.carrier.trunks {
            if trunk.channels == 0 || trunk.calls_per_second == 0 {
                let why = format!("\"{}\" needs channels and calls_per_second above 0", trunk.name);
                return Err(ScenarioError { key: "carrier.trunks".into(), why });
            }
        }
        let lines = self.carrier.trunks.len();
        for planned in &self.planned {
            planned.check(lines, self.agents.number as usize)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_an_ordinary_day() {
        let scenario = Scenario::from_toml("").expect("defaults are a day");
        assert_eq!(scenario, Scenario::default());
    }

    #[test]
    fn a_day_survives_being_written_and_read() {
        let day = Scenario::default();
        let text = toml::to_string(&day).expect("a scenario is TOML");
        assert_eq!(Scenario::from_toml(&text).expect("and back"), day);
    }

    #[test]
    fn the_mix_follows_the_hours() {
        let text = "[[population.hours]]\nfrom = 8\nhuman = 0.2\n[[population.hours]]\nfrom = 17\nhuman = 0.5";
        let day = Scenario::from_toml(text).expect("two mixes");
        let human = |hour| day.population.mix_at(hour).human;
        assert_eq!([human(3), human(8), human(16), human(17), human(23)], [0.2, 0.2, 0.2, 0.5, 0.5]);
    }

    #[test]
    fn impossible_days_are_refused_with_the_key() {
        let cases = [
            ("hours = 0", "hours"),
            ("start = 'tomorrow'", "start"),
            ("zone = 'Mars/Base'", "zone"),
            ("[population]\ninvalid = 0.7\nfax = 0.7", "population.invalid + fax"),
            ("[[population.hours]]\nhuman = 0.9\nmachine = 0.9", "population.hours[0]"),
            ("[agents]\nwrap_seconds = -1", "agents.wrap_seconds"),
            ("[[carrier.trunks]]\nchannels = 0", "carrier.trunks"),
            ("[[planned]]\nat_seconds = 5\nwhat = 'trunk_outage'\ntrunk = 9\nseconds = 5\nhow = 'refuse'", "planned"),
            ("colour = 'red'", "the file"),
        ];
        for (text, key) in cases {
            let error = Scenario::from_toml(text).expect_err(text);
            assert_eq!(error.key, key, "{text}: {error}");
        }
    }
}
