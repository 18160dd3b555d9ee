//! The sound edge of the live world: media threads, their ports and the recorder behind one handle.
//! Verbs return at once; what happens comes back through one callback, stamped by the media thread.
//! It refuses SIP: addresses and codecs come from whoever read the SDP.

use super::clock::Clock;
use super::ended::Ended;
use super::media_ports::{PortError, PortPool};
use super::media_thread::{Job, Mailbox, MediaThread, wake_fd};
use super::recorder::{self, Recorder};
use crate::engine::MediaEvent;
use crate::facts;
use crate::media::{self, Event, HubSettings, Prompt, RemoteParty, What};
use crate::words::{LegId, Moment, PlaybackId, RecordingId};
use crossbeam_channel::bounded;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Orders that may wait for a media thread. At the limit the caller waits (milliseconds: a media thread waits for
/// nobody), so no order is ever lost.
const ORDERS: usize = 8192;

#[derive(Debug, Clone)]
pub struct MediaSettings {
    /// Where RTP is bound; also what the SDP names, unless a public address is set there.
    pub bind: IpAddr,
    /// First (even) and last port.
    pub ports: (u16, u16),
    pub threads: usize,
    /// A line without packets for so long is told as `Silent`.
    pub silent_after: Duration,
    /// The data folder; recordings go to `recordings/` in it. None: nothing can be recorded.
    pub data: Option<PathBuf>,
    /// From the system's randomness.
    pub seed: u64,
}

impl Default for MediaSettings {
    fn default() -> MediaSettings {
        MediaSettings {
            bind: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            ports: (16_384, 32_767),
            threads: 1,
            silent_after: Duration::from_secs(5),
            data: None,
            seed: 1,
        }
    }
}

#[derive(Debug)]
pub enum MediaError {
    Ports(PortError),
    Start(io::Error),
    /// The media threads have ended.
    Stopped,
}

impl fmt::Display for MediaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MediaError::Ports(error) => error.fmt(f),
            MediaError::Start(error) => write!(f, "media threads could not start: {error}"),
            MediaError::Stopped => write!(f, "media has stopped"),
        }
    }
}
impl std::error::Error for MediaError {}

/// What comes back.
#[derive(Debug, Clone, PartialEq)]
pub enum Sound {
    Event(Event),
    /// Blocks of this recording found the recorder's queue full: they are silence in the file.
    RecordingGap {
        leg: LegId,
        recording: RecordingId,
    },
    Recording(recorder::Report),
}

pub(super) type Reporter = Arc<dyn Fn(Sound) + Send + Sync>;

#[derive(Debug, Clone)]
pub(super) enum Order {
    SetRemote(RemoteParty),
    Play { playback: PlaybackId, prompt: Arc<Prompt> },
    StopPlay,
    SendDigits(String),
    Listen { amd: Option<Duration> },
    StopListening,
    Unbridge,
    Record { recording: RecordingId },
    StopRecording,
    Close,
}

/// For metrics. Packet counts are added when a leg closes.
#[derive(Debug, Default)]
pub struct Counters {
    pub legs: AtomicU64,
    pub received: AtomicU64,
    pub lost: AtomicU64,
    pub malformed: AtomicU64,
    pub strangers: AtomicU64,
    pub unsent: AtomicU64,
}

/// The handle. Share it in an `Arc`.
pub struct MediaEdge {
    pool: Arc<PortPool>,
    threads: Vec<Mailbox>,
    /// Which thread has which leg.
    seats: Mutex<Seats>,
    recorder: Option<Recorder>,
    running: Mutex<Vec<JoinHandle<()>>>,
    ended: Ended,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Seats {
    thread_of: HashMap<LegId, usize>,
    taken: Vec<usize>,
}

impl MediaEdge {
    /// `report` is called from the media threads and the recorder's: it must not block.
    pub fn start(
        settings: &MediaSettings,
        clock: Clock,
        report: impl Fn(Sound) + Send + Sync + 'static,
    ) -> Result<MediaEdge, MediaError> {
        let pool = PortPool::new(settings.bind, settings.ports.0, settings.ports.1).map_err(MediaError::Ports)?;
        let report: Reporter = Arc::new(report);
        let mut running = Vec::new();
        let mut recorder = None;
        let ended = Ended::default();
        if let Some(data) = &settings.data {
            let report = report.clone();
            let (started, thread) =
                Recorder::start(data, &ended, move |told| report(Sound::Recording(told))).map_err(MediaError::Start)?;
            recorder = Some(started);
            running.push(thread);
        }
        let counters = Arc::new(Counters::default());
        let mut threads = Vec::new();
        for n in 0..settings.threads.max(1) {
            let (mailbox, thread) =
                spawn(n, settings, clock, recorder.clone(), report.clone(), counters.clone(), ended.clone())
                    .map_err(MediaError::Start)?;
            threads.push(mailbox);
            running.push(thread);
        }
        let seats = Mutex::new(Seats { thread_of: HashMap::new(), taken: vec![0; threads.len()] });
        Ok(MediaEdge { pool, threads, seats, recorder, running: Mutex::new(running), ended, counters })
    }

