//! From the INVITE to the verdict: ringing, answered, who or what is there.

use super::io::*;
use super::state::{Call, Stage};
use super::timers::Timer;
use super::{Engine, Owner};
use crate::campaign::cause::{self, Refusal as SipRefusal};
use crate::campaign::profile::{ClockStart, SILENT_GREETING_MS};
use crate::facts::{Fact, Verdict};
use crate::pacing::{Ending, Event};
use crate::words::*;
use std::time::Duration;

/// Media gives its verdict by the deadline; this much later the engine stops waiting for it.
const VERDICT_GRACE: Duration = Duration::from_millis(300);
/// A greeting that goes on so long is a machine's, and media has said so before.
const GREETING_MAX: Duration = Duration::from_secs(8);
/// No call lasts longer (I11): an hour's talk is long, a zombie is longer.
const CALL_MAX: Duration = Duration::from_secs(4 * 3600);

impl Engine {
    pub(super) fn on_leg(&mut self, leg: LegId, event: LegEvent) {
        match self.legs.get(&leg).copied() {
            Some(Owner::Call(call)) => self.on_call_leg(call, leg, event),
            Some(Owner::Agent(agent)) => self.on_agent_leg(agent, leg, event),
            Some(Owner::Leftover) => self.on_leftover(leg, event),
            // A leg we have let go of; its last words change nothing.
            None => {}
        }
    }

    fn on_call_leg(&mut self, id: CallId, leg: LegId, event: LegEvent) {
        match event {
            LegEvent::InviteSent { sip_call_id } => self.on_invite_sent(id, leg, sip_call_id),
            LegEvent::Ringing => self.on_ringing(id, false),
            LegEvent::EarlyMedia => self.on_ringing(id, true),
            LegEvent::Answered => self.on_answered(id, leg),
            LegEvent::PickedUp => self.on_picked_up(id),
            LegEvent::Refused { code, q850, local, .. } => {
                self.legs.remove(&leg);
                self.on_refused(id, code, q850, local);
            }
            LegEvent::Ended { by, q850 } => {
                self.legs.remove(&leg);
                self.on_customer_gone(id, by, q850);
            }
        }
    }

    fn on_invite_sent(&mut self, id: CallId, leg: LegId, sip_call_id: String) {
        let call = &self.calls[&id];
        let trunk = call.trunk.expect("dialed over a trunk");
        let settings = &self.campaigns[&call.campaign].spec.settings;
        let caller_id = settings.seller.caller_id.clone();
        let ring = Duration::from_secs(u64::from(settings.dialing.ring_seconds_max));
        self.fact(Fact::InviteSent { call: id, leg, trunk, sip_call_id, caller_id });
        if self.calls[&id].stage == Stage::Dialing {
            // Until it rings: a carrier that says nothing for so long is given up.
            self.after(Timer::Ring(id), ring);
        }
    }

