//! Responses: the branch names the transaction, the transaction names the owner.

use super::Stack;
use crate::sip::api::{EndedBy, Refusal};
use crate::sip::branch;
use crate::sip::leg::{End, Phase, Stopping};
use crate::sip::scan::Message;
use crate::sip::slots::SlotKey;
use crate::sip::transaction::{Heard, Owner};
use crate::sip::transport::Peer;
use crate::words::Moment;

impl Stack {
    pub(super) fn on_response(&mut self, now: Moment, peer: Peer, message: &Message<'_>, code: u16) {
        let branch = message.top_via().and_then(|via| via.branch).unwrap_or_default();
        let Some(at) = branch::read_branch(&self.keys.tokens, branch) else {
            if !self.on_leftover_response(now, message, code) {
                self.stats.forged += 1;
            }
            return;
        };
        let Some(client) = self.clients.get_mut(at) else { return };
        let method = message.cseq().map(|c| c.method).unwrap_or_default();
        if method == b"CANCEL" {
            if code >= 200 {
                client.cancel_answered(now, &self.config.timers);
                self.arm_client(at);
            }
            return;
        }
        if client.invite != (method == b"INVITE") {
            self.stats.forged += 1;
            return;
        }
        let heard = client.on_response(now, &self.config.timers, code);
        let (owner, invite) = (client.owner, client.invite);
        self.arm_client(at);
        match heard {
            Heard::Nothing => {}
            Heard::AcknowledgeAgain => self.acknowledge_refusal(at, message),
            Heard::AnotherSuccess => self.on_another_success(now, at, owner, peer, message),
            Heard::Provisional => self.on_provisional(now, at, owner, message, code),
            Heard::Final => {
                if invite && code >= 300 {
                    self.acknowledge_refusal(at, message);
                }
                self.on_final(now, at, owner, peer, message, code);
            }
        }
    }

    fn on_provisional(&mut self, now: Moment, at: SlotKey, owner: Owner, message: &Message<'_>, code: u16) {
        match owner {
            Owner::Invite(leg) => {
                self.send_waiting_cancel(now, at);
                self.on_progress(now, leg, message, code);
            }
            Owner::Refresh(_) | Owner::Bye(_) | Owner::Register(_) | Owner::Ping(_) | Owner::Nobody => {}
        }
    }

    fn on_final(&mut self, now: Moment, at: SlotKey, owner: Owner, peer: Peer, message: &Message<'_>, code: u16) {
        match owner {
            Owner::Invite(leg) if code < 300 => match self.legs.get(leg).map(|l| l.phase) {
                Some(Phase::Calling) => self.on_success(now, leg, message),
                Some(Phase::Incoming | Phase::Up | Phase::Leaving) | None => {
                    self.on_stray_success(now, at, peer, message);
                }
            },
            Owner::Invite(leg) => self.on_refusal(now, leg, peer, message, code),
            Owner::Refresh(leg) => self.on_refreshed(now, leg, at, peer, message, code),
            Owner::Bye(leg) => self.on_bye_answered(now, leg, peer, message, code),
            Owner::Register(account) => self.on_register_answered(now, account, peer, message, code),
            Owner::Ping(trunk) => self.on_ping_answered(now, trunk, code),
            Owner::Nobody => {}
        }
    }

    /// The same 2xx again: our ACK was lost. Another one: a fork.
    fn on_another_success(&mut self, now: Moment, at: SlotKey, owner: Owner, peer: Peer, message: &Message<'_>) {
        let leg = match owner {
            Owner::Invite(leg) | Owner::Refresh(leg) => leg,
            Owner::Bye(_) | Owner::Register(_) | Owner::Ping(_) | Owner::Nobody => return,
        };
        let tag = message.to().and_then(|to| to.tag()).unwrap_or_default();
        match self.legs.get(leg) {
            // The ACK waits for `confirm`.
            Some(found) if found.dialog.remote_tag == tag && found.ack_until.is_some() => {}
            Some(found) if found.dialog.remote_tag == tag => {
                self.stats.retransmitted += 1;
                self.wire.send(found.dialog.hop, &found.ack);
            }
            _ => self.on_stray_success(now, at, peer, message),
        }
    }

    fn on_bye_answered(&mut self, now: Moment, leg: SlotKey, from: Peer, message: &Message<'_>, code: u16) {
        if matches!(code, 401 | 407) && self.answer_challenge(leg, from, message, b"BYE").is_some() {
            let Some(found) = self.legs.get_mut(leg) else { return };
            // `send_bye` counts up by itself.
            found.dialog.local_cseq -= 1;
            let credentials = found.credentials.clone();
            return self.send_bye(now, leg, &credentials);
        }
        self.remove_leg(leg);
    }

    /// Nobody answered within 64 T1. `heard`: something provisional had come.
    pub(super) fn on_silence(&mut self, now: Moment, owner: Owner, heard: bool) {
        match owner {
            Owner::Invite(leg) => {
                let stopping = self.legs.get(leg).and_then(|l| l.stopping).filter(|s| heard || *s == Stopping::HangUp);
                let end = stopping.map_or(End::refused(408, Refusal::Silence), super::cancel::cancelled);
                self.close(leg, end);
            }
            Owner::Refresh(leg) => {
                self.tell_end(leg, End::by(EndedBy::Network));
                self.leave(now, leg);
            }
            Owner::Bye(leg) => self.remove_leg(leg),
            Owner::Register(account) => self.on_register_silence(now, account),
            Owner::Ping(trunk) => self.on_ping_silence(now, trunk),
            Owner::Nobody => {}
        }
    }
}