    /// A port for a leg, open and listening when this returns, for the SDP. `fill`: send silence while nothing else is
    /// sent (agents' legs, and customers' once answered).
    pub fn reserve(&self, leg: LegId, fill: bool) -> Result<SocketAddr, MediaError> {
        let ports = self.pool.reserve().map_err(MediaError::Ports)?;
        let address = ports.address();
        let thread = self.lock().seat(leg);
        self.send(thread, Job::Open { leg, fill, ports })?;
        Ok(address)
    }

    /// The end of a leg; its ports are free soon after. A leg that is not there: nothing.
    pub fn close(&self, leg: LegId) {
        let thread = self.lock().leave(leg);
        self.tell(thread, Job::Do { leg, order: Order::Close });
    }

    /// What the SDP says; again at each change (`early` until the 200 OK).
    pub fn set_remote(&self, leg: LegId, party: RemoteParty) {
        self.order(leg, Order::SetRemote(party));
    }

    /// If the two are on different threads, the customer moves to the agent's first.
    pub fn bridge(&self, customer: LegId, agent: LegId, beep: bool) {
        let (from, to) = {
            let mut seats = self.lock();
            let (Some(from), Some(to)) = (seats.thread(customer), seats.thread(agent)) else { return };
            seats.move_to(customer, to);
            (from, to)
        };
        if from != to {
            self.tell(Some(to), Job::Expect { leg: customer });
            self.tell(Some(from), Job::HandOver { leg: customer, to: self.threads[to].clone() });
        }
        self.tell(Some(to), Job::Bridge { customer, agent, beep });
    }

    pub fn unbridge(&self, leg: LegId) {
        self.order(leg, Order::Unbridge);
    }

    pub fn play(&self, leg: LegId, playback: PlaybackId, prompt: Arc<Prompt>) {
        self.order(leg, Order::Play { playback, prompt });
    }

    pub fn stop_play(&self, leg: LegId) {
        self.order(leg, Order::StopPlay);
    }

    pub fn send_digits(&self, leg: LegId, digits: &str) {
        self.order(leg, Order::SendDigits(digits.to_owned()));
    }

    pub fn listen(&self, leg: LegId, amd: Option<Duration>) {
        self.order(leg, Order::Listen { amd });
    }

    pub fn stop_listening(&self, leg: LegId) {
        self.order(leg, Order::StopListening);
    }

    pub fn record(&self, customer: LegId, recording: RecordingId) {
        self.order(customer, Order::Record { recording });
    }

    pub fn stop_recording(&self, customer: LegId) {
        self.order(customer, Order::StopRecording);
    }

    /// Closes all legs and recordings, and waits for the threads. Everything is on disk then.
    pub fn stop(&self) {
        for thread in &self.threads {
            let _ = thread.jobs.send(Job::Stop); // ended already
            thread.wake();
        }
        let mut running = std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        let recorder = self.recorder.as_ref().filter(|_| !running.is_empty()).map(|_| running.remove(0));
        for thread in running {
            let _ = thread.join(); // its panic was told where it happened
        }
        if let (Some(recorder), Some(thread)) = (&self.recorder, recorder) {
            recorder.stop();
            let _ = thread.join();
        }
    }

