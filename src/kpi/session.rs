//! An agent's time (rules G7 and G8): sessions become segments that tile the login time to the millisecond.
//! Several sessions at once become one line of time: the union, with the state of the highest rank.

use crate::words::*;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::attempt::Stamp;

#[derive(Debug, Clone, Default)]
pub(super) struct Session {
    pub login: Option<Stamp>,
    pub campaigns: Arc<[CampaignId]>,
    /// By sequence number: a session lives on one node.
    pub changes: BTreeMap<u64, Change>,
    /// The customer hung up, the agent had not closed: from here on `dead`.
    pub left: BTreeMap<u64, (CallId, i64)>,
    /// The latest word on the logout: sequence number, effective moment in milliseconds.
    pub logout: Option<(u64, i64)>,
}

#[derive(Debug, Clone)]
pub(super) struct Change {
    pub at: Stamp,
    pub state: AgentState,
    pub reason: Option<Arc<str>>,
    pub call: Option<CallId>,
    pub campaign: Option<CampaignId>,
}

/// A stretch of one state. Wall milliseconds, half-open.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub agent: AgentId,
    pub session: SessionId,
    pub from: i64,
    pub to: i64,
    pub state: AgentState,
    pub reason: Option<Arc<str>>,
    pub call: Option<CallId>,
    pub campaign: Option<CampaignId>,
    /// Of the session.
    pub campaigns: Arc<[CampaignId]>,
    /// Still going on: `to` is now.
    pub open: bool,
}

impl Session {
    /// Wall milliseconds of a moment of this session: anchored at the login, so that durations stay exact
    /// when the wall clock is set.
    fn anchor(&self) -> Option<Stamp> {
        self.login.or_else(|| self.changes.values().next().map(|change| change.at))
    }

    pub fn wall_of(&self, mono: i64) -> Option<i64> {
        self.anchor().map(|anchor| anchor.wall + (mono - anchor.mono))
    }

    /// In order, without gaps: from the login to the logout, or to `now`.
    pub fn segments(&self, agent: AgentId, session: SessionId, now: i64) -> Vec<Segment> {
        let Some(anchor) = self.anchor() else { return Vec::new() };
        let wall = |mono: i64| anchor.wall + (mono - anchor.mono);
        let last_seen = self.changes.values().last().map_or(anchor.wall, |change| wall(change.at.mono));
        let open = self.logout.is_none();
        let end = self.logout.map_or(now.max(last_seen), |(_, effective)| wall(effective));
        let mut states = Vec::with_capacity(self.changes.len() + 1);
        // Until its first state is known an agent has no device.
        states.push((anchor.wall, AgentState::NoDevice, None));
        let mut last_call = None;
        for change in self.changes.values() {
            states.push((wall(change.at.mono), change.state, Some(change)));
        }
        let mut segments = Vec::with_capacity(states.len());
        for (i, (from, state, change)) in states.iter().enumerate() {
            let next = states.get(i + 1).map(|next| next.0);
            let to = next.unwrap_or(end).min(end);
            let call = change.and_then(|change| change.call);
            last_call = call.or(last_call);
            // A wrap-up without a call is that of the call before.
            let call = if *state == AgentState::Wrap { last_call } else { call };
            if to <= *from {
                continue;
            }
            segments.push(Segment {
                agent,
                session,
                from: *from,
                to,
                state: *state,
                reason: change.and_then(|change| change.reason.clone()),
                call,
                campaign: change.and_then(|change| change.campaign),
                campaigns: self.campaigns.clone(),
                open: open && next.is_none(),
            });
        }
        segments
    }
}

/// Rule G8: talk > hold > reserved > wrap > manual, preview > ready > pause; a lost device last.
fn rank(state: AgentState) -> u8 {
    match state {
        AgentState::Talk => 8,
        AgentState::Hold => 7,
        AgentState::Reserved => 6,
        AgentState::Wrap => 5,
        AgentState::ManualDial | AgentState::Preview => 4,
        AgentState::Ready => 3,
        AgentState::Pause => 2,
        AgentState::NoDevice => 1,
    }
}

/// One agent's segments as one line of time: what overlaps is decided by rank, then by the older session.
pub(super) fn union(mut segments: Vec<Segment>) -> Vec<Segment> {
    segments.sort_by_key(|s| (s.from, s.to, s.session));
    if segments.windows(2).all(|pair| pair[0].to <= pair[1].from) {
        return segments;
    }
    let mut borders: Vec<i64> = segments.iter().flat_map(|s| [s.from, s.to]).collect();
    borders.sort_unstable();
    borders.dedup();
    let mut line: Vec<Segment> = Vec::new();
    let mut active: Vec<usize> = Vec::new();
    let mut upcoming = 0;
    // Which of `segments` the end of `line` came from: only that one may be prolonged.
    let mut source = None;
    for pair in borders.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        active.retain(|i| segments[*i].to > from);
        while upcoming < segments.len() && segments[upcoming].from <= from {
            active.push(upcoming);
            upcoming += 1;
        }
        let best = active.iter().copied().max_by_key(|i| (rank(segments[*i].state), std::cmp::Reverse(*i)));
        let Some(best) = best else { continue };
        match line.last_mut() {
            Some(end) if source == Some(best) && end.to == from => end.to = to,
            Some(_) | None => line.push(Segment { from, to, ..segments[best].clone() }),
        }
        source = Some(best);
    }
    line
}

/// Entries into pause: re-entry with the same reason within 5 s is the same pause.
pub(super) fn pause_entries(line: &[Segment]) -> Vec<&Segment> {
    const REENTRY_MS: i64 = 5_000;
    let mut entries = Vec::new();
    let mut previous: Option<&Segment> = None;
    for segment in line.iter().filter(|s| s.state == AgentState::Pause) {
        let same = previous.is_some_and(|p| p.reason == segment.reason && segment.from - p.to < REENTRY_MS);
        if !same {
            entries.push(segment);
        }
        previous = Some(segment);
    }
    entries
}
