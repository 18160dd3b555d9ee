//! The messages of RFC 4475, written from its text. Line ends are CRLF on the wire. `mpart01` has a short stand-in for
//! its binary part.
// Strangers are made from some of them only.
#![allow(dead_code, unused_imports)]

#[path = "torture/invalid.rs"]
mod invalid;
#[path = "torture/meaning.rs"]
mod meaning;
#[path = "torture/valid.rs"]
mod valid;

pub use invalid::*;
pub use meaning::*;
pub use valid::*;

/// Lines to wire form.
fn wire(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

fn sdp(ip: &str) -> String {
    format!(
        "v=0\no=mhandley 29739 7272939 IN IP4 {ip}\ns=-\nc=IN IP4 {ip}\nt=0 0\n\
         m=audio 49217 RTP/AVP 0 12\nm=video 3227 RTP/AVP 31\na=rtpmap:31 LPC\n"
    )
}

/// Head, blank line, description of a host.
fn with_sdp(head: &str, ip: &str) -> Vec<u8> {
    wire(&format!("{head}\n{}", sdp(ip)))
}
