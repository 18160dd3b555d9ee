//! Trunks: which address is whose, and whether the other end lives (OPTIONS pings, registration).

use super::Stack;
use crate::sip::alarms::{Alarm, Subject};
use crate::sip::api::{Account, AccountId, Event, Trunk};
use crate::sip::branch::hex;
use crate::sip::build::{self, Outside};
use crate::sip::transaction::Owner;
use crate::sip::transport::Peer;
use crate::words::{Moment, TrunkId};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

pub(super) struct TrunkState {
    pub(super) config: Trunk,
    /// The first realm met, if the settings name none.
    pub(super) realm: Option<String>,
    /// What was told last; `None`: nothing yet.
    up: Option<bool>,
    answers: Option<bool>,
    registered: Option<bool>,
    code: Option<u16>,
    ping_at: Option<Moment>,
    /// When the latest INVITEs left, or will; as many as leave in a second.
    sent: VecDeque<Moment>,
    /// A ping without answer by then says "down".
    silent_at: Option<Moment>,
    /// Small, for the alarm queue.
    number: u32,
    pub(super) alarm: Alarm,
}

/// A fault is told within 5 s (I14).
const PING_PATIENCE: Duration = Duration::from_secs(4);
/// A trunk that is down is pinged at least this often.
const PING_WHEN_DOWN: Duration = Duration::from_secs(5);
/// What the carrier counts as a second, with what a network may take off.
const SECOND: Duration = Duration::from_millis(1_010);
/// Accounts of trunks are numbered beside the host's.
const TRUNK_ACCOUNT: u64 = 1 << 63;

impl Stack {
    /// Adds a trunk, or replaces the one of this id. `TrunkUp` follows: at once if nothing watches it, else when it
    /// answers or registers.
    pub fn add_trunk(&mut self, now: Moment, trunk: Trunk) {
        let id = trunk.id;
        if self.trunks.contains_key(&id) {
            self.remove_trunk(now, id);
        }
        let number = self.trunks.values().map(|t| t.number + 1).max().unwrap_or(0);
        let register = trunk.register.map(|expires| Account {
            id: AccountId(TRUNK_ACCOUNT | id.0),
            registrar: trunk.address,
            domain: trunk.domain.clone().unwrap_or_else(|| trunk.address.to_string()),
            user: trunk.user.clone(),
            password: trunk.password.clone(),
            expires,
        });
        let state = TrunkState {
            realm: None,
            up: None,
            answers: if trunk.options.is_some() { None } else { Some(true) },
            registered: if register.is_some() { None } else { Some(true) },
            code: None,
            ping_at: trunk.options.map(|_| now),
            sent: VecDeque::new(),
            silent_at: None,
            number,
            alarm: Alarm::default(),
            config: trunk,
        };
        self.trunks.insert(id, state);
        if let Some(account) = register {
            self.register_for(now, account, Some(id));
        }
        self.tell_trunk(id);
        self.trunk_on_time(now, id);
    }

    /// Calls that are up stay up; no new ones leave or come.
    pub fn remove_trunk(&mut self, now: Moment, trunk: TrunkId) {
        if self.trunks.remove(&trunk).is_some() {
            self.unregister(now, AccountId(TRUNK_ACCOUNT | trunk.0));
        }
    }

    /// When the next INVITE may leave over this trunk; that place is taken.
    pub(super) fn take_turn(&mut self, now: Moment, id: TrunkId) -> Moment {
        let Some(trunk) = self.trunks.get_mut(&id) else { return now };
        let Some(limit) = trunk.config.calls_per_second else { return now };
        let at = match trunk.sent.front() {
            Some(first) if trunk.sent.len() >= limit.max(1) as usize => now.max(*first + SECOND),
            Some(_) | None => now,
        };
        while trunk.sent.len() >= limit.max(1) as usize {
            trunk.sent.pop_front();
        }
        trunk.sent.push_back(at);
        at
    }

    pub(super) fn trunk_exactly_at(&self, addr: SocketAddr) -> Option<TrunkId> {
        self.trunks.iter().find(|(_, t)| t.config.address == addr).map(|(id, _)| *id)
    }

