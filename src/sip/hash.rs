//! SipHash-2-4 (Aumasson and Bernstein, 2012): the keyed hash behind branches, tags, nonces and table keys.
//! It refuses to be a password hash.

/// A 128-bit key, made from the stack's seed. Whoever has it can forge branches and nonces.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    k0: u64,
    k1: u64,
}

impl Key {
    pub(crate) fn derive(seed: u64, purpose: u64) -> Key {
        let root = Key { k0: seed, k1: seed.rotate_left(32) ^ 0x6f75_7470_6163_6521 };
        Key { k0: root.hash(&[&purpose.to_le_bytes(), b"k0"]), k1: root.hash(&[&purpose.to_le_bytes(), b"k1"]) }
    }

    /// Hashes the parts one after another, each closed by its length so that borders matter.
    pub(crate) fn hash(&self, parts: &[&[u8]]) -> u64 {
        let mut state = State::new(self);
        for part in parts {
            state.bytes(part);
            state.bytes(&(part.len() as u32).to_le_bytes());
        }
        state.finish()
    }
}

/// Unpredictable to whoever lacks the key, repeatable for whoever has the seed.
pub(crate) struct Chance {
    key: Key,
    counter: u64,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Chance {
        Chance { key: Key::derive(seed, 0xc4a2), counter: 0 }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.counter += 1;
        self.key.hash(&[&self.counter.to_le_bytes()])
    }

    /// Below `bound`; the bias of a modulo on 64 bits does not matter for jitter.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
}

struct State {
    v: [u64; 4],
    tail: u64,
    tail_bits: u32,
    length: u64,
}

impl State {
    fn new(key: &Key) -> State {
        State {
            v: [
                key.k0 ^ 0x736f_6d65_7073_6575,
                key.k1 ^ 0x646f_7261_6e64_6f6d,
                key.k0 ^ 0x6c79_6765_6e65_7261,
                key.k1 ^ 0x7465_6462_7974_6573,
            ],
            tail: 0,
            tail_bits: 0,
            length: 0,
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        let (chunks, rest) = bytes.as_chunks::<8>();
        for chunk in chunks {
            let chunk = u64::from_le_bytes(*chunk);
            self.word(self.tail | chunk << self.tail_bits);
            self.tail = if self.tail_bits == 0 { 0 } else { chunk >> (64 - self.tail_bits) };
        }
        for &byte in rest {
            self.tail |= u64::from(byte) << self.tail_bits;
            self.tail_bits += 8;
            if self.tail_bits == 64 {
                self.word(self.tail);
                self.tail = 0;
                self.tail_bits = 0;
            }
        }
    }

    fn word(&mut self, word: u64) {
        self.v[3] ^= word;
        self.round();
        self.round();
        self.v[0] ^= word;
    }

    fn finish(mut self) -> u64 {
        let last = self.tail | (self.length << 56);
        self.word(last);
        self.v[2] ^= 0xff;
        for _ in 0..4 {
            self.round();
        }
        self.v[0] ^ self.v[1] ^ self.v[2] ^ self.v[3]
    }

    fn round(&mut self) {
        let v = &mut self.v;
        v[0] = v[0].wrapping_add(v[1]);
        v[1] = v[1].rotate_left(13) ^ v[0];
        v[0] = v[0].rotate_left(32);
        v[2] = v[2].wrapping_add(v[3]);
        v[3] = v[3].rotate_left(16) ^ v[2];
        v[0] = v[0].wrapping_add(v[3]);
        v[3] = v[3].rotate_left(21) ^ v[0];
        v[2] = v[2].wrapping_add(v[1]);
        v[1] = v[1].rotate_left(17) ^ v[2];
        v[2] = v[2].rotate_left(32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_vectors_of_the_paper() {
        let key = Key { k0: 0x0706_0504_0302_0100, k1: 0x0f0e_0d0c_0b0a_0908 };
        let run = |n: u8| {
            let mut state = State::new(&key);
            state.bytes(&(0..n).collect::<Vec<u8>>());
            state.finish()
        };
        assert_eq!(run(0), 0x726f_db47_dd0e_0e31);
        assert_eq!(run(15), 0xa129_ca61_49be_45e5);
    }
}
