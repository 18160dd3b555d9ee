//! Streams of chance, one per thing that has luck. It refuses to be shared: who draws twice disturbs nobody else.

use rand::Rng;
use rand_pcg::Pcg32;

pub type Stream = Pcg32;

/// What a stream is for. The numbers are part of the seed: never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// What the list holds.
    List = 1,
    /// What a lead's number is, over all attempts.
    Number = 2,
    /// What one attempt comes to.
    Attempt = 3,
    /// How a conversation goes.
    Talk = 4,
    Agent = 5,
    Trunk = 6,
    Store = 7,
    Wire = 8,
}

/// The stream of the thing `(a, b)`, such as (lead, attempt).
pub fn stream(seed: u64, purpose: Purpose, a: u64, b: u64) -> Stream {
    let state = mix(mix(mix(seed) ^ a) ^ b.rotate_left(32));
    Pcg32::new(state, mix(purpose as u64 ^ a.rotate_left(17) ^ seed))
}

/// SplitMix64: neighbouring seeds give unrelated streams (Steele, Lea, Flood 2014).
pub fn mix(value: u64) -> u64 {
    let z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Uniform in [0, 1).
pub fn unit(rng: &mut Stream) -> f64 {
    rng.random::<f64>()
}

/// Always draws, so that probabilities of 0 and 1 leave the stream where 0.5 would.
pub fn chance(rng: &mut Stream, probability: f64) -> bool {
    unit(rng) < probability
}

/// The index drawn among `weights`; `None` if they add up to nothing. Draws once.
pub fn weighted(rng: &mut Stream, weights: &[f64]) -> Option<usize> {
    let total: f64 = weights.iter().sum();
    let mut rest = unit(rng) * total;
    if total <= 0.0 {
        return None;
    }
    for (index, weight) in weights.iter().enumerate() {
        if rest < *weight {
            return Some(index);
        }
        rest -= weight;
    }
    weights.iter().rposition(|w| *w > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_seed_purpose_and_thing_and_repeat_by_all_three() {
        let first = |mut s: Stream| (unit(&mut s), unit(&mut s));
        let base = first(stream(1, Purpose::Attempt, 7, 1));
        assert_eq!(base, first(stream(1, Purpose::Attempt, 7, 1)));
        for other in [
            stream(2, Purpose::Attempt, 7, 1),
            stream(1, Purpose::Talk, 7, 1),
            stream(1, Purpose::Attempt, 8, 1),
            stream(1, Purpose::Attempt, 7, 2),
        ] {
            assert_ne!(base, first(other));
        }
    }

    #[test]
    fn weights_of_zero_are_never_drawn() {
        let mut rng = stream(5, Purpose::Talk, 0, 0);
        for _ in 0..1000 {
            assert_eq!(weighted(&mut rng, &[0.0, 1.0, 0.0]), Some(1));
        }
        assert_eq!(weighted(&mut rng, &[0.0, 0.0]), None);
        assert_eq!(weighted(&mut rng, &[]), None);
    }
}
