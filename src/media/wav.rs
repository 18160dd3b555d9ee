//! The head of a WAV file: writing ours, and reading what people upload (16- and 8-bit PCM, mu-law, A-law).
//! PCM is read by hound in `prompt`; this reads only what hound refuses. No files here: bytes.

/// Length of the head that we write.
pub const HEAD: usize = 44;
/// Ours: two channels of 16 bits. (mu-law would halve the size, but Python's `wave` and some players refuse it.)
pub const CHANNELS: u16 = 2;
pub const BYTES_PER_FRAME: u32 = 4;

/// The 44 bytes before `data_bytes` of interleaved 16-bit stereo at 8 kHz. While recording, write it with what is
/// there so far; after a crash, write it again with `data_bytes = file length - HEAD`, whole frames only.
pub fn head(data_bytes: u32) -> [u8; HEAD] {
    let data_bytes = data_bytes - data_bytes % BYTES_PER_FRAME;
    let mut head = [0; HEAD];
    head[0..4].copy_from_slice(b"RIFF");
    head[4..8].copy_from_slice(&data_bytes.saturating_add(HEAD as u32 - 8).to_le_bytes());
    head[8..16].copy_from_slice(b"WAVEfmt ");
    head[16..20].copy_from_slice(&16u32.to_le_bytes());
    head[20..22].copy_from_slice(&1u16.to_le_bytes());
    head[22..24].copy_from_slice(&CHANNELS.to_le_bytes());
    head[24..28].copy_from_slice(&super::RATE.to_le_bytes());
    head[28..32].copy_from_slice(&(super::RATE * BYTES_PER_FRAME).to_le_bytes());
    head[32..34].copy_from_slice(&(BYTES_PER_FRAME as u16).to_le_bytes());
    head[34..36].copy_from_slice(&16u16.to_le_bytes());
    head[36..40].copy_from_slice(b"data");
    head[40..44].copy_from_slice(&data_bytes.to_le_bytes());
    head
}

/// Milliseconds of that much sound.
pub fn length_ms(data_bytes: u64) -> u32 {
    u32::try_from(data_bytes / u64::from(BYTES_PER_FRAME) / 8).unwrap_or(u32::MAX)
}

/// What a file says of itself, and where its sound is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// 1 PCM, 3 float, 6 A-law, 7 mu-law, 0xfffe extensible.
    pub format: u16,
    pub channels: u16,
    pub rate: u32,
    pub bits: u16,
    pub data: std::ops::Range<usize>,
}

/// Walks the chunks. None: no `fmt ` before a `data`, or not a RIFF WAVE.
pub fn shape(bytes: &[u8]) -> Option<Shape> {
    if bytes.get(0..4)? != b"RIFF" || bytes.get(8..12)? != b"WAVE" {
        return None;
    }
    let u16_at = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let u32_at = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let mut at = 12;
    let mut format = None;
    loop {
        let name = bytes.get(at..at + 4)?;
        let length = u32_at(at + 4)? as usize;
        let body = at + 8;
        match name {
            b"fmt " => format = Some((u16_at(body)?, u16_at(body + 2)?, u32_at(body + 4)?, u16_at(body + 14)?)),
            b"data" => {
                let (format, channels, rate, bits) = format?;
                let end = body.saturating_add(length).min(bytes.len());
                return Some(Shape { format, channels, rate, bits, data: body..end });
            }
            _ => {}
        }
        at = body.checked_add(length)?.checked_add(length % 2)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn our_head_opens_in_hound() {
        let mut file = head(800).to_vec();
        file.resize(HEAD + 800, 0);
        let reader = hound::WavReader::new(&file[..]).expect("a WAV");
        assert_eq!((reader.spec().channels, reader.spec().sample_rate, reader.duration()), (2, 8000, 200));
        assert_eq!(shape(&file).map(|shape| shape.data), Some(44..844));
        assert_eq!(length_ms(32_000), 1000);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fall(tail in prop::collection::vec(any::<u8>(), 0..80)) {
            let mut file = b"RIFF0000WAVE".to_vec();
            file.extend(tail);
            let _ = shape(&file);
        }
    }
}
