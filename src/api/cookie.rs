//! The session's cookie: read from a request, written into an answer, and the token that pages prove themselves with.
//! It refuses to know who it belongs to.

use crate::store::SESSION_LONGEST;
use axum::http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};

const NAME: &str = "outpace_session";

/// The token that the browser sends. Two cookies of the name are none: one of them is a stranger's.
pub fn session(headers: &HeaderMap) -> Option<&str> {
    let headers = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = headers.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut own = pairs.filter(|(name, _)| *name == NAME).map(|(_, token)| token);
    own.next().filter(|_| own.next().is_none())
}

/// What unsafe methods prove themselves with. It follows from the token, so it need not be kept.
pub fn csrf(token: &str) -> String {
    let hash = Sha256::new().chain_update("csrf:").chain_update(token).finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 6265 section 4.1: out of reach of scripts, of other sites' pages, and of plain HTTP where `secure`.
pub fn set(token: &str, secure: bool) -> HeaderValue {
    write(token, SESSION_LONGEST.as_secs(), secure)
}

pub fn remove(secure: bool) -> HeaderValue {
    write("", 0, secure)
}

fn write(token: &str, seconds: u64, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{NAME}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).expect("hexadecimal digits and plain words")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cookie_of_the_name_counts() {
        let of = |text: &str| HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(text).unwrap())]);
        assert_eq!(session(&of("a=b; outpace_session=77; c=d")), Some("77"));
        assert_eq!(session(&of("outpace_session=77; outpace_session=88")), None);
        assert_eq!(session(&of("xoutpace_session=77; outpace_session")), None);
        assert_eq!(csrf("77").len(), 64);
    }
}
