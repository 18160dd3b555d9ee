//! An ordinary day: what stands wherever a scenario says nothing. It refuses to be any centre's: a past day is fitted
//! (`population`).

use super::*;

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
            interrupts: 0.0,
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
