//! How much of everything, and how often a stranger gets an answer.

use super::hash::Key;
use crate::words::Moment;
use std::net::IpAddr;

/// Bounds of one stack. At a bound, requests get 503 with Retry-After, and our own verbs fail by event.
#[derive(Debug, Clone)]
pub struct Limits {
    pub legs_max: usize,
    pub client_transactions_max: usize,
    pub server_transactions_max: usize,
    pub accounts_max: usize,
    /// RFC 3261 section 10.3; ours is the figure of `reliability-goals.md`.
    pub contacts_per_user_max: usize,
    /// Messages waiting to be sent. Beyond it they are dropped, as a network would.
    pub transmit_bytes_max: usize,
    /// Answers to one unknown address a second; its network gets four times as many.
    pub stranger_answers_per_second: u32,
    /// Answers to all unknown addresses together a second.
    pub strangers_answers_per_second_total: u32,
    /// Wrong passwords from one address a minute, before it is met with silence.
    pub wrong_passwords_per_minute: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            legs_max: 20_000,
            client_transactions_max: 200_000,
            server_transactions_max: 200_000,
            accounts_max: 10_000,
            contacts_per_user_max: 5,
            transmit_bytes_max: 32 * 1024 * 1024,
            stranger_answers_per_second: 50,
            strangers_answers_per_second_total: 1000,
            wrong_passwords_per_minute: 10,
        }
    }
}

/// Token buckets per address and per network, in a table of fixed size: a flood of addresses shares buckets, it does
/// not grow memory.
pub(crate) struct Gate {
    key: Key,
    buckets: Vec<Bucket>,
    /// Micro-tokens gained a second.
    per_second: u64,
    burst: u64,
    /// All addresses together may ask this many times what one may.
    total_share: u64,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: u64,
    at: Moment,
}

const BUCKETS: usize = 4096;
const TOKEN: u64 = 1_000_000;
/// A network (/24, /48) may ask this many times what one address may.
const NETWORK_SHARE: u64 = 4;

impl Gate {
    /// `tokens` per `seconds` and address, with a burst of `tokens`; `total` for all addresses.
    pub(crate) fn new(key: Key, tokens: u32, seconds: u32, total: u32) -> Gate {
        let burst = u64::from(tokens.max(1)) * TOKEN;
        let total_share = u64::from(total / tokens.max(1)).max(1);
        let bucket = Bucket { tokens: burst * NETWORK_SHARE.max(total_share), at: Moment::ZERO };
        let per_second = burst / u64::from(seconds.max(1));
        Gate { key, buckets: vec![bucket; BUCKETS * 2 + 1], per_second, burst, total_share }
    }

    /// Takes a token from the address, from its network and from the total; false if one of them has none.
    pub(crate) fn admit(&mut self, now: Moment, ip: IpAddr) -> bool {
        let (host, network) = self.places(ip);
        let all = BUCKETS * 2;
        let fits =
            self.peek(now, host, 1) && self.peek(now, network, NETWORK_SHARE) && self.peek(now, all, self.total_share);
        if fits {
            for place in [host, network, all] {
                self.buckets[place].tokens -= TOKEN;
            }
        }
        fits
    }

    /// Is there a token left? Takes none.
    pub(crate) fn open(&mut self, now: Moment, ip: IpAddr) -> bool {
        let (host, _) = self.places(ip);
        self.peek(now, host, 1)
    }

    fn peek(&mut self, now: Moment, place: usize, share: u64) -> bool {
        let bucket = &mut self.buckets[place];
        let gained = now.since(bucket.at).as_micros() * u128::from(self.per_second) / 1_000_000 * u128::from(share);
        let gained = u64::try_from(gained).unwrap_or(u64::MAX);
        bucket.tokens = bucket.tokens.saturating_add(gained).min(self.burst * share);
        if gained > 0 {
            bucket.at = now;
        }
        bucket.tokens >= TOKEN
    }

    fn places(&self, ip: IpAddr) -> (usize, usize) {
        let (host, network) = match ip.to_canonical() {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()), u128::from(v4.to_bits() >> 8)),
            // One host has a /64 to itself.
            IpAddr::V6(v6) => (v6.to_bits() >> 64, v6.to_bits() >> 80),
        };
        let place = |n: u128, half: usize| half * BUCKETS + (self.key.hash(&[&n.to_le_bytes()]) as usize % BUCKETS);
        (place(host, 0), place(network, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_its_share_and_time_refills_it() {
        let mut gate = Gate::new(Key::derive(1, 1), 5, 1, 1000);
        let ip: IpAddr = "192.0.2.1".parse().unwrap();
        let at = |ms| Moment::from_millis(ms);
        assert_eq!((0..100).filter(|_| gate.admit(at(1000), ip)).count(), 5);
        assert!(gate.admit(at(1000), "198.51.100.1".parse().unwrap()), "others are not hindered");
        assert_eq!((0..100).filter(|_| gate.admit(at(1400), ip)).count(), 2);
    }

    #[test]
    fn a_network_of_many_addresses_shares_one_bucket() {
        let mut gate = Gate::new(Key::derive(1, 1), 5, 1, 1000);
        let answered = (0..=255u8)
            .flat_map(|n| std::iter::repeat_n(n, 5))
            .filter(|n| gate.admit(Moment::from_millis(1), IpAddr::from([192, 0, 2, *n])));
        assert!(answered.count() <= 20);
    }
}
