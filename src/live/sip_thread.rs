//! One thread, one UDP socket, one SIP stack. It waits on epoll, reads and sends in batches, and stamps what happens
//! with the moment it saw it. It knows nothing of calls: commands in, events out. Start it as often as needed.

use super::ended::Ended;
use super::sip_socket::SipSocket;
use crate::sip::{Account, AccountId, Binding, Event, Invite, Stack, Stats, Transport, Trunk, UserSecret};
use crate::words::{LegId, Moment, TrunkId};
use crossbeam_channel::{Receiver, Sender, TrySendError};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A verb of `sip::Stack`, to be carried out on its thread.
#[derive(Debug)]
pub enum SipCommand {
    Invite {
        leg: LegId,
        invite: Box<Invite>,
    },
    CallUser {
        leg: LegId,
        user: String,
        caller_id: String,
        media: SocketAddr,
    },
    Ring {
        leg: LegId,
    },
    EarlyMedia {
        leg: LegId,
        media: SocketAddr,
    },
    Answer {
        leg: LegId,
        media: SocketAddr,
    },
    Refuse {
        leg: LegId,
        code: u16,
        q850: Option<u8>,
    },
    HangUp {
        leg: LegId,
    },
    /// The testament of this leg is on disk.
    Confirm {
        leg: LegId,
    },
    /// Ends a leg of an earlier run.
    Execute {
        leg: LegId,
        testament: String,
    },
    AddTrunk(Box<Trunk>),
    RemoveTrunk(TrunkId),
    AddUser {
        name: String,
        secret: UserSecret,
    },
    RemoveUser {
        name: String,
    },
    /// Phones of an earlier run; after `AddUser`.
    Restore {
        name: String,
        bindings: Vec<Binding>,
    },
    Register(Box<Account>),
    Unregister(AccountId),
    Stats(Sender<Stats>),
    /// Sends what waits to be sent and ends the thread.
    Stop,
}

/// Commands waiting for the thread. At this bound `send` says so, and the host must shed load.
pub const COMMANDS_MAX: usize = 65_536;
/// Commands and batches of datagrams between two looks at the timers.
const COMMANDS_PER_TURN: usize = 256;
const BATCHES_PER_TURN: usize = 8;
/// What epoll names.
const READABLE: u64 = 0;
const WOKEN: u64 = 1;
/// While the socket takes no more.
const RETRY_SEND_MS: u16 = 2;

/// The host's end. Clones talk to the same thread.
#[derive(Clone)]
pub struct SipHandle {
    commands: Sender<SipCommand>,
    wake: Arc<Wake>,
    local: SocketAddr,
    ended: Ended,
}

struct Wake {
    event: EventFd,
    /// Set by whoever woke the thread, cleared by it: one write wakes for many commands.
    pending: AtomicBool,
}

/// The command did not go in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SipSendError {
    /// `COMMANDS_MAX` are waiting.
    Full,
    /// The thread has ended.
    Gone,
}

impl std::fmt::Display for SipSendError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SipSendError::Full => write!(f, "{COMMANDS_MAX} commands wait for the SIP thread: it is overloaded"),
            SipSendError::Gone => write!(f, "the SIP thread has ended"),
        }
    }
}
impl std::error::Error for SipSendError {}

impl SipHandle {
    pub fn send(&self, command: SipCommand) -> Result<(), SipSendError> {
        self.commands.try_send(command).map_err(|e| match e {
            TrySendError::Full(_) => SipSendError::Full,
            TrySendError::Disconnected(_) => SipSendError::Gone,
        })?;
        if !self.wake.pending.swap(true, Ordering::SeqCst) {
            // Its counter cannot fill in the lifetime of a process.
            let _ = self.wake.event.write(1);
        }
        Ok(())
    }

    /// Filled when the thread ended though nobody stopped it.
    pub fn ended(&self) -> &Ended {
        &self.ended
    }

    /// The socket's address.
    pub fn local(&self) -> SocketAddr {
        self.local
    }
}

pub struct SipThread {
    handle: SipHandle,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl SipThread {
    /// Starts the thread. `events` is called on it, after what led to the event has left the socket; it must not block.
    pub fn start<C, E>(name: &str, stack: Stack, socket: UdpSocket, clock: C, events: E) -> io::Result<SipThread>
    where
        C: Fn() -> Moment + Send + 'static,
        E: FnMut(Moment, Event) + Send + 'static,
    {
        let local = socket.local_addr()?;
        let (commands, inbox) = crossbeam_channel::bounded(COMMANDS_MAX);
        let wake = Arc::new(Wake {
            event: EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?,
            pending: AtomicBool::new(false),
        });
        SipSocket::prepare(&socket)?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(&socket, EpollEvent::new(EpollFlags::EPOLLIN, READABLE))?;
        // Edge-triggered: each write wakes, and nobody needs to read the counter.
        epoll.add(&wake.event, EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLET, WOKEN))?;
        let (ended, own) = (Ended::default(), name.to_owned());
        let handle = SipHandle { commands, wake: wake.clone(), local, ended: ended.clone() };
        let work = move || {
            // The batch headers hold pointers, so they are made where they are used.
            let socket = SipSocket::new(socket);
            let mut run = Run { stack, socket, inbox, wake, epoll, clock, events };
            // Known before the inbox goes: whoever finds it gone finds the reason.
            ended.keep(&own, || run.run())
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work)?;
        Ok(SipThread { handle, thread: Some(thread) })
    }

