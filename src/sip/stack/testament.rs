//! What outlives a run. Where the host asks for it (`Config::testaments`), the stack tells how another run of this
//! program could end a call: the CANCEL of its INVITE, later the BYE of its dialog. The INVITE does not leave, and its
//! 200 is not acknowledged, before the host has confirmed that this is kept; so no call is up anywhere that the next
//! run cannot end. It refuses to take a call over: sound and story died with the run.

use super::Stack;
use super::cancel::derive;
use crate::sip::alarms::{Alarm, Subject, earlier};
use crate::sip::api::{CallEvent, EndedBy};
use crate::sip::branch::{Token, hex};
use crate::sip::dialog::Dialog;
use crate::sip::leg::Purse;
use crate::sip::scan::{self, Message, Name, Scratch, Start};
use crate::sip::slots::SlotKey;
use crate::sip::transaction::{Expired, Retry};
use crate::sip::transport::Peer;
use crate::sip::write::Writer;
use crate::words::{LegId, Moment};
use std::time::Duration;

/// A 200 is repeated after T1 (RFC 3261 section 13.3.1.4): a slow disk may hold its ACK back for less than that.
pub(super) const ACK_PATIENCE: Duration = Duration::from_millis(400);
/// Requests that a dialog may have sent between its testament and the end of the run.
const CSEQ_AHEAD: u32 = 1_000;
/// A CANCEL that met no transaction: a 200 may still be repeated, at most this far apart (T2, and some).
const ANSWER_REPEATED: Duration = Duration::from_secs(5);
/// The first line of a testament ends so if requests go where the phone registered from, whatever its Contact says.
const PINNED: &str = "pinned";

/// A call of an earlier run, on its way out.
pub(super) struct Leftover {
    leg: LegId,
    peer: Peer,
    pinned: bool,
    call_id: Vec<u8>,
    /// The CANCEL or the BYE, whole.
    request: Vec<u8>,
    answered: bool,
    /// The ACK of the 200 that came now: it and the BYE wait until the answer is kept.
    held: Option<(Peer, Vec<u8>)>,
    retry: Retry,
    /// Over by then, whatever comes.
    until: Moment,
    alarm: Alarm,
}

impl Stack {
    /// What `CallEvent::Testament` told is kept: the INVITE, or the ACK, may leave.
    pub fn confirm(&mut self, now: Moment, leg: LegId) {
        let Some(key) = self.leg_key(leg) else { return self.confirm_leftover(now, leg) };
        let Some(found) = self.legs.get_mut(key) else { return };
        if found.ack_until.take().is_some() {
            return self.wire.send(found.dialog.hop, &found.ack);
        }
        let held = found.transaction.and_then(|at| self.clients.get(at)).is_some_and(|client| client.held);
        if !held || found.turn.is_some() {
            return;
        }
        // The same call again, after a challenge, is no further one.
        if let (Purse::Trunk(trunk), false) = (found.purse, found.invited) {
            let turn = self.take_turn(now, trunk);
            if let (true, Some(found)) = (turn > now, self.legs.get_mut(key)) {
                found.turn = Some(turn);
                return self.arm_leg(key);
            }
        }
        self.send_held(now, key);
    }

    /// The INVITE leaves.
    pub(super) fn send_held(&mut self, now: Moment, key: SlotKey) {
        let Some(found) = self.legs.get_mut(key) else { return };
        let (leg, Some(at)) = (found.id, found.transaction) else { return };
        let invited = std::mem::replace(&mut found.invited, true);
        let call_id = String::from_utf8_lossy(&found.dialog.call_id).into_owned();
        let Some(client) = self.clients.get_mut(at) else { return };
        if !client.release(now, &self.config.timers) {
            return;
        }
        self.wire.send(client.peer, &client.request);
        self.arm_client(at);
        if !invited {
            self.tell(leg, CallEvent::InviteSent { call_id });
        }
    }

    /// Ends a call of an earlier run as its testament says. `Answered` follows if somebody picks up meanwhile, `Ended`
    /// when it is over, at the latest after 64 T1.
    pub fn execute(&mut self, now: Moment, leg: LegId, testament: &str) {
        let Some(leftover) = self.read_testament(now, leg, testament) else {
            tracing::warn!(%leg, "a testament that cannot be read: the other end's time-out must end that call");
            return self.over(leg, EndedBy::Network);
        };
        self.wire.send(leftover.peer, &leftover.request);
        let call_id = leftover.call_id.clone();
        match self.leftovers.insert(leftover) {
            Some(key) => {
                self.leftover_index.insert(call_id, key);
                self.arm_leftover(key);
            }
            None => self.over(leg, EndedBy::Network),
        }
    }

