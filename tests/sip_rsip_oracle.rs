//! rsip as the oracle: every message we write is read by rsip's typed parser as what our own scanner reads in it.

#[path = "sip/wire.rs"]
mod wire;

use outpace::sip::scan::{Name, Scratch, Start, scan};
use outpace::sip::*;
use outpace::words::LegId;
use rsip::headers::ToTypedHeader;
use rsip::message::HeadersExt;
use rsip::prelude::UntypedHeader;
use std::time::Duration;
use wire::*;

fn all_that_is_said() -> Vec<String> {
    let mut w = World::pair(71);
    w.at(DIALER).add_user("agent0", &UserSecret::Password("pw".into()));
    let now = w.now;
    let account = Account {
        id: AccountId(1),
        registrar: addr(DIALER),
        domain: "10.0.0.1".into(),
        user: "agent0".into(),
        password: "pw".into(),
        expires: Duration::from_secs(60),
    };
    w.at(CARRIER).register(now, account);
    let mut pinged = Trunk::new(TRUNK, "carrier", addr(CARRIER));
    pinged.options = Some(Duration::from_secs(30));
    w.at(DIALER).add_trunk(now, pinged);
    w.settle();
    w.invite(1, "15550100");
    w.settle();
    let (call, now) = (w.incoming(CARRIER), w.now);
    w.at(CARRIER).ring(now, call.leg);
    w.at(CARRIER).early_media(now, call.leg, addr("10.0.0.2:8000"));
    w.at(CARRIER).answer(now, call.leg, addr("10.0.0.2:8000"));
    w.run(1_000_000);
    let now = w.now;
    w.at(DIALER).hang_up(now, LegId(1));
    w.settle();
    w.invite(2, "15550101");
    w.settle();
    let now = w.now;
    w.at(DIALER).hang_up(now, LegId(2));
    w.settle();
    w.invite(3, "15550102");
    w.settle();
    let (call, now) = (w.incoming(CARRIER), w.now);
    w.at(CARRIER).refuse(now, call.leg, 486, Some(17));
    w.settle();
    let now = w.now;
    w.at(DIALER).call_user(now, LegId(4), "agent0", "outpace", addr("10.0.0.1:7100"));
    w.settle();
    w.log.iter().map(|(_, _, text)| text.clone()).collect()
}

#[test]
fn rsip_reads_in_our_messages_what_we_meant() {
    let said = all_that_is_said();
    for start in
        ["INVITE", "ACK", "BYE", "CANCEL", "REGISTER", "OPTIONS", "UPDATE", "SIP/2.0 100", "SIP/2.0 183", "SIP/2.0 401"]
    {
        assert!(said.iter().any(|m| m.starts_with(start)), "{start} is not among what was said");
    }
    for text in &said {
        let theirs = rsip::SipMessage::try_from(text.as_bytes()).unwrap_or_else(|e| panic!("{e}: {text}"));
        let mut scratch = Scratch::default();
        let ours = scan(text.as_bytes(), &mut scratch).unwrap();
        assert_eq!(ours.fault, None, "{text}");
        let via = theirs.via_header().unwrap().typed().unwrap();
        let top = ours.top_via().unwrap();
        assert_eq!(via.branch().unwrap().to_string().as_bytes(), top.branch.unwrap());
        assert_eq!(via.uri.to_string().as_bytes(), top.sent_by);
        let from = theirs.from_header().unwrap().typed().unwrap();
        assert_eq!(from.uri.to_string().as_bytes(), ours.from().unwrap().uri);
        assert_eq!(from.tag().unwrap().to_string().as_bytes(), ours.from().unwrap().tag().unwrap());
        let to = theirs.to_header().unwrap().typed().unwrap();
        assert_eq!(to.uri.to_string().as_bytes(), ours.to().unwrap().uri);
        assert_eq!(to.tag().map(|t| t.to_string().into_bytes()), ours.to().unwrap().tag().map(<[u8]>::to_vec));
        let cseq = theirs.cseq_header().unwrap().typed().unwrap();
        assert_eq!(cseq.seq, ours.cseq().unwrap().number);
        assert_eq!(cseq.method.to_string().as_bytes(), ours.cseq().unwrap().method);
        assert_eq!(theirs.call_id_header().unwrap().value().as_bytes(), ours.call_id().unwrap());
        if let Some(contact) = ours.first(Name::Contact) {
            let contact = outpace::sip::scan::name_addr(contact).unwrap();
            let read = theirs.contact_header().unwrap().typed().unwrap();
            assert_eq!(read.uri.to_string().as_bytes(), contact.uri);
        }
        match (&theirs, ours.start) {
            (rsip::SipMessage::Request(request), Start::Request { method, uri }) => {
                assert_eq!(request.method.to_string().as_bytes(), method);
                assert_eq!(request.uri.to_string().as_bytes(), uri);
                assert_eq!(request.body, ours.body());
            }
            (rsip::SipMessage::Response(response), Start::Status { code, .. }) => {
                assert_eq!(response.status_code.code(), code);
                assert_eq!(response.body, ours.body());
            }
            _ => panic!("one reads a request, the other a response: {text}"),
        }
    }
}
