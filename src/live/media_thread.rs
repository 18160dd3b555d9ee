//! One media thread: its sockets, its hub, one loop over epoll. It waits for packets, orders and the hub's next tick,
//! and for nothing else: not for the store, not for the disk, not for the engine.

use super::clock::Clock;
use super::media_edge::{Counters, Order, Reporter, Sound};
use super::media_ports::PortPair;
use super::recorder::Recorder;
use crate::media::{Block, Forward, Hub, HubSettings, Leg, Slot};
use crate::store::fail_point;
use crate::words::{LegId, Moment, RecordingId};
use crossbeam_channel::{Receiver, Sender};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Events taken from the kernel at a time.
const BATCH: usize = 256;
/// Orders carried out before packets are looked at again.
const ORDERS_MAX: usize = 256;
/// Longest datagram read; what is longer is cut, and then refused as no G.711.
const DATAGRAM: usize = 2048;
const WAKE: u64 = u64::MAX;

/// What a thread is told.
pub(super) enum Job {
    /// A new leg with its sockets.
    Open {
        leg: LegId,
        fill: bool,
        ports: PortPair,
    },
    Do {
        leg: LegId,
        order: Order,
    },
    Bridge {
        customer: LegId,
        agent: LegId,
        beep: bool,
    },
    /// This leg will come from another thread: keep what is said to it until then.
    Expect {
        leg: LegId,
    },
    /// Give this leg to another thread.
    HandOver {
        leg: LegId,
        to: Mailbox,
    },
    Adopt {
        leg: Box<Leg>,
        ports: PortPair,
    },
    Stop,
}

/// The way to a thread.
#[derive(Clone)]
pub(super) struct Mailbox {
    pub jobs: Sender<Job>,
    /// From thread to thread. There is room for every leg that can be: it never fills.
    pub moves: Sender<Job>,
    pub wake: Arc<EventFd>,
}

impl Mailbox {
    pub fn wake(&self) {
        let _ = self.wake.write(1); // full: the thread will wake anyway
    }
}

pub(super) fn wake_fd() -> io::Result<Arc<EventFd>> {
    let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
    Ok(Arc::new(EventFd::from_value_and_flags(0, flags)?))
}

pub(super) struct MediaThread {
    clock: Clock,
    epoll: Epoll,
    wake: Arc<EventFd>,
    jobs: Receiver<Job>,
    moves: Receiver<Job>,
    hub: Hub,
    /// By slot.
    lines: Vec<Option<PortPair>>,
    slots: HashMap<LegId, Slot>,
    /// Legs on their way here, and what was said to them meanwhile.
    expected: BTreeMap<LegId, Vec<Job>>,
    recorder: Option<Recorder>,
    /// Bytes of a recording that found the recorder's queue full.
    skipped: HashMap<RecordingId, u64>,
    /// Last blocks that found it full: they must arrive.
    last_blocks: VecDeque<Block>,
    report: Reporter,
    counters: Arc<Counters>,
    stopped: bool,
}

