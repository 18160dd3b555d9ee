//! Session descriptions for telephone audio (RFC 4566, RFC 3264): PCMU, PCMA and telephone-event. Read with tolerance,
//! written with care. It refuses video, encryption and everything else by port 0.

mod negotiate;
mod parse;
mod text;

pub use negotiate::{Local, Media, NoMedia, answer, read_answer, read_offer};
pub use parse::{Description, Line, SdpError, parse};
pub(crate) use text::write_offer;

/// Limits at the edge (`reliability-goals.md`).
pub const SDP_BYTES_MAX: usize = 16 * 1024;
pub const MEDIA_LINES_MAX: usize = 8;
/// The dynamic payload type we offer for RFC 4733 digits.
pub const DTMF_PAYLOAD: u8 = 101;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Codec {
    /// G.711 mu-law, static payload type 0.
    Pcmu,
    /// G.711 A-law, static payload type 8.
    Pcma,
}

impl Codec {
    pub fn static_payload(self) -> u8 {
        match self {
            Codec::Pcmu => 0,
            Codec::Pcma => 8,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Codec::Pcmu => "PCMU",
            Codec::Pcma => "PCMA",
        }
    }
}

/// As an attribute in a description: from its author's point of view.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Direction {
    #[default]
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    pub fn name(self) -> &'static str {
        match self {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        }
    }

    /// The same stream seen from the other end.
    pub fn reversed(self) -> Direction {
        match self {
            Direction::SendRecv => Direction::SendRecv,
            Direction::SendOnly => Direction::RecvOnly,
            Direction::RecvOnly => Direction::SendOnly,
            Direction::Inactive => Direction::Inactive,
        }
    }

    pub fn sends(self) -> bool {
        match self {
            Direction::SendRecv | Direction::SendOnly => true,
            Direction::RecvOnly | Direction::Inactive => false,
        }
    }

    pub fn receives(self) -> bool {
        self.reversed().sends()
    }
}

#[cfg(test)]
mod tests;
