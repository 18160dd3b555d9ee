//! Where signalling and sound meet: a leg's port is reserved before its INVITE, its remote is set by its SDP,
//! it is closed with its dialog. Commands of the engine in, inputs for it out.

use super::clock::Clock;
use super::heir::{Cast, Heir};
use super::inbox::Inbox;
use super::media_edge::{MediaEdge, MediaSettings, Sound, for_engine};
use super::phonebook::Phonebook;
use super::prompts::Prompts;
use super::recorder::Report;
use super::sip_thread::{SipCommand, SipHandle, SipSendError, SipThread};
use crate::engine::{Command, Input, LegEvent, MediaEvent, TrunkEvent};
use crate::media::{Codec, Format, RemoteParty};
use crate::sip::{self, CallEvent, EndedBy, Event, Incoming, Invite, Origin, Refusal, Route, Stack};
use crate::store::{Health, fail_point};
use crate::words::*;
use std::collections::VecDeque;
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

/// The engine's own ring timer decides; the stack's is the net under it.
const RING_GRACE: Duration = Duration::from_secs(5);
/// The user part of From in calls to agents' phones.
const FLOOR_USER: &str = "outpace";
/// Service unavailable: our own fault, before anything left.
const OURS: u16 = 503;

pub struct Lines {
    pub sip: SipHandle,
    pub media: Arc<MediaEdge>,
    /// What a command led to at once, for the engine whose thread this is: its inbox would wait for itself. At most one
    /// for each command since the engine last woke.
    pub told: VecDeque<Input>,
    phonebook: Phonebook,
    prompts: Prompts,
    heir: Heir,
    thread: Option<SipThread>,
    /// Calls to be ended as soon as the SIP thread takes commands again. At most one for each leg.
    to_hang_up: VecDeque<LegId>,
}

/// What the lines are made of.
pub struct LinesSetup {
    pub stack: Stack,
    pub socket: UdpSocket,
    pub media: MediaSettings,
    pub clock: Clock,
    pub inbox: Inbox,
    pub phonebook: Phonebook,
    pub prompts: Prompts,
    pub health: Health,
    pub heir: Heir,
}

impl Lines {
    pub fn start(setup: LinesSetup) -> Result<Lines, std::io::Error> {
        let LinesSetup { stack, socket, media, clock, inbox, phonebook, prompts, health, heir } = setup;
        let sounds = inbox.clone();
        let report = move |sound| on_sound(&sounds, &health, sound);
        let media = MediaEdge::start(&media, clock, report).map_err(std::io::Error::other)?;
        let media = Arc::new(media);
        let ear =
            Signals { inbox, media: media.clone(), phonebook: phonebook.clone(), refuse: None, heir: heir.clone() };
        let (tell, told) = std::sync::mpsc::channel();
        let mut ear = ear;
        let thread = SipThread::start(
            "sip",
            stack,
            socket,
            move || clock.now(),
            move |at, event| {
                if ear.refuse.is_none() {
                    ear.refuse = told.recv().ok();
                }
                ear.on_event(at, event);
            },
        )?;
        let sip = thread.handle();
        // The events' side needs the handle to refuse calls; it exists only now.
        let _ = tell.send(sip.clone());
        Ok(Lines {
            sip,
            media,
            told: VecDeque::new(),
            phonebook,
            prompts,
            heir,
            thread: Some(thread),
            to_hang_up: VecDeque::new(),
        })
    }

    /// Commands about legs; others are not for us.
    pub fn obey(&mut self, command: Command) {
        self.hang_up_late();
        match command {
            Command::UseVersion { spec } => self.prompts.use_version(spec.id, &spec.version),
            Command::Dial { leg, call, trunk, to, caller_id, ring } => {
                self.heir.cast(leg, Cast { call, trunk, caller_id: caller_id.clone() });
                self.dial(leg, trunk, &to, caller_id, ring);
            }
            Command::CallAgent { leg, agent } => self.call_agent(leg, agent),
            Command::HangUp { leg } => self.hang_up(leg),
            Command::Listen { leg, amd } => self.media.listen(leg, amd),
            Command::StopListening { leg } => self.media.stop_listening(leg),
            Command::Bridge { customer, agent, beep } => self.media.bridge(customer, agent, beep),
            Command::Unbridge { customer, agent: _ } => self.media.unbridge(customer),
            Command::Play { leg, campaign, playback, prompt } => match self.prompts.find(campaign, &prompt) {
                Some(sound) => self.media.play(leg, playback, sound),
                None => {
                    tracing::error!(%campaign, prompt = %prompt.name, "no such sound: checked when the campaign was taken");
                    let event = MediaEvent::Played { playback, whole: false };
                    self.told.push_back(Input::Media { leg, event });
                }
            },
            Command::StopPlay { leg } => self.media.stop_play(leg),
            Command::Record { customer, call: _, recording } => self.media.record(customer, recording),
            Command::StopRecording { customer } => self.media.stop_recording(customer),
            Command::LeaseLeads { .. }
            | Command::LeaseLead { .. }
            | Command::ReleaseLeads { .. }
            | Command::KeepFields { .. }
            | Command::KeepNote { .. }
            | Command::ForgetLeg { .. }
            | Command::KeepDecision { .. }
            | Command::KeepTape { .. }
            | Command::KeepLearned(_)
            | Command::Reply { .. }
            | Command::Stop => {}
        }
    }

