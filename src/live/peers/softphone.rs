//! An agent's phone: picks up by itself, stays up for the shift, and talks with pauses as long as it is up.

use super::player::Stage;
use super::timers::Due;
use crate::live::sip_thread::SipCommand;
use crate::media::RemoteParty;
use crate::words::LegId;
use rand::Rng;
use std::sync::atomic::Ordering;

pub(super) struct Softphone {
    leg: LegId,
    remote: Option<RemoteParty>,
    voice: usize,
    up: bool,
}

impl Softphone {
    pub fn called(stage: &mut Stage, leg: LegId, remote: Option<RemoteParty>) -> Softphone {
        stage.signal(SipCommand::Ring { leg });
        let picks_up = stage.between(0.1, 0.4);
        stage.after(picks_up, leg, Due::RingEnds);
        let voice = stage.rng.random_range(0..64);
        Softphone { leg, remote, voice, up: false }
    }

    pub fn due(&mut self, stage: &mut Stage, due: Due) {
        match due {
            Due::RingEnds => {
                if let Some(media) = stage.open_sound(self.leg, self.remote) {
                    stage.signal(SipCommand::Answer { leg: self.leg, media });
                }
            }
            Due::Speak if self.up => stage.say(self.leg, self.voice),
            Due::Speak | Due::PostDial | Due::Greet | Due::Patience | Due::Leave | Due::Press => {}
        }
    }

    pub fn connected(&mut self, stage: &mut Stage) {
        if !std::mem::replace(&mut self.up, true) {
            stage.tally.phones_up.fetch_add(1, Ordering::Relaxed);
            stage.listen(self.leg);
            self.spoke(stage);
        }
    }

    /// The next words follow soon: whoever is joined to this line hears somebody at once.
    pub fn spoke(&mut self, stage: &mut Stage) {
        let turn = stage.between(0.6, 2.5);
        stage.after(turn, self.leg, Due::Speak);
    }

    pub fn hears(&self, stage: &Stage) {
        stage.tally.phones_heard.fetch_add(1, Ordering::Relaxed);
    }

    pub fn gone(self, stage: &Stage) {
        if self.up {
            stage.tally.phones_up.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
