//! Offers of carriers and phones, and what we make of them.

use super::*;

const BOTH: [Codec; 2] = [Codec::Pcmu, Codec::Pcma];

fn local() -> Local<'static> {
    Local { addr: "192.0.2.9:7000".parse().unwrap(), codecs: &BOTH, session_id: 5, version: 1 }
}

fn read(text: &str) -> Result<(usize, Media), NoMedia> {
    read_offer(&parse(text.as_bytes()).unwrap(), &BOTH)
}

#[test]
fn our_offer_is_read_by_ourselves() {
    let mut out = Vec::new();
    write_offer(&mut out, &local(), Direction::SendRecv);
    let (at, media) = read(std::str::from_utf8(&out).unwrap()).unwrap();
    assert_eq!(at, 0);
    assert_eq!(media.remote, "192.0.2.9:7000".parse().unwrap());
    assert_eq!((media.codec, media.payload, media.dtmf), (Codec::Pcmu, 0, Some(101)));
    assert_eq!((media.direction, media.ptime_ms), (Direction::SendRecv, 20));
}

#[test]
fn media_level_connection_wins_and_video_is_refused_with_port_0() {
    let text = "v=0\no=x 1 1 IN IP4 10.0.0.1\ns= \nc=IN IP4 10.0.0.1\nt=0 0\n\
        m=video 5000 RTP/AVP 99\na=rtpmap:99 H264/90000\n\
        m=audio 49170/2 RTP/AVP 18 96 8 110\nc=IN IP4 10.0.0.2/127\n\
        a=rtpmap:96 pcma/8000/1\na=rtpmap:110 Telephone-Event/8000\na=ptime:30\na=sendonly\n";
    let offer = parse(text.as_bytes()).unwrap();
    let (at, media) = read_offer(&offer, &BOTH).unwrap();
    assert_eq!(at, 1);
    assert_eq!(media.remote, "10.0.0.2:49170".parse().unwrap());
    assert_eq!((media.codec, media.payload, media.dtmf), (Codec::Pcma, 96, Some(110)));
    assert_eq!((media.direction, media.ptime_ms), (Direction::RecvOnly, 30));
    let mut out = Vec::new();
    answer(&mut out, &offer, at, &media, &local());
    let answer = String::from_utf8(out).unwrap();
    assert!(answer.contains("m=video 0 RTP/AVP 99\r\n"), "{answer}");
    assert!(answer.contains("m=audio 7000 RTP/AVP 96 110\r\n"), "{answer}");
    assert!(answer.contains("a=rtpmap:96 PCMA/8000\r\n"), "{answer}");
    assert!(answer.contains("a=recvonly\r\n"), "{answer}");
}

#[test]
fn hold_in_its_three_forms() {
    let with = |c: &str, a: &str| format!("v=0\r\nc=IN IP4 {c}\r\nm=audio 4000 RTP/AVP 0\r\n{a}\r\n");
    assert_eq!(read(&with("0.0.0.0", "a=x")).unwrap().1.direction, Direction::RecvOnly);
    assert_eq!(read(&with("10.0.0.1", "a=sendonly")).unwrap().1.direction, Direction::RecvOnly);
    assert_eq!(read(&with("10.0.0.1", "a=inactive")).unwrap().1.direction, Direction::Inactive);
    let session_level = "v=0\r\nc=IN IP4 10.0.0.1\r\na=inactive\r\nm=audio 4000 RTP/AVP 0\r\n";
    assert_eq!(read(session_level).unwrap().1.direction, Direction::Inactive);
}

#[test]
fn ipv6_and_its_answer() {
    let (_, media) = read("v=0\r\nc=IN IP6 2001:db8::5\r\nm=audio 4000 RTP/AVP 8\r\n").unwrap();
    assert_eq!(media.remote, "[2001:db8::5]:4000".parse().unwrap());
    let mut out = Vec::new();
    let local = Local { addr: "[::1]:9000".parse().unwrap(), ..local() };
    write_offer(&mut out, &local, Direction::SendRecv);
    assert!(String::from_utf8(out).unwrap().contains("c=IN IP6 ::1\r\n"));
}

#[test]
fn what_cannot_be_taken_says_why() {
    assert_eq!(read("v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 0 RTP/AVP 0\r\n"), Err(NoMedia::NoAudio));
    assert_eq!(read("v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 4 RTP/SAVP 0\r\n"), Err(NoMedia::NoAudio));
    assert_eq!(read("v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 4 RTP/AVP 18 9\r\n"), Err(NoMedia::NoCodec));
    assert_eq!(read("v=0\r\nc=IN IP4 sip.example.com\r\nm=audio 4 RTP/AVP 0\r\n"), Err(NoMedia::NoAddress));
    assert_eq!(read("v=0\r\nm=audio 4 RTP/AVP 0\r\n"), Err(NoMedia::NoAddress));
}

#[test]
fn limits_and_nonsense_are_errors_not_panics() {
    assert!(matches!(parse(&vec![b'v'; SDP_BYTES_MAX + 1]), Err(SdpError::TooLong(_))));
    let many = format!("v=0\r\n{}", "m=audio 1 RTP/AVP 0\r\n".repeat(9));
    assert_eq!(parse(many.as_bytes()), Err(SdpError::TooManyMediaLines));
    assert_eq!(parse(b""), Err(SdpError::NoVersion));
    assert!(matches!(parse(b"v=0\r\nm=audio\r\n"), Err(SdpError::BadLine(_))));
    assert!(matches!(parse(b"v=0\r\nm=audio 99999 RTP/AVP 0\r\n"), Err(SdpError::BadLine(_))));
    assert_eq!(parse(b"v=0\r\ngarbage\r\n\0"), Ok(Description { lines: Vec::new() }));
}
