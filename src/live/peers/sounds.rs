//! What the peers sound like: voices made of gliding harmonics in syllables, a machine's greeting with its beep, a fax,
//! the tones of a dead number. Made once at the start, shared by every line.
//! It refuses to be words: energy and cadence are what a line's other end can judge.

use crate::media::{Prompt, tone};
use rand::Rng;
use rand_pcg::Pcg32;
use std::f32::consts::TAU;
use std::sync::Arc;
use std::time::Duration;

const RATE: usize = 8000;
const VOICES: usize = 4;
const HELLO_MS: [u32; 4] = [350, 550, 800, 1100];
const UTTERANCE_MS: [u32; 3] = [1800, 2900, 4200];
const MACHINE_MS: [u32; 3] = [5000, 7500, 10_500];
/// Steps of a period of a voice.
const PERIOD: usize = 256;
/// Between the end of a machine's greeting and its beep.
const BEFORE_BEEP_MS: usize = 450;

pub(super) struct Sounds {
    hellos: Vec<Arc<Prompt>>,
    utterances: Vec<Arc<Prompt>>,
    machines: Vec<Arc<Prompt>>,
    pub fax: Arc<Prompt>,
    pub intercept: Arc<Prompt>,
}

impl Sounds {
    pub fn make(seed: u64) -> Sounds {
        let mut rng = Pcg32::new(seed, 0x50_0d);
        let mut all = |lengths: &[u32], finish: fn(Vec<i16>) -> Vec<i16>| -> Vec<Arc<Prompt>> {
            let each = lengths.iter().flat_map(|ms| (0..VOICES).map(move |voice| (voice, *ms)));
            each.map(|(voice, ms)| share(&finish(speak(&mut rng, pitch(voice), ms)))).collect()
        };
        Sounds {
            hellos: all(&HELLO_MS, |sound| sound),
            utterances: all(&UTTERANCE_MS, |sound| sound),
            machines: all(&MACHINE_MS, with_beep),
            fax: share(&tone::sine(2100.0, 3000, -12.0)),
            intercept: share(&intercept()),
        }
    }

    /// The hello nearest in length.
    pub fn hello(&self, voice: usize, length: Duration) -> Arc<Prompt> {
        nearest(&self.hellos, &HELLO_MS, voice, length)
    }

    /// A greeting with its beep, nearest in length (of the greeting).
    pub fn machine(&self, voice: usize, length: Duration) -> Arc<Prompt> {
        nearest(&self.machines, &MACHINE_MS, voice, length)
    }

    /// Some words of a conversation.
    pub fn utterance(&self, voice: usize, which: usize) -> Arc<Prompt> {
        self.utterances[which % UTTERANCE_MS.len() * VOICES + voice % VOICES].clone()
    }
}

fn nearest(sounds: &[Arc<Prompt>], lengths: &[u32], voice: usize, length: Duration) -> Arc<Prompt> {
    let away = |ms: &u32| Duration::from_millis(u64::from(*ms)).abs_diff(length);
    let at = (0..lengths.len()).min_by_key(|&i| away(&lengths[i])).expect("lengths are listed above");
    sounds[at * VOICES + voice % VOICES].clone()
}

fn share(samples: &[i16]) -> Arc<Prompt> {
    Arc::new(Prompt::from_samples(samples))
}

/// Hz: two deep voices, two high ones.
fn pitch(voice: usize) -> f32 {
    [112.0, 138.0, 196.0, 224.0][voice % VOICES]
}

/// Syllables of 110 to 240 ms, with short gaps: loud enough, and never a tone.
fn speak(rng: &mut Pcg32, pitch: f32, ms: u32) -> Vec<i16> {
    let length = ms as usize * RATE / 1000;
    let mut sound = Vec::with_capacity(length);
    while sound.len() < length {
        let left = length - sound.len();
        let syllable = rng.random_range(880..1920).min(left);
        let glide = rng.random_range(-0.18..0.12);
        let brightness = rng.random_range(0.35..0.75);
        let loudness = rng.random_range(0.6..1.0);
        syllable_into(&mut sound, syllable, pitch, glide, brightness, loudness);
        let gap = rng.random_range(160..560).min(length - sound.len());
        sound.resize(sound.len() + gap, 0);
    }
    sound
}

