//! A sound to play: read from a WAV file's bytes, brought to 8 kHz mono, and kept in both laws, so that playing it is
//! a copy. It refuses files over ten minutes and formats a browser or sox would not make.

use super::resample::to_8k;
use super::{Codec, RATE, wav};
use std::fmt;
use std::time::Duration;

pub const LENGTH_MAX: Duration = Duration::from_secs(600);
const RATES: std::ops::RangeInclusive<u32> = 4000..=192_000;

#[derive(Clone, PartialEq, Eq)]
pub struct Prompt {
    ulaw: Box<[u8]>,
    alaw: Box<[u8]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptError {
    NotWav(String),
    Format { found: String },
    Rate { hz: u32 },
    TooLong { seconds: u64 },
    Empty,
}

impl fmt::Display for PromptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PromptError::NotWav(why) => write!(f, "not a WAV file ({why}): save it as WAV, 16-bit PCM"),
            PromptError::Format { found } => write!(
                f,
                "a WAV of {found}: 8-, 16-, 24- or 32-bit PCM, 32-bit float, mu-law or A-law, one or two channels, are read"
            ),
            PromptError::Rate { hz } => {
                write!(f, "a sample rate of {hz} Hz: between {} and {} Hz is read", RATES.start(), RATES.end())
            }
            PromptError::TooLong { seconds } => {
                write!(f, "{seconds} s long: at most {} s is played", LENGTH_MAX.as_secs())
            }
            PromptError::Empty => write!(f, "a WAV without sound: record it again"),
        }
    }
}
impl std::error::Error for PromptError {}

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prompt({} ms)", self.length().as_millis())
    }
}

impl Prompt {
    /// 8 kHz mono.
    pub fn from_samples(samples: &[i16]) -> Prompt {
        Prompt {
            ulaw: samples.iter().map(|&s| Codec::Pcmu.encode(s)).collect(),
            alaw: samples.iter().map(|&s| Codec::Pcma.encode(s)).collect(),
        }
    }

    /// From a WAV file's bytes.
    pub fn from_wav(bytes: &[u8]) -> Result<Prompt, PromptError> {
        Ok(Prompt::from_samples(&samples(bytes)?))
    }

    pub fn length(&self) -> Duration {
        Duration::from_micros(self.ulaw.len() as u64 * 1_000_000 / u64::from(RATE))
    }

    /// One byte a sample.
    pub fn encoded(&self, codec: Codec) -> &[u8] {
        match codec {
            Codec::Pcmu => &self.ulaw,
            Codec::Pcma => &self.alaw,
        }
    }
}

/// A WAV file's sound as 8 kHz mono.
pub fn samples(bytes: &[u8]) -> Result<Vec<i16>, PromptError> {
    let shape = wav::shape(bytes).ok_or_else(|| PromptError::NotWav("no RIFF WAVE head with sound after it".into()))?;
    if !RATES.contains(&shape.rate) {
        return Err(PromptError::Rate { hz: shape.rate });
    }
    let format = PromptError::Format {
        found: format!("format {}, {} bits, {} channels", shape.format, shape.bits, shape.channels),
    };
    if !(1..=2).contains(&shape.channels) {
        return Err(format);
    }
    let interleaved = match (shape.format, shape.bits) {
        (6, 8) => decoded(&bytes[shape.data.clone()], Codec::Pcma),
        (7, 8) => decoded(&bytes[shape.data.clone()], Codec::Pcmu),
        (1 | 3 | 0xfffe, _) => by_hound(bytes)?,
        _ => return Err(format),
    };
    let mono = mono(&interleaved, usize::from(shape.channels));
    let seconds = mono.len() as u64 / u64::from(shape.rate);
    if seconds > LENGTH_MAX.as_secs() {
        return Err(PromptError::TooLong { seconds });
    }
    if mono.is_empty() {
        return Err(PromptError::Empty);
    }
    let at_8k = to_8k(&mono, shape.rate);
    Ok(at_8k.iter().map(|&s| (s * 32767.0).round().clamp(-32768.0, 32767.0) as i16).collect())
}

