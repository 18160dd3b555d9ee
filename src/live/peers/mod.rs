//! The other end of every line, on real sockets: a carrier with people, machines and faxes behind it, and softphones for
//! the agents. One SIP thread, one media edge and one thread that plays all parts from a queue of times.
//! It refuses to know who somebody is: each call's part is cast by the host, so that the demo's people can be `sim`'s.

mod customer;
mod player;
mod softphone;
mod sounds;
mod timers;

use super::clock::Clock;
use super::media_edge::{MediaEdge, MediaSettings, Sound};
use super::sip_thread::{SipCommand, SipThread};
use crate::media;
use crate::sip::{Account, AccountId, Config, Event, Stack, Trunk};
use crate::words::{Moment, TrunkId};
use crossbeam_channel::{Sender, bounded};
use player::Player;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Notes that may wait for the player; at the limit its edges wait.
const NOTES: usize = 65_536;
/// How long a softphone's registration holds; it is renewed in time.
const REGISTRATION: Duration = Duration::from_secs(600);
/// The dialer, as the simulated carrier sees it.
const DIALER: TrunkId = TrunkId(1);

pub struct PeersSetup {
    /// Bound before the dialer starts, so that its trunk can name the address.
    pub socket: UdpSocket,
    /// Where the dialer takes SIP.
    pub dialer: SocketAddr,
    /// RTP ports, first even.
    pub ports: (u16, u16),
    pub media_threads: usize,
    pub phones: Vec<PhoneSetup>,
    pub casting: Box<dyn Casting>,
    pub seed: u64,
}

/// An agent's softphone: the account's user name and its SIP secret.
#[derive(Clone)]
pub struct PhoneSetup {
    pub user: String,
    pub password: String,
}

/// Says what becomes of a call to a number. Called once for each INVITE, on the player's thread.
pub trait Casting: Send {
    fn cast(&mut self, number: &str) -> Part;
}

/// What one called line does.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// From the INVITE to the network's first word: ringing, tones or a refusal.
    pub post_dial: Duration,
    pub course: Course,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Course {
    /// 100, and never anything more.
    Silent,
    /// `rings`: 180 first, and the refusal so long after it.
    Refuses {
        rings: Option<Duration>,
        code: u16,
        q850: Option<u8>,
    },
    /// Special information tones as early media, then 404.
    Intercept,
    /// Rings; the network gives up with 480.
    RingsOut {
        after: Duration,
    },
    Answers {
        ring: Duration,
        who: Who,
    },
    /// Rings until somebody does something: `Peers::by_hand`.
    ByHand,
}

