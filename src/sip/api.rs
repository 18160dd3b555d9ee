//! What goes in and out of a `Stack`: settings, verbs' arguments, events. No behaviour.

use super::digest::Algorithm;
use super::limits::Limits;
use super::sdp::{Codec, Media};
use super::transport::Transport;
use crate::words::{LegId, TrunkId};
use std::net::SocketAddr;
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Config {
    /// The address others reach us at: it stands in Via and Contact. Never `0.0.0.0`.
    pub local: SocketAddr,
    /// User-Agent and Server; an empty one is left out.
    pub user_agent: String,
    /// The registrar's realm and domain.
    pub realm: String,
    /// In order of preference.
    pub codecs: Vec<Codec>,
    pub limits: Limits,
    pub timers: Timers,
    /// RFC 4028: what we ask for; `None` asks for no session timer.
    pub session_expires: Option<Duration>,
    /// What phones are challenged with, most preferred first (RFC 8760). MD5 alone by default: Debian's baresip 1.0 and
    /// its like give up when any challenge names another algorithm. The secrets we mint are too long to be guessed.
    pub digest: Vec<Algorithm>,
    /// The registrar grants at most this, and asks for at least `register_expires_min`.
    pub register_expires_max: Duration,
    pub register_expires_min: Duration,
    /// Tell what another run of this program needs to end calls and to know phones (`CallEvent::Testament`,
    /// `Event::Bindings`), and let no INVITE leave before `Stack::confirm`.
    pub testaments: bool,
}

impl Config {
    pub fn new(local: SocketAddr) -> Config {
        Config {
            local,
            user_agent: format!("Outpace/{}", env!("CARGO_PKG_VERSION")),
            realm: "outpace".to_owned(),
            codecs: vec![Codec::Pcmu, Codec::Pcma],
            limits: Limits::default(),
            timers: Timers::default(),
            session_expires: Some(Duration::from_secs(1800)),
            digest: vec![Algorithm::Md5],
            register_expires_max: Duration::from_secs(3600),
            register_expires_min: Duration::from_secs(10),
            testaments: false,
        }
    }
}

/// RFC 3261 section 17 and appendix A.
#[derive(Debug, Clone, Copy)]
pub struct Timers {
    /// Round-trip estimate.
    pub t1: Duration,
    /// Longest retransmission interval of non-INVITE requests and INVITE responses.
    pub t2: Duration,
    /// Longest time a message stays in the network.
    pub t4: Duration,
}

impl Default for Timers {
    fn default() -> Timers {
        Timers { t1: Duration::from_millis(500), t2: Duration::from_secs(4), t4: Duration::from_secs(5) }
    }
}

impl Timers {
    /// 64 times T1: timers B, F, H, J, L, M.
    pub fn long(&self) -> Duration {
        self.t1 * 64
    }
}

/// A carrier, or any peer whose calls we take and to which we send.
#[derive(Debug, Clone)]
pub struct Trunk {
    pub id: TrunkId,
    pub name: String,
    pub address: SocketAddr,
    /// In Request-URI and To; `None`: the address.
    pub domain: Option<String>,
    /// Empty: without credentials. They are given to this address and, once known, this realm only.
    pub user: String,
    pub password: String,
    /// Answer challenges of this realm only; `None`: the first one met is kept.
    pub realm: Option<String>,
    /// Register there, for this long.
    pub register: Option<Duration>,
    /// Ping with OPTIONS this often; without it, the trunk counts as up.
    pub options: Option<Duration>,
    /// INVITEs that begin calls, in any second; `None`: as many as the host likes. With `Config::testaments` alone, where
    /// an INVITE leaves some time after the host asked for it.
    pub calls_per_second: Option<u32>,
}

impl Trunk {
    pub fn new(id: TrunkId, name: &str, address: SocketAddr) -> Trunk {
        Trunk {
            id,
            name: name.to_owned(),
            address,
            domain: None,
            user: String::new(),
            password: String::new(),
            realm: None,
            register: None,
            options: None,
            calls_per_second: None,
        }
    }
}

/// A registration that we hold elsewhere: a trunk's, or a simulated softphone's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountId(pub u64);

#[derive(Debug, Clone)]
pub struct Account {
    pub id: AccountId,
    pub registrar: SocketAddr,
    /// Of the address of record; often the registrar's address as text.
    pub domain: String,
    pub user: String,
    pub password: String,
    pub expires: Duration,
}

/// How the registrar knows a user's password.
#[derive(Debug, Clone)]
pub enum UserSecret {
    Password(String),
    /// `H(user:realm:password)` for MD5 and SHA-256, in hexadecimal; the realm is the stack's.
    Ha1 {
        md5: String,
        sha256: String,
    },
}

/// Over what an outgoing call leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    Trunk(TrunkId),
    /// From one of our accounts to its registrar.
    Account(AccountId),
    /// To a user of our registrar, where the phone registered from.
    User(String),
}

/// An outgoing call.
#[derive(Debug, Clone)]
pub struct Invite {
    pub route: Route,
    /// The user part to call: a number, or a name. Ignored for `Route::User`, where it is the registered contact's.
    pub to: String,
    /// The user part of From.
    pub caller_id: String,
    /// Our RTP address for the offer.
    pub media: SocketAddr,
    /// We cancel when it has rung this long (or this long and ten seconds after the INVITE, if it never rings).
    pub ring_max: Duration,
    /// Ask the phone to answer by itself (Call-Info answer-after, Alert-Info).
    pub auto_answer: bool,
}

