//! Time passes: each hint of the alarm queue is looked at, and whoever is due acts.

use super::Stack;
use crate::sip::alarms::Subject;
use crate::sip::api::EndedBy;
use crate::sip::leg::{End, Phase, Stopping};
use crate::sip::session_timer::SessionDue;
use crate::sip::slots::SlotKey;
use crate::sip::transaction::{Cancel, ClientState, Expired};
use crate::words::Moment;

impl Stack {
    /// Call it when `poll_timeout` says so; earlier does no harm.
    pub fn handle_timeout(&mut self, now: Moment) {
        while let Some((at, subject)) = self.alarms.pop(now) {
            match subject {
                Subject::Client(slot) => {
                    if let Some(key) = self.clients.current(slot)
                        && self.clients.get_mut(key).is_some_and(|c| c.alarm.fired(at))
                    {
                        self.client_on_time(now, key);
                    }
                }
                Subject::Server(slot) => {
                    if let Some(key) = self.servers.current(slot)
                        && self.servers.get_mut(key).is_some_and(|s| s.alarm.fired(at))
                    {
                        self.server_on_time(now, key);
                    }
                }
                Subject::Leg(slot) => {
                    if let Some(key) = self.legs.current(slot)
                        && self.legs.get_mut(key).is_some_and(|l| l.alarm.fired(at))
                    {
                        self.leg_on_time(now, key);
                    }
                }
                Subject::Account(slot) => {
                    if let Some(key) = self.accounts.current(slot)
                        && self.accounts.get_mut(key).is_some_and(|a| a.alarm.fired(at))
                    {
                        self.account_on_time(now, key);
                    }
                }
                Subject::Trunk(number) => {
                    if let Some(id) = self.trunk_numbered(number)
                        && self.trunk_alarm(id).is_some_and(|alarm| alarm.fired(at))
                    {
                        self.trunk_on_time(now, id);
                    }
                }
                Subject::Leftover(slot) => self.leftover_on_time(now, at, slot),
                Subject::User(user) => {
                    let user = user as usize;
                    if self.registrar.users.get_mut(user).is_some_and(|u| u.alarm.fired(at)) {
                        self.user_on_time(now, user);
                    }
                }
            }
        }
    }

    fn client_on_time(&mut self, now: Moment, key: SlotKey) {
        let Some(client) = self.clients.get_mut(key) else { return };
        let (owner, heard) = (client.owner, client.state != ClientState::Calling);
        let cancel = client.cancel_on_time(now);
        match cancel {
            Expired::Resend => {
                self.stats.retransmitted += 1;
                if let Cancel::Sent { bytes, .. } = &client.cancel {
                    self.wire.send(client.peer, bytes);
                }
            }
            // Neither CANCEL nor INVITE will ever be answered (RFC 3261 section 9.1).
            Expired::TimedOut | Expired::Gone => {
                self.remove_client(key);
                return self.on_silence(now, owner, heard);
            }
            Expired::Nothing => {}
        }
        let Some(client) = self.clients.get_mut(key) else { return };
        match client.on_time(now) {
            Expired::Nothing => {}
            Expired::Resend => {
                self.stats.retransmitted += 1;
                self.wire.send(client.peer, &client.request);
            }
            Expired::TimedOut => {
                self.remove_client(key);
                return self.on_silence(now, owner, heard);
            }
            Expired::Gone => {
                self.remove_client(key);
                return;
            }
        }
        self.arm_client(key);
    }

    fn server_on_time(&mut self, now: Moment, key: SlotKey) {
        let Some(server) = self.servers.get_mut(key) else { return };
        match server.on_time(now) {
            Expired::Nothing => {}
            Expired::Resend => {
                self.stats.retransmitted += 1;
                self.wire.send(server.peer, &server.response);
            }
            // Timer H: no ACK came for our refusal; the call is over all the same.
            Expired::TimedOut | Expired::Gone => return self.remove_server(key),
        }
        self.arm_server(key);
    }

    fn leg_on_time(&mut self, now: Moment, key: SlotKey) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        if leg.ring_until.take_if(|at| *at <= now).is_some() {
            self.on_rung_enough(now, key);
        }
        let Some(leg) = self.legs.get_mut(key) else { return };
        if leg.turn.take_if(|at| *at <= now).is_some() {
            self.send_held(now, key);
        }
        let Some(leg) = self.legs.get_mut(key) else { return };
        if leg.ack_until.take_if(|at| *at <= now).is_some() {
            self.wire.send(leg.dialog.hop, &leg.ack);
        }
        if let Some(success) = &mut leg.success {
            match success.retry.on_time(now) {
                Expired::Nothing | Expired::Gone => {}
                Expired::Resend => {
                    self.stats.retransmitted += 1;
                    self.wire.send(success.peer, &success.bytes);
                }
                Expired::TimedOut => return self.on_no_ack(now, key),
            }
        }
        let Some(leg) = self.legs.get_mut(key) else { return };
        match leg.session.on_time(now) {
            SessionDue::Nothing => {}
            SessionDue::Refresh => self.refresh_session(now, key),
            SessionDue::Expired => {
                self.tell_end(key, End::by(EndedBy::Network));
                self.leave(now, key);
            }
        }
        self.arm_leg(key);
    }

    fn on_rung_enough(&mut self, now: Moment, key: SlotKey) {
        let Some(leg) = self.legs.get(key) else { return };
        let (id, phase) = (leg.id, leg.phase);
        match phase {
            Phase::Calling => self.stop_calling(now, key, Stopping::RingMax),
            Phase::Incoming => self.refuse(now, id, 480, None),
            Phase::Up | Phase::Leaving => {}
        }
    }

    /// Our 2xx was never acknowledged (RFC 3261 section 13.3.1.4).
    fn on_no_ack(&mut self, now: Moment, key: SlotKey) {
        if let Some(leg) = self.legs.get_mut(key) {
            leg.success = None;
        }
        self.tell_end(key, End::by(EndedBy::Network));
        self.leave(now, key);
    }
}