    /// Filled when one of the threads ended though nobody stopped it.
    pub fn ended(&self) -> &Ended {
        &self.ended
    }

    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Recording blocks that found the disk's queue full since the start.
    pub fn recording_blocks_dropped(&self) -> u64 {
        self.recorder.as_ref().map_or(0, Recorder::dropped)
    }

    /// Port pairs free, and of how many.
    pub fn ports(&self) -> (usize, usize) {
        (self.pool.free(), self.pool.size())
    }

    fn order(&self, leg: LegId, order: Order) {
        let thread = self.lock().thread(leg);
        self.tell(thread, Job::Do { leg, order });
    }

    fn tell(&self, thread: Option<usize>, job: Job) {
        if let Some(thread) = thread {
            let _ = self.send(thread, job); // stopped: nothing more happens to legs
        }
    }

    fn send(&self, thread: usize, job: Job) -> Result<(), MediaError> {
        let mailbox = &self.threads[thread];
        mailbox.jobs.send(job).map_err(|_| MediaError::Stopped)?;
        mailbox.wake();
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for MediaEdge {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Seats {
    fn thread(&self, leg: LegId) -> Option<usize> {
        self.thread_of.get(&leg).copied()
    }

    /// On the thread that has fewest.
    fn seat(&mut self, leg: LegId) -> usize {
        let thread = (0..self.taken.len()).min_by_key(|&n| self.taken[n]).expect("at least one thread");
        self.taken[thread] += 1;
        self.thread_of.insert(leg, thread);
        thread
    }

    fn leave(&mut self, leg: LegId) -> Option<usize> {
        let thread = self.thread_of.remove(&leg)?;
        self.taken[thread] -= 1;
        Some(thread)
    }

    fn move_to(&mut self, leg: LegId, thread: usize) {
        if let Some(from) = self.thread_of.insert(leg, thread) {
            self.taken[from] -= 1;
            self.taken[thread] += 1;
        }
    }
}

fn spawn(
    n: usize,
    settings: &MediaSettings,
    clock: Clock,
    recorder: Option<Recorder>,
    report: Reporter,
    counters: Arc<Counters>,
    ended: Ended,
) -> io::Result<(Mailbox, JoinHandle<()>)> {
    let (jobs, jobs_in) = bounded(ORDERS);
    // A leg on its way holds a port pair: no more can be under way than there are pairs.
    let (moves, moves_in) = bounded(usize::from(settings.ports.1 - settings.ports.0).div_ceil(2));
    let wake = wake_fd()?;
    let hub = HubSettings {
        seed: settings.seed.wrapping_add((n as u64) << 32 | n as u64),
        silent_after: settings.silent_after,
    };
    let mut thread = MediaThread::new(clock, wake.clone(), (jobs_in, moves_in), hub, recorder, report, counters)?;
    let name = format!("media-{n}");
    let work = {
        let name = name.clone();
        // Known before the mailbox goes: whoever finds it gone finds the reason.
        move || _ = ended.keep(&name, || thread.run())
    };
    let handle = std::thread::Builder::new().name(name).spawn(work)?;
    Ok((Mailbox { jobs, moves, wake }, handle))
}

/// An event as the engine takes it, and its moment.
pub fn for_engine(event: &Event) -> (Moment, MediaEvent) {
    let told = match &event.what {
        What::SpeechStarted => MediaEvent::SpeechStarted,
        What::SpeechEnded { ago } => MediaEvent::SpeechEnded { ago: *ago },
        What::Amd { verdict, why, analysed_ms } => {
            let verdict = match verdict {
                media::Verdict::Human => facts::Verdict::Human,
                media::Verdict::Machine(kind) => facts::Verdict::Machine(*kind),
                media::Verdict::Unknown => facts::Verdict::Unknown,
            };
            MediaEvent::Amd { verdict, why: (*why).to_owned(), analysed_ms: *analysed_ms }
        }
        What::Beep => MediaEvent::Beep,
        What::Digit(digit) => MediaEvent::Digit(*digit),
        What::Played { playback, whole } => MediaEvent::Played { playback: *playback, whole: *whole },
        What::Silent => MediaEvent::Silent,
        What::Heard => MediaEvent::Heard,
        What::Sit => MediaEvent::Sit,
    };
    (event.at, told)
}
