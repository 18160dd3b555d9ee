//! G.711: mu-law (PCMU) and A-law (PCMA), to and from 16-bit linear, and each into the other.
//! Tables are made at compile time from the segment formulas of ITU-T G.711 (1988), tables 1 and 2.
//! It refuses other codecs: nothing else is negotiated.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Codec {
    /// mu-law, static payload type 0 (RFC 3551).
    #[default]
    Pcmu,
    /// A-law, static payload type 8.
    Pcma,
}

impl Codec {
    pub const fn payload_type(self) -> u8 {
        match self {
            Codec::Pcmu => 0,
            Codec::Pcma => 8,
        }
    }

    pub const fn from_payload_type(payload_type: u8) -> Option<Codec> {
        match payload_type {
            0 => Some(Codec::Pcmu),
            8 => Some(Codec::Pcma),
            _ => None,
        }
    }

    /// The byte that says nothing: linear 0 (mu-law) or 8 (A-law has no zero).
    pub const fn silence(self) -> u8 {
        match self {
            Codec::Pcmu => 0xff,
            Codec::Pcma => 0xd5,
        }
    }

    /// Byte to linear, -32124 to 32124 (mu-law) or -32256 to 32256 (A-law).
    pub const fn table(self) -> &'static [i16; 256] {
        match self {
            Codec::Pcmu => &ULAW_TO_LINEAR,
            Codec::Pcma => &ALAW_TO_LINEAR,
        }
    }

    #[inline]
    pub const fn decode(self, byte: u8) -> i16 {
        self.table()[byte as usize]
    }

    #[inline]
    pub const fn encode(self, sample: i16) -> u8 {
        match self {
            Codec::Pcmu => linear_to_ulaw(sample),
            Codec::Pcma => linear_to_alaw(sample),
        }
    }

    /// Rewrites a payload of this codec in place as `to`. Same codec: untouched.
    pub fn transcode(self, to: Codec, payload: &mut [u8]) {
        let table = match (self, to) {
            (Codec::Pcmu, Codec::Pcmu) | (Codec::Pcma, Codec::Pcma) => return,
            (Codec::Pcmu, Codec::Pcma) => &ULAW_TO_ALAW,
            (Codec::Pcma, Codec::Pcmu) => &ALAW_TO_ULAW,
        };
        for byte in payload {
            *byte = table[*byte as usize];
        }
    }
}

static ULAW_TO_LINEAR: [i16; 256] = ulaw_table();
static ALAW_TO_LINEAR: [i16; 256] = alaw_table();
static ULAW_TO_ALAW: [u8; 256] = cross_table(Codec::Pcmu, Codec::Pcma);
static ALAW_TO_ULAW: [u8; 256] = cross_table(Codec::Pcma, Codec::Pcmu);

const BIAS: i32 = 0x84;

const fn ulaw_to_linear(byte: u8) -> i16 {
    let code = !byte as i32;
    let magnitude = ((((code & 0x0f) << 3) + BIAS) << ((code & 0x70) >> 4)) - BIAS;
    (if code & 0x80 != 0 { -magnitude } else { magnitude }) as i16
}

const fn linear_to_ulaw(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = (sample as i32).abs();
    let biased = (if magnitude > 32635 { 32635 } else { magnitude }) + BIAS;
    // Bits 7 to 14: the segment is the place of the highest bit.
    let segment = 31 - (biased as u32).leading_zeros() as i32 - 7;
    let mantissa = (biased >> (segment + 3)) & 0x0f;
    !((sign | (segment << 4) | mantissa) as u8)
}

const fn alaw_to_linear(byte: u8) -> i16 {
    let code = (byte ^ 0x55) as i32;
    let segment = (code & 0x70) >> 4;
    let base = (code & 0x0f) << 4;
    let magnitude = if segment == 0 { base + 8 } else { (base + 0x108) << (segment - 1) };
    (if code & 0x80 != 0 { magnitude } else { -magnitude }) as i16
}

