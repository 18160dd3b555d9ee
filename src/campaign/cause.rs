//! From what the signalling said to why the call ended: SIP code and Q.850 cause to a `Cause`, as a table.
//! It refuses to guess what a person did: answered calls get their cause from the engine.

use crate::words::{Cause, FailKind, InvalidKind};

/// What is known of a call that was never answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The final SIP answer: 300 to 699.
    pub code: u16,
    /// Of the Reason header (RFC 3326), if the carrier sent one.
    pub q850: Option<u8>,
    /// Nothing came back and our own stack made the code up (RFC 3261, 8.1.3.1: 408 by timer B, 503 by transport).
    pub local: bool,
    /// Special information tones (ITU-T E.180) were heard in the early media.
    pub sit: bool,
}

impl Refusal {
    pub fn new(code: u16, q850: Option<u8>, local: bool) -> Refusal {
        Refusal { code, q850, local, sit: false }
    }

    /// The classification ladder of the KPI dictionary, section 2.
    /// The most telling witness decides: what the number's own network played, then Q.850, then SIP.
    pub fn cause(self) -> Cause {
        if self.local {
            return local(self.code);
        }
        if self.sit {
            return Cause::Invalid(InvalidKind::Sit);
        }
        if ours(self.code) {
            return Cause::Failed(FailKind::OwnError);
        }
        self.q850.and_then(by_q850).unwrap_or_else(|| by_sip(self.code))
    }
}

/// May another trunk carry the same attempt? Only if this one refused and the number itself was not judged.
/// (A silent trunk may have let the phone ring; the engine adds: never after ringing.)
pub fn may_fail_over(cause: &Cause) -> bool {
    match cause {
        Cause::Failed(FailKind::Carrier | FailKind::Congestion | FailKind::OwnError) => true,
        Cause::Failed(FailKind::Timeout)
        | Cause::CancelledSurplus
        | Cause::CancelledStopped
        | Cause::Interrupted
        | Cause::Invalid(_)
        | Cause::Busy
        | Cause::NoAnswer
        | Cause::Rejected
        | Cause::Machine(_)
        | Cause::AbandonedNoAgent
        | Cause::AbandonedCustomerEarly
        | Cause::Handled => false,
    }
}

fn local(code: u16) -> Cause {
    match code {
        408 => Cause::Failed(FailKind::Timeout),
        _ => Cause::Failed(FailKind::OwnError),
    }
}

/// Credentials, SDP, a malformed or misrouted request: nothing that the called party did.
fn ours(code: u16) -> bool {
    matches!(code, 400..=403 | 405..=407 | 413..=417 | 420..=425 | 428..=439 | 481..=483 | 488 | 493..=494 | 606)
}

/// `None`: this cause says nothing about the called party that the SIP code does not say better.
fn by_q850(q850: u8) -> Option<Cause> {
    use FailKind::{Carrier, Congestion};
    use InvalidKind::{Suspended, Vacant, WrongFormat};
    Some(match q850 {
        1 => Cause::Invalid(Vacant),
        17 => Cause::Busy,
        18..=20 => Cause::NoAnswer,
        21 => Cause::Rejected,
        22 | 27 => Cause::Invalid(Suspended),
        28 => Cause::Invalid(WrongFormat),
        34 | 38 | 42 => Cause::Failed(Congestion),
        2 | 3 | 41 | 44 | 47 => Cause::Failed(Carrier),
        _ => return None,
    })
}

fn by_sip(code: u16) -> Cause {
    use FailKind::{Carrier, Congestion};
    use InvalidKind::{Suspended, Vacant, WrongFormat};
    match code {
        404 | 604 => Cause::Invalid(Vacant),
        410 => Cause::Invalid(Suspended),
        484 | 485 => Cause::Invalid(WrongFormat),
        486 | 600 => Cause::Busy,
        408 | 480 | 487 => Cause::NoAnswer,
        603 | 607 | 608 => Cause::Rejected,
        503 => Cause::Failed(Congestion),
        _ => Cause::Failed(Carrier),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rung_of_the_ladder() {
        use FailKind::*;
        use InvalidKind::*;
        let table: &[(u16, Option<u8>, Cause)] = &[
            (404, None, Cause::Invalid(Vacant)),
            (604, None, Cause::Invalid(Vacant)),
            (404, Some(1), Cause::Invalid(Vacant)),
            (480, Some(1), Cause::Invalid(Vacant)),
            (503, Some(1), Cause::Invalid(Vacant)),
            (410, None, Cause::Invalid(Suspended)),
            (480, Some(22), Cause::Invalid(Suspended)),
            (502, Some(27), Cause::Invalid(Suspended)),
            (484, None, Cause::Invalid(WrongFormat)),
            (500, Some(28), Cause::Invalid(WrongFormat)),
            (486, None, Cause::Busy),
            (600, None, Cause::Busy),
            (480, Some(17), Cause::Busy),
            (480, None, Cause::NoAnswer),
            (408, None, Cause::NoAnswer),
            (487, None, Cause::NoAnswer),
            (480, Some(18), Cause::NoAnswer),
            (480, Some(19), Cause::NoAnswer),
            (603, None, Cause::Rejected),
            (480, Some(21), Cause::Rejected),
            (503, None, Cause::Failed(Congestion)),
            (480, Some(34), Cause::Failed(Congestion)),
            (480, Some(38), Cause::Failed(Congestion)),
            (500, Some(42), Cause::Failed(Congestion)),
            (500, None, Cause::Failed(Carrier)),
            (502, None, Cause::Failed(Carrier)),
            (504, None, Cause::Failed(Carrier)),
            (504, Some(16), Cause::Failed(Carrier)),
            (302, None, Cause::Failed(Carrier)),
            (699, None, Cause::Failed(Carrier)),
            (401, None, Cause::Failed(OwnError)),
            (407, None, Cause::Failed(OwnError)),
            (403, Some(21), Cause::Failed(OwnError)),
            (488, None, Cause::Failed(OwnError)),
            (606, None, Cause::Failed(OwnError)),
        ];
        for (code, q850, cause) in table {
            assert_eq!(&Refusal::new(*code, *q850, false).cause(), cause, "{code} with Q.850 {q850:?}");
        }
    }

    #[test]
    fn silence_is_a_timeout_and_a_dead_socket_is_ours() {
        assert_eq!(Refusal::new(408, None, true).cause(), Cause::Failed(FailKind::Timeout));
        assert_eq!(Refusal::new(503, None, true).cause(), Cause::Failed(FailKind::OwnError));
    }

    #[test]
    fn tones_say_more_than_the_code() {
        let heard = Refusal { sit: true, ..Refusal::new(480, Some(31), false) };
        assert_eq!(heard.cause(), Cause::Invalid(InvalidKind::Sit));
    }

    #[test]
    fn only_a_refusing_trunk_is_passed_over() {
        assert!(may_fail_over(&Refusal::new(503, None, false).cause()));
        assert!(may_fail_over(&Refusal::new(500, None, false).cause()));
        assert!(!may_fail_over(&Refusal::new(486, None, false).cause()));
        assert!(!may_fail_over(&Refusal::new(404, None, false).cause()));
        assert!(!may_fail_over(&Refusal::new(408, None, true).cause()));
    }
}
