//! Requests within a call: ACK, BYE, re-INVITE, UPDATE, and the small ones.

use super::Stack;
use super::answer::{session_timer_wanted, write_session};
use super::cancel::q850;
use crate::sip::api::{CallEvent, EndedBy, Event};
use crate::sip::leg::{End, Leg, Phase};
use crate::sip::scan::{Message, Name};
use crate::sip::sdp::Media;
use crate::sip::session_timer::MIN_SE_SECONDS;
use crate::sip::slots::SlotKey;
use crate::sip::transport::Peer;
use crate::words::Moment;

impl Stack {
    /// `key` is the leg that our tag names, `transaction` the request's own key.
    pub(super) fn on_dialog_request(
        &mut self,
        now: Moment,
        peer: Peer,
        message: &Message<'_>,
        method: &[u8],
        key: SlotKey,
        transaction: u64,
    ) {
        let Some(leg) = self.legs.get_mut(key).filter(|leg| is_same_dialog(leg, message)) else {
            return self.on_lost_request(now, peer, message, method);
        };
        match method {
            b"ACK" => return self.on_ack(now, key, message),
            b"CANCEL" => {
                let crate::sip::scan::Start::Request { uri, .. } = message.start else { return };
                return self.on_cancel(now, peer, message, uri, transaction);
            }
            _ => {}
        }
        let cseq = message.cseq().map_or(0, |c| c.number);
        if !leg.dialog.accepts_cseq(cseq) {
            return self.respond_once(now, peer, message, transaction, 500, |_| {});
        }
        if message.list(Name::Require).any(|t| !t.eq_ignore_ascii_case(b"timer")) {
            let missing = message.list(Name::Require).collect::<Vec<_>>().join(b", ".as_slice());
            return self.respond_once(now, peer, message, transaction, 420, |w| {
                w.header("Unsupported", &missing);
            });
        }
        match method {
            b"BYE" => self.on_bye(now, peer, message, key, transaction),
            b"INVITE" => self.on_reinvite(now, peer, message, key, transaction),
            b"UPDATE" => self.on_update(now, peer, message, key, transaction),
            // Digits by INFO are taken and not used: RFC 4733 carries them.
            b"INFO" | b"OPTIONS" => self.respond_once(now, peer, message, transaction, 200, |w| {
                w.header("Allow", super::ALLOW);
            }),
            // We never send a reliable provisional response.
            b"PRACK" => self.respond_once(now, peer, message, transaction, 481, |_| {}),
            _ => self.respond_once(now, peer, message, transaction, 405, |w| {
                w.header("Allow", super::ALLOW);
            }),
        }
    }

    fn on_ack(&mut self, now: Moment, key: SlotKey, message: &Message<'_>) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        let cseq = message.cseq().map_or(0, |c| c.number);
        let Some(success) = leg.success.take_if(|s| s.cseq == cseq) else { return };
        if success.offered
            && let Some(media) = super::call::read_answer(message, &self.config.codecs)
        {
            leg.media = Some(media);
        }
        let (id, media, phase) = (leg.id, leg.media, leg.phase);
        if success.first {
            if phase == Phase::Leaving {
                return self.send_bye(now, key, &[]);
            }
            match media {
                Some(media) => self.tell(id, CallEvent::Answered { media }),
                // Our offer was not answered: there is nothing to hear.
                None => {
                    self.tell_end(key, End::by(EndedBy::Network));
                    return self.leave(now, key);
                }
            }
        } else if success.offered
            && let Some(media) = media
        {
            self.tell(id, CallEvent::MediaChanged { media });
        }
        self.arm_leg(key);
    }

    fn on_bye(&mut self, now: Moment, peer: Peer, message: &Message<'_>, key: SlotKey, transaction: u64) {
        self.respond_once(now, peer, message, transaction, 200, |_| {});
        let end = End::Ended { by: EndedBy::Peer, q850: q850(message) };
        let Some(leg) = self.legs.get(key) else { return };
        match leg.phase {
            Phase::Up | Phase::Leaving => self.close(key, end),
            // An early dialog may be ended so, though CANCEL is usual (RFC 3261 section 15).
            Phase::Incoming => {
                if let Some(at) = leg.transaction {
                    self.respond(now, at, 487, &[], |_| {});
                }
                self.close(key, end);
            }
            // The other end cannot end what it has not answered; the INVITE's final response will.
            Phase::Calling => {}
        }
    }