    pub fn handle(&self) -> SipHandle {
        self.handle.clone()
    }

    /// Stops and waits. An error of the socket comes back; a panic goes on here.
    pub fn stop(mut self) -> io::Result<()> {
        self.join()
    }

    fn join(&mut self) -> io::Result<()> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        while self.handle.send(SipCommand::Stop) == Err(SipSendError::Full) {
            std::thread::yield_now();
        }
        match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

impl Drop for SipThread {
    fn drop(&mut self) {
        if !std::thread::panicking()
            && let Err(error) = self.join()
        {
            tracing::error!(%error, "the SIP socket failed");
        }
    }
}

struct Run<C, E> {
    stack: Stack,
    socket: SipSocket,
    inbox: Receiver<SipCommand>,
    wake: Arc<Wake>,
    epoll: Epoll,
    clock: C,
    events: E,
}

impl<C: Fn() -> Moment, E: FnMut(Moment, Event)> Run<C, E> {
    fn run(&mut self) -> io::Result<()> {
        let mut ready = [EpollEvent::empty(); 2];
        let mut readable = true;
        loop {
            // Commands first: a trunk that the host has added is known before its first call is read.
            let going_on = self.carry_out_commands();
            if readable {
                self.read_datagrams()?;
            }
            let now = (self.clock)();
            if self.stack.poll_timeout().is_some_and(|at| at <= now) {
                self.stack.handle_timeout(now);
            }
            let all_sent = self.socket.send(&mut self.stack);
            while let Some(event) = self.stack.poll_event() {
                (self.events)(now, event);
            }
            if !going_on {
                return Ok(());
            }
            let timeout = self.patience(all_sent);
            readable = match self.epoll.wait(&mut ready, timeout) {
                Ok(count) => ready[..count].iter().any(|event| event.data() == READABLE),
                Err(nix::Error::EINTR) => false,
                Err(error) => return Err(error.into()),
            };
        }
    }

    fn read_datagrams(&mut self) -> io::Result<()> {
        for _ in 0..BATCHES_PER_TURN {
            let count = self.socket.receive()?;
            if count == 0 {
                break;
            }
            let now = (self.clock)();
            for (from, bytes) in self.socket.received(count) {
                self.stack.receive(now, Transport::Udp, from, bytes);
            }
            if count < super::sip_socket::BATCH {
                break;
            }
        }
        Ok(())
    }

    /// False: stop.
    fn carry_out_commands(&mut self) -> bool {
        self.wake.pending.store(false, Ordering::SeqCst);
        for _ in 0..COMMANDS_PER_TURN {
            let Ok(command) = self.inbox.try_recv() else { return true };
            if !self.carry_out(command) {
                return false;
            }
        }
        true
    }

    fn carry_out(&mut self, command: SipCommand) -> bool {
        let now = (self.clock)();
        let stack = &mut self.stack;
        match command {
            SipCommand::Invite { leg, invite } => stack.invite(now, leg, &invite),
            SipCommand::CallUser { leg, user, caller_id, media } => stack.call_user(now, leg, &user, &caller_id, media),
            SipCommand::Ring { leg } => stack.ring(now, leg),
            SipCommand::EarlyMedia { leg, media } => stack.early_media(now, leg, media),
            SipCommand::Answer { leg, media } => stack.answer(now, leg, media),
            SipCommand::Refuse { leg, code, q850 } => stack.refuse(now, leg, code, q850),
            SipCommand::HangUp { leg } => stack.hang_up(now, leg),
            SipCommand::Confirm { leg } => stack.confirm(now, leg),
            SipCommand::Execute { leg, testament } => stack.execute(now, leg, &testament),
            SipCommand::AddTrunk(trunk) => stack.add_trunk(now, *trunk),
            SipCommand::RemoveTrunk(trunk) => stack.remove_trunk(now, trunk),
            SipCommand::AddUser { name, secret } => stack.add_user(&name, &secret),
            SipCommand::RemoveUser { name } => stack.remove_user(&name),
            SipCommand::Restore { name, bindings } => stack.restore(now, &name, &bindings),
            SipCommand::Register(account) => stack.register(now, *account),
            SipCommand::Unregister(account) => stack.unregister(now, account),
            SipCommand::Stats(reply) => {
                // Whoever asked may have gone.
                let _ = reply.try_send(stack.stats());
            }
            SipCommand::Stop => return false,
        }
        true
    }

    /// How long to wait for the next thing: not at all if commands wait, else until the next timer.
    fn patience(&self, all_sent: bool) -> EpollTimeout {
        if !self.inbox.is_empty() {
            return EpollTimeout::ZERO;
        }
        if !all_sent {
            return EpollTimeout::from(RETRY_SEND_MS);
        }
        let Some(at) = self.stack.poll_timeout() else { return EpollTimeout::NONE };
        // Rounded up: waking before the timer would spin.
        let wait = at.since((self.clock)()) + Duration::from_micros(999);
        EpollTimeout::try_from(wait).unwrap_or(EpollTimeout::MAX)
    }
}