impl MediaThread {
    pub fn new(
        clock: Clock,
        wake: Arc<EventFd>,
        (jobs, moves): (Receiver<Job>, Receiver<Job>),
        settings: HubSettings,
        recorder: Option<Recorder>,
        report: Reporter,
        counters: Arc<Counters>,
    ) -> io::Result<MediaThread> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(&wake, EpollEvent::new(EpollFlags::EPOLLIN, WAKE))?;
        Ok(MediaThread {
            hub: Hub::new(clock.now(), settings),
            clock,
            epoll,
            wake,
            jobs,
            moves,
            lines: Vec::new(),
            slots: HashMap::new(),
            expected: BTreeMap::new(),
            recorder,
            skipped: HashMap::new(),
            last_blocks: VecDeque::new(),
            report,
            counters,
            stopped: false,
        })
    }

    /// Until it is told to stop. An error of the kernel's ends it too: its calls have no sound any more.
    pub fn run(&mut self) -> io::Result<()> {
        let mut failed = Ok(());
        let mut events = [EpollEvent::empty(); BATCH];
        let mut datagram = [0; DATAGRAM];
        while !self.stopped {
            let ready = match self.epoll.wait(&mut events, self.timeout()) {
                Ok(ready) => ready,
                Err(nix::errno::Errno::EINTR) => 0,
                Err(error) => {
                    failed = Err(error.into());
                    break;
                }
            };
            for event in &events[..ready] {
                match event.data() {
                    WAKE => self.take_orders(),
                    slot => self.read(slot as u32, &mut datagram),
                }
            }
            self.tick();
            self.drain();
        }
        self.close_all();
        failed
    }

    /// Until the next tick, rounded up: epoll counts milliseconds.
    fn timeout(&self) -> EpollTimeout {
        let Some(due) = self.hub.next_tick() else { return EpollTimeout::NONE };
        let millis = due.since(self.clock.now()).as_micros().div_ceil(1000);
        EpollTimeout::try_from(millis.min(1000) as i32).unwrap_or(EpollTimeout::ZERO)
    }

    /// One datagram of one leg. If more wait, epoll says so again.
    fn read(&mut self, slot: u32, datagram: &mut [u8; DATAGRAM]) {
        let Some(Some(ports)) = self.lines.get(slot as usize) else { return };
        let Ok((length, from)) = ports.rtp.recv_from(datagram) else { return }; // refused by the peer, or already read
        let forward = self.hub.receive(self.clock.now(), Slot(slot), from, &mut datagram[..length]);
        if let Forward::Send { leg, to, bytes } = forward {
            send(&self.lines, &self.counters, leg, to, &datagram[bytes]);
        }
    }

    fn tick(&mut self) {
        let now = self.clock.now();
        if self.hub.next_tick().is_none_or(|due| due > now) {
            return;
        }
        let (lines, counters) = (&self.lines, &self.counters);
        self.hub.tick(now, |slot, to, bytes| send(lines, counters, slot, to, bytes));
        self.write_last_blocks();
    }

    fn drain(&mut self) {
        while let Some(event) = self.hub.poll_event() {
            (self.report)(Sound::Event(event));
        }
        while let Some(block) = self.hub.poll_block() {
            self.write(block);
        }
    }

    // ── orders ──

    fn take_orders(&mut self) {
        let _ = self.wake.read(); // only its being readable matters
        while let Ok(job) = self.moves.try_recv() {
            self.carry_out(job);
        }
        for _ in 0..ORDERS_MAX {
            let Ok(job) = self.jobs.try_recv() else { return };
            self.carry_out(job);
        }
        let _ = self.wake.write(1); // more wait: after the packets
    }

    fn carry_out(&mut self, job: Job) {
        let now = self.clock.now();
        match job {
            Job::Open { leg, fill, ports } => {
                fail_point("media", "opened");
                let slot = self.hub.open(now, leg, fill);
                self.seat(leg, slot, ports);
            }
            Job::Do { leg, order } => match self.slots.get(&leg) {
                Some(&slot) => self.obey(now, leg, slot, order),
                None => self.keep(leg, Job::Do { leg, order }),
            },
            Job::Bridge { customer, agent, beep } => match (self.slots.get(&customer), self.slots.get(&agent)) {
                (Some(&customer), Some(&agent)) => self.hub.bridge(customer, agent, beep),
                (None, _) => self.keep(customer, Job::Bridge { customer, agent, beep }),
                (Some(_), None) => self.keep(agent, Job::Bridge { customer, agent, beep }),
            },
            Job::Expect { leg } => {
                self.expected.entry(leg).or_default();
            }
            Job::HandOver { leg, to } => self.hand_over(leg, to),
            Job::Adopt { leg, ports } => self.adopt(*leg, ports),
            Job::Stop => self.stopped = true,
        }
    }

    fn obey(&mut self, now: Moment, leg: LegId, slot: Slot, order: Order) {
        let hub = &mut self.hub;
        match order {
            Order::SetRemote(party) => hub.set_remote(now, slot, party),
            Order::Play { playback, prompt } => hub.play(now, slot, playback, prompt),
            Order::StopPlay => hub.stop_play(now, slot),
            Order::SendDigits(digits) => hub.send_digits(slot, &digits),
            Order::Listen { amd } => hub.listen(now, slot, amd),
            Order::StopListening => hub.stop_listening(slot),
            Order::Unbridge => hub.unbridge(slot),
            Order::Record { recording } if self.recorder.is_some() => hub.record(now, slot, recording),
            Order::Record { recording } => tracing::warn!(%recording, "no folder for recordings: not recorded"),
            Order::StopRecording => hub.stop_recording(now, slot),
            Order::Close => self.close(now, leg, slot),
        }
    }

    /// Said to a leg that is on its way here; to a leg that is gone: nothing.
    fn keep(&mut self, leg: LegId, job: Job) {
        if let Some(kept) = self.expected.get_mut(&leg) {
            kept.push(job);
        }
    }

    fn seat(&mut self, leg: LegId, slot: Slot, ports: PortPair) {
        let index = slot.0 as usize;
        if self.lines.len() <= index {
            self.lines.resize_with(index + 1, || None);
        }
        if let Err(error) = self.epoll.add(&ports.rtp, EpollEvent::new(EpollFlags::EPOLLIN, u64::from(slot.0))) {
            tracing::error!(%error, %leg, "a leg's socket cannot be watched: the leg will be silent");
        }
        self.lines[index] = Some(ports);
        self.slots.insert(leg, slot);
        self.counters.legs.fetch_add(1, Ordering::Relaxed);
    }

    fn unseat(&mut self, leg: LegId, slot: Slot) -> Option<PortPair> {
        self.slots.remove(&leg);
        let ports = self.lines.get_mut(slot.0 as usize)?.take()?;
        let _ = self.epoll.delete(&ports.rtp); // not watched: fine
        self.counters.legs.fetch_sub(1, Ordering::Relaxed);
        Some(ports)
    }

    fn close(&mut self, now: Moment, leg: LegId, slot: Slot) {
        if let Some(stats) = self.hub.stats(slot) {
            self.counters.strangers.fetch_add(stats.strangers, Ordering::Relaxed);
            self.counters.lost.fetch_add(stats.lost, Ordering::Relaxed);
            self.counters.received.fetch_add(stats.received, Ordering::Relaxed);
            self.counters.malformed.fetch_add(stats.malformed, Ordering::Relaxed);
        }
        self.hub.close(now, slot);
        drop(self.unseat(leg, slot));
    }

    fn hand_over(&mut self, leg: LegId, to: Mailbox) {
        let Some(&slot) = self.slots.get(&leg) else { return self.keep(leg, Job::HandOver { leg, to }) };
        if let (Some(state), Some(ports)) = (self.hub.release(slot), self.unseat(leg, slot)) {
            let _ = to.moves.send(Job::Adopt { leg: Box::new(state), ports }); // the other thread ended: so does the leg
            to.wake();
        }
    }

    fn adopt(&mut self, leg: Leg, ports: PortPair) {
        let id = leg.id();
        let slot = self.hub.adopt(leg);
        self.seat(id, slot, ports);
        for job in self.expected.remove(&id).unwrap_or_default() {
            self.carry_out(job);
        }
    }

    // ── recordings ──

    fn write(&mut self, block: Block) {
        let Some(recorder) = &self.recorder else { return };
        let (recording, length, last) = (block.recording, block.bytes.len() as u64, block.end.is_some());
        let skipped = self.skipped.remove(&recording).unwrap_or(0);
        match recorder.write(block, skipped) {
            Ok(()) => {
                if let Some(bytes) = recorder.spare() {
                    self.hub.recycle(bytes);
                }
            }
            Err(block) if last => {
                self.skipped.insert(recording, skipped);
                self.last_blocks.push_back(block);
            }
            Err(block) => {
                self.skipped.insert(recording, skipped + length);
                (self.report)(Sound::RecordingGap { leg: block.leg, recording });
                self.hub.recycle(block.bytes);
            }
        }
    }

    fn write_last_blocks(&mut self) {
        for _ in 0..self.last_blocks.len() {
            let Some(block) = self.last_blocks.pop_front() else { return };
            self.write(block);
        }
    }

    /// Everything ends: recordings get their last blocks.
    fn close_all(&mut self) {
        let now = self.clock.now();
        for (leg, slot) in std::mem::take(&mut self.slots) {
            self.close(now, leg, slot);
        }
        self.drain();
        while let (Some(block), Some(recorder)) = (self.last_blocks.pop_front(), &self.recorder) {
            let skipped = self.skipped.remove(&block.recording).unwrap_or(0);
            recorder.write_waiting(block, skipped);
        }
    }
}

fn send(lines: &[Option<PortPair>], counters: &Counters, slot: Slot, to: SocketAddr, bytes: &[u8]) {
    let Some(Some(ports)) = lines.get(slot.0 as usize) else { return };
    // A full buffer or a refusal by the peer loses this packet, as the network would.
    if ports.rtp.send_to(bytes, to).is_err() {
        counters.unsent.fetch_add(1, Ordering::Relaxed);
    }
}