    fn read_testament(&self, now: Moment, leg: LegId, testament: &str) -> Option<Leftover> {
        let (head, request) = testament.split_once("\r\n")?;
        let (address, pinned) = head.split_once(' ').unwrap_or((head, ""));
        let mut scratch = Scratch::default();
        let message = scan::scan(request.as_bytes(), &mut scratch).ok().filter(|m| m.fault.is_none())?;
        let Start::Request { method, .. } = message.start else { return None };
        let answered = match method {
            b"CANCEL" => false,
            b"BYE" => true,
            _ => return None,
        };
        let timers = &self.config.timers;
        Some(Leftover {
            leg,
            peer: Peer::udp(address.parse().ok()?),
            pinned: pinned == PINNED,
            call_id: message.call_id()?.to_vec(),
            request: request.as_bytes().to_vec(),
            answered,
            held: None,
            retry: Retry::new(now, timers, timers.t2, false),
            until: now + timers.long(),
            alarm: Alarm::default(),
        })
    }

    /// The CANCEL of the INVITE that waits to be sent.
    pub(super) fn testify_cancel(&mut self, key: SlotKey) {
        let Some(leg) = self.legs.get(key) else { return };
        let Some(client) = leg.transaction.and_then(|at| self.clients.get(at)) else { return };
        let mut text = head(leg.dialog.home, leg.dialog.pinned);
        derive(&mut text, &client.request, rsip::Method::Cancel, None);
        let call_id = String::from_utf8_lossy(&leg.dialog.call_id).into_owned();
        let (id, text) = (leg.id, String::from_utf8_lossy(&text).into_owned());
        self.tell(id, CallEvent::Testament { call_id, answered: false, text });
    }

    /// The BYE of the dialog that a 200 has just made.
    pub(super) fn testify_bye(&mut self, key: SlotKey) {
        let branch = self.own_branch(b"bye");
        let Some(leg) = self.legs.get(key) else { return };
        let mut text = head(leg.dialog.hop, leg.dialog.pinned);
        let mut w = Writer::new(&mut text);
        leg.dialog.request(&mut w, &self.me, rsip::Method::Bye, &branch, leg.dialog.local_cseq + CSEQ_AHEAD);
        w.no_body();
        let call_id = String::from_utf8_lossy(&leg.dialog.call_id).into_owned();
        let (id, text) = (leg.id, String::from_utf8_lossy(&text).into_owned());
        self.tell(id, CallEvent::Testament { call_id, answered: true, text });
    }

    /// A branch without a transaction behind it.
    fn own_branch(&mut self, kind: &[u8; 3]) -> Token {
        let mut branch = Token(*b"---00000000000000000000000000000");
        branch.0[..3].copy_from_slice(kind);
        hex(self.chance.next(), &mut branch.0[3..19]);
        branch
    }

    /// A response to a request that this run did not send. True: it belongs to a call of an earlier one.
    pub(super) fn on_leftover_response(&mut self, now: Moment, message: &Message<'_>, code: u16) -> bool {
        let Some(key) = message.call_id().and_then(|id| self.leftover_index.get(id)).copied() else { return false };
        let Some(leftover) = self.leftovers.get_mut(key) else { return false };
        let method = message.cseq().map(|c| c.method).unwrap_or_default();
        match (method, code) {
            (b"CANCEL", 200..300) => leftover.retry = Retry::idle(),
            (b"CANCEL", 300..) => {
                leftover.retry = Retry::idle();
                leftover.until = leftover.until.min(now + ANSWER_REPEATED);
            }
            (b"INVITE", 200..300) => return self.leftover_answered(now, key, message),
            (b"INVITE", 300..) => {
                let mut ack = Vec::with_capacity(512);
                derive(&mut ack, &leftover.request, rsip::Method::Ack, message.first(Name::To));
                let (peer, leg) = (leftover.peer, leftover.leg);
                self.wire.send(peer, &ack);
                self.remove_leftover(key);
                self.over(leg, EndedBy::Us);
                return true;
            }
            (b"BYE", 200..) => {
                let leg = leftover.leg;
                self.remove_leftover(key);
                self.over(leg, EndedBy::Us);
                return true;
            }
            _ => {}
        }
        self.arm_leftover(key);
        true
    }

