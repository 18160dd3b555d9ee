//! The order of what arrives from one sender: new, late, a copy, or a sender that started anew
//! (RFC 3550 appendix A.1). It refuses to hold packets back.

use super::rtp::ahead16;

/// A jump further ahead than this is a restart, not loss (RFC 3550's MAX_DROPOUT).
const DROPOUT_MAX: i32 = 3000;
/// Packets remembered to tell a late one from a copy.
const WINDOW: i32 = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Ahead of all before.
    New,
    /// Overtaken by others, not seen before.
    Late,
    /// Another SSRC, or a jump confirmed by a second packet: forget the old order.
    Restart,
}

#[derive(Debug, Clone, Default)]
pub struct Incoming {
    ssrc: Option<u32>,
    highest: u16,
    /// Bit n: `highest - n` was seen.
    seen: u64,
    /// After a jump: what the next packet must carry to be believed.
    expected_after_jump: Option<u16>,
    pub lost: u64,
}

impl Incoming {
    /// None: a copy, too late to matter, or a lone stray.
    pub fn arrive(&mut self, ssrc: u32, seq: u16) -> Option<Arrival> {
        if self.ssrc != Some(ssrc) {
            return Some(self.restart(ssrc, seq));
        }
        let ahead = ahead16(seq, self.highest);
        if ahead > DROPOUT_MAX || ahead <= -WINDOW {
            if self.expected_after_jump == Some(seq) {
                return Some(self.restart(ssrc, seq));
            }
            self.expected_after_jump = Some(seq.wrapping_add(1));
            return None;
        }
        self.expected_after_jump = None;
        if ahead > 0 {
            self.seen = if ahead < WINDOW { self.seen << ahead | 1 } else { 1 };
            self.highest = seq;
            self.lost += (ahead - 1) as u64;
            return Some(Arrival::New);
        }
        let bit = 1u64 << -ahead;
        if self.seen & bit != 0 {
            return None;
        }
        self.seen |= bit;
        self.lost = self.lost.saturating_sub(1);
        Some(Arrival::Late)
    }

    fn restart(&mut self, ssrc: u32, seq: u16) -> Arrival {
        *self = Incoming { ssrc: Some(ssrc), highest: seq, seen: 1, expected_after_jump: None, lost: self.lost };
        Arrival::Restart
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_refused_a_late_one_taken_once() {
        let mut incoming = Incoming::default();
        assert_eq!(incoming.arrive(1, 65534), Some(Arrival::Restart));
        assert_eq!(incoming.arrive(1, 65535), Some(Arrival::New));
        assert_eq!(incoming.arrive(1, 65535), None);
        assert_eq!(incoming.arrive(1, 1), Some(Arrival::New));
        assert_eq!(incoming.lost, 1);
        assert_eq!(incoming.arrive(1, 0), Some(Arrival::Late));
        assert_eq!(incoming.arrive(1, 0), None);
        assert_eq!(incoming.lost, 0);
    }

    #[test]
    fn a_jump_is_believed_when_the_next_packet_follows_it() {
        let mut incoming = Incoming::default();
        incoming.arrive(1, 100);
        assert_eq!(incoming.arrive(1, 9000), None, "a lone stray");
        assert_eq!(incoming.arrive(1, 101), Some(Arrival::New));
        assert_eq!(incoming.arrive(1, 30000), None);
        assert_eq!(incoming.arrive(1, 30001), Some(Arrival::Restart));
        assert_eq!(incoming.arrive(1, 30002), Some(Arrival::New));
    }
}
