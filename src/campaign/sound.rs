//! What can be said of a RIFF WAVE file without playing it: how long it is, and how much of that is loud enough to be
//! heard. Read: PCM 16 bit, A-law or µ-law, one or two channels, 8 to 48 kHz. It refuses to change a sound.

use std::time::Duration;

/// Quieter than this is no voice on a telephone: -45 dB of full scale.
const HEARD: f64 = 32_768.0 * 0.005_6;
/// Loudness is judged by pieces of 20 ms.
const PIECES_PER_SECOND: usize = 50;

/// A sound file, its header read.
struct Wav<'a> {
    format: Format,
    data: &'a [u8],
}

#[derive(Clone, Copy)]
struct Format {
    /// 1: PCM, 6: A-law, 7: µ-law.
    code: u16,
    channels: u16,
    rate: u32,
    bits: u16,
}

/// Length by the header, as far as the file really goes.
pub fn wav_length(bytes: &[u8]) -> Result<Duration, String> {
    let Wav { format, data } = read(bytes)?;
    Ok(Duration::from_micros(data.len() as u64 * 1_000_000 / u64::from(format.byte_rate())))
}

/// How much of it can be heard, whatever is said.
pub fn heard_length(bytes: &[u8]) -> Result<Duration, String> {
    let Wav { format, data } = read(bytes)?;
    let piece = format.byte_rate() as usize / PIECES_PER_SECOND;
    let piece = piece - piece % usize::from(format.bits / 8);
    let loud = data.chunks_exact(piece).filter(|piece| format.root_mean_square(piece) >= HEARD).count();
    Ok(Duration::from_millis(loud as u64 * 1_000 / PIECES_PER_SECOND as u64))
}

fn read(bytes: &[u8]) -> Result<Wav<'_>, String> {
    if bytes.get(..4) != Some(b"RIFF") || bytes.get(8..12) != Some(b"WAVE") {
        return Err("no RIFF WAVE header".into());
    }
    let mut format = None;
    let mut at = 12;
    while let Some(head) = bytes.get(at..at + 8) {
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let data = &bytes[at + 8..bytes.len().min((at + 8).saturating_add(size))];
        match &head[..4] {
            b"fmt " => format = Some(Format::read(data)?),
            b"data" => {
                let format = format.ok_or("its data come before its format")?;
                return if data.is_empty() { Err("it holds no sound".into()) } else { Ok(Wav { format, data }) };
            }
            _ => {}
        }
        at = at.saturating_add(8 + size + size % 2);
    }
    Err("it holds no sound".into())
}

impl Format {
    fn read(body: &[u8]) -> Result<Format, String> {
        let Some(b) = body.get(..16) else {
            return Err("its format is cut off".into());
        };
        let short = |at: usize| u16::from_le_bytes([b[at], b[at + 1]]);
        let (mut code, channels, bits) = (short(0), short(2), short(14));
        let rate = u32::from_le_bytes([b[4], b[5], b[6], b[7]]);
        // WAVE_FORMAT_EXTENSIBLE: the code is the begin of the sub-format.
        if code == 0xfffe
            && let Some(sub) = body.get(24..26)
        {
            code = u16::from_le_bytes([sub[0], sub[1]]);
        }
        if !matches!((code, bits), (1, 16) | (6 | 7, 8)) {
            return Err(format!("format {code} with {bits} bit"));
        }
        if !(1..=2).contains(&channels) {
            return Err(format!("{channels} channels"));
        }
        if !(8_000..=48_000).contains(&rate) {
            return Err(format!("{rate} Hz"));
        }
        Ok(Format { code, channels, rate, bits })
    }

    fn byte_rate(self) -> u32 {
        self.rate * u32::from(self.channels) * u32::from(self.bits) / 8
    }

    fn root_mean_square(self, piece: &[u8]) -> f64 {
        let width = usize::from(self.bits / 8);
        let squares: f64 = piece.chunks_exact(width).map(|bytes| self.sample(bytes).powi(2)).sum();
        (squares / (piece.len() / width).max(1) as f64).sqrt()
    }

    /// One sample on the scale of 16 bit.
    fn sample(self, bytes: &[u8]) -> f64 {
        match (self.code, bytes) {
            (1, [low, high]) => f64::from(i16::from_le_bytes([*low, *high])),
            (6, [byte]) => f64::from(a_law(*byte)),
            (_, bytes) => f64::from(mu_law(bytes[0])),
        }
    }
}

