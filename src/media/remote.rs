//! From whom a leg takes sound, and where it sends its own. The address of the SDP always wins; another one (a phone
//! behind a NAT) is learned only in the first packets, only from the same address family, only when it sends a row of
//! well-formed packets in sequence; then it is locked. Everyone else is a stranger: counted, dropped, never relayed,
//! recorded or answered (the class of CVE-2017-14099 and CVE-2025-53399).

use super::rtp::Received;
use crate::words::Moment;
use std::net::SocketAddr;
use std::time::Duration;

/// How long after the SDP an unknown sender may still be learned.
const LEARN_WITHIN: Duration = Duration::from_secs(10);
/// How long after learning the SDP's own address may still take its place back.
const RETAKE_WITHIN: Duration = Duration::from_secs(3);
/// Packets in a row, from one sender and one SSRC, that make it known.
const ROW: u8 = 3;

#[derive(Debug, Clone)]
pub struct Remote {
    told: SocketAddr,
    learn: bool,
    since: Moment,
    locked: Option<(SocketAddr, Moment)>,
    candidate: Option<Candidate>,
}

#[derive(Debug, Clone, Copy)]
struct Candidate {
    from: SocketAddr,
    ssrc: u32,
    next_seq: u16,
    row: u8,
}

impl Remote {
    /// `learn` false: only the SDP's address is ever heard.
    pub fn new(now: Moment, told: SocketAddr, learn: bool) -> Remote {
        Remote { told, learn, since: now, locked: None, candidate: None }
    }

    /// A new SDP. The same address keeps what was learned; another one starts over.
    pub fn told_again(&mut self, now: Moment, told: SocketAddr, learn: bool) {
        if told != self.told {
            *self = Remote::new(now, told, learn);
        } else if self.locked.is_none() {
            (self.since, self.learn) = (now, learn);
        }
    }

    /// Where to send.
    pub fn target(&self) -> SocketAddr {
        self.locked.map_or(self.told, |(address, _)| address)
    }

    pub fn admits(&mut self, now: Moment, from: SocketAddr, packet: &Received) -> bool {
        match self.locked {
            Some((locked, _)) if locked == from => true,
            Some((_, at)) if from == self.told && now.since(at) <= RETAKE_WITHIN => self.lock(now, from),
            Some(_) => false,
            None if from == self.told => self.lock(now, from),
            None => self.learns(now, from, packet) && self.lock(now, from),
        }
    }

    fn lock(&mut self, now: Moment, from: SocketAddr) -> bool {
        self.locked = Some((from, now));
        self.candidate = None;
        true
    }

    fn learns(&mut self, now: Moment, from: SocketAddr, packet: &Received) -> bool {
        if !self.learn || from.is_ipv4() != self.told.is_ipv4() || now.since(self.since) > LEARN_WITHIN {
            return false;
        }
        let row = match self.candidate {
            Some(c) if c.from == from && c.ssrc == packet.ssrc && c.next_seq == packet.seq => c.row + 1,
            Some(_) | None => 1,
        };
        self.candidate = Some(Candidate { from, ssrc: packet.ssrc, next_seq: packet.seq.wrapping_add(1), row });
        row >= ROW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(seq: u16) -> Received {
        Received { payload_type: 0, marker: false, seq, timestamp: 0, ssrc: 1, payload: 12..12 }
    }
    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_phone_behind_a_nat_is_learned_by_its_row_of_packets_and_then_locked() {
        let mut remote = Remote::new(Moment::ZERO, address("10.0.0.1:4000"), true);
        let nat = address("203.0.113.9:6000");
        assert!(!remote.admits(Moment::ZERO, nat, &packet(1)));
        assert!(!remote.admits(Moment::ZERO, nat, &packet(2)));
        assert!(remote.admits(Moment::ZERO, nat, &packet(3)));
        assert_eq!(remote.target(), nat);
        let later = Moment::from_millis(4000);
        for seq in 0..20 {
            assert!(!remote.admits(later, address("203.0.113.9:6001"), &packet(seq)), "locked");
            assert!(!remote.admits(later, address("10.0.0.1:4000"), &packet(seq)), "too late to retake");
        }
    }

    #[test]
    fn a_stranger_who_was_faster_loses_the_place_to_the_sdps_address() {
        let mut remote = Remote::new(Moment::ZERO, address("10.0.0.1:4000"), true);
        for seq in 0..5 {
            remote.admits(Moment::ZERO, address("198.51.100.66:9"), &packet(seq));
        }
        assert!(remote.admits(Moment::from_millis(500), address("10.0.0.1:4000"), &packet(0)));
        assert_eq!(remote.target(), address("10.0.0.1:4000"));
        assert!(!remote.admits(Moment::from_millis(520), address("198.51.100.66:9"), &packet(5)));
    }

    #[test]
    fn another_family_a_late_comer_and_a_leg_that_does_not_learn_are_refused() {
        let mut remote = Remote::new(Moment::ZERO, address("10.0.0.1:4000"), true);
        let mut strict = Remote::new(Moment::ZERO, address("10.0.0.1:4000"), false);
        for seq in 0..9 {
            assert!(!remote.admits(Moment::ZERO, address("[2001:db8::1]:4000"), &packet(seq)));
            assert!(!remote.admits(Moment::from_millis(10_001), address("10.0.0.2:4000"), &packet(seq)));
            assert!(!strict.admits(Moment::ZERO, address("10.0.0.1:4001"), &packet(seq)));
        }
        assert!(strict.admits(Moment::ZERO, address("10.0.0.1:4000"), &packet(0)));
    }
}
