//! One thread plays every part: it hears what SIP and sound tell, keeps the queue of times, and lets the customers and
//! the softphones do theirs. It refuses to block: both edges take orders and go on.

use super::customer::Customer;
use super::softphone::Softphone;
use super::sounds::Sounds;
use super::timers::{Due, Timers};
use super::{Casting, Hand, Note, Tally};
use crate::live::clock::Clock;
use crate::live::media_edge::MediaEdge;
use crate::live::sip_thread::{SipCommand, SipHandle};
use crate::media::{self, Codec, Format, Prompt, RemoteParty};
use crate::sip::{AccountEvent, AccountId, CallEvent, Event, Incoming, sdp};
use crate::words::{LegId, Moment, PlaybackId};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use rand::Rng;
use rand_pcg::Pcg32;
use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Between two looks when nothing is planned.
const IDLE: Duration = Duration::from_secs(60);

pub(super) struct Player {
    clock: Clock,
    /// User names of the softphones: calls to anything else are calls to numbers.
    users: BTreeSet<String>,
    casting: Box<dyn Casting>,
    registered: BTreeSet<AccountId>,
    lines: HashMap<LegId, Line>,
    stage: Stage,
}

enum Line {
    Customer(Customer),
    Softphone(Softphone),
}

/// What every part plays with.
pub(super) struct Stage {
    pub now: Moment,
    pub rng: Pcg32,
    pub timers: Timers,
    pub sounds: Sounds,
    pub tally: Arc<Tally>,
    sip: SipHandle,
    media: Arc<MediaEdge>,
    playbacks: u64,
}

impl Player {
    pub fn new(
        clock: Clock,
        sip: SipHandle,
        media: Arc<MediaEdge>,
        users: BTreeSet<String>,
        casting: Box<dyn Casting>,
        seed: u64,
        tally: Arc<Tally>,
    ) -> Player {
        let stage = Stage {
            now: clock.now(),
            rng: Pcg32::new(seed, 0x57a6e),
            timers: Timers::default(),
            sounds: Sounds::make(seed),
            tally,
            sip,
            media,
            playbacks: 0,
        };
        Player { clock, users, casting, registered: BTreeSet::new(), lines: HashMap::new(), stage }
    }