    fn dial(&mut self, leg: LegId, trunk: TrunkId, to: &Phone, caller_id: String, ring: Duration) {
        let media = match self.media.reserve(leg, true) {
            Ok(address) => address,
            Err(error) => {
                tracing::error!(%leg, %error, "no port for a call");
                self.fail(leg);
                return;
            }
        };
        let invite = Invite {
            route: Route::Trunk(trunk),
            to: to.digits().to_owned(),
            caller_id,
            media,
            ring_max: ring + RING_GRACE,
            auto_answer: false,
        };
        self.begin(SipCommand::Invite { leg, invite: Box::new(invite) }, leg);
    }

    fn call_agent(&mut self, leg: LegId, agent: AgentId) {
        let Some(user) = self.phonebook.name(agent) else {
            self.fail(leg);
            return;
        };
        match self.media.reserve(leg, true) {
            Ok(media) => {
                let caller_id = FLOOR_USER.to_owned();
                self.begin(SipCommand::CallUser { leg, user, caller_id, media }, leg);
            }
            Err(error) => {
                tracing::error!(%leg, %error, "no port for an agent's phone");
                self.fail(leg);
            }
        }
    }

    /// For what begins a leg. The SIP thread is overloaded: refused by ourselves. It is gone: nothing is told, for the
    /// whole program ends (`LiveWorld`), and a lead that nobody could call has not failed.
    fn begin(&mut self, command: SipCommand, leg: LegId) {
        match self.sip.send(command) {
            Ok(()) | Err(SipSendError::Gone) => {}
            Err(error @ SipSendError::Full) => {
                tracing::error!(%leg, %error, "a SIP command was not taken");
                self.fail(leg);
            }
        }
    }

    /// A call that is up must end: what finds the SIP thread overloaded is said again. If the thread is gone, the next
    /// start says it, from the leg's testament.
    fn hang_up(&mut self, leg: LegId) {
        if self.sip.send(SipCommand::HangUp { leg }) == Err(SipSendError::Full) && !self.to_hang_up.contains(&leg) {
            self.to_hang_up.push_back(leg);
        }
    }

    fn hang_up_late(&mut self) {
        while let Some(&leg) = self.to_hang_up.front() {
            if self.sip.send(SipCommand::HangUp { leg }) == Err(SipSendError::Full) {
                return;
            }
            self.to_hang_up.pop_front();
        }
    }

    fn fail(&mut self, leg: LegId) {
        self.media.close(leg);
        self.heir.gone(leg);
        let event = LegEvent::Refused { code: OURS, q850: None, retry_after: None, local: true };
        self.told.push_back(Input::Leg { leg, event });
    }

    /// Ends both edges; recordings are closed and on disk then.
    pub fn stop(&mut self) {
        self.media.stop();
        if let Some(Err(error)) = self.thread.take().map(SipThread::stop) {
            tracing::error!(%error, "the SIP socket failed");
        }
    }
}

/// What the SIP thread does with an event.
struct Signals {
    inbox: Inbox,
    media: Arc<MediaEdge>,
    phonebook: Phonebook,
    refuse: Option<SipHandle>,
    heir: Heir,
}