/// ITU-T G.711, A-law; the magnitude alone.
fn a_law(byte: u8) -> i32 {
    let byte = byte ^ 0x55;
    let (segment, step) = (i32::from((byte >> 4) & 7), i32::from(byte & 15) << 4);
    if segment == 0 { step + 8 } else { (step + 0x108) << (segment - 1) }
}

/// ITU-T G.711, µ-law; the magnitude alone.
fn mu_law(byte: u8) -> i32 {
    let byte = !byte;
    (((i32::from(byte & 15) << 3) + 0x84) << ((byte >> 4) & 7)) - 0x84
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::campaign) fn wav(code: u16, channels: u16, rate: u32, bits: u16, data: &[u8]) -> Vec<u8> {
        let byte_rate = rate * u32::from(channels) * u32::from(bits) / 8;
        let mut wav = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
        wav.extend([code.to_le_bytes(), channels.to_le_bytes()].concat());
        wav.extend([rate.to_le_bytes(), byte_rate.to_le_bytes()].concat());
        wav.extend([(channels * bits / 8).to_le_bytes(), bits.to_le_bytes()].concat());
        wav.extend(b"data");
        wav.extend((data.len() as u32).to_le_bytes());
        wav.extend(data);
        wav
    }

    /// A loud square of 100 Hz, 8 kHz, 16 bit.
    pub(in crate::campaign) fn tone(seconds: f64) -> Vec<u8> {
        let samples = (0..(seconds * 8_000.0) as usize).map(|at| if at / 40 % 2 == 0 { 8_000_i16 } else { -8_000 });
        wav(1, 1, 8_000, 16, &samples.flat_map(i16::to_le_bytes).collect::<Vec<u8>>())
    }

    #[test]
    fn lengths_of_sounds() {
        let of = |code, channels, rate, bits, data: usize| wav(code, channels, rate, bits, &vec![0; data]);
        assert_eq!(wav_length(&of(1, 1, 8_000, 16, 16_000)), Ok(Duration::from_secs(1)));
        assert_eq!(wav_length(&of(1, 2, 16_000, 16, 32_000)), Ok(Duration::from_millis(500)));
        assert_eq!(wav_length(&of(6, 1, 8_000, 8, 4_000)), Ok(Duration::from_millis(500)));
        let mut cut = of(1, 1, 8_000, 16, 16_000);
        cut.truncate(cut.len() - 8_000);
        assert_eq!(wav_length(&cut), Ok(Duration::from_millis(500)), "what is there counts, not what is promised");
        for bad in [of(3, 1, 8_000, 32, 16), of(1, 6, 8_000, 16, 16), of(1, 1, 96_000, 16, 16), of(1, 1, 8_000, 16, 0)]
        {
            assert!(wav_length(&bad).is_err());
        }
        for length in 0..44 {
            assert!(wav_length(&of(1, 1, 8_000, 16, 16)[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn what_can_be_heard() {
        assert_eq!(heard_length(&tone(2.0)), Ok(Duration::from_secs(2)));
        let silences = [
            wav(1, 2, 48_000, 16, &[0; 384_000]),
            wav(6, 1, 8_000, 8, &[0xd5; 16_000]),
            wav(7, 1, 8_000, 8, &[0xff; 16_000]),
        ];
        for silence in silences {
            assert_eq!(heard_length(&silence), Ok(Duration::ZERO));
        }
        // A hum of -50 dB is silence; a knock of 20 ms is 20 ms.
        let hum: Vec<u8> = (0..16_000).flat_map(|at| if at % 2 == 0 { 100_i16 } else { -100 }.to_le_bytes()).collect();
        let mut knock = hum.clone();
        knock[3_200..3_520].fill(0x40);
        assert_eq!(heard_length(&wav(1, 1, 8_000, 16, &hum)), Ok(Duration::ZERO));
        assert_eq!(heard_length(&wav(1, 1, 8_000, 16, &knock)), Ok(Duration::from_millis(20)));
    }

    /// Both laws at their ends and in the middle, as ITU-T G.711 tabulates them.
    #[test]
    fn companded_samples() {
        assert_eq!([0xff, 0x80, 0x00, 0xf0].map(mu_law), [0, 32_124, 32_124, 120]);
        assert_eq!([0xd5, 0xaa, 0x2a, 0x55].map(a_law), [8, 32_256, 32_256, 8]);
    }
}
