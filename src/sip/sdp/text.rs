//! Writes descriptions.

use super::negotiate::{Local, offered_dtmf};
use super::parse::Line;
use super::{Codec, Direction};
use crate::sip::write::Writer;

/// Our offer: every codec we have, digits, 20 ms.
pub(crate) fn write_offer(out: &mut Vec<u8>, local: &Local<'_>, direction: Direction) {
    session(out, local);
    let mut formats = [(0, Codec::Pcmu); 4];
    let count = local.codecs.len().min(formats.len());
    for (format, codec) in formats.iter_mut().zip(local.codecs) {
        *format = (codec.static_payload(), *codec);
    }
    audio_line(out, local.addr.port(), b"RTP/AVP", &formats[..count], Some(offered_dtmf()));
    attributes(out, 20, direction);
}

pub(super) fn session(out: &mut Vec<u8>, local: &Local<'_>) {
    let family = if local.addr.is_ipv4() { "IP4 " } else { "IP6 " };
    let ip = local.addr.ip().to_string();
    let mut w = Writer::new(out);
    w.raw("v=0\r\no=- ").number(local.session_id).raw(" ").number(local.version);
    w.raw(" IN ").raw(family).text(ip.as_bytes());
    w.raw("\r\ns=-\r\nc=IN ").raw(family).text(ip.as_bytes()).raw("\r\nt=0 0\r\n");
}

pub(super) fn audio_line(out: &mut Vec<u8>, port: u16, protocol: &[u8], formats: &[(u8, Codec)], dtmf: Option<u8>) {
    let mut w = Writer::new(out);
    w.raw("m=audio ").number(port.into()).raw(" ").text(protocol);
    for (payload, _) in formats {
        w.raw(" ").number((*payload).into());
    }
    if let Some(dtmf) = dtmf {
        w.raw(" ").number(dtmf.into());
    }
    w.end_line();
    for (payload, codec) in formats {
        w.raw("a=rtpmap:").number((*payload).into()).raw(" ").raw(codec.name()).raw("/8000\r\n");
    }
    if let Some(dtmf) = dtmf {
        w.raw("a=rtpmap:").number(dtmf.into()).raw(" telephone-event/8000\r\n");
        w.raw("a=fmtp:").number(dtmf.into()).raw(" 0-16\r\n");
    }
}

pub(super) fn attributes(out: &mut Vec<u8>, ptime_ms: u32, direction: Direction) {
    let mut w = Writer::new(out);
    w.raw("a=ptime:").number(ptime_ms.into()).raw("\r\na=").raw(direction.name()).end_line();
}

pub(super) fn refused_line(out: &mut Vec<u8>, line: &Line<'_>) {
    let mut w = Writer::new(out);
    w.raw("m=").text(line.kind).raw(" 0 ").text(line.protocol).raw(" ").text(line.formats).end_line();
}
