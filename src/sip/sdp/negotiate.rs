//! Offer and answer (RFC 3264): what both sides can do, and where the sound goes.

use super::parse::{Description, Line};
use super::text;
use super::{Codec, DTMF_PAYLOAD, Direction};
use std::net::SocketAddr;

/// The agreed stream, from our side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Media {
    /// Where our RTP goes. The port is never zero; the address is unspecified only if the call begins on hold.
    pub remote: SocketAddr,
    pub codec: Codec,
    /// The payload type we send with (the one the other end named).
    pub payload: u8,
    /// The payload type of RFC 4733 digits, if the other end takes them.
    pub dtmf: Option<u8>,
    /// From our point of view: on hold it is `RecvOnly` or `Inactive`.
    pub direction: Direction,
    pub ptime_ms: u32,
}

/// Our end of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local<'a> {
    pub addr: SocketAddr,
    /// In order of preference.
    pub codecs: &'a [Codec],
    pub session_id: u64,
    pub version: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoMedia {
    /// No audio line that is not refused, over plain RTP.
    NoAudio,
    /// Neither PCMU nor PCMA.
    NoCodec,
    /// A host name, or nothing, where an address should be.
    NoAddress,
}

/// Which line we take, and what it says. `None` for the address of a held stream means "as before".
pub fn read_offer(offer: &Description<'_>, codecs: &[Codec]) -> Result<(usize, Media), NoMedia> {
    let mut why = NoMedia::NoAudio;
    for (at, line) in offer.lines.iter().enumerate().filter(|(_, line)| is_audio(line)) {
        match read_line(line, codecs) {
            Ok(media) => return Ok((at, media)),
            Err(reason) => why = reason,
        }
    }
    Err(why)
}

/// The answer to our own offer: the first audio line counts.
pub fn read_answer(answer: &Description<'_>, codecs: &[Codec]) -> Result<Media, NoMedia> {
    read_offer(answer, codecs).map(|(_, media)| media)
}

fn is_audio(line: &Line<'_>) -> bool {
    line.port != 0
        && line.kind.eq_ignore_ascii_case(b"audio")
        && (line.protocol.eq_ignore_ascii_case(b"RTP/AVP") || line.protocol.eq_ignore_ascii_case(b"RTP/AVPF"))
}

fn read_line(line: &Line<'_>, codecs: &[Codec]) -> Result<Media, NoMedia> {
    let (codec, payload) = line
        .payloads()
        .find_map(|payload| codec_of(line, payload, codecs).map(|codec| (codec, payload)))
        .ok_or(NoMedia::NoCodec)?;
    let address = line.address.ok_or(NoMedia::NoAddress)?;
    // RFC 2543 hold: the null address means "do not send".
    let held = address.is_unspecified();
    let theirs = if held { hold(line.direction) } else { line.direction };
    let dtmf = line.payloads().find(|p| is_encoding(line.encoding(*p), "telephone-event/8000"));
    Ok(Media {
        remote: SocketAddr::new(address, line.port),
        codec,
        payload,
        dtmf,
        direction: theirs.reversed(),
        ptime_ms: line.ptime_ms.filter(|ms| (10..=200).contains(ms)).unwrap_or(20),
    })
}

fn hold(direction: Direction) -> Direction {
    match direction {
        Direction::SendRecv | Direction::SendOnly => Direction::SendOnly,
        Direction::RecvOnly | Direction::Inactive => Direction::Inactive,
    }
}

fn codec_of(line: &Line<'_>, payload: u8, codecs: &[Codec]) -> Option<Codec> {
    let encoding = line.encoding(payload)?;
    codecs.iter().copied().find(|codec| match codec {
        Codec::Pcmu => is_encoding(Some(encoding), "PCMU/8000"),
        Codec::Pcma => is_encoding(Some(encoding), "PCMA/8000"),
    })
}

/// `name/rate`, perhaps followed by `/1`; without regard to case.
fn is_encoding(encoding: Option<&[u8]>, wanted: &str) -> bool {
    let Some(encoding) = encoding else { return false };
    let encoding = encoding.strip_suffix(b"/1").unwrap_or(encoding);
    encoding.eq_ignore_ascii_case(wanted.as_bytes())
}

/// Writes the answer to an offer of which `read_offer` took line `taken`: that line with one codec, all others with
/// port 0 (RFC 3264 section 6).
pub fn answer(out: &mut Vec<u8>, offer: &Description<'_>, taken: usize, media: &Media, local: &Local<'_>) {
    text::session(out, local);
    for (at, line) in offer.lines.iter().enumerate() {
        if at == taken {
            text::audio_line(out, local.addr.port(), line.protocol, &[(media.payload, media.codec)], media.dtmf);
            text::attributes(out, media.ptime_ms, media.direction);
        } else {
            text::refused_line(out, line);
        }
    }
}

/// The payload type our own offer gave to digits.
pub(super) fn offered_dtmf() -> u8 {
    DTMF_PAYLOAD
}