    fn on_reinvite(&mut self, now: Moment, peer: Peer, message: &Message<'_>, key: SlotKey, transaction: u64) {
        let Some(leg) = self.legs.get(key) else { return };
        let tag = leg.dialog.local_tag;
        let busy = match leg.phase {
            Phase::Up if leg.refreshing => Some(491),
            Phase::Up => None,
            Phase::Calling => Some(491),
            Phase::Incoming => Some(500),
            Phase::Leaving => Some(481),
        };
        let Some(at) = self.open_server(peer, message, transaction, None, tag.bytes()) else { return };
        if let Some(code) = busy {
            return self.respond(now, at, code, &[], |w| {
                if code == 500 {
                    w.header_number("Retry-After", 5);
                }
            });
        }
        if let Some(Err(code)) = session_timer_wanted(message) {
            return self.respond(now, at, code, &[], |w| {
                w.header_number("Min-SE", MIN_SE_SECONDS.into());
            });
        }
        let Ok((offer, media)) = self.read_offer(message) else {
            return self.respond(now, at, 488, &[], |_| {});
        };
        self.take_early_ack(key);
        let mut changed = None;
        if let Some(leg) = self.legs.get_mut(key) {
            leg.dialog.refresh_target(message);
            leg.offer = offer;
            leg.sdp_version += 1;
            changed = change_media(leg, media);
        }
        self.note_session_of(key, message);
        self.succeed(now, key, at, false);
        self.tell_media(key, changed);
    }

    /// A re-INVITE says that the ACK to our 200 was lost: the other end has the call up.
    fn take_early_ack(&mut self, key: SlotKey) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        let first = leg.success.take().is_some_and(|s| s.first);
        if let Some(media) = leg.media.filter(|_| first) {
            let event = Event::Call { leg: leg.id, event: CallEvent::Answered { media } };
            self.events.push_back(event);
        }
    }

    /// RFC 3311, and RFC 4028: it may carry an offer, or only refresh the session.
    fn on_update(&mut self, now: Moment, peer: Peer, message: &Message<'_>, key: SlotKey, transaction: u64) {
        let Some(leg) = self.legs.get(key) else { return };
        let early_offer = matches!(leg.phase, Phase::Calling | Phase::Incoming) && !message.body().is_empty();
        let tag = leg.dialog.local_tag;
        let Some(at) = self.open_server(peer, message, transaction, None, tag.bytes()) else { return };
        if early_offer || leg_is_leaving(self.legs.get(key)) {
            return self.respond(now, at, if early_offer { 491 } else { 481 }, &[], |_| {});
        }
        if let Some(Err(code)) = session_timer_wanted(message) {
            return self.respond(now, at, code, &[], |w| {
                w.header_number("Min-SE", MIN_SE_SECONDS.into());
            });
        }
        let Ok((offer, media)) = self.read_offer(message) else {
            return self.respond(now, at, 488, &[], |_| {});
        };
        let with_offer = !offer.is_empty();
        let mut changed = None;
        if let Some(leg) = self.legs.get_mut(key) {
            leg.dialog.refresh_target(message);
            leg.offer = offer;
            leg.sdp_version += u64::from(with_offer);
            changed = change_media(leg, media);
        }
        self.note_session_of(key, message);
        let body = if with_offer { self.describe(key) } else { Vec::new() };
        let session = self.agree_session(key);
        let (host, mut local) = (self.me.host.clone(), Vec::new());
        if let Some(leg) = self.legs.get_mut(key) {
            leg.offer = Vec::new();
            leg.session.restart(now, session, false);
            local = leg.dialog.local.clone();
        }
        self.respond(now, at, 200, &body, |w| {
            super::call::write_contact(w, &local, &host);
            write_session(w, session);
        });
        self.arm_leg(key);
        self.tell_media(key, changed);
    }

    fn note_session_of(&mut self, key: SlotKey, message: &Message<'_>) {
        if let Some(leg) = self.legs.get_mut(key) {
            super::answer::note_session(leg, message);
        }
    }

    fn tell_media(&mut self, key: SlotKey, changed: Option<Media>) {
        if let (Some(media), Some(leg)) = (changed, self.legs.get(key)) {
            let event = Event::Call { leg: leg.id, event: CallEvent::MediaChanged { media } };
            self.events.push_back(event);
        }
    }
}

fn leg_is_leaving(leg: Option<&Leg>) -> bool {
    leg.is_none_or(|leg| leg.phase == Phase::Leaving)
}

/// Call-ID and both tags. While we call, the other end's tag may not be known yet.
fn is_same_dialog(leg: &Leg, message: &Message<'_>) -> bool {
    let tag = message.from().and_then(|from| from.tag()).unwrap_or_default();
    let known = &leg.dialog.remote_tag;
    message.call_id() == Some(leg.dialog.call_id.as_slice())
        && (known == tag || leg.phase == Phase::Calling && known.is_empty())
}

/// Takes over a new stream; a null address keeps the old one. `Some`: it differs.
fn change_media(leg: &mut Leg, media: Option<Media>) -> Option<Media> {
    let mut media = media?;
    if media.remote.ip().is_unspecified()
        && let Some(old) = leg.media
    {
        media.remote = old.remote;
    }
    if leg.media == Some(media) {
        return None;
    }
    leg.media = Some(media);
    Some(media)
}