    pub fn run(&mut self, inbox: &Receiver<Note>) {
        loop {
            self.stage.now = self.clock.now();
            while let Some((leg, due)) = self.stage.timers.pop(self.stage.now) {
                self.on_due(leg, due);
            }
            let until = self.stage.timers.next().unwrap_or(self.stage.now + IDLE);
            match inbox.recv_deadline(self.clock.instant(until)) {
                Ok(Note::Sip(at, event)) => {
                    self.stage.now = self.stage.now.max(at);
                    self.on_sip(event);
                }
                Ok(Note::Sound(event)) => self.on_sound(event),
                Ok(Note::Hand(hand)) => self.on_hand(hand),
                Ok(Note::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn on_sip(&mut self, event: Event) {
        match event {
            Event::Incoming(incoming) => self.on_incoming(&incoming),
            Event::Call { leg, event } => self.on_call(leg, event),
            Event::Account { account, event: AccountEvent::Registered { .. } } => {
                if self.registered.insert(account) {
                    self.stage.tally.registered.fetch_add(1, Ordering::Relaxed);
                }
            }
            Event::Account { account, event: AccountEvent::Failed { code, retry } } => {
                tracing::warn!(account = account.0, code, ?retry, "a simulated softphone could not register");
            }
            Event::Account { event: AccountEvent::Unregistered, .. }
            | Event::Registered { .. }
            | Event::Unregistered { .. }
            | Event::Bindings { .. }
            | Event::TrunkUp { .. }
            | Event::TrunkDown { .. } => {}
        }
    }

    fn on_incoming(&mut self, incoming: &Incoming) {
        let remote = incoming.media.as_ref().map(party);
        let line = if self.users.contains(&incoming.to) {
            Line::Softphone(Softphone::called(&mut self.stage, incoming.leg, remote))
        } else {
            let part = self.casting.cast(&incoming.to);
            Line::Customer(Customer::called(&mut self.stage, incoming.leg, remote, part))
        };
        self.lines.insert(incoming.leg, line);
    }

    fn on_call(&mut self, leg: LegId, event: CallEvent) {
        match event {
            CallEvent::Answered { media } => {
                self.stage.media.set_remote(leg, party(&media));
                match self.lines.get_mut(&leg) {
                    Some(Line::Customer(customer)) => customer.connected(&mut self.stage),
                    Some(Line::Softphone(phone)) => phone.connected(&mut self.stage),
                    None => {}
                }
            }
            CallEvent::MediaChanged { media } => self.stage.media.set_remote(leg, party(&media)),
            CallEvent::Ended { .. } | CallEvent::Refused { .. } => {
                self.stage.media.close(leg);
                match self.lines.remove(&leg) {
                    Some(Line::Softphone(phone)) => phone.gone(&self.stage),
                    Some(Line::Customer(customer)) => customer.gone(&self.stage),
                    None => {}
                }
            }
            CallEvent::InviteSent { .. }
            | CallEvent::Ringing
            | CallEvent::EarlyMedia { .. }
            | CallEvent::Testament { .. }
            | CallEvent::PickedUp
            | CallEvent::Gone => {}
        }
    }

    fn on_sound(&mut self, event: media::Event) {
        match (self.lines.get_mut(&event.leg), event.what) {
            (Some(Line::Customer(customer)), media::What::SpeechStarted) => customer.hears(&mut self.stage),
            (Some(Line::Softphone(phone)), media::What::SpeechStarted) => phone.hears(&self.stage),
            (Some(Line::Customer(customer)), media::What::Played { whole: true, .. }) => {
                customer.spoke(&mut self.stage);
            }
            (Some(Line::Softphone(phone)), media::What::Played { whole: true, .. }) => phone.spoke(&mut self.stage),
            // Digits, tones and silence tell the parts nothing.
            (Some(_) | None, _) => {}
        }
    }

    /// The one that came last.
    fn on_hand(&mut self, hand: Hand) {
        let by_hand = |line: &Line| matches!(line, Line::Customer(customer) if customer.by_hand());
        let last = self.lines.iter().filter(|(_, line)| by_hand(line)).map(|(leg, _)| *leg).max();
        if let Some(Line::Customer(customer)) = last.and_then(|leg| self.lines.get_mut(&leg)) {
            customer.hand(&mut self.stage, hand);
        }
    }

    fn on_due(&mut self, leg: LegId, due: Due) {
        match self.lines.get_mut(&leg) {
            Some(Line::Customer(customer)) => customer.due(&mut self.stage, due),
            Some(Line::Softphone(phone)) => phone.due(&mut self.stage, due),
            None => {}
        }
    }
}

impl Stage {
    pub fn after(&mut self, delay: Duration, leg: LegId, due: Due) {
        self.timers.plan(self.now + delay, leg, due);
    }

    /// Uniform between two numbers of seconds.
    pub fn between(&mut self, from: f64, to: f64) -> Duration {
        Duration::from_secs_f64(self.rng.random_range(from..to))
    }

    pub fn signal(&self, command: SipCommand) {
        if let Err(error) = self.sip.send(command) {
            tracing::warn!(%error, "the peers' SIP thread took no command");
        }
    }

    /// A port for the line, towards the other side's if it has named one. `None`: told and refused.
    pub fn open_sound(&self, leg: LegId, remote: Option<RemoteParty>) -> Option<SocketAddr> {
        match self.media.reserve(leg, true) {
            Ok(address) => {
                if let Some(party) = remote {
                    self.media.set_remote(leg, party);
                }
                Some(address)
            }
            Err(error) => {
                tracing::warn!(%error, "no port for a simulated line");
                self.signal(SipCommand::Refuse { leg, code: 503, q850: Some(34) });
                None
            }
        }
    }

    pub fn listen(&self, leg: LegId) {
        self.media.listen(leg, None);
    }

    pub fn press(&self, leg: LegId, key: char) {
        let mut text = [0; 4];
        self.media.send_digits(leg, key.encode_utf8(&mut text));
    }

    pub fn play(&mut self, leg: LegId, sound: Arc<Prompt>) {
        self.playbacks += 1;
        self.media.play(leg, PlaybackId(self.playbacks), sound);
    }

    /// Some words; `spoke` follows at their end.
    pub fn say(&mut self, leg: LegId, voice: usize) {
        let which = self.rng.random_range(0..usize::MAX / 2);
        let sound = self.sounds.utterance(voice, which);
        self.play(leg, sound);
    }
}

fn party(media: &sdp::Media) -> RemoteParty {
    let codec = match media.codec {
        sdp::Codec::Pcmu => Codec::Pcmu,
        sdp::Codec::Pcma => Codec::Pcma,
    };
    RemoteParty { address: media.remote, format: Format::new(codec, media.dtmf), learn: false, early: false }
}
