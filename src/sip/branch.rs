//! Branches and tags that carry their own address: slot, generation and a MAC. A response finds its transaction, and a
//! request its dialog, without a table; a forged one is refused before anything is touched.

use super::hash::Key;
use super::slots::SlotKey;

/// RFC 3261 section 8.1.1.7.
pub(crate) const COOKIE: &[u8] = b"z9hG4bK";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// In a Via: a client transaction.
    Branch = 1,
    /// In a From or To: a leg.
    Tag = 2,
}

/// 32 hexadecimal digits: slot, generation, MAC.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token(pub(crate) [u8; 32]);

impl Token {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

pub(crate) fn mint(key: &Key, kind: Kind, at: SlotKey) -> Token {
    let place = place(at);
    let mut token = [0; 32];
    hex(place, &mut token[..16]);
    hex(mac(key, kind, place), &mut token[16..]);
    Token(token)
}

/// `None`: not ours, or forged.
pub(crate) fn read(key: &Key, kind: Kind, token: &[u8]) -> Option<SlotKey> {
    if token.len() != 32 {
        return None;
    }
    let place = unhex(&token[..16])?;
    if unhex(&token[16..])? != mac(key, kind, place) {
        return None;
    }
    Some(SlotKey { slot: (place >> 32) as u32, generation: place as u32 })
}

pub(crate) fn read_branch(key: &Key, branch: &[u8]) -> Option<SlotKey> {
    read(key, Kind::Branch, branch.strip_prefix(COOKIE)?)
}

fn place(at: SlotKey) -> u64 {
    (u64::from(at.slot) << 32) | u64::from(at.generation)
}

fn mac(key: &Key, kind: Kind, place: u64) -> u64 {
    key.hash(&[&place.to_le_bytes(), &[kind as u8]])
}

pub(crate) fn hex(value: u64, out: &mut [u8]) {
    for (i, digit) in out.iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[(value >> (60 - 4 * i)) as usize & 15];
    }
}

fn unhex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |value: u64, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_minted_and_nothing_else() {
        let key = Key::derive(7, 1);
        let at = SlotKey { slot: 77, generation: 0xffff_0001 };
        let token = mint(&key, Kind::Branch, at);
        assert_eq!(read(&key, Kind::Branch, token.bytes()), Some(at));
        assert_eq!(read(&key, Kind::Tag, token.bytes()), None, "a branch is no tag");
        assert_eq!(read(&Key::derive(8, 1), Kind::Branch, token.bytes()), None, "another stack's");
        for i in 0..32 {
            let mut forged = token.0;
            forged[i] = if forged[i] == b'0' { b'1' } else { b'0' };
            assert_eq!(read(&key, Kind::Branch, &forged), None);
        }
        assert_eq!(read_branch(&key, b"z9hG4bK"), None);
    }
}
