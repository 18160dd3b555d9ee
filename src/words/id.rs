//! 64-bit ids: node (12 bits), start epoch (20 bits), counter (32 bits).
//! Minted from those three alone, so pure code needs no chance; never guessable secrets.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Mints ids. One mint per (node, epoch); the store hands out each epoch once.
#[derive(Debug, Clone)]
pub struct Mint {
    prefix: u64,
    counter: u32,
}

impl Mint {
    /// `node` below 2,048 (the sign bit stays clear for SQL), `epoch` below 2^20.
    pub fn new(node: u16, epoch: u32) -> Mint {
        assert!(node < 2048, "node {node} must be below 2048");
        assert!(epoch < 1 << 20, "epoch {epoch} must be below 2^20");
        Mint { prefix: (u64::from(node) << 52) | (u64::from(epoch) << 32), counter: 0 }
    }

    pub fn next<T: From<u64>>(&mut self) -> T {
        self.counter = self.counter.checked_add(1).expect("2^32 ids in one epoch: a restart takes a new one");
        T::from(self.prefix | u64::from(self.counter))
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub u64);

        impl $name {
            /// For SQL, which has no unsigned integers.
            pub fn sql(self) -> i64 { self.0 as i64 }
            pub fn from_sql(value: i64) -> Self { Self(value as u64) }
        }
        impl From<u64> for $name { fn from(value: u64) -> Self { Self(value) } }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{:016x}", self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}({:x})", stringify!($name), self.0) }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> { parse(text).map(Self) }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.collect_str(self) }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// The call centre that owns a row.
    CentreId,
    /// Whose law applies: budget, do-not-call, message.
    SellerId,
    /// Whose contract applies: API scope, targets.
    ClientId,
    CampaignId,
    /// One import.
    BatchId,
    LeadId,
    /// One attempt to reach one lead.
    CallId,
    /// One SIP dialog with its media port.
    LegId,
    AgentId,
    /// An agent's time between login and logout.
    SessionId,
    OrderId,
    RecordingId,
    TrunkId,
    /// One question from the API to the engine.
    RequestId,
    /// One prompt being played.
    PlaybackId,
    KeyId,
    /// A person who logs in.
    UserId,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdError(String);

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" is not an id: 16 hexadecimal digits are expected", self.0)
    }
}
impl std::error::Error for IdError {}

fn parse(text: &str) -> Result<u64, IdError> {
    let well_formed = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let short: String = text.chars().take(40).collect();
    if !well_formed {
        return Err(IdError(short));
    }
    u64::from_str_radix(text, 16).map_err(|_| IdError(short))
}
