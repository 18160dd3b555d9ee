//! Digest authentication (RFC 2617, RFC 7616, RFC 8760): the arithmetic, the answer to a challenge, the choice among
//! several. It keeps no secrets and knows no trunks.

use super::scan::DigestChallenge;
use super::write::Writer;
use md5::{Digest, Md5};
use sha2::Sha256;

/// Strongest last, so that `max` chooses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Algorithm {
    Md5,
    Md5Sess,
    Sha256,
    Sha256Sess,
}

impl Algorithm {
    /// Absent means MD5. `None`: one that we do not have.
    pub fn from_token(token: Option<&[u8]>) -> Option<Algorithm> {
        let Some(token) = token else { return Some(Algorithm::Md5) };
        [Algorithm::Md5, Algorithm::Md5Sess, Algorithm::Sha256, Algorithm::Sha256Sess]
            .into_iter()
            .find(|a| token.eq_ignore_ascii_case(a.token().as_bytes()))
    }

    pub fn token(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Md5Sess => "MD5-sess",
            Algorithm::Sha256 => "SHA-256",
            Algorithm::Sha256Sess => "SHA-256-sess",
        }
    }

    fn session(self) -> bool {
        match self {
            Algorithm::Md5 | Algorithm::Sha256 => false,
            Algorithm::Md5Sess | Algorithm::Sha256Sess => true,
        }
    }

    /// The hash of the parts joined by colons, in lower-case hexadecimal.
    pub fn hash(self, parts: &[&[u8]]) -> String {
        match self {
            Algorithm::Md5 | Algorithm::Md5Sess => joined::<Md5>(parts),
            Algorithm::Sha256 | Algorithm::Sha256Sess => joined::<Sha256>(parts),
        }
    }
}

fn joined<D: Digest>(parts: &[&[u8]]) -> String {
    let mut digest = D::new();
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            digest.update(b":");
        }
        digest.update(part);
    }
    let mut text = String::with_capacity(64);
    for byte in digest.finalize() {
        text.push(char::from(b"0123456789abcdef"[usize::from(byte >> 4)]));
        text.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
    }
    text
}

/// `H(user:realm:password)`: what a registrar keeps instead of a password.
pub fn ha1(algorithm: Algorithm, user: &str, realm: &[u8], password: &str) -> String {
    algorithm.hash(&[user.as_bytes(), realm, password.as_bytes()])
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Qop {
    /// RFC 2069: neither cnonce nor nc.
    None,
    Auth,
    AuthInt,
}

/// What goes into a response value besides the secret.
pub struct Exchange<'a> {
    pub algorithm: Algorithm,
    pub qop: Qop,
    pub nonce: &'a [u8],
    pub cnonce: &'a [u8],
    /// As it stands on the wire: 8 hexadecimal digits.
    pub nc: &'a [u8],
    pub method: &'a [u8],
    pub uri: &'a [u8],
    pub body: &'a [u8],
}

/// The `response` value (RFC 7616 section 3.4.1). `ha1` without the session part.
pub fn response(ha1: &str, exchange: &Exchange<'_>) -> String {
    let a = exchange.algorithm;
    let session;
    let ha1 = if a.session() {
        session = a.hash(&[ha1.as_bytes(), exchange.nonce, exchange.cnonce]);
        &session
    } else {
        ha1
    };
    let ha2 = match exchange.qop {
        Qop::None | Qop::Auth => a.hash(&[exchange.method, exchange.uri]),
        Qop::AuthInt => a.hash(&[exchange.method, exchange.uri, a.hash(&[exchange.body]).as_bytes()]),
    };
    let qop: &[u8] = match exchange.qop {
        Qop::None => return a.hash(&[ha1.as_bytes(), exchange.nonce, ha2.as_bytes()]),
        Qop::Auth => b"auth",
        Qop::AuthInt => b"auth-int",
    };
    a.hash(&[ha1.as_bytes(), exchange.nonce, exchange.nc, exchange.cnonce, qop, ha2.as_bytes()])
}

/// Name and password for one protection space.
pub struct Secret<'a> {
    pub user: &'a str,
    pub password: &'a str,
    /// Answer only this realm. `None`: whichever is asked.
    pub realm: Option<&'a [u8]>,
}

/// Of several challenges the strongest that we can answer (RFC 8760 section 2.3), within the secret's realm.
pub fn choose<'a>(
    challenges: impl Iterator<Item = DigestChallenge<'a>>,
    secret: &Secret<'_>,
) -> Option<(DigestChallenge<'a>, Algorithm, Qop)> {
    let mut best: Option<(DigestChallenge<'a>, Algorithm, Qop)> = None;
    for challenge in challenges {
        let Some(algorithm) = Algorithm::from_token(challenge.algorithm) else { continue };
        let Some(qop) = choose_qop(challenge.qop) else { continue };
        if secret.realm.is_some_and(|realm| realm != challenge.realm) {
            continue;
        }
        if best.as_ref().is_none_or(|(_, a, _)| algorithm > *a) {
            best = Some((challenge, algorithm, qop));
        }
    }
    best
}

fn choose_qop(options: Option<&[u8]>) -> Option<Qop> {
    let Some(options) = options else { return Some(Qop::None) };
    let offered = |wanted: &str| {
        options.split(|&b| b == b',').any(|o| super::scan::trim(o).eq_ignore_ascii_case(wanted.as_bytes()))
    };
    if offered("auth") {
        Some(Qop::Auth)
    } else if offered("auth-int") {
        Some(Qop::AuthInt)
    } else {
        None
    }
}

/// The request that answers.
pub struct Answering<'a> {
    pub method: &'a [u8],
    pub uri: &'a [u8],
    pub body: &'a [u8],
    pub cnonce: &'a [u8],
    pub nc: u32,
}

