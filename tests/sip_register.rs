//! Registration both ways: phones at our registrar, and our accounts at a foreign one.

#[path = "sip/wire.rs"]
mod wire;

use outpace::sip::*;
use outpace::words::LegId;
use std::time::Duration;
use wire::*;

const PHONES: &str = "10.0.0.3:5062";

fn account(id: u64, user: &str, password: &str) -> Account {
    Account {
        id: AccountId(id),
        registrar: addr(DIALER),
        domain: "10.0.0.1".into(),
        user: user.into(),
        password: password.into(),
        expires: Duration::from_secs(60),
    }
}

fn with_phones(count: u64) -> World {
    let mut w = World::new(&[DIALER, PHONES], 21);
    let now = w.now;
    for i in 0..count {
        let name = format!("agent{i}");
        w.at(DIALER).add_user(&name, &UserSecret::Password(format!("secret{i}")));
        w.at(PHONES).register(now, account(i, &name, &format!("secret{i}")));
        w.run(10);
    }
    w.settle();
    w
}

fn registered(w: &World, user: &str) -> usize {
    w.events.iter().filter(|(_, e)| matches!(e, Event::Registered { user: u, .. } if u == user)).count()
}

#[test]
fn hundreds_of_phones_of_one_stack_register_with_digest_and_stay_registered() {
    let mut w = with_phones(300);
    for i in 0..300 {
        assert_eq!(registered(&w, &format!("agent{i}")), 1, "agent{i}");
    }
    assert!(w.last_sent(PHONES, "REGISTER").contains("algorithm=SHA-256"), "the stronger of two challenges");
    w.run(200_000);
    assert!(!w.events.iter().any(|(_, e)| matches!(e, Event::Unregistered { .. })));
    assert!(w.count_sent(PHONES, "REGISTER") > 300 * 2 * 3);
    let now = w.now;
    w.at(PHONES).unregister(now, AccountId(5));
    w.settle();
    assert!(w.events.iter().any(|(_, e)| *e == Event::Unregistered { user: "agent5".into(), expired: false }));
    assert!(!w.at(DIALER).is_registered(now, "agent5"));
}

#[test]
fn a_phone_that_vanishes_expires() {
    let mut w = with_phones(1);
    w.stacks.remove(&addr(PHONES));
    w.run(61_000);
    assert!(w.events.iter().any(|(_, e)| *e == Event::Unregistered { user: "agent0".into(), expired: true }));
}

#[test]
fn a_wrong_password_is_challenged_again_and_never_registers() {
    let mut w = World::new(&[DIALER, PHONES], 22);
    let now = w.now;
    w.at(DIALER).add_user("agent0", &UserSecret::Password("right".into()));
    w.at(PHONES).register(now, account(0, "agent0", "wrong"));
    w.settle();
    assert_eq!(registered(&w, "agent0"), 0);
    let failed =
        w.events.iter().any(|(_, e)| matches!(e, Event::Account { event: AccountEvent::Failed { code: 401, .. }, .. }));
    assert!(failed, "{:?}", w.events);
}

#[test]
fn known_and_unknown_users_are_answered_alike() {
    let ask = |user: &str| {
        let mut w = World::new(&[DIALER], 23);
        w.at(DIALER).add_user("agent0", &UserSecret::Password("right".into()));
        let text = format!(
            "REGISTER sip:10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKx\nMax-Forwards: 70\n\
             From: <sip:{user}@10.0.0.1>;tag=1\nTo: <sip:{user}@10.0.0.1>\nCall-ID: a\nCSeq: 1 REGISTER\n\
             Contact: <sip:{user}@10.0.0.9>\nAuthorization: Digest username=\"{user}\", realm=\"outpace\", \
             nonce=\"x\", uri=\"sip:10.0.0.1\", response=\"00\", qop=auth, nc=00000001, cnonce=\"c\"\n\
             Content-Length: 0\n\n"
        );
        w.inject("10.0.0.9:5060", DIALER, &text);
        let text = w.last_sent(DIALER, "SIP/2.0").replace(user, "USER");
        let mask = |line: &str| line.split("tag=").next().unwrap().split("nonce=").next().unwrap().to_owned();
        (text.len(), text.lines().map(mask).collect::<Vec<_>>())
    };
    assert_eq!(ask("agent0"), ask("nobody"));
}

