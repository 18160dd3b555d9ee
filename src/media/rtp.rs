//! RTP (RFC 3550): what a packet says, and the twelve bytes we put before what we send.
//! Reading is rtp-rs's; writing is in place, since its builder allocates. It refuses RTCP.

use rtp_rs::RtpReader;
use std::ops::Range;

pub const HEADER: usize = 12;
/// Longest payload taken: 200 ms of G.711. Nobody sends more; more is not for us.
pub const PAYLOAD_MAX: usize = 1600;

/// A packet's header, and where its payload stands in the datagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub payload_type: u8,
    pub marker: bool,
    pub seq: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub payload: Range<usize>,
}

/// None: not RTP, or RTCP sent to the wrong port (RFC 5761 section 4), or longer than we take.
pub fn read(datagram: &[u8]) -> Option<Received> {
    let reader = RtpReader::new(datagram).ok()?;
    let payload_type = reader.payload_type();
    let start = reader.payload_offset();
    let length = reader.payload().len();
    if (72..=76).contains(&payload_type) || length > PAYLOAD_MAX {
        return None;
    }
    Some(Received {
        payload_type,
        marker: reader.mark(),
        seq: reader.sequence_number().into(),
        timestamp: reader.timestamp(),
        ssrc: reader.ssrc(),
        payload: start..start + length,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub payload_type: u8,
    pub marker: bool,
    pub seq: u16,
    pub timestamp: u32,
    pub ssrc: u32,
}

impl Header {
    /// Writes the twelve bytes at the start of `to`: version 2, no padding, no extension, no CSRC.
    pub fn write(&self, to: &mut [u8]) {
        to[0] = 0x80;
        to[1] = u8::from(self.marker) << 7 | self.payload_type;
        to[2..4].copy_from_slice(&self.seq.to_be_bytes());
        to[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        to[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
    }
}

/// How far `to` is ahead of `from`, on the circle of 16 bits.
pub fn ahead16(to: u16, from: u16) -> i32 {
    i32::from(to.wrapping_sub(from) as i16)
}

/// How far `to` is ahead of `from`, on the circle of 32 bits.
pub fn ahead32(to: u32, from: u32) -> i32 {
    to.wrapping_sub(from) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_header_reads_back_as_written() {
        let mut packet = [7u8; 20];
        let header = Header { payload_type: 101, marker: true, seq: 65535, timestamp: u32::MAX, ssrc: 0xdead_beef };
        header.write(&mut packet);
        let read = read(&packet).expect("well formed");
        assert_eq!((read.payload_type, read.marker, read.seq), (101, true, 65535));
        assert_eq!((read.timestamp, read.ssrc, read.payload), (u32::MAX, 0xdead_beef, 12..20));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_fall(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Some(received) = read(&bytes) {
                prop_assert!(received.payload.start >= HEADER && received.payload.end <= bytes.len());
            }
        }
    }
}
