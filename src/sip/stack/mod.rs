//! The stack itself: its tables, what the host polls, and the small moves that all stages share.
//! Each stage has a file: `receive`, `call`, `answer`, `dialog_requests`, `register`, `registrar`, `trunk`, `time`.

mod answer;
mod authenticate;
mod call;
mod cancel;
mod dialog_requests;
mod end;
mod receive;
mod refresh;
mod register;
mod registrar;
mod reply;
mod requests;
mod responses;
mod testament;
mod time;
mod trunk;

use super::alarms::{Alarms, Subject};
use super::api::*;
use super::branch::{self, Token};
use super::dialog::Identity;
use super::hash::{Chance, Key};
use super::leg::Leg;
use super::limits::Gate;
use super::registrar::Registrar;
use super::scan::Scratch;
use super::slots::{SlotKey, Slots};
use super::transaction::{Client, Owner, Server};
use super::transport::Peer;
use super::wire::Wire;
use crate::words::{LegId, Moment, TrunkId};
use register::AccountState;
use std::collections::{BTreeMap, VecDeque};
use trunk::TrunkState;

/// Methods we take, in the Allow header.
pub(crate) const ALLOW: &[u8] = b"INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK, REGISTER";

pub struct Stack {
    config: Config,
    me: Identity,
    keys: Keys,
    chance: Chance,
    wire: Wire,
    events: VecDeque<Event>,
    alarms: Alarms,
    clients: Slots<Client>,
    servers: Slots<Server>,
    /// By branch, sent-by and method.
    server_index: BTreeMap<u64, SlotKey>,
    /// By From tag, Call-ID and CSeq: finds merged requests.
    merge_index: BTreeMap<u64, SlotKey>,
    legs: Slots<Leg>,
    leg_index: BTreeMap<LegId, SlotKey>,
    trunks: BTreeMap<TrunkId, TrunkState>,
    accounts: Slots<AccountState>,
    account_index: BTreeMap<AccountId, SlotKey>,
    /// Calls of an earlier run that are being ended, and where they are by Call-ID.
    leftovers: Slots<testament::Leftover>,
    leftover_index: BTreeMap<Vec<u8>, SlotKey>,
    registrar: Registrar,
    strangers: Gate,
    wrong_passwords: Gate,
    stats: Stats,
    incoming_legs: u64,
    // Reused buffers.
    scratch: Scratch,
    body: Vec<u8>,
    spare: Vec<Vec<u8>>,
}

#[derive(Clone, Copy)]
struct Keys {
    tokens: Key,
    tables: Key,
    nonces: Key,
}

/// Buffers kept for reuse.
const SPARE_MAX: usize = 1024;

impl Stack {
    /// `seed` must be unpredictable to others in production: branches, tags and nonces come from it.
    pub fn new(config: Config, seed: u64) -> Stack {
        let limits = &config.limits;
        let key = |purpose| Key::derive(seed, purpose);
        Stack {
            me: Identity {
                host: super::write::host_port(config.local),
                domain: match config.local.ip() {
                    std::net::IpAddr::V4(v4) => v4.to_string(),
                    std::net::IpAddr::V6(v6) => format!("[{v6}]"),
                },
                user_agent: config.user_agent.clone(),
            },
            keys: Keys { tokens: key(1), tables: key(2), nonces: key(3) },
            chance: Chance::new(seed),
            wire: Wire::new(limits.transmit_bytes_max),
            events: VecDeque::new(),
            alarms: Alarms::default(),
            clients: Slots::new(limits.client_transactions_max),
            servers: Slots::new(limits.server_transactions_max),
            server_index: BTreeMap::new(),
            merge_index: BTreeMap::new(),
            legs: Slots::new(limits.legs_max),
            leg_index: BTreeMap::new(),
            trunks: BTreeMap::new(),
            accounts: Slots::new(limits.accounts_max),
            account_index: BTreeMap::new(),
            leftovers: Slots::new(limits.legs_max),
            leftover_index: BTreeMap::new(),
            registrar: Registrar::default(),
            strangers: Gate::new(
                key(4),
                limits.stranger_answers_per_second,
                1,
                limits.strangers_answers_per_second_total,
            ),
            wrong_passwords: Gate::new(key(5), limits.wrong_passwords_per_minute, 60, u32::MAX),
            stats: Stats::default(),
            incoming_legs: 0,
            scratch: Scratch::default(),
            body: Vec::new(),
            spare: Vec::new(),
            config,
        }
    }