#[test]
fn guessing_passwords_is_met_with_silence_but_the_phone_at_that_address_keeps_working() {
    let mut w = with_phones(1);
    let guesser = "10.0.0.3:7777";
    for i in 0..50 {
        w.now = w.now + Duration::from_millis(200);
        let nonce = w
            .log
            .last()
            .and_then(|(_, _, t)| t.split("nonce=\"").nth(1))
            .and_then(|t| t.split('"').next())
            .unwrap_or("x")
            .to_owned();
        let text = format!(
            "REGISTER sip:10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.3:7777;branch=z9hG4bKx{i}\nMax-Forwards: 70\n\
             From: <sip:agent0@10.0.0.1>;tag=1\nTo: <sip:agent0@10.0.0.1>\nCall-ID: a{i}\nCSeq: 1 REGISTER\n\
             Contact: <sip:agent0@10.0.0.9>\nAuthorization: Digest username=\"agent0\", realm=\"outpace\", \
             nonce=\"{nonce}\", uri=\"sip:10.0.0.1\", response=\"{i:032}\", qop=auth, nc=00000001, cnonce=\"c\"\n\
             Content-Length: 0\n\n"
        );
        w.inject(guesser, DIALER, &text);
    }
    let to_guesser = w.log.iter().filter(|(_, to, _)| *to == addr(guesser)).count();
    assert!((10..20).contains(&to_guesser), "{to_guesser}");
    let now = w.now;
    w.at(PHONES).unregister(now, AccountId(0));
    w.settle();
    assert!(w.events.iter().any(|(_, e)| matches!(e, Event::Unregistered { .. })), "the phone is still served");
}

#[test]
fn a_registered_phone_is_called_where_it_registered_from_and_answers_by_itself() {
    let mut w = with_phones(2);
    let now = w.now;
    w.at(DIALER).call_user(now, LegId(9), "agent1", "outpace", addr("10.0.0.1:7100"));
    w.settle();
    let call = w.incoming(PHONES);
    assert_eq!(call.origin, Origin::Account(AccountId(1)));
    assert!(call.auto_answer);
    let now = w.now;
    w.at(PHONES).answer(now, call.leg, addr("10.0.0.3:9000"));
    w.settle();
    assert!(w.told(DIALER, 9).iter().any(|e| matches!(e, CallEvent::Answered { .. })));
    let now = w.now;
    w.at(DIALER).call_user(now, LegId(10), "agent7", "outpace", addr("10.0.0.1:7102"));
    w.flush();
    assert!(matches!(w.told(DIALER, 10)[0], CallEvent::Refused { code: 404, why: Refusal::Unsendable, .. }));
}

#[test]
fn a_phone_calls_in_after_a_challenge_and_its_identity_is_the_registered_one() {
    let mut w = with_phones(1);
    let now = w.now;
    let invite = Invite {
        route: Route::Account(AccountId(0)),
        to: "login".into(),
        caller_id: "president".into(),
        media: addr("10.0.0.3:9000"),
        ring_max: Duration::from_secs(20),
        auto_answer: false,
    };
    w.at(PHONES).invite(now, LegId(3), &invite);
    w.settle();
    let call = w.incoming(DIALER);
    assert_eq!((call.origin, call.from.as_str(), call.to.as_str()), (Origin::User("agent0".into()), "agent0", "login"));
    let now = w.now;
    w.at(DIALER).answer(now, call.leg, addr("10.0.0.1:7000"));
    w.settle();
    let told = w.told(PHONES, 3);
    assert_eq!(told.iter().filter(|e| matches!(e, CallEvent::InviteSent { .. })).count(), 1, "one Call-ID, told once");
    assert!(told.iter().any(|e| matches!(e, CallEvent::Answered { .. })), "{told:?}");
}

