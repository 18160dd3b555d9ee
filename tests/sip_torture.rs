//! RFC 4475: messages that torture parsers, and what our stack makes of them. From a known peer, so that every answer
//! is given. Where the RFC leaves a choice (tolerate or refuse), the comment says which we took.

#[path = "sip/torture.rs"]
mod torture;
#[path = "sip/wire.rs"]
mod wire;

use outpace::sip::scan::{Name, Scratch, Start, scan};
use torture::*;
use wire::*;

/// The status code of the answer; `None`: silence.
fn answer(message: &[u8]) -> Option<u16> {
    let mut w = World::new(&[DIALER, CARRIER], 31);
    let now = w.now;
    w.at(DIALER).add_trunk(now, outpace::sip::Trunk::new(TRUNK, "carrier", addr(CARRIER)));
    w.flush();
    w.inject_bytes(CARRIER, DIALER, message);
    let codes: Vec<u16> = w.sent(DIALER).iter().map(|l| l.split(' ').nth(1).unwrap().parse().unwrap()).collect();
    codes.last().copied()
}

#[test]
fn the_stack_answers_each_as_the_rfc_wants() {
    let table: &[(&str, Vec<u8>, Option<u16>)] = &[
        // 3.1.1: valid. Our stack is no proxy: what is for others is answered by what we are.
        // Its To has a tag of no dialog of ours.
        ("wsinv", wsinv(), Some(481)),
        ("intmeth", intmeth(), Some(405)),
        ("esc01", esc01(), Some(100)),
        ("escnull", escnull(), Some(401)),
        ("esc02", esc02(), Some(405)),
        ("lwsdisp", lwsdisp(), Some(200)),
        ("longreq", longreq(), Some(100)),
        ("dblreq", dblreq(), Some(401)),
        ("semiuri", semiuri(), Some(200)),
        ("transports", transports(), Some(200)),
        ("mpart01", mpart01(), Some(405)),
        // Responses to requests we never sent.
        ("unreason", unreason(), None),
        ("noreason", noreason(), None),
        // 3.1.2: invalid.
        ("badinv01", badinv01(), Some(400)),
        ("clerr", clerr(), Some(400)),
        ("ncl", ncl(), Some(400)),
        ("scalar02", scalar02(), Some(400)),
        ("scalarlg", scalarlg(), None),
        ("quotbal", quotbal(), Some(400)),
        ("ltgtruri", ltgtruri(), Some(400)),
        ("lwsruri", lwsruri(), Some(400)),
        ("lwsstart", lwsstart(), Some(400)),
        ("trws", trws(), Some(400)),
        ("escruri", escruri(), Some(400)),
        // A Date that we do not read harms nobody.
        ("baddate", baddate(), Some(100)),
        ("regbadct", regbadct(), Some(400)),
        ("badaspec", badaspec(), Some(400)),
        // An unquoted display name with a comma: what it means is clear.
        ("baddn", baddn(), Some(200)),
        ("badvers", badvers(), Some(505)),
        ("mismatch01", mismatch01(), Some(400)),
        ("mismatch02", mismatch02(), Some(400)),
        ("bigcode", bigcode(), None),
        // 3.2: transaction layer.
        ("badbranch", badbranch(), Some(400)),
        // 3.3: application layer.
        ("insuf", insuf(), Some(400)),
        ("unkscm", unkscm(), Some(416)),
        ("novelsc", novelsc(), Some(416)),
        ("unksm2", unksm2(), Some(400)),
        ("bext01", bext01(), Some(420)),
        ("invut", invut(), Some(415)),
        ("regaut01", regaut01(), Some(401)),
        ("multi01", multi01(), Some(400)),
        ("mcl01", mcl01(), Some(400)),
        ("bcast", bcast(), None),
        // For another domain, and we forward nothing.
        ("zeromf", zeromf(), Some(483)),
        ("cparam01", cparam01(), Some(401)),
        ("cparam02", cparam02(), Some(401)),
        ("regescrt", regescrt(), Some(401)),
        ("sdp01", sdp01(), Some(406)),
        // 3.4: RFC 2543.
        ("inv2543", inv2543(), Some(100)),
    ];
    assert_eq!(table.len(), 49);
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(name, message, wanted)| {
            let got = answer(message);
            (got != *wanted).then(|| format!("{name}: wanted {wanted:?}, got {got:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_stands_in_the_tortuous_invite_is_read() {
    let bytes = wsinv();
    let mut scratch = Scratch::default();
    let m = scan(&bytes, &mut scratch).unwrap();
    assert_eq!(m.fault, None);
    assert!(matches!(m.start, Start::Request { method: b"INVITE", .. }));
    assert_eq!(m.to().unwrap().tag(), Some(b"1918181833n".as_slice()));
    assert_eq!(m.from().unwrap().tag(), Some(b"98asjd8".as_slice()));
    assert_eq!(m.from().unwrap().uri, b"sip:jdrosen@example.com");
    assert_eq!((m.cseq().unwrap().number, m.cseq().unwrap().method), (9, b"INVITE".as_slice()));
    assert_eq!(m.seconds(Name::MaxForwards), Some(68));
    assert_eq!(m.list(Name::Via).count(), 3, "one header line holds two");
    assert_eq!(m.top_via().unwrap().branch, Some(b"390skdjuw".as_slice()));
    let branches: Vec<_> = m.list(Name::Via).map(|v| outpace::sip::scan::via(v).unwrap().branch.unwrap()).collect();
    assert_eq!(branches, [b"390skdjuw".as_slice(), b"z9hG4bK9ikj8", b"z9hG4bK30239"]);
    assert_eq!(m.body().len(), 150);
    let contact = outpace::sip::scan::name_addr(m.first(Name::Contact).unwrap()).unwrap();
    assert_eq!(contact.param("newparam"), Some(Some(b"newvalue".as_slice())));
    assert_eq!(contact.param("secondparam"), Some(None));
}

#[test]
fn a_wide_range_of_letters_and_a_body_cut_at_its_length() {
    let bytes = intmeth();
    let mut scratch = Scratch::default();
    let m = scan(&bytes, &mut scratch).unwrap();
    assert_eq!(m.fault, None);
    assert_eq!(m.call_id(), Some(b"intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{".as_slice()));
    assert_eq!(m.from().unwrap().tag(), Some(b"_token~1'+`*%!-.".as_slice()));
    let bytes = dblreq();
    let m = scan(&bytes, &mut scratch).unwrap();
    assert_eq!((m.fault, m.body()), (None, b"".as_slice()));
    assert_eq!(m.call_id(), Some(b"dblreq.0ha0isndaksdj99sdfafnl3lk233412".as_slice()));
}

#[test]
fn an_old_invite_without_tag_or_branch_is_a_call() {
    let mut w = World::new(&[DIALER], 32);
    let now = w.now;
    w.at(DIALER).add_trunk(now, outpace::sip::Trunk::new(TRUNK, "carrier", addr(CARRIER)));
    w.inject_bytes(CARRIER, DIALER, &inv2543());
    let call = w.incoming(DIALER);
    assert_eq!((call.to.as_str(), call.from.as_str()), ("UserB", "+13035551111"));
    assert!(call.media.is_some());
    w.inject_bytes(CARRIER, DIALER, &inv2543());
    let calls = w.events.iter().filter(|(_, e)| matches!(e, outpace::sip::Event::Incoming(_))).count();
    assert_eq!(calls, 1, "its retransmission is known by its fields");
}
