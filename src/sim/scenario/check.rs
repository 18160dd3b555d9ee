//! A day from TOML, or the first value that no day can have, by its key. It refuses to mend.

use super::Scenario;
use std::fmt;

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
            ("population.interrupts", p.interrupts),
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
