//! What one call of a past day says of the number it was placed to, and such words added up. It refuses to guess: a call
//! that the dialer cut off counts by what those that rang on came to (`survivors`).

use crate::facts::Verdict;
use crate::sim::scenario::Mix;
use crate::sim::survivors::{Rung, Survivors};
use crate::words::*;

#[derive(Debug, Default)]
pub(super) struct Call {
    pub invited: Option<Moment>,
    pub rang: Option<Moment>,
    pub answered: Option<Moment>,
    pub hour: u8,
    pub greeted: Option<Moment>,
    pub greeting: Option<f64>,
    pub classified: Option<Moment>,
    pub verdict: Option<Verdict>,
    pub met: bool,
    pub step: Option<(String, Moment)>,
    pub held: Option<Moment>,
    pub clicked: Option<Moment>,
    pub ended: Option<(Moment, Cause)>,
}

impl Call {
    pub fn is_machine(&self) -> bool {
        !self.met
            && matches!(
                self.verdict,
                Some(Verdict::Machine(MachineKind::Voicemail | MachineKind::Ivr | MachineKind::Assistant))
            )
    }

    pub fn is_person(&self) -> bool {
        self.answered.is_some() && (self.met || !matches!(self.verdict, Some(Verdict::Machine(_))))
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Human,
    Machine,
    Fax,
    Invalid,
    Sit,
    Busy,
    Rejected,
    Fail,
    Congestion,
    Silent,
    NoAnswer,
    /// Cancelled while ringing: shares of what it would have become.
    Cut {
        human: f64,
        machine: f64,
    },
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    pub human: f64,
    pub machine: f64,
    pub fax: f64,
    pub invalid: f64,
    pub sit: f64,
    pub busy: f64,
    pub rejected: f64,
    pub fail: f64,
    pub congestion: f64,
    pub silent: f64,
    pub no_answer: f64,
}

impl Tally {
    pub fn add(&mut self, kind: Kind) {
        match kind {
            Kind::Human => self.human += 1.0,
            Kind::Machine => self.machine += 1.0,
            Kind::Fax => self.fax += 1.0,
            Kind::Invalid => self.invalid += 1.0,
            Kind::Sit => self.sit += 1.0,
            Kind::Busy => self.busy += 1.0,
            Kind::Rejected => self.rejected += 1.0,
            Kind::Fail => self.fail += 1.0,
            Kind::Congestion => self.congestion += 1.0,
            Kind::Silent => self.silent += 1.0,
            Kind::NoAnswer => self.no_answer += 1.0,
            Kind::Cut { human, machine } => {
                self.human += human;
                self.machine += machine;
                self.no_answer += 1.0 - human - machine;
            }
        }
    }

    /// Numbers that can answer.
    pub fn working(&self) -> f64 {
        self.all() - self.fax - self.invalid
    }

    pub fn all(&self) -> f64 {
        let Tally { human, machine, fax, invalid, sit, busy, rejected, fail, congestion, silent, no_answer } = self;
        human + machine + fax + invalid + sit + busy + rejected + fail + congestion + silent + no_answer
    }

    pub fn share(&self, of: impl Fn(&Tally) -> f64) -> f64 {
        of(self) / self.all().max(1.0)
    }

    pub fn mix(&self) -> Mix {
        let working = self.working().max(1.0);
        Mix {
            human: self.human / working,
            machine: self.machine / working,
            busy: self.busy / working,
            rejected: self.rejected / working,
            sit: self.sit / working,
            fail: self.fail / working,
            congestion: self.congestion / working,
            silent: self.silent / working,
        }
    }
}

/// How far the ringing came, and how it ended.
pub(super) fn rang(call: &Call) -> Option<(f64, Rung)> {
    let (end, _) = call.ended.as_ref()?;
    let age = seconds(call.answered.unwrap_or(*end), call.rang?);
    let rung = match call {
        _ if call.cut() => Rung::Cut,
        _ if call.is_person() => Rung::Human,
        _ if call.is_machine() => Rung::Machine,
        _ => Rung::Nobody,
    };
    Some((age, rung))
}

/// What the call says of the number; a share of each where it was cut off.
/// `None`: it says nothing about people.
pub(super) fn kind(call: &Call, survivors: &Survivors) -> Option<Kind> {
    let (end, cause) = call.ended.as_ref()?;
    if call.cut() {
        let (human, machine) = survivors.from(seconds(*end, call.rang?));
        return Some(Kind::Cut { human, machine });
    }
    let kind = match cause {
        Cause::Machine(MachineKind::Fax) => Kind::Fax,
        Cause::Machine(_) => Kind::Machine,
        Cause::Handled | Cause::AbandonedNoAgent | Cause::AbandonedCustomerEarly => Kind::Human,
        Cause::Invalid(InvalidKind::Sit) => Kind::Sit,
        Cause::Invalid(_) => Kind::Invalid,
        Cause::Busy => Kind::Busy,
        Cause::Rejected => Kind::Rejected,
        Cause::NoAnswer => Kind::NoAnswer,
        Cause::Failed(FailKind::Congestion) => Kind::Congestion,
        Cause::Failed(FailKind::Timeout) => Kind::Silent,
        Cause::Failed(FailKind::Carrier) => Kind::Fail,
        Cause::Failed(FailKind::OwnError) | Cause::Interrupted | Cause::CancelledStopped | Cause::CancelledSurplus => {
            return None;
        }
    };
    Some(kind)
}

impl Call {
    /// We cancelled it while it rang.
    fn cut(&self) -> bool {
        let cancelled = matches!(self.ended, Some((_, Cause::CancelledSurplus | Cause::CancelledStopped)));
        cancelled && self.rang.is_some() && self.answered.is_none()
    }
}

pub(super) fn seconds(now: Moment, earlier: Moment) -> f64 {
    now.since(earlier).as_secs_f64()
}