    fn on_ringing(&mut self, id: CallId, early_media: bool) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.stage != Stage::Dialing || call.rang {
            return;
        }
        call.rang = true;
        let campaign = call.campaign;
        // The law counts ringing, not the carrier's search for the phone (16 CFR 310.4(b)(4)(ii)).
        let ring = u64::from(self.campaigns[&campaign].spec.settings.dialing.ring_seconds_max);
        self.after(Timer::Ring(id), Duration::from_secs(ring));
        self.fact(Fact::CallRinging { call: id, early_media });
        self.tell_pacing(campaign, Event::Ringing { call: id });
    }

    fn on_answered(&mut self, id: CallId, leg: LegId) {
        let now = self.now;
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.stage == Stage::Ending {
            self.answered_while_cancelling(id);
            return;
        }
        if call.stage != Stage::Dialing {
            return;
        }
        call.answered = Some(now);
        call.stage = Stage::Listening;
        let campaign_id = call.campaign;
        self.timers.cancel(Timer::Ring(id));
        self.fact(Fact::CallAnswered { call: id });
        self.after(Timer::CallMax(id), CALL_MAX);
        self.tell_pacing(campaign_id, Event::Answered { call: id });
        let campaign = &self.campaigns[&campaign_id];
        if campaign.spec.settings.amd.enabled {
            let deadline = Duration::from_secs_f64(campaign.spec.settings.amd.deadline_seconds);
            self.command(Command::Listen { leg, amd: Some(deadline) });
            self.after(Timer::Verdict(id), deadline + VERDICT_GRACE);
        } else {
            self.command(Command::Listen { leg, amd: None });
            self.classify(id, Verdict::Unknown, "no_amd".to_owned(), 0);
        }
    }

    /// A person was there and will hear nobody (I4).
    fn on_picked_up(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        match call.stage {
            Stage::Ending => self.answered_while_cancelling(id),
            Stage::Dialing => {
                call.answered = Some(self.now);
                let campaign = call.campaign;
                self.fact(Fact::CallAnswered { call: id });
                self.tell_pacing(campaign, Event::Answered { call: id });
                let cause = self.unserved(id, "no_media");
                self.end_call(id, cause, Side::Us);
            }
            Stage::Placed | Stage::Cleared | Stage::Listening | Stage::Waiting | Stage::Message | Stage::Talking => {}
        }
    }

    /// Our CANCEL crossed their 200. The stack ends it with BYE; the carrier saw an answer, so the record says so,
    /// and whoever picked up heard nobody.
    fn answered_while_cancelling(&mut self, id: CallId) {
        let call = self.calls.get_mut(&id).expect("looked up by on_answered");
        call.answered = Some(self.now);
        let in_service = !matches!(call.ending, Some((Cause::Invalid(_), _)));
        self.fact(Fact::CallAnswered { call: id });
        if in_service {
            let cause = self.unserved(id, "cancelled");
            self.calls.get_mut(&id).expect("looked up above").ending = Some((cause, Side::Us));
        }
    }

    pub(super) fn on_media(&mut self, leg: LegId, event: MediaEvent) {
        match self.legs.get(&leg).copied() {
            Some(Owner::Call(call)) => self.on_call_media(call, event),
            Some(Owner::Agent(agent)) => match event {
                MediaEvent::Silent => self.on_phone_silent(agent, leg, true),
                MediaEvent::Heard => self.on_phone_silent(agent, leg, false),
                MediaEvent::SpeechStarted
                | MediaEvent::SpeechEnded { .. }
                | MediaEvent::Amd { .. }
                | MediaEvent::Beep
                | MediaEvent::Digit(_)
                | MediaEvent::Played { .. }
                | MediaEvent::Sit => {}
            },
            Some(Owner::Leftover) | None => {}
        }
    }

    fn on_call_media(&mut self, id: CallId, event: MediaEvent) {
        match event {
            MediaEvent::SpeechStarted => self.on_greeting_started(id),
            MediaEvent::SpeechEnded { ago } => self.on_greeting_ended(id, ago),
            MediaEvent::Amd { verdict, why, analysed_ms } => self.classify(id, verdict, why, analysed_ms),
            MediaEvent::Beep => self.on_beep(id),
            MediaEvent::Digit(digit) => self.on_digit(id, digit),
            MediaEvent::Played { playback, .. } => self.on_played(id, playback),
            MediaEvent::Sit => self.on_sit(id),
            // The caller's silence ends nothing: people mute their phones. The carrier's BYE or CallMax does.
            MediaEvent::Silent | MediaEvent::Heard => {}
        }
    }

    fn on_greeting_started(&mut self, id: CallId) {
        let now = self.now;
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.answered.is_some() && call.greeting_started.is_none() {
            call.greeting_started = Some(now);
            self.fact(Fact::GreetingStarted { call: id });
            let deadline = self.amd_deadline(id);
            match self.campaigns[&self.calls[&id].campaign].profile.clock_start {
                ClockStart::Answer => {}
                ClockStart::GreetingStart => self.await_verdict(id, deadline),
                ClockStart::GreetingEnd | ClockStart::Live => self.await_verdict(id, GREETING_MAX),
            }
        }
    }

    fn on_greeting_ended(&mut self, id: CallId, ago: Duration) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(started) = call.greeting_started.filter(|_| call.greeting_ended.is_none()) else { return };
        let ended = (self.now - ago).max(started);
        call.greeting_ended = Some(ended);
        self.fact_at(ended, Fact::GreetingEnded { call: id });
        let deadline = self.amd_deadline(id);
        match self.campaigns[&self.calls[&id].campaign].profile.clock_start {
            ClockStart::Answer | ClockStart::GreetingStart => {}
            ClockStart::Live => self.await_verdict(id, deadline),
            ClockStart::GreetingEnd => {
                self.await_verdict(id, deadline);
                self.clock_began(id, ended);
            }
        }
    }

    /// The verdict was quicker than the detector of silence: the clock had started a moment before.
    fn clock_began(&mut self, id: CallId, at: Moment) {
        let unserved = |c: &&mut Call| !c.handled && matches!(c.stage, Stage::Waiting | Stage::Talking);
        let Some(call) = self.calls.get_mut(&id).filter(unserved) else { return };
        if call.clock.is_some_and(|clock| clock <= at) {
            return;
        }
        call.clock = Some(at);
        if call.stage == Stage::Waiting {
            let due = (at + self.threshold_of(id)).max(self.now);
            self.timers.set(Timer::Threshold(id), due);
        }
    }

    fn amd_deadline(&self, id: CallId) -> Duration {
        Duration::from_secs_f64(self.campaigns[&self.calls[&id].campaign].spec.settings.amd.deadline_seconds)
    }

    /// AMD's deadline runs anew from where the clock of the law starts; where that is the answer, the first one stands.
    fn await_verdict(&mut self, id: CallId, deadline: Duration) {
        let call = &self.calls[&id];
        let listening = call.stage == Stage::Listening && self.campaigns[&call.campaign].spec.settings.amd.enabled;
        if listening {
            self.after(Timer::Verdict(id), deadline + VERDICT_GRACE);
        }
    }

    /// Special information tones before an answer: the number is not in service, whatever follows.
    fn on_sit(&mut self, id: CallId) {
        let unanswered = self.calls.get(&id).is_some_and(|c| c.stage == Stage::Dialing);
        if unanswered {
            self.end_call(id, Cause::Invalid(InvalidKind::Sit), Side::Network);
        }
    }

    pub(super) fn on_verdict_overdue(&mut self, id: CallId) {
        if self.calls.get(&id).is_some_and(|c| c.stage == Stage::Listening) {
            self.classify(id, Verdict::Unknown, "overdue".to_owned(), 0);
        }
    }

    /// `t_class`: a person (or nobody can tell), or a machine.
    pub(super) fn classify(&mut self, id: CallId, verdict: Verdict, why: String, analysed_ms: u32) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.stage != Stage::Listening {
            return;
        }
        call.classified = Some(verdict);
        let (campaign, leg) = (call.campaign, call.leg.expect("answered on a leg"));
        self.timers.cancel(Timer::Verdict(id));
        self.fact(Fact::CallClassified { call: id, verdict, why, analysed_ms });
        match verdict {
            Verdict::Human | Verdict::Unknown => self.start_legal_clock(id),
            Verdict::Machine(kind) => {
                self.pace_out(id, Event::Machine { call: id });
                let amd = &self.campaigns[&campaign].spec.settings.amd;
                let message = matches!(amd.on_machine, crate::campaign::settings::OnMachine::Message);
                if message && kind == MachineKind::Voicemail && amd.machine_message.is_some() {
                    self.free_reserved(id);
                    self.await_beep(id);
                } else {
                    self.command(Command::StopListening { leg });
                    self.end_call(id, Cause::Machine(kind), Side::Us);
                }
            }
        }
    }

    fn start_legal_clock(&mut self, id: CallId) {
        let clock = self.legal_clock(id);
        self.calls.get_mut(&id).expect("classified").clock = Some(clock);
        self.serve(id);
    }

    /// Where the profile of the law says that the seconds count from, as far as anybody can tell by now (KPI dictionary,
    /// section 4). A greeting that never came is over two seconds after the answer at the latest.
    pub(super) fn legal_clock(&self, id: CallId) -> Moment {
        let now = self.now;
        let call = &self.calls[&id];
        let campaign = &self.campaigns[&call.campaign];
        let answered = call.answered.expect("the clock is asked for after the answer");
        let silent = now.min(answered + Duration::from_millis(u64::from(SILENT_GREETING_MS)));
        match campaign.profile.clock_start {
            ClockStart::Answer => answered,
            ClockStart::GreetingStart | ClockStart::GreetingEnd if !campaign.spec.settings.amd.enabled => answered,
            ClockStart::GreetingStart => call.greeting_started.unwrap_or(silent),
            ClockStart::GreetingEnd => match (call.greeting_started, call.greeting_ended) {
                (_, Some(ended)) => ended,
                (Some(_), None) => now,
                (None, None) => silent,
            },
            ClockStart::Live => now,
        }
    }

    fn on_refused(&mut self, id: CallId, code: u16, q850: Option<u8>, local: bool) {
        let Some(call) = self.calls.get(&id) else { return };
        if call.stage == Stage::Ending {
            // 487 after our CANCEL, as it should be.
            self.finish_call(id, Some(code), q850);
            return;
        }
        let cause = SipRefusal::new(code, q850, local).cause();
        if cause::may_fail_over(&cause) && !local && self.fail_over(id) {
            return;
        }
        self.end_call(id, cause, Side::Network);
        self.finish_call(id, Some(code), q850);
    }

    /// The last word to pacing about an unanswered call.
    pub(super) fn ending_of(cause: &Cause) -> Ending {
        match cause {
            Cause::Busy => Ending::Busy,
            Cause::Invalid(_) => Ending::Sit,
            Cause::Failed(_) | Cause::Interrupted => Ending::Fail,
            Cause::CancelledSurplus | Cause::CancelledStopped => Ending::Cancelled,
            Cause::NoAnswer | Cause::Rejected => Ending::NoAnswer,
            Cause::Machine(_) | Cause::AbandonedNoAgent | Cause::AbandonedCustomerEarly | Cause::Handled => {
                Ending::Hangup
            }
        }
    }
}