#[test]
fn a_user_may_not_register_another_users_address() {
    let mut w = World::new(&[DIALER], 25);
    w.at(DIALER).add_user("agent0", &UserSecret::Password("right".into()));
    let head = "REGISTER sip:10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKx\nMax-Forwards: 70\n\
         From: <sip:agent0@10.0.0.1>;tag=1\nTo: <sip:agent1@10.0.0.1>\nCall-ID: a\nCSeq: 1 REGISTER\n\
         Contact: <sip:x@10.0.0.9>\n";
    w.inject("10.0.0.9:5060", DIALER, &format!("{head}Content-Length: 0\n\n"));
    let challenge = w.last_sent(DIALER, "SIP/2.0 401");
    let nonce = challenge.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap();
    use outpace::sip::digest::*;
    let exchange = Exchange {
        algorithm: Algorithm::Md5,
        qop: Qop::Auth,
        nonce: nonce.as_bytes(),
        cnonce: b"c",
        nc: b"00000001",
        method: b"REGISTER",
        uri: b"sip:10.0.0.1",
        body: b"",
    };
    let value = response(&ha1(Algorithm::Md5, "agent0", b"outpace", "right"), &exchange);
    let text = format!(
        "{}Authorization: Digest username=\"agent0\", realm=\"outpace\", nonce=\"{nonce}\", uri=\"sip:10.0.0.1\", \
         response=\"{value}\", qop=auth, nc=00000001, cnonce=\"c\"\nContent-Length: 0\n\n",
        head.replace("z9hG4bKx", "z9hG4bKy").replace("1 REGISTER", "2 REGISTER")
    );
    w.inject("10.0.0.9:5060", DIALER, &text);
    assert!(w.last_sent(DIALER, "SIP/2.0").starts_with("SIP/2.0 403"), "{:#?}", w.sent(DIALER));
}

#[test]
fn a_trunk_that_asks_for_registration_is_up_once_registered_and_down_when_it_refuses() {
    let mut w = lone_dialer(26, |t| {
        (t.user, t.password) = ("us".into(), "pw".into());
        t.register = Some(Duration::from_secs(300));
    });
    let request = w.last_sent(DIALER, "REGISTER");
    w.inject(CARRIER, DIALER, &response_to(&request, 423, "c", "Min-Expires: 900\r\n", ""));
    let request = w.last_sent(DIALER, "REGISTER");
    assert_eq!(header(&request, "Expires"), "900");
    let challenge = "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n1\", qop=\"auth\"\r\n";
    w.inject(CARRIER, DIALER, &response_to(&request, 401, "c", challenge, ""));
    let request = w.last_sent(DIALER, "REGISTER");
    assert!(header(&request, "Authorization").contains("username=\"us\""));
    let ok = format!("Contact: {}\r\n", header(&request, "Contact").replace("900", "100"));
    w.inject(CARRIER, DIALER, &response_to(&request, 200, "c", &ok, ""));
    assert_eq!(w.events.last().unwrap().1, Event::TrunkUp { trunk: TRUNK });
    let before = w.count_sent(DIALER, "REGISTER");
    w.run(91_000);
    assert!(w.count_sent(DIALER, "REGISTER") > before, "renewed before the 100 s granted are over");
    let request = w.last_sent(DIALER, "REGISTER");
    w.inject(CARRIER, DIALER, &response_to(&request, 403, "c", "", ""));
    assert_eq!(w.events.last().unwrap().1, Event::TrunkDown { trunk: TRUNK, code: Some(403) });
}

#[test]
fn options_pings_tell_up_and_down_within_five_seconds() {
    let mut w = World::new(&[DIALER, CARRIER], 27);
    let now = w.now;
    let mut trunk = Trunk::new(TRUNK, "carrier", addr(CARRIER));
    trunk.options = Some(Duration::from_secs(10));
    w.at(DIALER).add_trunk(now, trunk);
    w.settle();
    assert_eq!(w.events.last().unwrap().1, Event::TrunkUp { trunk: TRUNK });
    w.run(30_000);
    let carrier = w.stacks.remove(&addr(CARRIER)).unwrap();
    w.run(14_500);
    assert_eq!(w.events.last().unwrap().1, Event::TrunkDown { trunk: TRUNK, code: None });
    w.stacks.insert(addr(CARRIER), carrier);
    w.run(5_500);
    assert_eq!(w.events.last().unwrap().1, Event::TrunkUp { trunk: TRUNK });
}

#[test]
fn five_contacts_per_user_and_the_oldest_gives_way() {
    let mut w = World::new(
        &[
            DIALER,
            "10.0.0.11:5060",
            "10.0.0.12:5060",
            "10.0.0.13:5060",
            "10.0.0.14:5060",
            "10.0.0.15:5060",
            "10.0.0.16:5060",
        ],
        28,
    );
    w.at(DIALER).add_user("agent0", &UserSecret::Password("pw".into()));
    for n in 11..=16 {
        let now = w.now;
        w.at(&format!("10.0.0.{n}:5060")).register(now, account(1, "agent0", "pw"));
        w.settle();
    }
    let ok = w.last_sent(DIALER, "SIP/2.0 200");
    assert_eq!(ok.matches("Contact: ").count(), 5);
    assert!(!ok.contains("agent0@10.0.0.11") && ok.contains("agent0@10.0.0.16"), "{ok}");
}
