//! Hostile requests, by table: bodies, ids, queries, headers, paths, and bytes that are no HTTP. Each gets a precise 4xx
//! (or, where it is no HTTP at all, a closed connection), never a 5xx, never what is another's; and the server goes on.

mod real;
#[path = "support/story.rs"]
mod story;

#[path = "api_story/house.rs"]
#[allow(dead_code, reason = "the house serves more than one test")]
mod house;

use house::House;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

#[test]
fn hostile_requests() {
    let mut house = House::open("api-mistakes");
    let mut seen = Seen::default();
    bodies(&house, &mut seen);
    ids(&house, &mut seen);
    queries(&house, &mut seen);
    headers(&house, &mut seen);
    bytes_that_are_no_request(&house, &mut seen);
    slow_bodies(&house, &mut seen);
    assert!(seen.wrong.is_empty(), "\n{}", seen.wrong.join("\n"));
    println!("{} hostile requests", seen.asked);
    assert!(seen.asked > 400, "{}", seen.asked);
    assert_eq!(house.get("/v1/agents")["items"].as_array().unwrap().len(), 2, "nothing was made");
    let log = house.dialer.stop();
    assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
}

#[derive(Default)]
struct Seen {
    asked: usize,
    wrong: Vec<String>,
}

impl Seen {
    /// `answer`: the head and the body as they came.
    fn refused(&mut self, what: &str, answer: &str) {
        self.asked += 1;
        let status: u16 = answer.get(9..12).and_then(|digits| digits.parse().ok()).unwrap_or(0);
        let start: String = answer.chars().take(300).collect();
        if !(400..500).contains(&status) {
            self.wrong.push(format!("{what}: {start}"));
        } else if !answer.contains("problem+json") && ![400, 431, 414].contains(&status) {
            // What is no HTTP never reaches the API, and has no problem to tell.
            self.wrong.push(format!("{what}: no problem: {start}"));
        }
    }
}

fn bodies(house: &House, seen: &mut Seen) {
    let call = &house.first.call;
    let paths = [
        "/v1/agents".to_owned(),
        "/v1/campaigns".to_owned(),
        format!("/v1/campaigns/{}/mode", house.first.campaign),
        format!("/v1/agents/{}/login", house.anna),
        "/v1/suppressions".to_owned(),
        format!("/v1/calls/{call}/choice"),
        format!("/v1/calls/{call}/hold"),
        format!("/v1/orders/{}/state", house.first.order),
        "/v1/session".to_owned(),
    ];
    let deep = format!("{{\"name\":{}{}}}", "[".repeat(33), "]".repeat(33));
    let deeper = format!("{}{}", "{\"a\":".repeat(50_000), "}".repeat(50_000));
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(100_000));
    let huge = format!("{{\"name\":\"{}\"}}", "x".repeat(1_100_000));
    let bodies: [&[u8]; 24] = [
        b"{",
        b"[]",
        b"null",
        b"true",
        b"\"name\"",
        b"1e999",
        b"-",
        b"{\"name\":}",
        b"{\"name\":5}",
        b"{\"name\":null}",
        b"{\"name\":{}}",
        b"{\"name\":[\"a\"]}",
        b"{\"name\":\"a\",\"name\":\"b\"}",
        b"{\"unknown\":1}",
        b"{\"__proto__\":{}}",
        b"{\"name\":\"\xff\xfe\"}",
        b"{\"name\":\"\\ud800\"}",
        b"{\"name\":\"a\"} trailing",
        b"\xef\xbb\xbf{\"name\":\"a b\"}",
        b"name=anna&x=1",
        deep.as_bytes(),
        deeper.as_bytes(),
        long.as_bytes(),
        huge.as_bytes(),
    ];
    for path in &paths {
        for body in bodies {
            let start = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            let head = format!("POST {path} HTTP/1.1\r\nContent-Type: application/json\r\nIf-Match: *");
            seen.refused(&format!("{path} {start}"), &ask(house, &head, body));
        }
        let types = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json", ";"];
        for kind in types {
            let head = format!("POST {path} HTTP/1.1\r\nContent-Type: {kind}\r\nIf-Match: *");
            let answer = ask(house, &head, b"{\"name\":\"anna\"}");
            seen.refused(&format!("{path} {kind}"), &answer);
            if !answer.starts_with("HTTP/1.1 415") {
                seen.wrong.push(format!("{path} {kind}: 415 is expected, not {}", &answer[..answer.len().min(80)]));
            }
        }
    }
}