const fn linear_to_alaw(sample: i16) -> u8 {
    let (mask, magnitude) =
        if sample >= 0 { (0xd5, (sample as i32) >> 3) } else { (0x55, (-(sample as i32) - 1) >> 3) };
    let top = 31 - (magnitude as u32 | 1).leading_zeros() as i32;
    let segment = if top <= 4 { 0 } else { top - 4 };
    let shift = if segment < 2 { 1 } else { segment };
    (((segment << 4) | ((magnitude >> shift) & 0x0f)) as u8) ^ mask
}

const fn ulaw_table() -> [i16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = ulaw_to_linear(byte as u8);
        byte += 1;
    }
    table
}

const fn alaw_table() -> [i16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = alaw_to_linear(byte as u8);
        byte += 1;
    }
    table
}

const fn cross_table(from: Codec, to: Codec) -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let linear = match from {
            Codec::Pcmu => ulaw_to_linear(byte as u8),
            Codec::Pcma => alaw_to_linear(byte as u8),
        };
        table[byte] = match to {
            Codec::Pcmu => linear_to_ulaw(linear),
            Codec::Pcma => linear_to_alaw(linear),
        };
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_g711_hold() {
        // Tables 2a/2b of G.711 (values times 4 for mu-law's 14 bits, times 8 for A-law's 13).
        let ulaw =
            [(0x80, 32124), (0x8f, 16764), (0x9f, 8316), (0xbf, 1980), (0xef, 132), (0xf0, 120), (0xfe, 8), (0xff, 0)];
        for (byte, linear) in ulaw {
            assert_eq!(Codec::Pcmu.decode(byte), linear, "mu-law {byte:#x}");
            assert_eq!(Codec::Pcmu.decode(byte & 0x7f), -linear, "mu-law {byte:#x} negative");
        }
        let alaw = [(0xaa, 32256), (0xa5, 16896), (0xb5, 8448), (0x85, 4224), (0x80, 5504), (0xd5, 8), (0xd4, 24)];
        for (byte, linear) in alaw {
            assert_eq!(Codec::Pcma.decode(byte), linear, "A-law {byte:#x}");
            assert_eq!(Codec::Pcma.decode(byte & 0x7f), -linear, "A-law {byte:#x} negative");
        }
    }

    #[test]
    fn what_is_decoded_encodes_to_itself() {
        for byte in 0..=255u8 {
            // mu-law has two zeros; the negative one becomes the positive.
            let expected = if byte == 0x7f { 0xff } else { byte };
            assert_eq!(Codec::Pcmu.encode(Codec::Pcmu.decode(byte)), expected);
            assert_eq!(Codec::Pcma.encode(Codec::Pcma.decode(byte)), byte);
        }
    }

    #[test]
    fn no_sample_strays_further_than_its_segment_allows() {
        for sample in i16::MIN..=i16::MAX {
            for codec in [Codec::Pcmu, Codec::Pcma] {
                let back = i32::from(codec.decode(codec.encode(sample)));
                let error = (back - i32::from(sample)).abs();
                let allowed = (i32::from(sample).abs() / 16).max(16) + 16;
                assert!(error <= allowed.min(1100), "{codec:?} {sample} -> {back}");
            }
        }
    }

    #[test]
    fn transcoding_stays_close_and_keeps_silence() {
        for byte in 0..=255u8 {
            let mut payload = [byte];
            Codec::Pcmu.transcode(Codec::Pcma, &mut payload);
            let (a, u) = (Codec::Pcma.decode(payload[0]), Codec::Pcmu.decode(byte));
            assert!((i32::from(a) - i32::from(u)).abs() <= i32::from(u).abs() / 16 + 16);
        }
        let mut payload = [Codec::Pcmu.silence(); 3];
        Codec::Pcmu.transcode(Codec::Pcma, &mut payload);
        assert_eq!(payload, [Codec::Pcma.silence(); 3]);
        Codec::Pcma.transcode(Codec::Pcmu, &mut payload);
        assert!(payload.iter().all(|&byte| Codec::Pcmu.decode(byte).abs() <= 8));
    }
}
