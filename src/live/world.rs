//! The engine's world in real time: one inbox for all that happens, one place that carries out what the engine wants.

use super::clock::{Clock, wall_now};
use super::desk::Desk;
use super::inbox::Inputs;
use super::lines::Lines;
use super::watch::Watch;
use super::writer::Writer;
use crate::engine::{CampaignSpec, Command, Input, Output, Wake, World};
use crate::facts::Fact;
use crate::store::{Health, LeasePolicy, fail_point};
use crate::words::Moment;
use crossbeam_channel::RecvTimeoutError;
use std::collections::BTreeSet;
use std::time::Duration;

/// A wall clock that is set by more than this is an input; less is drift that the next look finds.
const CLOCK_STEP: i64 = 20_000;
/// Its cause names the trunks.
pub const FAULT_TRUNK: &str = "trunk_down";
const CLOCK_LOOK: Duration = Duration::from_secs(1);

/// Sees every output before it is carried out: the API's feed, the demo's picture. Must not block.
pub type Observer = Box<dyn FnMut(&Output) + Send>;
/// Hears up to which of them facts are on disk. Must not block.
pub type OnDisk = Box<dyn FnMut(u64) + Send>;

pub struct LiveWorld {
    pub clock: Clock,
    pub inbox: Inputs,
    pub writer: Writer,
    pub lines: Lines,
    pub desk: Desk,
    pub watch: Watch,
    pub observer: Observer,
    pub health: Health,
    /// By name.
    pub trunks_down: BTreeSet<String>,
    pub on_disk: OnDisk,
    /// Given with the first wake, before everything else.
    pub first: Vec<Input>,
    pub wall_offset: i64,
    pub clock_looked_at: Moment,
    /// What comes from the engine's own thread goes before what comes from outside, or after.
    pub own_turn: bool,
    /// The sound has ended, and the engine knows.
    pub letting_go: bool,
}

impl World for LiveWorld {
    fn wait(&mut self, until: Option<Moment>) -> Wake {
        self.watch.end();
        let wake = self.next(until);
        self.watch.begin();
        wake
    }

    fn carry_out(&mut self, _now: Moment, output: Output) {
        (self.observer)(&output);
        if let Output::Fact(fact) = &output {
            self.say(&fact.fact);
            fail_point("fact", fact.fact.kind());
        }
        if let Output::Command(Command::UseVersion { spec }) = &output {
            self.writer.configure(spec.id, lease_policy(spec));
        }
        match self.writer.carry_out(output) {
            Some(Output::Command(Command::Reply { id, result })) => self.desk.reply(id, result),
            Some(Output::Command(command)) => self.lines.obey(command),
            Some(Output::Fact(_) | Output::View(_)) | None => {}
        }
    }
}

impl LiveWorld {
    fn next(&mut self, until: Option<Moment>) -> Wake {
        if !self.first.is_empty() {
            return Wake::Input(self.clock.now(), self.first.remove(0));
        }
        let now = self.clock.now();
        if let Some(wake) = self.bereaved(now) {
            return wake;
        }
        if now.since(self.clock_looked_at) >= CLOCK_LOOK {
            self.clock_looked_at = now;
            let offset = self.clock.wall_offset();
            if (offset - self.wall_offset).abs() > CLOCK_STEP {
                self.wall_offset = offset;
                return Wake::Input(now, Input::WallClock { offset });
            }
        }
        if let Some(input) = self.own(now) {
            return input;
        }
        let deadline = if self.lines.told.is_empty() { until.unwrap_or(now + CLOCK_LOOK) } else { now };
        match self.inbox.next(self.clock.instant(deadline)) {
            Ok((at, input)) => {
                self.look_at(&input);
                Wake::Input(at, input)
            }
            Err(RecvTimeoutError::Timeout) => Wake::Timeout(self.clock.now()),
            Err(RecvTimeoutError::Disconnected) => Wake::Over,
        }
    }

    /// What the engine's last commands led to at once, in turn with what comes from outside: a flow that goes on failing
    /// keeps nobody else waiting.
    fn own(&mut self, now: Moment) -> Option<Wake> {
        self.own_turn = !self.own_turn;
        if !self.own_turn {
            return None;
        }
        self.lines.told.pop_front().map(|input| Wake::Input(now, input))
    }

    /// A thread of the edges has ended: no call is placed any more, for it would fail here and use up its lead's attempts.
    /// Without SIP nobody can be let go either: over, and the next start ends what is up. Without sound everybody is let
    /// go in order, now.
    fn bereaved(&mut self, now: Moment) -> Option<Wake> {
        if self.lines.sip.ended().get().is_some() {
            return Some(Wake::Over);
        }
        if self.lines.media.ended().get().is_none() || std::mem::replace(&mut self.letting_go, true) {
            return None;
        }
        Some(Wake::Input(now, Input::Shutdown { within: Duration::ZERO }))
    }

    /// What whoever keeps the machine running looks for in the log and in health, by the name in the configuration.
    fn say(&mut self, fact: &Fact) {
        if let Fact::TrunkWentDown { name, .. } = fact {
            tracing::warn!(trunk = %name, "a trunk is down: it does not answer OPTIONS, or its registration failed");
            self.trunks_down.insert(name.clone());
        } else if let Fact::TrunkWentUp { name, .. } = fact {
            tracing::info!(trunk = %name, "a trunk is up");
            self.trunks_down.remove(name);
        } else {
            return;
        }
        if self.trunks_down.is_empty() {
            self.health.clear(FAULT_TRUNK);
        } else {
            let names: Vec<&str> = self.trunks_down.iter().map(String::as_str).collect();
            self.health.raise(FAULT_TRUNK, &names.join(", "), wall_now());
        }
    }

    /// What the edges must know before the engine acts on it.
    fn look_at(&mut self, input: &Input) {
        if let Input::Durable { seq } = input {
            (self.on_disk)(*seq);
        }
    }
}

fn lease_policy(spec: &CampaignSpec) -> LeasePolicy {
    LeasePolicy {
        attempts_total: spec.settings.dialing.attempts_total,
        attempts_per_day: spec.settings.dialing.attempts_per_day,
        zone: spec.settings.hours.zone.clone(),
    }
}
