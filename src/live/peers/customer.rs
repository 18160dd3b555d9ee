//! A called line: it rings or refuses as its part says, a person or a machine picks up, talks, and hangs up in the end.

use super::player::Stage;
use super::timers::Due;
use super::{Course, Hand, HandState, Part, Person, Who};
use crate::live::sip_thread::SipCommand;
use crate::media::RemoteParty;
use crate::words::LegId;
use rand::Rng;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// An impatient finger presses again after this.
const PRESSES_AGAIN: Duration = Duration::from_secs(5);
const NOT_FOUND: u16 = 404;
const BUSY: u16 = 486;
const UNALLOCATED: u8 = 1;
const TEMPORARILY_UNAVAILABLE: u16 = 480;
const NO_ANSWER: u8 = 19;

pub(super) struct Customer {
    leg: LegId,
    part: Part,
    remote: Option<RemoteParty>,
    voice: usize,
    answered: bool,
    /// The 200 was acknowledged.
    up: bool,
    heard: bool,
    leaving: bool,
}

impl Customer {
    pub fn called(stage: &mut Stage, leg: LegId, remote: Option<RemoteParty>, part: Part) -> Customer {
        stage.tally.called.fetch_add(1, Ordering::Relaxed);
        stage.after(part.post_dial, leg, Due::PostDial);
        let voice = stage.rng.random_range(0..64);
        Customer { leg, part, remote, voice, answered: false, up: false, heard: false, leaving: false }
    }

    pub fn due(&mut self, stage: &mut Stage, due: Due) {
        match due {
            Due::PostDial => self.after_dialing(stage),
            Due::RingEnds => self.ring_ends(stage),
            Due::Greet => self.greets(stage),
            Due::Speak => self.speaks(stage),
            Due::Patience if !self.heard => self.hangs_up(stage),
            Due::Patience => {}
            Due::Leave => self.hangs_up(stage),
            Due::Press => self.presses(stage),
        }
    }

    fn after_dialing(&mut self, stage: &mut Stage) {
        let leg = self.leg;
        let rings = match self.part.course {
            Course::Silent => return,
            Course::Intercept => return self.intercepts(stage),
            Course::Refuses { rings: None, code, q850 } => {
                return stage.signal(SipCommand::Refuse { leg, code, q850 });
            }
            Course::Refuses { rings: Some(rings), .. } => rings,
            Course::RingsOut { after } => after,
            Course::Answers { ring, .. } => ring,
            Course::ByHand => {
                stage.tally.hand_is(HandState::Ringing);
                return stage.signal(SipCommand::Ring { leg });
            }
        };
        stage.signal(SipCommand::Ring { leg });
        stage.after(rings, leg, Due::RingEnds);
    }

    fn intercepts(&mut self, stage: &mut Stage) {
        let Some(media) = stage.open_sound(self.leg, self.remote) else { return };
        stage.signal(SipCommand::EarlyMedia { leg: self.leg, media });
        let tones = stage.sounds.intercept.clone();
        stage.play(self.leg, tones);
    }

    fn ring_ends(&mut self, stage: &mut Stage) {
        let leg = self.leg;
        match self.part.course {
            Course::Refuses { code, q850, .. } => stage.signal(SipCommand::Refuse { leg, code, q850 }),
            Course::RingsOut { .. } => {
                stage.signal(SipCommand::Refuse { leg, code: TEMPORARILY_UNAVAILABLE, q850: Some(NO_ANSWER) });
            }
            Course::Answers { .. } => {
                let Some(media) = stage.open_sound(leg, self.remote) else { return };
                self.answered = true;
                stage.tally.answered.fetch_add(1, Ordering::Relaxed);
                stage.signal(SipCommand::Answer { leg, media });
            }
            Course::Silent | Course::Intercept | Course::ByHand => {}
        }
    }

    pub fn by_hand(&self) -> bool {
        self.part.course == Course::ByHand
    }

    pub fn hand(&mut self, stage: &mut Stage, hand: Hand) {
        let leg = self.leg;
        match hand {
            Hand::Answer if !self.answered => {
                let Some(media) = stage.open_sound(leg, self.remote) else { return };
                self.answered = true;
                stage.signal(SipCommand::Answer { leg, media });
            }
            Hand::Answer => {}
            Hand::HangUp if self.up => self.hangs_up(stage),
            Hand::HangUp => stage.signal(SipCommand::Refuse { leg, code: BUSY, q850: None }),
            Hand::Press(key) if self.up => stage.press(leg, key),
            Hand::Press(_) => {}
        }
    }