    /// By address and port, else by address alone: carriers send from many ports.
    pub(super) fn trunk_at(&self, addr: SocketAddr) -> Option<TrunkId> {
        let by_ip = || self.trunks.iter().find(|(_, t)| t.config.address.ip() == addr.ip()).map(|(id, _)| *id);
        self.trunk_exactly_at(addr).or_else(by_ip)
    }

    pub(super) fn trunk_numbered(&self, number: u32) -> Option<TrunkId> {
        self.trunks.iter().find(|(_, t)| t.number == number).map(|(id, _)| *id)
    }

    pub(super) fn trunk_alarm(&mut self, id: TrunkId) -> Option<&mut Alarm> {
        self.trunks.get_mut(&id).map(|t| &mut t.alarm)
    }

    pub(super) fn trunk_registered(&mut self, id: TrunkId, registered: bool, code: Option<u16>) {
        if let Some(trunk) = self.trunks.get_mut(&id) {
            trunk.registered = Some(registered);
            trunk.code = code;
        }
        self.tell_trunk(id);
    }

    /// Up when it answers and we are registered, as far as either is asked for.
    fn tell_trunk(&mut self, id: TrunkId) {
        let Some(trunk) = self.trunks.get_mut(&id) else { return };
        let up = match (trunk.answers, trunk.registered) {
            (Some(true), Some(true)) => true,
            (Some(false), _) | (_, Some(false)) => false,
            (None, _) | (_, None) => return,
        };
        if trunk.up.replace(up) == Some(up) {
            return;
        }
        let code = trunk.code;
        self.events.push_back(if up { Event::TrunkUp { trunk: id } } else { Event::TrunkDown { trunk: id, code } });
    }

    pub(super) fn trunk_on_time(&mut self, now: Moment, id: TrunkId) {
        let Some(trunk) = self.trunks.get_mut(&id) else { return };
        if trunk.silent_at.take_if(|at| *at <= now).is_some() {
            trunk.answers = Some(false);
            trunk.code = None;
            self.tell_trunk(id);
        }
        let Some(trunk) = self.trunks.get_mut(&id) else { return };
        if let (Some(every), Some(_)) = (trunk.config.options, trunk.ping_at.take_if(|at| *at <= now)) {
            let every = if trunk.answers == Some(false) { every.min(PING_WHEN_DOWN) } else { every };
            trunk.ping_at = Some(now + every);
            trunk.silent_at.get_or_insert(now + PING_PATIENCE);
            self.ping(now, id);
        }
        if let Some(trunk) = self.trunks.get_mut(&id) {
            let due = crate::sip::alarms::earlier(trunk.ping_at, trunk.silent_at);
            self.alarms.set(&mut trunk.alarm, Subject::Trunk(trunk.number), due);
        }
    }

    fn ping(&mut self, now: Moment, id: TrunkId) {
        let Some(branch) = self.next_client() else { return };
        let mut call_id = [0; 32];
        hex(self.chance.next(), &mut call_id[..16]);
        hex(self.chance.next(), &mut call_id[16..]);
        let Some(trunk) = self.trunks.get(&id) else { return };
        let peer = Peer::udp(trunk.config.address);
        let host = trunk.config.domain.clone().unwrap_or_else(|| trunk.config.address.to_string());
        let request = Outside {
            method: rsip::Method::Options,
            domain: &host,
            from_user: "ping",
            from_domain: &self.me.domain,
            to_user: None,
            contact_user: None,
            tag: &call_id[..16],
            call_id: &call_id,
            cseq: 1,
            expires: None,
            credentials: &[],
        };
        let begin = self.wire.begin();
        build::write(&mut self.wire.bytes, &self.me, peer, &branch, &request);
        self.launch(now, Owner::Ping(id), false, peer, begin);
    }

    /// Whatever it says, it lives; only 503 says that it takes no calls.
    pub(super) fn on_ping_answered(&mut self, now: Moment, id: TrunkId, code: u16) {
        if let Some(trunk) = self.trunks.get_mut(&id) {
            trunk.answers = Some(code != 503);
            trunk.code = (code == 503).then_some(code);
            trunk.silent_at = None;
        }
        self.tell_trunk(id);
        self.trunk_on_time(now, id);
    }

    /// Told already by `silent_at`.
    pub(super) fn on_ping_silence(&mut self, now: Moment, id: TrunkId) {
        self.trunk_on_time(now, id);
    }
}
