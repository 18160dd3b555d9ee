//! An INVITE rings and is answered: provisional responses, the first 2xx, its ACK.

use super::read_answer;
use crate::sip::api::*;
use crate::sip::branch::{Token, hex};
use crate::sip::leg::{End, Phase, Purse, Stopping};
use crate::sip::scan::{Message, Name};
use crate::sip::session_timer;
use crate::sip::slots::SlotKey;
use crate::sip::stack::Stack;
use crate::sip::stack::cancel::cancelled;
use crate::sip::stack::testament::ACK_PATIENCE;
use crate::sip::write::Writer;
use crate::words::Moment;

impl Stack {
    pub(in crate::sip::stack) fn on_progress(&mut self, now: Moment, key: SlotKey, message: &Message<'_>, code: u16) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        if leg.phase != Phase::Calling || leg.stopping.is_some() || code == 100 {
            return;
        }
        let id = leg.id;
        let sound = read_answer(message, &self.config.codecs);
        if matches!(code, 180 | 183) && !leg.ringing {
            leg.ring_until = Some(now + leg.ring_max);
            leg.ringing = code == 180 || sound.is_none();
            if leg.ringing {
                self.events.push_back(Event::Call { leg: id, event: CallEvent::Ringing });
            }
        }
        if let Some(media) = sound
            && leg.media != Some(media)
        {
            leg.media = Some(media);
            self.events.push_back(Event::Call { leg: id, event: CallEvent::EarlyMedia { media } });
        }
        self.acknowledge_provisional(now, key, message);
        self.arm_leg(key);
    }

    /// The first 2xx.
    pub(in crate::sip::stack) fn on_success(&mut self, now: Moment, key: SlotKey, message: &Message<'_>) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        leg.dialog.establish(message);
        leg.ring_until = None;
        leg.phase = Phase::Up;
        leg.peer_updates = message.list(Name::Allow).any(|m| m == b"UPDATE");
        leg.peer_timer = message.has_token(Name::Supported, "timer") || message.has_token(Name::Require, "timer");
        self.write_ack(key);
        let Some(leg) = self.legs.get_mut(key) else { return };
        // `leave` sends it before the BYE.
        leg.ack_until = Some(now + ACK_PATIENCE);
        leg.forget_challenge();
        if let Some(why) = leg.stopping {
            // The 200 crossed our CANCEL: somebody picked up, and the record must say so (I4).
            let id = leg.id;
            self.tell(id, CallEvent::PickedUp);
            let end = match why {
                Stopping::HangUp => cancelled(why),
                Stopping::RingMax => End::by(EndedBy::Us),
            };
            self.tell_end(key, end);
            return self.leave(now, key);
        }
        // A 200 without SDP confirms the answer that an earlier response brought.
        let media = read_answer(message, &self.config.codecs).or(leg.media);
        let Some(media) = media else {
            self.tell_no_media(key);
            return self.leave(now, key);
        };
        if self.config.testaments {
            self.testify_bye(key);
        } else {
            self.send_ack(key);
        }
        let Some(leg) = self.legs.get_mut(key) else { return };
        leg.media = Some(media);
        leg.session.restart(now, session_timer::read(message), true);
        let id = leg.id;
        self.tell(id, CallEvent::Answered { media });
        self.arm_leg(key);
    }

    /// Answered with nothing that we can hear or be heard by. Of a customer's call the record says that somebody picked up
    /// and heard nobody (I4); an agent's phone was merely no use.
    fn tell_no_media(&mut self, key: SlotKey) {
        let Some(leg) = self.legs.get(key) else { return };
        let (id, customer) = (leg.id, matches!(leg.purse, Purse::Trunk(_)));
        if customer {
            tracing::warn!(leg = %id, "answered without a codec or address that we can use: the carrier must offer G.711");
            self.tell(id, CallEvent::PickedUp);
        }
        let end = if customer { End::by(EndedBy::Us) } else { End::refused(488, Refusal::NoMedia) };
        self.tell_end(key, end);
    }

    /// Sends the ACK to a 2xx, and keeps it for the 2xx's retransmissions (RFC 3261 section 13.2.2.4).
    pub(in crate::sip::stack) fn acknowledge(&mut self, _now: Moment, key: SlotKey) {
        self.write_ack(key);
        self.send_ack(key);
    }

    fn send_ack(&mut self, key: SlotKey) {
        if let Some(leg) = self.legs.get_mut(key) {
            leg.ack_until = None;
            self.wire.send(leg.dialog.hop, &leg.ack);
        }
    }

    fn write_ack(&mut self, key: SlotKey) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        // An ACK has a branch of its own but no transaction: nothing will ever answer it.
        let mut branch = Token(*b"ack00000000000000000000000000000");
        hex(self.chance.next(), &mut branch.0[3..19]);
        leg.ack.clear();
        let mut w = Writer::new(&mut leg.ack);
        leg.dialog.request(&mut w, &self.me, rsip::Method::Ack, &branch, leg.invite_cseq);
        w.text_lines(&leg.credentials);
        w.no_body();
    }
}
