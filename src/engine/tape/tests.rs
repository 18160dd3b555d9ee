//! What is written on a tape is read from it, and damage is refused. It plays no whole day: `tests/simulate_replay.rs` does.

use super::*;
use proptest::prelude::*;

fn entries() -> Vec<Entry> {
    let (call, agent) = (CallId(u64::MAX - 3), AgentId(7));
    let heard = [
        Event::Login { agent },
        Event::Dialed { call },
        Event::Dialed { call: CallId(1) },
        Event::Ringing { call },
        Event::Answered { call },
        Event::Live { call },
        Event::Connected { call, agent, within: false },
        Event::Step { call, agent, step: 300 },
        Event::TalkEnded { call, agent, human: true },
        Event::Machine { call },
        Event::Abandoned { call },
        Event::Ended { call, why: Ending::Hangup },
        Event::Pausing { agent },
        Event::Pause { agent },
        Event::Ready { agent },
        Event::Taken { agent },
        Event::Spoke { call, within: true },
        Event::Unserved { call, answered: Moment(-3), abandoned: true },
        Event::Logout { agent },
    ];
    let room = Room { channels: 30, calls_this_second: 2, leads: u32::MAX };
    let decided =
        |code: &str| Entry::Decided(Decided { room, dial: 2, hangups: vec![call, CallId(4)], code: code.to_owned() });
    let mut all = vec![
        Entry::Begin { settings: Box::default(), ledger: vec![(Moment(-5), true)] },
        Entry::Mode(Mode::Preview),
        Entry::Asked(3),
        decided("pacing.target_met"),
        Entry::Settings(Box::default()),
        decided("pacing.no_agents"),
        decided("pacing.target_met"),
    ];
    all.extend(heard.map(Entry::Heard));
    let tally = |humans| Tally { humans, abandoned: 3.0, variance: 0.0 };
    let hour = Window { span: crate::pacing::Span::Ever, cap: 0.03, answers_min: 100.0 };
    let joint = |humans| Joint { windows: vec![(hour, tally(humans))], others: tally(0.12890625) };
    all.push(Entry::Warm("{}".to_owned()));
    all.extend([true, false].map(|expected| Entry::Callback { at: Moment(-7), expected }));
    all.extend([joint(1000.0), joint(1001.0), Joint::default()].map(Entry::Joint));
    all
}

#[test]
fn what_is_written_is_read() {
    let mut tape = Tape::default();
    for (nth, entry) in entries().iter().enumerate() {
        tape.write(Moment(1_000_000 + nth as i64 * 137), Wall(5_000_000), entry);
    }
    let (begun, bytes) = tape.take().expect("something was written");
    assert_eq!(begun, Wall(5_000_000));
    let mut reader = Reader::open(&bytes).expect("a piece");
    for (nth, entry) in entries().into_iter().enumerate() {
        let (now, wall, read) = reader.next_entry().expect("whole").expect("not the end");
        assert_eq!((now, read), (Moment(1_000_000 + nth as i64 * 137), entry));
        assert_eq!(wall.0 - now.0, 4_000_000);
    }
    assert_eq!(reader.next_entry(), Ok(None));
    assert!(bytes.len() < 1_700, "{}", bytes.len());
}

#[test]
fn without_its_beginning_nothing_is_played() {
    let mut tape = Tape::default();
    tape.write(Moment(1), Wall(1), &Entry::Heard(Event::Ready { agent: AgentId(1) }));
    let (_, bytes) = tape.take().expect("written");
    assert_eq!(replay([bytes.as_slice()], &|_| (), |_| ()), Err(TapeError::NoBeginning));
}

proptest! {
    /// Damaged pieces are refused, never believed and never a panic.
    #[test]
    fn damage_is_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0_usize..400) {
        let mut tape = Tape::default();
        entries().iter().for_each(|entry| tape.write(Moment(9), Wall(9), entry));
        let (_, mut good) = tape.take().expect("written");
        good.truncate(cut);
        good.extend(bytes);
        if let Ok(mut reader) = Reader::open(&good) {
            while let Ok(Some(_)) = reader.next_entry() {}
        }
    }
}
