//! Mistakes that other SIP stacks made, one test each. The carrier is played by hand, message by message.

mod calling;
mod offers;
mod requests;
mod timers;
#[path = "../sip/wire.rs"]
mod wire;

use outpace::sip::*;
use outpace::words::LegId;
use wire::*;

const CONTACT: &str = "Contact: <sip:gw@10.0.0.2:5060>\r\n";

fn calling() -> World {
    let mut w = lone_dialer(41, |t| (t.user, t.password) = ("us".into(), "pw".into()));
    w.invite(1, "15550100");
    w
}

fn say(w: &mut World, request: &str, code: u16, tag: &str, headers: &str, body: &str) {
    w.inject(CARRIER, DIALER, &response_to(request, code, tag, headers, body));
}

fn up() -> World {
    let mut w = calling();
    let invite = w.last_sent(DIALER, "INVITE");
    say(&mut w, &invite, 200, "t1", CONTACT, SDP);
    w
}

fn hang_up(w: &mut World) {
    let now = w.now;
    w.at(DIALER).hang_up(now, LegId(1));
    w.flush();
}

/// A request of the carrier within the dialog that our INVITE made.
fn request(w: &World, method: &str, cseq: u32, headers: &str, body: &str) -> String {
    let invite = w.last_sent(DIALER, "INVITE");
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "{method} sip:us@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK{method}{cseq}\r\n\
         Max-Forwards: 70\r\nFrom: {};tag=t1\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {cseq} {method}\r\n{headers}{kind}\
         Content-Length: {}\r\n\r\n{body}",
        header(&invite, "To"),
        header(&invite, "From"),
        header(&invite, "Call-ID"),
        body.len()
    )
}
