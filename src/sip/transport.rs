//! How a message travels. UDP is spoken today; the seams for the others are here: their names in a Via, whether they
//! are reliable (no retransmissions, RFC 3261 section 17), and the framing of a stream by Content-Length.

use super::scan::{self, Scratch};
use std::net::SocketAddr;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Transport {
    Udp,
    Tcp,
    Tls,
    /// RFC 7118.
    Ws,
    Wss,
}

impl Transport {
    /// A reliable transport needs no retransmission by us.
    pub fn reliable(self) -> bool {
        match self {
            Transport::Udp => false,
            Transport::Tcp | Transport::Tls | Transport::Ws | Transport::Wss => true,
        }
    }

    /// Its name in a Via header.
    pub fn via(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
            Transport::Ws => "WS",
            Transport::Wss => "WSS",
        }
    }
}

/// The other end of a hop.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Peer {
    pub transport: Transport,
    pub addr: SocketAddr,
}

impl Peer {
    pub fn udp(addr: SocketAddr) -> Peer {
        Peer { transport: Transport::Udp, addr }
    }
}

/// Cuts a byte stream into messages (RFC 3261 section 18.3). One per connection.
#[derive(Default)]
pub struct Framer {
    buffer: Vec<u8>,
    scratch: Scratch,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// More bytes are needed.
    Incomplete,
    /// One whole message, CRLF keep-alives before it removed.
    Message(Vec<u8>),
    /// A double CRLF: answer it with one CRLF (RFC 5626 section 4.4.1).
    Ping,
    /// Without a believable Content-Length the border is lost: close the connection.
    Lost,
}

/// What one message may measure on a stream.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;

impl Framer {
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    pub fn next_frame(&mut self) -> Frame {
        if self.buffer.starts_with(b"\r\n\r\n") {
            self.buffer.drain(..4);
            return Frame::Ping;
        }
        if self.buffer.starts_with(b"\r\n") && self.buffer.len() > 2 && self.buffer[2] != b'\r' {
            self.buffer.drain(..2);
        }
        let Some(head) = find(&self.buffer, b"\r\n\r\n") else {
            return if self.buffer.len() > scan::HEADER_BYTES_MAX { Frame::Lost } else { Frame::Incomplete };
        };
        let head = head + 4;
        let Some(length) = scan::scan(&self.buffer[..head], &mut self.scratch).ok().and_then(|m| m.declared_length())
        else {
            return Frame::Lost;
        };
        let whole = head + length;
        if whole > MESSAGE_BYTES_MAX {
            return Frame::Lost;
        }
        if self.buffer.len() < whole {
            return Frame::Incomplete;
        }
        Frame::Message(self.buffer.drain(..whole).collect())
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_cut_where_content_length_says() {
        let one = b"OPTIONS sip:a@b SIP/2.0\r\nl: 4\r\n\r\nbody".as_slice();
        let mut framer = Framer::default();
        framer.push(b"\r\n\r\n");
        framer.push(&one[..20]);
        assert_eq!(framer.next_frame(), Frame::Ping);
        assert_eq!(framer.next_frame(), Frame::Incomplete);
        framer.push(&one[20..]);
        framer.push(one);
        assert_eq!(framer.next_frame(), Frame::Message(one.to_vec()));
        assert_eq!(framer.next_frame(), Frame::Message(one.to_vec()));
        assert_eq!(framer.next_frame(), Frame::Incomplete);
        framer.push(b"OPTIONS sip:a@b SIP/2.0\r\n\r\n");
        assert_eq!(framer.next_frame(), Frame::Lost);
    }
}