/// Something happened. Each leg has exactly one `Refused` or `Ended`, its last.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Call {
        leg: LegId,
        event: CallEvent,
    },
    /// A call for us. Answer it by `ring`, `early_media`, `answer` or `refuse`.
    Incoming(Box<Incoming>),
    /// A user's first contact at our registrar, or a later one at another address: the phone moved, or was restarted.
    Registered {
        user: String,
        /// Where the phone is.
        address: SocketAddr,
    },
    /// All contacts of a user as they are now, for `Stack::restore` of another run. With `Config::testaments` alone.
    Bindings {
        user: String,
        bindings: Vec<Binding>,
    },
    /// A user's last contact has gone.
    Unregistered {
        user: String,
        expired: bool,
    },
    /// One of our own accounts.
    Account {
        account: AccountId,
        event: AccountEvent,
    },
    TrunkUp {
        trunk: TrunkId,
    },
    TrunkDown {
        trunk: TrunkId,
        /// The code that said so; `None`: no answer.
        code: Option<u16>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountEvent {
    Registered {
        expires: Duration,
    },
    /// `code` 408: no answer. It is tried again after `retry`.
    Failed {
        code: u16,
        retry: Duration,
    },
    Unregistered,
}

#[derive(Debug, Clone, PartialEq)]
pub enum CallEvent {
    /// The first INVITE is on its way. Comes once, also when a challenge makes us send another.
    InviteSent { call_id: String },
    /// 180, or 183 without sound. Comes once.
    Ringing,
    /// A provisional response with sound. Comes again if the description changes.
    EarlyMedia { media: Media },
    /// Outgoing: 200 OK. Incoming: the ACK to our 200 came.
    Answered { media: Media },
    /// A re-INVITE, an UPDATE or a late description changed the stream, such as to hold.
    MediaChanged { media: Media },
    /// An outgoing call that was not answered.
    Refused { code: u16, q850: Option<u8>, retry_after: Option<u32>, why: Refusal },
    /// An answered call, or one that somebody gave up while it rang, is over.
    Ended { by: EndedBy, q850: Option<u8> },
    /// With `Config::testaments`: keep this until `Gone`, then `confirm`; a later run ends the call with `execute`. The
    /// one told last counts. `answered`: it is the BYE of a call that is up.
    Testament { call_id: String, answered: bool, text: String },
    /// Somebody picked up a call that is being ended: the 200 crossed our CANCEL, came after an earlier run's end, or
    /// brought no sound that we can use.
    PickedUp,
    /// With `Config::testaments`: nothing of the call is left on the wire. Comes once, after the end.
    Gone,
}

/// A phone's contact, as another run can take it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    pub uri: String,
    /// Where the REGISTER came from.
    pub address: SocketAddr,
    pub call_id: String,
    pub cseq: u32,
    pub expires_in: Duration,
}

/// Who refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The other end's final response.
    Peer,
    /// Nothing came back within timer B (code 408).
    Silence,
    /// It rang for `ring_max`; we cancelled (code 487).
    RingMax,
    /// It cannot be sent: no such trunk, account or registered phone (404), a bad number (484), a table full (503).
    Unsendable,
    /// Challenged, and we have no answer or a wrong one (401, 403, 407).
    Credentials,
    /// A phone of ours answered without a codec or address that we can use (488): ended at once. (Of a trunk's call
    /// `PickedUp` and `Ended` are told: somebody was there.)
    NoMedia,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedBy {
    Peer,
    /// Our own `hang_up` or `refuse`.
    Us,
    /// The dialog died: no ACK, no session refresh, no answer to what we sent.
    Network,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// Minted by the stack, with the highest bit set so that it never meets the engine's.
    pub leg: LegId,
    pub origin: Origin,
    /// The user part of From; for a user of our registrar the registered name, whatever From says.
    pub from: String,
    /// The user part of the Request-URI.
    pub to: String,
    pub call_id: String,
    /// `None`: without an offer; ours goes with the answer.
    pub media: Option<Media>,
    /// The caller asks us to answer by ourselves.
    pub auto_answer: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Trunk(TrunkId),
    /// A user of our registrar, authenticated.
    User(String),
    /// From the registrar of one of our accounts.
    Account(AccountId),
}

/// A message to put on the wire. It borrows the stack's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transmit<'a> {
    pub transport: Transport,
    pub to: SocketAddr,
    pub bytes: &'a [u8],
}

/// Counters since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    pub received: u64,
    pub sent: u64,
    pub retransmitted: u64,
    /// Not SIP, or responses that cannot be read.
    pub unreadable: u64,
    /// Requests with a fault, answered by 4xx.
    pub malformed: u64,
    /// Responses whose branch we did not mint, and requests whose tag we did not.
    pub forged: u64,
    /// Strangers met with silence.
    pub silenced: u64,
    /// Requests met with 503, and messages dropped because the transmit queue was full.
    pub overloaded: u64,
    pub legs: u64,
    pub client_transactions: u64,
    pub server_transactions: u64,
}