fn ids(house: &House, seen: &mut Seen) {
    let places = [
        "GET /v1/campaigns/ID",
        "GET /v1/campaigns/ID/pacing",
        "GET /v1/leads/ID",
        "DELETE /v1/leads/ID/person",
        "GET /v1/agents/ID",
        "GET /v1/calls/ID",
        "GET /v1/calls/ID/timeline",
        "GET /v1/calls/ID/recording",
        "GET /v1/orders/ID",
        "GET /v1/kpis/ID",
        "POST /v1/campaigns/ID/start",
        "POST /v1/agents/ID/ready",
        "POST /v1/calls/ID/hangup",
    ];
    let ids = [
        "0",
        "-1",
        "ffffffffffffffff",
        "FFFFFFFFFFFFFFFF",
        "00000000000000001",
        "'%20OR%201=1--",
        "%00",
        "%ff",
        "..%2f..%2fetc%2fpasswd",
        "%F0%9F%98%80",
        "0000000000000001%20",
        "%2e%2e",
    ];
    for place in places {
        for id in ids {
            seen.refused(&format!("{place} {id}"), &ask(house, &format!("{} HTTP/1.1", place.replace("ID", id)), b""));
        }
        let long = place.replace("ID", &"a".repeat(5_000));
        seen.refused("a long id", &ask(house, &format!("{long} HTTP/1.1"), b""));
    }
}

fn queries(house: &House, seen: &mut Seen) {
    let queries = [
        "?limit=0",
        "?limit=-1",
        "?limit=99999999999999999999",
        "?limit=1&limit=2",
        "?limit[]=1",
        "?unknown=1",
        "?campaign=1",
        "?campaign=",
        "?after=%00",
        "?after=%ff",
        "?after=x&after=y",
        "?campaign=0000000000000001&campaign=0000000000000002",
    ];
    for path in ["/v1/leads", "/v1/calls", "/v1/orders", "/v1/events"] {
        for query in queries {
            seen.refused(&format!("{path}{query}"), &ask(house, &format!("GET {path}{query} HTTP/1.1"), b""));
        }
    }
    for query in ["?from=0", "?to=yesterday", "?zone=Mars/Olympus", "?interval=0m", "?group_by=;", "?include_test=2"] {
        for path in ["/v1/kpis:all", "/v1/kpis/dials"] {
            seen.refused(&format!("{path}{query}"), &ask(house, &format!("GET {path}{query} HTTP/1.1"), b""));
        }
    }
}