/// -1 to 1.
fn decoded(bytes: &[u8], codec: Codec) -> Vec<f32> {
    bytes.iter().map(|&byte| f32::from(codec.decode(byte)) / 32767.0).collect()
}

fn by_hound(bytes: &[u8]) -> Result<Vec<f32>, PromptError> {
    let reader = hound::WavReader::new(bytes).map_err(|error| PromptError::NotWav(error.to_string()))?;
    let spec = reader.spec();
    let wrong = |error: hound::Error| PromptError::NotWav(error.to_string());
    match spec.sample_format {
        hound::SampleFormat::Float => reader.into_samples::<f32>().map(|s| s.map_err(wrong)).collect(),
        hound::SampleFormat::Int => {
            let full = ((1i64 << (spec.bits_per_sample - 1)) - 1) as f32;
            reader.into_samples::<i32>().map(|s| s.map(|s| s as f32 / full).map_err(wrong)).collect()
        }
    }
}

fn mono(interleaved: &[f32], channels: usize) -> Vec<f32> {
    interleaved.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tone;

    fn wav(rate: u32, channels: u16, bits: u16, hz: f64) -> Vec<u8> {
        let spec = hound::WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: bits,
            sample_format: hound::SampleFormat::Int,
        };
        let mut bytes = std::io::Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).expect("a writer");
        for i in 0..rate {
            let s = (2.0 * std::f64::consts::PI * hz * f64::from(i) / f64::from(rate)).sin() * 0.5;
            let s = (s * f64::from(1i32 << (bits - 1))) as i32;
            (0..channels).for_each(|_| writer.write_sample(s).expect("in memory"));
        }
        writer.finalize().expect("in memory");
        bytes.into_inner()
    }

    #[test]
    fn every_rate_becomes_8_khz_and_keeps_its_tone() {
        for (rate, channels, bits) in
            [(8000, 1, 16), (16000, 1, 16), (44100, 2, 16), (48000, 2, 24), (8000, 1, 8), (11025, 1, 16)]
        {
            let samples = samples(&wav(rate, channels, bits, 1000.0)).expect("read");
            assert!((7990..=8000).contains(&samples.len()), "{rate}: {}", samples.len());
            assert!(tone::share(&samples[400..7600], 1000.0) > 0.98, "{rate}/{channels}/{bits}");
            let peak = samples[400..7600].iter().map(|s| s.abs()).max().expect("some");
            assert!((15500..=17200).contains(&peak), "{rate}/{channels}/{bits}: {peak}");
        }
    }

    #[test]
    fn what_8_khz_cannot_hold_does_not_fold_down() {
        let samples = samples(&wav(44100, 1, 16, 6000.0)).expect("read");
        assert!(samples[400..7600].iter().all(|s| s.abs() < 100), "6 kHz must be gone");
    }

    #[test]
    fn companded_files_are_read_and_wrong_ones_refused_with_the_reason() {
        let mut ulaw = wav(8000, 1, 8, 500.0);
        ulaw[20] = 7;
        let data = wav::shape(&ulaw).expect("a WAV").data;
        let tone: Vec<u8> = tone::sine(500.0, 1000, -6.0).iter().map(|&s| Codec::Pcmu.encode(s)).collect();
        ulaw[data].copy_from_slice(&tone);
        assert!(tone::share(&samples(&ulaw).expect("read"), 500.0) > 0.97);
        assert!(matches!(samples(b"ID3 an mp3"), Err(PromptError::NotWav(_))));
        assert!(matches!(samples(&wav(8000, 3, 16, 1.0)), Err(PromptError::Format { .. })));
        assert!(matches!(samples(&wav(2000, 1, 16, 1.0)), Err(PromptError::Rate { hz: 2000 })));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_fall(tail in proptest::collection::vec(0u8.., 0..120)) {
            let mut file = wav(8000, 1, 16, 100.0);
            file.truncate(40);
            file.extend(tail);
            let _ = samples(&file);
            let _ = samples(&file[20..]);
        }
    }
}