    /// The next message to send. Call until `None`; then the buffer is reused.
    pub fn poll_transmit(&mut self) -> Option<Transmit<'_>> {
        self.wire.poll()
    }

    /// All that waits to be sent, for sending many at once; then `transmitted`.
    pub fn transmits(&self) -> impl Iterator<Item = Transmit<'_>> {
        self.wire.iter()
    }

    /// The first `count` of `transmits` are on their way.
    pub fn transmitted(&mut self, count: usize) {
        self.wire.drop_first(count);
    }

    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call `handle_timeout`. It may be early, never late.
    pub fn poll_timeout(&self) -> Option<Moment> {
        self.alarms.next()
    }

    pub fn stats(&self) -> Stats {
        Stats {
            sent: self.wire.sent,
            overloaded: self.stats.overloaded + self.wire.dropped,
            legs: self.legs.len() as u64,
            client_transactions: self.clients.len() as u64,
            server_transactions: self.servers.len() as u64,
            ..self.stats
        }
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    fn tell(&mut self, leg: LegId, event: CallEvent) {
        self.events.push_back(Event::Call { leg, event });
    }

    fn leg_key(&self, leg: LegId) -> Option<SlotKey> {
        self.leg_index.get(&leg).copied()
    }

    // ── client transactions ──

    /// The place and branch of the next client transaction; `None` when the table is full.
    fn next_client(&mut self) -> Option<Token> {
        match self.clients.vacant() {
            Some(key) => Some(branch::mint(&self.keys.tokens, branch::Kind::Branch, key)),
            None => {
                self.stats.overloaded += 1;
                None
            }
        }
    }

    /// Starts the transaction whose request was just written at `begin`, and sends it.
    fn launch(&mut self, now: Moment, owner: Owner, invite: bool, peer: Peer, begin: usize) -> SlotKey {
        let mut request = self.spare.pop().unwrap_or_default();
        request.clear();
        request.extend_from_slice(&self.wire.bytes[begin..]);
        let client = Client::new(now, &self.config.timers, invite, owner, peer, request);
        let key = self.clients.insert(client).expect("next_client found a place");
        self.wire.commit(peer, begin);
        self.arm_client(key);
        key
    }

    /// As `launch`, but the request waits for `confirm`.
    fn launch_held(&mut self, owner: Owner, peer: Peer, begin: usize) -> SlotKey {
        let mut request = self.spare.pop().unwrap_or_default();
        request.clear();
        request.extend_from_slice(&self.wire.bytes[begin..]);
        self.wire.bytes.truncate(begin);
        self.clients.insert(Client::held(owner, peer, request)).expect("next_client found a place")
    }

    fn arm_client(&mut self, key: SlotKey) {
        if let Some(client) = self.clients.get_mut(key) {
            let due = client.due();
            self.alarms.set(&mut client.alarm, Subject::Client(key.slot), due);
        }
    }

    fn remove_client(&mut self, key: SlotKey) -> Option<Client> {
        let mut client = self.clients.remove(key)?;
        if self.spare.len() < SPARE_MAX {
            self.spare.push(std::mem::take(&mut client.request));
        }
        Some(client)
    }

    // ── server transactions ──

    fn arm_server(&mut self, key: SlotKey) {
        if let Some(server) = self.servers.get_mut(key) {
            let due = server.due();
            self.alarms.set(&mut server.alarm, Subject::Server(key.slot), due);
        }
    }

    fn remove_server(&mut self, key: SlotKey) {
        let Some(server) = self.servers.remove(key) else { return };
        self.server_index.remove(&server.key);
        if let Some(merge) = server.merge_key
            && self.merge_index.get(&merge) == Some(&key)
        {
            self.merge_index.remove(&merge);
        }
        for buffer in [server.head, server.response] {
            if self.spare.len() < SPARE_MAX && buffer.capacity() > 0 {
                self.spare.push(buffer);
            }
        }
    }

    // ── legs ──

    fn arm_leg(&mut self, key: SlotKey) {
        if let Some(leg) = self.legs.get_mut(key) {
            let due = leg.due();
            self.alarms.set(&mut leg.alarm, Subject::Leg(key.slot), due);
        }
    }

    fn insert_leg(&mut self, leg: Leg) -> Option<SlotKey> {
        let id = leg.id;
        let key = self.legs.insert(leg)?;
        self.leg_index.insert(id, key);
        Some(key)
    }

    fn remove_leg(&mut self, key: SlotKey) {
        if let Some(leg) = self.legs.remove(key) {
            self.leg_index.remove(&leg.id);
            if leg.caller && self.config.testaments {
                self.tell(leg.id, CallEvent::Gone);
            }
        }
    }

    /// The token of the leg that will be inserted next.
    fn next_tag(&mut self) -> Option<Token> {
        match self.legs.vacant() {
            Some(key) => Some(branch::mint(&self.keys.tokens, branch::Kind::Tag, key)),
            None => {
                self.stats.overloaded += 1;
                None
            }
        }
    }
}