fn headers(house: &House, seen: &mut Seen) {
    let (admin, client) = (&house.keys["admin"], &house.keys["client"]);
    let many = (0..500).map(|n| format!("X-{n}: 1\r\n")).collect::<String>();
    let heads = [
        format!("GET /v1/agents HTTP/1.1\r\nAuthorization: Bearer {client}\r\nAuthorization: Bearer {admin}"),
        format!("GET /v1/agents HTTP/1.1\r\nAuthorization: Basic {admin}"),
        format!("GET /v1/agents HTTP/1.1\r\nAuthorization: Bearer\t{admin}"),
        format!("GET /v1/agents HTTP/1.1\r\nAuthorization: Bearer {admin},{admin}"),
        "GET /v1/agents HTTP/1.1\r\nAuthorization:".to_owned(),
        "GET /v1/agents HTTP/1.1\r\nAuthorization: Bearer op_\u{7f}_x".to_owned(),
        format!("GET /v1/agents HTTP/1.1\r\nAuthorization: Bearer {}", "x".repeat(8_000)),
        "GET /v1/agents HTTP/1.1\r\nCookie: outpace_session=' OR 1=1".to_owned(),
        format!("GET /v1/agents HTTP/1.1\r\nCookie: outpace_session={}", "0".repeat(7_000)),
        format!("GET /v1/agents HTTP/1.1\r\nX-Authorization: Bearer {admin}"),
        format!("GET /v1/agents?key={admin} HTTP/1.1"),
        format!("GET /v1/stream HTTP/1.1\r\nAuthorization: Bearer {admin}\r\nLast-Event-ID: 1-x"),
        format!(
            "POST /v1/agents HTTP/1.1\r\nAuthorization: Bearer {admin}\r\nIdempotency-Key: a\r\nIdempotency-Key: b"
        ),
        format!("POST /v1/agents HTTP/1.1\r\nAuthorization: Bearer {admin}\r\nIdempotency-Key: {}", "k".repeat(500)),
        format!("GET /v1/nothing HTTP/1.1\r\n{}Accept: */*", many),
        format!("GET /v1/nothing HTTP/1.1\r\nX-Long: {}", "x".repeat(200_000)),
        format!("GET /v1/{} HTTP/1.1", "x".repeat(70_000)),
        format!("TRACE /v1/agents HTTP/1.1\r\nAuthorization: Bearer {admin}"),
        format!("BREW /v1/agents HTTP/1.1\r\nAuthorization: Bearer {admin}"),
        format!("OPTIONS /v1/agents HTTP/1.1\r\nAuthorization: Bearer {admin}"),
        format!("DELETE /v1/agents HTTP/1.1\r\nAuthorization: Bearer {admin}"),
        format!("GET /v1/../v1/agents HTTP/1.1\r\nAuthorization: Bearer {client}"),
        format!("GET //v1/agents HTTP/1.1\r\nAuthorization: Bearer {admin}"),
        format!("GET /v1/agents/ HTTP/1.1\r\nAuthorization: Bearer {admin}"),
        format!("GET /V1/AGENTS HTTP/1.1\r\nAuthorization: Bearer {admin}"),
        format!("GET /v1/agents%00 HTTP/1.1\r\nAuthorization: Bearer {admin}"),
        format!("GET /v1%2fagents HTTP/1.1\r\nAuthorization: Bearer {admin}"),
        format!("GET /v1/campaigns/..%2fagents HTTP/1.1\r\nAuthorization: Bearer {client}"),
        format!("GET /ui/..%2f..%2fCargo.toml HTTP/1.1\r\nAuthorization: Bearer {admin}"),
        format!(
            "POST /v1/agents HTTP/1.1\r\nAuthorization: Bearer {admin}\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\u{8}\u{8}"
        ),
    ];
    for head in &heads {
        let what: String = head.chars().take(120).collect();
        let answer = raw(house, format!("{head}\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes());
        seen.refused(&what, &answer);
    }
}

/// Nothing of these is a request: a 400, a 4xx of another kind, or the connection ends without a word.
fn bytes_that_are_no_request(house: &House, seen: &mut Seen) {
    let admin = &house.keys["admin"];
    let post = format!("POST /v1/agents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {admin}\r\nConnection: close\r\n");
    let pieces: Vec<Vec<u8>> = vec![
        b"\r\n\r\n\r\n\r\n".to_vec(),
        b"\0\0\0\0\0\0\0\0\r\n\r\n".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"GET /livez\r\n\r\n".to_vec(),
        b"GET /livez HTTP/9.9\r\n\r\n".to_vec(),
        b"GET  /livez  HTTP/1.1\r\n\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"GET /livez HTTP/1.1\r\nNo colon here\r\n\r\n".to_vec(),
        b"GET /livez HTTP/1.1\r\n: empty\r\n\r\n".to_vec(),
        b"GET /livez HTTP/1.1\r\nX\0Y: 1\r\n\r\n".to_vec(),
        b"GET /livez HTTP/1.1\r\nX: a\r\n folded: b\r\n\r\n".to_vec(),
        b"INVITE sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP x\r\n\r\n".to_vec(),
        vec![b'A'; 300_000],
        format!("{post}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{{}}   ").into_bytes(),
        format!("{post}Content-Length: -1\r\n\r\n{{}}").into_bytes(),
        format!("{post}Content-Length: 99999999999999999999999\r\n\r\n{{}}").into_bytes(),
        format!("{post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{{}}").into_bytes(),
        format!("{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n").into_bytes(),
        format!("{post}Transfer-Encoding: gzip\r\n\r\n{{}}").into_bytes(),
        format!("{post}Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{{\"name\":").into_bytes(),
    ];
    for bytes in pieces {
        seen.asked += 1;
        let mut stream = connect(house);
        let _ = stream.write_all(&bytes);
        // No more comes, so that nobody waits for it.
        let _ = stream.shutdown(Shutdown::Write);
        let answer = read(&mut stream);
        let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.0 4");
        if !refused {
            let start = String::from_utf8_lossy(&bytes[..bytes.len().min(120)]).into_owned();
            seen.wrong.push(format!("{start:?}: {}", answer.chars().take(200).collect::<String>()));
        }
    }
    assert_eq!(house.dialer.status("/livez"), 200, "the server goes on");
}

/// A body that does not come is given up after a while, with 408.
fn slow_bodies(house: &House, seen: &mut Seen) {
    seen.asked += 1;
    let head = format!(
        "POST /v1/agents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 90\r\nConnection: close\r\n\r\n{{",
        house.keys["admin"]
    );
    let mut stream = connect(house);
    stream.write_all(head.as_bytes()).expect("the server listens");
    let answer = read(&mut stream);
    if !answer.starts_with("HTTP/1.1 408") {
        seen.wrong.push(format!("a body that does not come: {}", answer.chars().take(200).collect::<String>()));
    }
}

/// As administrator.
fn ask(house: &House, head: &str, body: &[u8]) -> String {
    let key = &house.keys["admin"];
    let rest = format!("\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n");
    let length = format!("Content-Length: {}\r\n\r\n", body.len());
    raw(house, &[head.as_bytes(), rest.as_bytes(), length.as_bytes(), body].concat())
}

fn raw(house: &House, bytes: &[u8]) -> String {
    let mut stream = connect(house);
    // The server may have heard enough before all is said.
    let _ = stream.write_all(bytes);
    read(&mut stream)
}

fn connect(house: &House) -> TcpStream {
    let address = house.dialer.api.trim_start_matches("http://");
    let stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket takes a timeout");
    stream
}

/// Until the server closes; a connection that is reset has said what it had to say.
fn read(stream: &mut TcpStream) -> String {
    let (mut all, mut part) = (Vec::new(), [0_u8; 16_384]);
    while let Ok(count @ 1..) = stream.read(&mut part) {
        all.extend_from_slice(&part[..count]);
    }
    String::from_utf8_lossy(&all).into_owned()
}