    /// Somebody picked up a phone that the earlier run made ring, or its ACK was never sent: acknowledged and ended.
    fn leftover_answered(&mut self, now: Moment, key: SlotKey, message: &Message<'_>) -> bool {
        let (ack, bye) = (self.own_branch(b"ack"), self.own_branch(b"bye"));
        let Some(leftover) = self.leftovers.get_mut(key) else { return false };
        let Some(dialog) = dialog_of(leftover, message) else { return false };
        let mut acknowledgement = Vec::with_capacity(512);
        let mut w = Writer::new(&mut acknowledgement);
        dialog.request(&mut w, &self.me, rsip::Method::Ack, &ack, dialog.local_cseq);
        w.no_body();
        if leftover.answered && leftover.held.is_none() {
            self.wire.send(dialog.hop, &acknowledgement);
            return true;
        }
        if leftover.answered {
            // Repeated while the disk is being written to.
            return true;
        }
        leftover.answered = true;
        leftover.held = Some((dialog.hop, acknowledgement));
        leftover.peer = dialog.hop;
        leftover.request.clear();
        let mut w = Writer::new(&mut leftover.request);
        dialog.request(&mut w, &self.me, rsip::Method::Bye, &bye, dialog.local_cseq + 1);
        w.no_body();
        leftover.retry = Retry::idle();
        leftover.until = now + self.config.timers.long();
        let mut text = head(leftover.peer, leftover.pinned);
        text.extend_from_slice(&leftover.request);
        let call_id = String::from_utf8_lossy(&leftover.call_id).into_owned();
        let (leg, text) = (leftover.leg, String::from_utf8_lossy(&text).into_owned());
        self.tell(leg, CallEvent::Testament { call_id, answered: true, text });
        self.tell(leg, CallEvent::PickedUp);
        self.arm_leftover(key);
        true
    }

    /// That somebody picked up is kept: acknowledged, and ended.
    fn confirm_leftover(&mut self, now: Moment, leg: LegId) {
        let Some(key) =
            self.leftover_index.values().copied().find(|key| self.leftovers.get(*key).is_some_and(|l| l.leg == leg))
        else {
            return;
        };
        let Some(leftover) = self.leftovers.get_mut(key) else { return };
        let Some((hop, ack)) = leftover.held.take() else { return };
        let timers = &self.config.timers;
        leftover.retry = Retry::new(now, timers, timers.t2, false);
        self.wire.send(hop, &ack);
        self.wire.send(leftover.peer, &leftover.request);
        self.arm_leftover(key);
    }

    pub(super) fn leftover_on_time(&mut self, now: Moment, at: Moment, slot: u32) {
        let Some(key) = self.leftovers.current(slot) else { return };
        let Some(leftover) = self.leftovers.get_mut(key) else { return };
        if !leftover.alarm.fired(at) {
            return;
        }
        let expired = if leftover.until <= now { Expired::TimedOut } else { leftover.retry.on_time(now) };
        match expired {
            Expired::Nothing => {}
            Expired::Resend => {
                self.stats.retransmitted += 1;
                self.wire.send(leftover.peer, &leftover.request);
            }
            Expired::TimedOut | Expired::Gone => {
                let leg = leftover.leg;
                self.remove_leftover(key);
                return self.over(leg, EndedBy::Network);
            }
        }
        self.arm_leftover(key);
    }

    fn arm_leftover(&mut self, key: SlotKey) {
        if let Some(leftover) = self.leftovers.get_mut(key) {
            let due = earlier(leftover.retry.due(), Some(leftover.until));
            self.alarms.set(&mut leftover.alarm, Subject::Leftover(key.slot), due);
        }
    }

    fn remove_leftover(&mut self, key: SlotKey) {
        if let Some(leftover) = self.leftovers.remove(key) {
            self.leftover_index.remove(&leftover.call_id);
        }
    }

    fn over(&mut self, leg: LegId, by: EndedBy) {
        self.tell(leg, CallEvent::Ended { by, q850: None });
        self.tell(leg, CallEvent::Gone);
    }
}

/// `127.0.0.1:5060 pinned`, before the message.
fn head(peer: Peer, pinned: bool) -> Vec<u8> {
    let pinned = if pinned { format!(" {PINNED}") } else { String::new() };
    format!("{}{pinned}\r\n", peer.addr).into_bytes()
}

/// The dialog that a 200 to the earlier run's INVITE makes: all of it stands in the response.
fn dialog_of(leftover: &Leftover, response: &Message<'_>) -> Option<Dialog> {
    let bracketed = |uri: &[u8]| [b"<", uri, b">"].concat();
    let from = response.from()?;
    let mut dialog = Dialog {
        call_id: leftover.call_id.clone(),
        local: bracketed(from.uri),
        remote: bracketed(response.to()?.uri),
        local_tag: Token(from.tag()?.try_into().ok()?),
        remote_tag: Vec::new(),
        target: response.to()?.uri.to_vec(),
        routes: Vec::new(),
        local_cseq: response.cseq()?.number,
        remote_cseq: None,
        hop: leftover.peer,
        home: leftover.peer,
        pinned: leftover.pinned,
    };
    dialog.establish(response);
    Some(dialog)
}