/// One period of eight harmonics that fall off.
fn period(brightness: f32) -> [f32; PERIOD] {
    std::array::from_fn(|i| {
        let phase = TAU * i as f32 / PERIOD as f32;
        (1..=8_u8).map(|harmonic| brightness.powi(i32::from(harmonic) - 1) * (phase * f32::from(harmonic)).sin()).sum()
    })
}

/// The period again and again, the pitch gliding, soft edges.
fn syllable_into(sound: &mut Vec<i16>, samples: usize, pitch: f32, glide: f32, brightness: f32, loudness: f32) {
    let period = period(brightness);
    let mut phase = 0.0_f32;
    for i in 0..samples {
        let t = i as f32 / samples as f32;
        phase = (phase + pitch * (1.0 + glide * t) / RATE as f32).fract();
        let value = period[(phase * PERIOD as f32) as usize % PERIOD];
        let edge = (t * 6.0).min((1.0 - t) * 4.0).min(1.0);
        sound.push((value * 5200.0 * loudness * edge).clamp(-32_000.0, 32_000.0) as i16);
    }
}

fn with_beep(mut greeting: Vec<i16>) -> Vec<i16> {
    greeting.resize(greeting.len() + BEFORE_BEEP_MS * RATE / 1000, 0);
    greeting.extend(tone::sine(1000.0, 400, -12.0));
    greeting
}

/// Special information tones (ITU-T E.180), then "the number is not in service" as silence.
fn intercept() -> Vec<i16> {
    let mut sound = Vec::new();
    for hz in [950.0, 1400.0, 1800.0] {
        sound.extend(tone::sine(hz, 330, -14.0));
    }
    sound.resize(sound.len() + RATE, 0);
    sound
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::amd::{Amd, Cadence, Frame};
    use crate::media::{Codec, FRAME, Verdict, signal::Signals, vad};

    /// What AMD makes of the sound followed by two seconds of silence.
    fn judged(prompt: &Prompt) -> Option<Verdict> {
        let mut samples: Vec<i16> = prompt.encoded(Codec::Pcmu).iter().map(|&b| Codec::Pcmu.decode(b)).collect();
        samples.resize(samples.len() + 2 * RATE, 0);
        let (mut amd, mut vad, mut signals) = (Cadence::default(), vad::Vad::default(), Signals::default());
        samples.chunks_exact(FRAME).find_map(|frame| {
            let samples: &[i16; FRAME] = frame.try_into().expect("exact chunks");
            let level_db = vad::level_db(samples);
            let signal = signals.frame(samples, level_db);
            let in_tone = signals.in_tone();
            let speech = vad.frame(if in_tone { vad::SILENCE_DB } else { level_db }).loud;
            amd.frame(Frame { samples, level_db, speech, signal, in_tone }).map(|finding| finding.verdict)
        })
    }

    #[test]
    fn hellos_pass_for_people_and_greetings_for_machines() {
        let sounds = Sounds::make(7);
        for voice in 0..VOICES {
            for ms in HELLO_MS {
                let hello = sounds.hello(voice, Duration::from_millis(ms.into()));
                assert_eq!(judged(&hello), Some(Verdict::Human), "voice {voice}, {ms} ms");
            }
            for ms in MACHINE_MS {
                let greeting = sounds.machine(voice, Duration::from_millis(ms.into()));
                assert!(matches!(judged(&greeting), Some(Verdict::Machine(_))), "voice {voice}, {ms} ms");
            }
        }
        assert!(matches!(judged(&sounds.fax), Some(Verdict::Machine(_))));
    }
}
