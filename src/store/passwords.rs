//! How a password is kept: argon2id, as a PHC string, with its own salt. It knows no user; who asks how often is the
//! API's matter.

use super::StoreError;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// 19 MiB, two passes, one lane: the OWASP Password Storage Cheat Sheet's first choice for argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// A person's own password has at least so many characters.
const CHARACTERS_MIN: usize = 10;
/// Longer ones would be work for nothing.
pub const PASSWORD_BYTES_MAX: usize = 1024;
/// Without those that look alike.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// Each takes a core for some dozens of milliseconds, and calls are served by the same cores: half of them at most.
static ROOM: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Semaphore::new((cores / 2).max(1))
});

/// What an unknown name is measured against, so that it costs what a known one costs.
static NOBODY: LazyLock<String> = LazyLock::new(|| hashed(&generate()));

/// 100 random bits in five groups, for a person to type once.
pub fn generate() -> String {
    let mut bytes = [0_u8; 20];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// One that a person chose.
pub fn check(password: &str) -> Result<(), StoreError> {
    let fits = password.chars().count() >= CHARACTERS_MIN && password.len() <= PASSWORD_BYTES_MAX;
    if fits {
        return Ok(());
    }
    // The value is not repeated: errors end in logs.
    Err(StoreError::Invalid {
        what: "password",
        value: "…".to_owned(),
        fix: "10 characters at least, 1024 bytes at most",
    })
}

/// The PHC string to keep.
pub async fn hash(password: &str) -> String {
    let password = password.to_owned();
    aside(move || hashed(&password)).await
}

/// `None`: there is no such user; it takes as long.
pub async fn verify(password: &str, kept: Option<String>) -> bool {
    let password = password.to_owned();
    aside(move || {
        let known = kept.as_deref().is_some_and(|kept| !kept.is_empty());
        let against = kept.filter(|kept| !kept.is_empty()).unwrap_or_else(|| NOBODY.clone());
        argon2().verify_password(password.as_bytes(), against.as_str()).is_ok() && known
    })
    .await
}

async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let _permit = ROOM.acquire().await.expect("never closed");
    tokio::task::spawn_blocking(work).await.expect("argon2 does not panic and is not aborted")
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("within the bounds of RFC 9106 section 3.1");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hashed(password: &str) -> String {
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt).expect("the system gives random bytes");
    let hash = argon2().hash_password_with_salt(password.as_bytes(), &salt);
    hash.expect("salt and length are within the bounds of RFC 9106 section 3.1").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_says_how_and_not_what() {
        let password = generate();
        assert_eq!(password.len(), 24);
        let kept = hashed(&password);
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert_ne!(kept, hashed(&password), "each has its own salt");
        assert!(argon2().verify_password(password.as_bytes(), kept.as_str()).is_ok());
        assert!(check("123456789").is_err() && check("一二三四五六七八九十").is_ok());
    }
}
