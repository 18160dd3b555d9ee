//! A tape played to a fresh pacer, as it was or under other settings: decision beside decision. It asks nothing of what
//! would have come of another decision: `simulate` does.

use super::{Decided, Entry, Joint, Reader, TapeError};
use crate::pacing::{Learned, Pacer, Settings, Tally, Window};
use crate::words::Wall;

/// One question to pacing: what it said then, and what it says now.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    pub at: Wall,
    pub recorded: Decided,
    pub replayed: Decided,
}

/// Plays pieces (oldest first) to a fresh pacer, with settings changed by `change`. What happened is what is on the
/// tape, whatever is decided now: it compares decisions; what would have come of them, `simulate` asks.
pub fn replay<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    change: &dyn Fn(&mut Settings),
    mut each: impl FnMut(&Replayed),
) -> Result<(), TapeError> {
    let mut player: Option<(Pacer, Settings)> = None;
    for piece in pieces {
        let mut reader = Reader::open(piece)?;
        while let Some((now, at, entry)) = reader.next_entry()? {
            if let Entry::Begin { settings, ledger } = entry {
                let mut changed = (*settings).clone();
                change(&mut changed);
                let mut pacer = Pacer::new(changed);
                pacer.seed_ledger(ledger);
                player = Some((pacer, *settings));
                continue;
            }
            let Some((pacer, settings)) = player.as_mut() else { return Err(TapeError::NoBeginning) };
            let changed = |settings: &Settings| {
                let mut changed = settings.clone();
                change(&mut changed);
                changed
            };
            match entry {
                Entry::Begin { .. } => unreachable!("handled above"),
                Entry::Settings(new) => {
                    *settings = *new;
                    pacer.set_settings(changed(settings));
                }
                Entry::Mode(mode) => {
                    settings.mode = mode;
                    pacer.set_mode(changed(settings).mode);
                }
                Entry::Asked(calls) => pacer.ask(calls),
                Entry::Heard(event) => pacer.observe(now, event),
                Entry::Warm(learned) => {
                    let learned: Learned = serde_json::from_str(&learned).map_err(|_| TapeError::Broken(0))?;
                    // Other settings may refuse what was learned under the recorded ones: then they start without it.
                    let _ = pacer.warm_with(&learned);
                }
                Entry::Callback { at, expected: true } => pacer.expect_callback(at),
                Entry::Callback { at, expected: false } => pacer.unexpect_callback(at),
                Entry::Joint(joint) => {
                    let others = joint.others;
                    pacer.set_joint(under(joint, settings, &changed(settings)), others);
                }
                Entry::Decided(recorded) => {
                    let decision = pacer.decide(now, recorded.room);
                    let replayed = Decided::of(recorded.room, &decision);
                    each(&Replayed { at, recorded, replayed });
                }
            }
        }
    }
    if player.is_none() { Err(TapeError::NoBeginning) } else { Ok(()) }
}

/// The joint windows under changed settings: where the recorded cap was the campaign's own, it follows.
fn under(joint: Joint, recorded: &Settings, changed: &Settings) -> Vec<(Window, Tally)> {
    let mut windows = joint.windows;
    for ((window, _), (old, new)) in windows.iter_mut().zip(recorded.windows().zip(changed.windows())) {
        if window.cap == old.cap {
            window.cap = new.cap;
        }
    }
    windows
}
