//! Requests of the carrier: headers in odd shapes, repetitions, strangers, loops.

use super::*;

#[test]
fn comma_joined_vias_come_back_in_order_with_received_and_rport_on_the_first() {
    let mut w = lone_dialer(43, |_| {});
    w.inject(
        "10.0.0.2:5099",
        DIALER,
        "OPTIONS sip:us@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 192.168.1.1:5060;branch=z9hG4bKa;rport, SIP/2.0/UDP b.example;\
         branch=z9hG4bKb,SIP/2.0/UDP c.example;branch=z9hG4bKc\nVia: SIP/2.0/UDP d.example\nFrom: <sip:a@b>;tag=1\n\
         To: <sip:us@10.0.0.1>\nCall-ID: v\nCSeq: 1 OPTIONS\nMax-Forwards: 9\n\n",
    );
    let answer = w.last_sent(DIALER, "SIP/2.0 200");
    let vias: Vec<&str> = answer.lines().filter(|l| l.starts_with("Via")).collect();
    assert_eq!(vias.len(), 4);
    assert!(
        vias[0].contains("branch=z9hG4bKa") && vias[0].contains("rport=5099") && vias[0].contains("received=10.0.0.2")
    );
    assert!(vias[1].contains("b.example") && vias[2].contains("c.example") && vias[3].contains("d.example"));
    assert_eq!(w.log.last().unwrap().1, addr("10.0.0.2:5099"));
}

#[test]
fn a_latin_1_byte_in_a_display_name_cuts_nothing() {
    let mut w = lone_dialer(44, |_| {});
    let mut text = b"INVITE sip:us@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKl\r\n\
        From: \"Jos\xe9\" <sip:jose@10.0.0.2>;tag=1\r\nTo: <sip:us@10.0.0.1>\r\nCall-ID: l\r\nCSeq: 1 INVITE\r\n\
        Max-Forwards: 70\r\nContact: <sip:jose@10.0.0.2>\r\nContent-Type: application/sdp\r\n"
        .to_vec();
    text.extend_from_slice(format!("Content-Length: {}\r\n\r\n{SDP}", SDP.len()).as_bytes());
    w.inject_bytes(CARRIER, DIALER, &text);
    let call = w.incoming(DIALER);
    assert_eq!(call.from, "jose");
    assert!(call.media.is_some(), "headers and body after the byte were read");
}

#[test]
fn an_unknown_method_is_405_and_a_body_with_binary_bytes_is_left_alone() {
    let mut w = lone_dialer(45, |_| {});
    let mut text = b"MESSAGE sip:us@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKl\r\n\
        From: <sip:a@10.0.0.2>;tag=1\r\nTo: <sip:us@10.0.0.1>\r\nCall-ID: l\r\nCSeq: 1 MESSAGE\r\nContent-Length: 6\r\n\r\n"
        .to_vec();
    text.extend_from_slice(b"\x00\xff\r\n\r\n");
    w.inject_bytes(CARRIER, DIALER, &text);
    let answer = w.last_sent(DIALER, "SIP/2.0 405");
    assert!(header(&answer, "Allow").contains("INVITE"));
}

#[test]
fn a_retransmitted_request_is_answered_alike_and_done_once() {
    let mut w = up();
    let bye = request(&w, "BYE", 1, "Reason: Q.850;cause=16;text=\"bye\"\r\n", "");
    for _ in 0..4 {
        w.inject(CARRIER, DIALER, &bye);
    }
    let answers: Vec<_> =
        w.log.iter().filter(|(_, _, t)| t.starts_with("SIP/2.0 200")).map(|(_, _, t)| t.clone()).collect();
    assert_eq!(answers.len(), 4);
    assert!(answers.iter().all(|a| a == &answers[0]));
    assert_eq!(w.ends(DIALER, 1), [CallEvent::Ended { by: EndedBy::Peer, q850: Some(16) }]);
}

#[test]
fn requests_out_of_order_or_in_dialogs_long_gone() {
    let mut w = up();
    let late = request(&w, "INFO", 5, "", "");
    w.inject(CARRIER, DIALER, &late);
    assert!(w.log.last().unwrap().2.starts_with("SIP/2.0 200"));
    let early = request(&w, "INFO", 4, "", "");
    w.inject(CARRIER, DIALER, &early);
    assert!(w.log.last().unwrap().2.starts_with("SIP/2.0 500"));
    let wrong = request(&w, "BYE", 6, "", "").replace("tag=t1", "tag=other");
    w.inject(CARRIER, DIALER, &wrong);
    assert!(w.log.last().unwrap().2.starts_with("SIP/2.0 481"));
    let bye = request(&w, "BYE", 7, "", "");
    w.inject(CARRIER, DIALER, &bye);
    let again = request(&w, "INFO", 8, "", "");
    w.inject(CARRIER, DIALER, &again);
    assert!(w.log.last().unwrap().2.starts_with("SIP/2.0 481"));
}

#[test]
fn a_merged_request_is_a_loop() {
    let mut w = lone_dialer(46, |_| {});
    let text = |branch: &str| {
        format!(
            "INVITE sip:us@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch={branch}\nFrom: <sip:a@10.0.0.2>;tag=1\n\
             To: <sip:us@10.0.0.1>\nCall-ID: l\nCSeq: 1 INVITE\nMax-Forwards: 70\nContact: <sip:a@10.0.0.2>\n\n"
        )
    };
    w.inject(CARRIER, DIALER, &text("z9hG4bKone"));
    w.inject(CARRIER, DIALER, &text("z9hG4bKtwo"));
    assert!(w.log.last().unwrap().2.starts_with("SIP/2.0 482"));
}