impl Signals {
    fn on_event(&mut self, at: Moment, event: Event) {
        match event {
            Event::Call { leg, event } => {
                if let Some(event) = self.on_call(leg, event) {
                    self.inbox.put_at(at, Input::Leg { leg, event });
                }
            }
            Event::Incoming(incoming) => self.turn_away(&incoming),
            Event::Registered { user, .. } => self.on_phone(at, &user, true),
            Event::Unregistered { user, .. } => self.on_phone(at, &user, false),
            Event::TrunkUp { trunk } => self.inbox.put_at(at, Input::Trunk { trunk, event: TrunkEvent::Up }),
            Event::TrunkDown { trunk, code } => {
                tracing::debug!(%trunk, ?code, "a trunk is down");
                self.inbox.put_at(at, Input::Trunk { trunk, event: TrunkEvent::Down });
            }
            Event::Bindings { user, bindings } => self.heir.bindings(user, &bindings),
            Event::Account { .. } => {}
        }
    }

    fn on_call(&self, leg: LegId, event: CallEvent) -> Option<LegEvent> {
        Some(match event {
            CallEvent::Testament { call_id, answered, text } => {
                self.heir.testament(leg, call_id, answered, text);
                return None;
            }
            CallEvent::Gone => {
                self.heir.forget(leg);
                self.inbox.put(Input::LegGone { leg });
                return None;
            }
            CallEvent::PickedUp => LegEvent::PickedUp,
            CallEvent::InviteSent { call_id } => {
                fail_point("sip", "invite_sent");
                LegEvent::InviteSent { sip_call_id: call_id }
            }
            CallEvent::Ringing => {
                fail_point("sip", "ringing");
                LegEvent::Ringing
            }
            CallEvent::EarlyMedia { media } => {
                self.media.set_remote(leg, party(&media, true));
                // For special information tones.
                self.media.listen(leg, None);
                LegEvent::EarlyMedia
            }
            CallEvent::Answered { media } => {
                fail_point("sip", "answered");
                self.media.set_remote(leg, party(&media, false));
                LegEvent::Answered
            }
            CallEvent::MediaChanged { media } => {
                self.media.set_remote(leg, party(&media, false));
                return None;
            }
            CallEvent::Refused { code, q850, retry_after, why } => {
                self.media.close(leg);
                LegEvent::Refused { code, q850, retry_after, local: why != Refusal::Peer }
            }
            CallEvent::Ended { by, q850 } => {
                fail_point("sip", "ended");
                self.media.close(leg);
                let by = match by {
                    EndedBy::Peer => Side::Customer,
                    EndedBy::Us => Side::Us,
                    EndedBy::Network => Side::Network,
                };
                LegEvent::Ended { by, q850 }
            }
        })
    }

    /// Nobody takes incoming calls yet: said so, not left ringing.
    fn turn_away(&self, incoming: &Incoming) {
        let code = match incoming.origin {
            Origin::Trunk(_) => 480,
            Origin::User(_) | Origin::Account(_) => 403,
        };
        if let Some(sip) = &self.refuse {
            let _ = sip.send(SipCommand::Refuse { leg: incoming.leg, code, q850: None });
        }
    }

    fn on_phone(&self, at: Moment, user: &str, registered: bool) {
        if let Some(agent) = self.phonebook.agent(user) {
            self.inbox.put_at(at, Input::Phone { agent, registered });
        }
    }
}

fn party(media: &sip::sdp::Media, early: bool) -> RemoteParty {
    let codec = match media.codec {
        sip::sdp::Codec::Pcmu => Codec::Pcmu,
        sip::sdp::Codec::Pcma => Codec::Pcma,
    };
    RemoteParty { address: media.remote, format: Format::new(codec, media.dtmf), learn: true, early }
}

fn on_sound(inbox: &Inbox, health: &Health, sound: Sound) {
    match sound {
        Sound::Event(event) => {
            let (at, told) = for_engine(&event);
            inbox.offer_sound(at, event.leg, told);
        }
        Sound::RecordingGap { recording, .. } => {
            tracing::warn!(%recording, "the disk was too slow: a recording has a second of silence in it");
        }
        Sound::Recording(Report::Closed(closed)) => {
            health.clear("recorder");
            inbox.put(Input::Recorded {
                // One recording a call, with the call's number: so a file found after a crash knows its call.
                call: CallId(closed.recording.0),
                recording: closed.recording,
                length_ms: closed.length_ms,
                sha256: closed.sha256,
                file: closed.file,
            });
        }
        Sound::Recording(Report::Recovered { .. }) => {
            health.clear("recorder");
        }
        Sound::Recording(Report::Failing { recording, why, .. }) => {
            tracing::error!(%recording, %why, "a recording cannot be written");
            health.raise("recorder", &why, super::clock::wall_now());
        }
    }
}
