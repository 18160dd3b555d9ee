//! The one inbox of the engine: whatever happens outside comes in here, with the moment when it did. It is bounded, and
//! each kind of input has its policy for a full one. The engine's own thread never puts anything in: it would wait for
//! itself (`Lines` keeps what it has to tell beside). It decides nothing else.
//!
//! | input | from | at the bound |
//! |---|---|---|
//! | legs, trunks, phones | the SIP thread | waits: SIP repeats what it is not answered |
//! | facts on disk, leases | the writer | waits |
//! | closed recordings | the recorder | waits; media threads skip blocks meanwhile |
//! | speech, AMD, beep, prompt's end | media threads | left out from half full on: a timer of the engine stands in |
//! | digits, silence, tones | media threads | left out when there is no room at all |
//! | requests | API, robots | refused: `engine.busy` |

use super::clock::{Clock, wall_now};
use crate::engine::{Input, MediaEvent};
use crate::store::Health;
use crate::words::{LegId, Moment};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// Inputs that may wait: at ten thousand a second, more than six seconds of the engine's work.
const ROOM: usize = 65_536;
/// Above this there is room only for what nothing stands in for.
const HIGH: usize = ROOM / 2;

/// Inputs come faster than the engine takes them. Its cause says how many were left out.
pub const FAULT_INBOX: &str = "engine_inbox";

/// The way in. Cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    clock: Clock,
    sender: Sender<(Moment, Input)>,
    shared: Arc<Shared>,
}

/// The engine's end.
pub struct Inputs {
    receiver: Receiver<(Moment, Input)>,
    shared: Arc<Shared>,
}

struct Shared {
    health: Health,
    /// The fault stands.
    crowded: AtomicBool,
    left_out: AtomicU64,
    room: usize,
    high: usize,
}

impl Inbox {
    pub fn new(clock: Clock, health: Health) -> (Inbox, Inputs) {
        Inbox::with_room(clock, health, ROOM, HIGH)
    }

    fn with_room(clock: Clock, health: Health, room: usize, high: usize) -> (Inbox, Inputs) {
        let (sender, receiver) = bounded(room);
        let (crowded, left_out) = (AtomicBool::new(false), AtomicU64::new(0));
        let shared = Arc::new(Shared { health, crowded, left_out, room, high });
        (Inbox { clock, sender, shared: shared.clone() }, Inputs { receiver, shared })
    }

    pub fn put(&self, input: Input) {
        self.put_at(self.clock.now(), input);
    }

    /// What must arrive: waits for room. Never on the engine's thread, never on a media thread.
    /// After the engine has stopped nobody reads any more; what still happens then changes nothing.
    pub fn put_at(&self, at: Moment, input: Input) {
        let _ = self.sender.send((at, input));
    }

    /// From a media thread: waits for nobody, or the sound of all calls would stop.
    pub fn offer_sound(&self, at: Moment, leg: LegId, event: MediaEvent) {
        if has_a_stand_in(&event) && self.sender.len() >= self.shared.high {
            self.shared.leave_out();
            return;
        }
        match self.sender.try_send((at, Input::Media { leg, event })) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(_)) => self.shared.leave_out(),
        }
    }

    /// From whoever can be told to come back: waits for nobody. False: refuse it.
    #[must_use]
    pub fn offer(&self, input: Input) -> bool {
        match self.sender.try_send((self.clock.now(), input)) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => true,
            Err(TrySendError::Full(_)) => {
                self.shared.leave_out();
                false
            }
        }
    }
}

/// The engine's own timer does what the event would have led to, only later: the verdict's deadline, the beep's, the
/// prompt's length.
fn has_a_stand_in(event: &MediaEvent) -> bool {
    match event {
        MediaEvent::SpeechStarted
        | MediaEvent::SpeechEnded { .. }
        | MediaEvent::Amd { .. }
        | MediaEvent::Beep
        | MediaEvent::Played { .. } => true,
        MediaEvent::Digit(_) | MediaEvent::Silent | MediaEvent::Heard | MediaEvent::Sit => false,
    }
}

