//! The end of a leg: told once, whatever crosses on the wire.

use super::Stack;
use crate::sip::api::{CallEvent, EndedBy};
use crate::sip::leg::{End, Phase};
use crate::sip::slots::SlotKey;
use crate::sip::transaction::Owner;
use crate::words::{LegId, Moment};

impl Stack {
    /// Ends the call, as its state needs: CANCEL, BYE, a refusal, or nothing. One `Ended` or `Refused` follows.
    pub fn hang_up(&mut self, now: Moment, leg: LegId) {
        let Some(key) = self.leg_key(leg) else { return };
        let Some(found) = self.legs.get_mut(key) else { return };
        match found.phase {
            Phase::Calling => self.stop_calling(now, key, crate::sip::leg::Stopping::HangUp),
            Phase::Incoming => self.refuse(now, leg, 480, None),
            Phase::Up => {
                self.tell_end(key, End::by(EndedBy::Us));
                self.leave(now, key);
            }
            Phase::Leaving => {}
        }
    }

    /// The leg's last event, unless it was told before.
    pub(super) fn tell_end(&mut self, key: SlotKey, end: End) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        if std::mem::replace(&mut leg.told, true) {
            return;
        }
        let id = leg.id;
        let event = match end {
            End::Refused { code, q850, retry_after, why } => CallEvent::Refused { code, q850, retry_after, why },
            End::Ended { by, q850 } => CallEvent::Ended { by, q850 },
        };
        self.tell(id, event);
    }

    /// Tells the end and forgets the leg: nothing more is to be said on the wire.
    pub(super) fn close(&mut self, key: SlotKey, end: End) {
        self.tell_end(key, end);
        self.remove_leg(key);
    }

    /// Says BYE, at once or when the ACK to our 2xx has come (RFC 3261 section 15).
    pub(super) fn leave(&mut self, now: Moment, key: SlotKey) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        leg.phase = Phase::Leaving;
        leg.ring_until = None;
        leg.session = Default::default();
        // Whatever a refresh was asked for, the BYE may be asked anew.
        leg.forget_challenge();
        if leg.ack_until.take().is_some() {
            self.wire.send(leg.dialog.hop, &leg.ack);
        }
        if leg.success.as_ref().is_some_and(|s| s.first) {
            return;
        }
        self.send_bye(now, key, &[]);
    }

    /// `credentials`: a whole Authorization line, or nothing.
    pub(super) fn send_bye(&mut self, now: Moment, key: SlotKey, credentials: &[u8]) {
        let Some(branch) = self.next_client() else {
            // No room even for a BYE: the other end's session timer will find out.
            return self.remove_leg(key);
        };
        let Some(leg) = self.legs.get_mut(key) else { return };
        leg.success = None;
        leg.dialog.local_cseq += 1;
        let begin = self.wire.begin();
        let mut w = crate::sip::write::Writer::new(&mut self.wire.bytes);
        leg.dialog.request(&mut w, &self.me, rsip::Method::Bye, &branch, leg.dialog.local_cseq);
        w.text_lines(credentials);
        self.me.user_agent(&mut w);
        w.no_body();
        let peer = leg.dialog.hop;
        self.launch(now, Owner::Bye(key), false, peer, begin);
    }
}