    pub fn gone(self, stage: &Stage) {
        if self.by_hand() {
            stage.tally.hand_is(HandState::Idle);
        }
    }

    /// The dialer acknowledged the 200.
    pub fn connected(&mut self, stage: &mut Stage) {
        if std::mem::replace(&mut self.up, true) {
            return;
        }
        stage.listen(self.leg);
        if self.by_hand() {
            stage.tally.hand_is(HandState::Up);
        }
        let leg = self.leg;
        match self.who() {
            Some(Who::Person(person)) => {
                let (greeting_after, patience) = (person.greeting_after, person.patience);
                if let Some(after) = greeting_after {
                    stage.after(after, leg, Due::Greet);
                }
                stage.after(patience, leg, Due::Patience);
            }
            Some(Who::Machine { .. } | Who::Fax) => stage.after(Duration::from_millis(300), leg, Due::Greet),
            None => {}
        }
    }

    fn who(&self) -> Option<&Who> {
        match &self.part.course {
            Course::Answers { who, .. } => Some(who),
            Course::Silent | Course::Refuses { .. } | Course::Intercept | Course::RingsOut { .. } | Course::ByHand => {
                None
            }
        }
    }

    fn person(&self) -> Option<&Person> {
        match self.who() {
            Some(Who::Person(person)) => Some(person),
            Some(Who::Machine { .. } | Who::Fax) | None => None,
        }
    }

    fn greets(&mut self, stage: &mut Stage) {
        let sound = match self.who() {
            Some(Who::Person(person)) => stage.sounds.hello(self.voice, person.greeting),
            Some(Who::Machine { greeting, .. }) => stage.sounds.machine(self.voice, *greeting),
            Some(Who::Fax) => stage.sounds.fax.clone(),
            None => return,
        };
        stage.play(self.leg, sound);
    }

    /// Somebody is there.
    pub fn hears(&mut self, stage: &mut Stage) {
        if std::mem::replace(&mut self.heard, true) {
            return;
        }
        let Some(person) = self.person() else { return };
        let (leaves, presses, leg) = (person.leaves_after, person.presses, self.leg);
        stage.tally.customers_heard.fetch_add(1, Ordering::Relaxed);
        if let Some(after) = leaves {
            stage.after(after, leg, Due::Leave);
        }
        match presses {
            Some((after, _)) => stage.after(after, leg, Due::Press),
            None => {
                let turn = stage.between(1.5, 4.0);
                stage.after(turn, leg, Due::Speak);
            }
        }
    }

    /// What was played has ended.
    pub fn spoke(&mut self, stage: &mut Stage) {
        let leg = self.leg;
        match (self.answered, &self.part.course) {
            (_, Course::Intercept) => {
                stage.signal(SipCommand::Refuse { leg, code: NOT_FOUND, q850: Some(UNALLOCATED) });
            }
            (true, Course::Answers { who: Who::Machine { records, .. }, .. }) => {
                let records = *records;
                stage.after(records, leg, Due::Leave);
            }
            (true, Course::Answers { who: Who::Fax, .. }) => self.hangs_up(stage),
            (true, Course::Answers { who: Who::Person(_), .. }) => {
                if self.heard {
                    let turn = stage.between(2.0, 6.0);
                    stage.after(turn, leg, Due::Speak);
                }
            }
            (_, Course::Silent | Course::Refuses { .. } | Course::RingsOut { .. } | Course::ByHand)
            | (false, Course::Answers { .. }) => {}
        }
    }

    fn speaks(&mut self, stage: &mut Stage) {
        if self.up && !self.leaving {
            stage.say(self.leg, self.voice);
        }
    }

    fn presses(&mut self, stage: &mut Stage) {
        let Some((_, key)) = self.person().and_then(|person| person.presses) else { return };
        if self.up && !self.leaving {
            stage.press(self.leg, key);
            stage.after(PRESSES_AGAIN, self.leg, Due::Press);
        }
    }

    fn hangs_up(&mut self, stage: &mut Stage) {
        if self.up && !std::mem::replace(&mut self.leaving, true) {
            stage.signal(SipCommand::HangUp { leg: self.leg });
        }
    }
}