impl Inputs {
    /// The next one, at most until then.
    pub fn next(&self, until: Instant) -> Result<(Moment, Input), RecvTimeoutError> {
        let next = self.receiver.recv_deadline(until);
        if self.receiver.len() < self.shared.high / 2 {
            self.shared.calm();
        }
        next
    }
}

impl Shared {
    fn leave_out(&self) {
        let count = self.left_out.fetch_add(1, Ordering::Relaxed) + 1;
        if !self.crowded.swap(true, Ordering::Relaxed) {
            let cause =
                format!("up to {} inputs wait for the engine; {count} were left out since the start", self.room);
            self.health.raise(FAULT_INBOX, &cause, wall_now());
            tracing::error!(fault = FAULT_INBOX, "{cause}");
        }
    }

    fn calm(&self) {
        if self.crowded.load(Ordering::Relaxed) && self.crowded.swap(false, Ordering::Relaxed) {
            let left_out = self.left_out.load(Ordering::Relaxed);
            self.health.clear(FAULT_INBOX);
            tracing::info!(fault = FAULT_INBOX, left_out, "over");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::PlaybackId;
    use std::time::Duration;

    const LEG: LegId = LegId(1);

    fn small() -> (Inbox, Inputs, Health) {
        let health = Health::default();
        let (inbox, inputs) = Inbox::with_room(Clock::start(), health.clone(), 8, 4);
        (inbox, inputs, health)
    }

    fn names(health: &Health) -> Vec<&'static str> {
        health.faults().iter().map(|fault| fault.name).collect()
    }

    fn all(inputs: &Inputs) -> Vec<Input> {
        std::iter::from_fn(|| inputs.next(Instant::now() + Duration::from_millis(1)).ok()).map(|(_, i)| i).collect()
    }

    #[test]
    fn sound_never_waits_and_what_a_timer_stands_in_for_goes_first() {
        let (inbox, inputs, health) = small();
        let played = MediaEvent::Played { playback: PlaybackId(1), whole: true };
        for _ in 0..10 {
            inbox.offer_sound(Moment::from_millis(1), LEG, played.clone());
        }
        assert_eq!(inbox.sender.len(), 4, "from half full on prompts' ends are left out");
        assert_eq!(names(&health), [FAULT_INBOX]);
        for _ in 0..10 {
            inbox.offer_sound(Moment::from_millis(1), LEG, MediaEvent::Digit('9'));
        }
        assert_eq!(inbox.sender.len(), 8, "a digit has all the room there is");
        assert!(!inbox.offer(Input::Shutdown { within: Duration::ZERO }), "who asks is told to come back");
        let digits = |input: &Input| matches!(input, Input::Media { event: MediaEvent::Digit(_), .. });
        assert_eq!(all(&inputs).iter().filter(|input| digits(input)).count(), 4);
        assert_eq!(names(&health), [""; 0], "over, once the engine has caught up");
        assert!(inbox.offer(Input::Shutdown { within: Duration::ZERO }));
    }

    #[test]
    fn what_must_arrive_waits_for_room() {
        let (inbox, inputs, _) = small();
        let sip = {
            let inbox = inbox.clone();
            std::thread::spawn(move || {
                for n in 0..20 {
                    inbox.put(Input::LegGone { leg: LegId(n) });
                }
            })
        };
        let until = || Instant::now() + Duration::from_secs(60);
        for n in 0..20 {
            let (_, input) = inputs.next(until()).expect("it comes");
            assert!(matches!(input, Input::LegGone { leg } if leg == LegId(n)), "in order");
        }
        sip.join().expect("it is through");
    }

    #[test]
    fn after_the_engine_nobody_waits() {
        let (inbox, inputs, _) = small();
        drop(inputs);
        for _ in 0..20 {
            inbox.put(Input::LegGone { leg: LEG });
            inbox.offer_sound(Moment::from_millis(1), LEG, MediaEvent::Heard);
        }
    }
}