/// What a person does with the phone of a `Course::ByHand`; the one that rang last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    Answer,
    /// Or refuse, while it rings.
    HangUp,
    Press(char),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandState {
    Idle,
    Ringing,
    Up,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Who {
    Person(Person),
    Machine {
        greeting: Duration,
        /// After the beep; then it hangs up.
        records: Duration,
    },
    Fax,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// From the answer to "hello?"; `None`: picks up and says nothing.
    pub greeting_after: Option<Duration>,
    pub greeting: Duration,
    /// From the answer: hangs up when nobody spoke by then.
    pub patience: Duration,
    /// From the first words heard: hangs up by itself then. `None`: lets the other side end the call.
    pub leaves_after: Option<Duration>,
    /// Presses a key so long after the first words, and again after as long as nothing ends.
    pub presses: Option<(Duration, char)>,
}

/// What the peers lived through, for pictures and tests.
#[derive(Debug, Default)]
pub struct Tally {
    /// Softphones that have registered.
    pub registered: AtomicU64,
    /// INVITEs to numbers.
    pub called: AtomicU64,
    pub answered: AtomicU64,
    /// Customers who heard a voice (an agent's, a prompt's).
    pub customers_heard: AtomicU64,
    /// Softphones that heard a voice or a beep, once a call to them.
    pub phones_heard: AtomicU64,
    /// Softphones whose line to the dialer is up now.
    pub phones_up: AtomicU64,
    /// Of the phone by hand: idle, ringing, up.
    hand: AtomicU64,
}

impl Tally {
    pub fn hand(&self) -> HandState {
        match self.hand.load(Ordering::Relaxed) {
            1 => HandState::Ringing,
            2 => HandState::Up,
            _ => HandState::Idle,
        }
    }

    fn hand_is(&self, state: HandState) {
        let number = match state {
            HandState::Idle => 0,
            HandState::Ringing => 1,
            HandState::Up => 2,
        };
        self.hand.store(number, Ordering::Relaxed);
    }
}

/// What the player hears of.
pub(super) enum Note {
    Sip(Moment, Event),
    Sound(media::Event),
    Hand(Hand),
    Stop,
}

pub struct Peers {
    notes: Sender<Note>,
    player: Option<JoinHandle<()>>,
    sip: Option<SipThread>,
    media: Arc<MediaEdge>,
    tally: Arc<Tally>,
}

impl Peers {
    pub fn start(setup: PeersSetup) -> io::Result<Peers> {
        let clock = Clock::start();
        let local = setup.socket.local_addr()?;
        let (notes, inbox) = bounded(NOTES);
        let heard = notes.clone();
        let report = move |sound| {
            if let Sound::Event(event) = sound {
                // The player has gone: so has the run.
                let _ = heard.send(Note::Sound(event));
            }
        };
        let settings = MediaSettings {
            ports: setup.ports,
            threads: setup.media_threads,
            silent_after: Duration::from_secs(3600),
            seed: setup.seed,
            ..MediaSettings::default()
        };
        let media = Arc::new(MediaEdge::start(&settings, clock, report).map_err(io::Error::other)?);
        let mut config = Config::new(local);
        config.user_agent = "Outpace-peers".to_owned();
        let told = notes.clone();
        let sip = SipThread::start(
            "peers-sip",
            Stack::new(config, setup.seed ^ 0x5eed),
            setup.socket,
            move || clock.now(),
            move |at, event| {
                let _ = told.send(Note::Sip(at, event));
            },
        )?;
        let handle = sip.handle();
        let send = |command| handle.send(command).map_err(io::Error::other);
        send(SipCommand::AddTrunk(Box::new(Trunk::new(DIALER, "dialer", setup.dialer))))?;
        for (n, phone) in setup.phones.iter().enumerate() {
            send(SipCommand::Register(Box::new(account(n, phone, setup.dialer))))?;
        }
        let tally = Arc::new(Tally::default());
        let users = setup.phones.into_iter().map(|phone| phone.user).collect();
        let mut player = Player::new(clock, handle, media.clone(), users, setup.casting, setup.seed, tally.clone());
        let player = std::thread::Builder::new().name("peers".to_owned()).spawn(move || player.run(&inbox))?;
        Ok(Peers { notes, player: Some(player), sip: Some(sip), media, tally })
    }

    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    pub fn by_hand(&self, hand: Hand) {
        // The player has gone: so has the phone.
        let _ = self.notes.send(Note::Hand(hand));
    }

    /// Everybody falls silent at once: lines that are still up simply die. Stop the dialer first.
    pub fn stop(&mut self) {
        let _ = self.notes.send(Note::Stop);
        if self.player.take().is_some_and(|player| player.join().is_err()) {
            tracing::error!("the peers' thread panicked");
        }
        if let Some(Err(error)) = self.sip.take().map(SipThread::stop) {
            tracing::error!(%error, "the peers' SIP socket failed");
        }
        self.media.stop();
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        if self.player.is_some() {
            self.stop();
        }
    }
}

fn account(n: usize, phone: &PhoneSetup, dialer: SocketAddr) -> Account {
    Account {
        id: AccountId(n as u64 + 1),
        registrar: dialer,
        domain: dialer.to_string(),
        user: phone.user.clone(),
        password: phone.password.clone(),
        expires: REGISTRATION,
    }
}