/// Writes the value of Authorization or Proxy-Authorization.
pub(crate) fn write_answer(
    out: &mut Vec<u8>,
    chosen: &(DigestChallenge<'_>, Algorithm, Qop),
    secret: &Secret<'_>,
    request: &Answering<'_>,
) {
    let (challenge, algorithm, qop) = chosen;
    let nc = format!("{:08x}", request.nc);
    let exchange = Exchange {
        algorithm: *algorithm,
        qop: *qop,
        nonce: challenge.nonce,
        cnonce: request.cnonce,
        nc: nc.as_bytes(),
        method: request.method,
        uri: request.uri,
        body: request.body,
    };
    let value = response(&ha1(*algorithm, secret.user, challenge.realm, secret.password), &exchange);
    let mut w = Writer::new(out);
    w.raw("Digest username=").quoted(secret.user.as_bytes());
    // Realm, nonce and opaque go back byte for byte, escapes included.
    w.raw(", realm=\"").text(challenge.realm).raw("\", nonce=\"").text(challenge.nonce);
    w.raw("\", uri=\"").text(request.uri).raw("\", response=\"").text(value.as_bytes()).raw("\"");
    w.raw(", algorithm=").raw(algorithm.token());
    if let Some(opaque) = challenge.opaque {
        w.raw(", opaque=\"").text(opaque).raw("\"");
    }
    let qop = match qop {
        Qop::None if !algorithm.session() => return,
        Qop::None => {
            w.raw(", cnonce=\"").text(request.cnonce).raw("\"");
            return;
        }
        Qop::Auth => "auth",
        Qop::AuthInt => "auth-int",
    };
    w.raw(", qop=").raw(qop).raw(", cnonce=\"").text(request.cnonce).raw("\", nc=").text(nc.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mufasa(algorithm: Algorithm, qop: Qop, realm: &[u8], password: &str, nonce: &[u8], cnonce: &[u8]) -> String {
        let exchange = Exchange {
            algorithm,
            qop,
            nonce,
            cnonce,
            nc: b"00000001",
            method: b"GET",
            uri: b"/dir/index.html",
            body: b"",
        };
        response(&ha1(algorithm, "Mufasa", realm, password), &exchange)
    }

    #[test]
    fn rfc_2617_section_3_5() {
        let nonce = b"dcd98b7102dd2f0e8b11d0f600bfb0c093";
        let realm = b"testrealm@host.com";
        let value = mufasa(Algorithm::Md5, Qop::Auth, realm, "Circle Of Life", nonce, b"0a4f113b");
        assert_eq!(value, "6629fae49393a05397450978507c4ef1");
        let rfc_2069 = mufasa(Algorithm::Md5, Qop::None, realm, "Circle Of Life", nonce, b"");
        assert_eq!(rfc_2069, "670fd8c2df070c60b045671b8b24ff02");
    }

    #[test]
    fn rfc_7616_section_3_9_1() {
        let nonce = b"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
        let cnonce = b"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        let realm = b"http-auth@example.org";
        let md5 = mufasa(Algorithm::Md5, Qop::Auth, realm, "Circle of Life", nonce, cnonce);
        assert_eq!(md5, "8ca523f5e9506fed4657c9700eebdbec");
        let sha = mufasa(Algorithm::Sha256, Qop::Auth, realm, "Circle of Life", nonce, cnonce);
        assert_eq!(sha, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
    }

    #[test]
    fn of_several_challenges_the_strongest_in_the_right_realm() {
        let values: [&[u8]; 4] = [
            b"Digest realm=\"r\", nonce=\"1\", algorithm=MD5, qop=\"auth\"",
            b"Digest realm=\"r\", nonce=\"2\", algorithm=SHA-512-256, qop=\"auth\"",
            b"Digest realm=\"r\", nonce=\"3\", algorithm=SHA-256, qop=\"auth-int, auth\"",
            b"Digest realm=\"stranger\", nonce=\"4\", algorithm=SHA-256-sess",
        ];
        let challenges = || values.iter().filter_map(|v| DigestChallenge::parse(v));
        let secret = Secret { user: "u", password: "p", realm: Some(b"r") };
        let (challenge, algorithm, qop) = choose(challenges(), &secret).unwrap();
        assert_eq!((challenge.nonce, algorithm, qop), (b"3".as_slice(), Algorithm::Sha256, Qop::Auth));
        let elsewhere = Secret { realm: Some(b"nobody"), ..secret };
        assert!(choose(challenges(), &elsewhere).is_none(), "credentials never go to another realm");
        assert!(DigestChallenge::parse(b"Basic realm=\"r\"").is_none());
    }
}
