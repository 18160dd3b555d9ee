//! The keyed hash of a number: what facts and suppression lists carry instead of it.
//! HMAC-SHA256 (RFC 2104, FIPS 198-1), its first 64 bits: without the key, numbers cannot be tried out.

use crate::words::Phone;
use sha2::{Digest, Sha256};

/// The key, worked in once.
#[derive(Clone)]
pub struct NumberHasher {
    inner: Sha256,
    outer: Sha256,
}

const BLOCK: usize = 64;

impl NumberHasher {
    pub fn new(key: &[u8; 32]) -> NumberHasher {
        let padded = |pad: u8| {
            let mut block = [pad; BLOCK];
            block.iter_mut().zip(key).for_each(|(b, k)| *b ^= k);
            Sha256::new_with_prefix(block)
        };
        NumberHasher { inner: padded(0x36), outer: padded(0x5c) }
    }

    /// 16 hexadecimal digits.
    pub fn hash(&self, phone: &Phone) -> String {
        let mac = self.mac(phone.digits().as_bytes());
        let first: [u8; 8] = mac[..8].try_into().expect("a digest of 32 bytes");
        format!("{:016x}", u64::from_be_bytes(first))
    }

    fn mac(&self, message: &[u8]) -> [u8; 32] {
        let inner = self.inner.clone().chain_update(message).finalize();
        self.outer.clone().chain_update(inner).finalize().into()
    }
}

/// For a single number. 16 hexadecimal digits.
pub fn number_hash(key: &[u8; 32], phone: &Phone) -> String {
    NumberHasher::new(key).hash(phone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn it_is_hmac_sha256() {
        // RFC 4231, test cases 1 and 2: shorter keys are those padded with zeros (RFC 2104, section 2).
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        assert_eq!(
            hex(&NumberHasher::new(&key).mac(b"Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        assert_eq!(
            hex(&NumberHasher::new(&key).mac(b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn another_key_another_hash() {
        let phone = Phone::e164("+8613800138000").unwrap();
        let one = number_hash(&[1; 32], &phone);
        assert_eq!(one.len(), 16);
        assert_eq!(one, number_hash(&[1; 32], &phone));
        assert_ne!(one, number_hash(&[2; 32], &phone));
    }
}
