//! Where the process dies: the fail points of every stage of a call, and random moments between.

/// `kind:name:count` for `OUTPACE_FAIL_AT`, one for each stage that `reliability-goals.md` names.
/// `fact`: the engine decided, nothing is on disk. `kept`: it is on disk, nobody was told. `sip`: it happened on the
/// wire. `at`: a named place.
pub const POINTS: [&str; 54] = [
    // lead claimed
    "at:leased:1",
    "at:leased:3",
    // placed, INVITE sent, ringing, answered
    "fact:call_placed:3",
    "kept:call_placed:3",
    "sip:invite_sent:1",
    "sip:invite_sent:5",
    "fact:invite_sent:4",
    "kept:invite_sent:4",
    "sip:ringing:1",
    "sip:ringing:4",
    "fact:call_ringing:3",
    "kept:call_ringing:3",
    "sip:answered:1",
    "sip:answered:3",
    "fact:call_answered:2",
    "kept:call_answered:2",
    // waiting for an agent, bridged
    "fact:call_classified:2",
    "kept:call_classified:2",
    "fact:agent_reserved:1",
    "kept:agent_reserved:2",
    "fact:call_bridged:1",
    "kept:call_bridged:2",
    "fact:call_abandoned:1",
    "kept:call_abandoned:1",
    "kept:step_entered:2",
    "kept:choice_made:1",
    "fact:callback_promised:1",
    "kept:callback_promised:1",
    "fact:order_taken:1",
    "kept:order_taken:1",
    // BYE sent, ended
    "sip:ended:1",
    "sip:ended:3",
    "fact:call_ended:2",
    "kept:call_ended:3",
    // wrap-up, outcome posted, opted out, retry planned
    "fact:agent_state_changed:14",
    "kept:agent_state_changed:18",
    "fact:outcome_set:1",
    "kept:outcome_set:1",
    "fact:opted_out:1",
    "kept:opted_out:1",
    "fact:retry_planned:2",
    "kept:retry_planned:2",
    "fact:lead_closed:1",
    "kept:lead_closed:2",
    // recording closing
    "at:recording_closing:1",
    "at:recording_closed:1",
    "kept:recording_closed:1",
    // the start itself: migration, recovery, campaign start
    "at:migrated:1",
    "at:node_taken:1",
    "at:testaments_executed:1",
    "kept:engine_started:1",
    "at:host_started:1",
    "kept:campaign_started:1",
    "at:resumed:1",
];

/// How the next run will die.
#[derive(Debug, Clone)]
pub enum Death {
    /// At a fail point, or by `kill -9` after a while if it never comes there.
    Point(&'static str),
    /// By `kill -9` so long after it was ready.
    Random { after_ms: u64 },
    /// By `kill -9` so long after it was started, ready or not.
    Starting { after_ms: u64 },
}

impl Death {
    /// The n-th of a run: fail points in turn, with random moments between them.
    pub fn nth(n: usize, chance: u64) -> Death {
        match n % 5 {
            0 | 2 => Death::Random { after_ms: 300 + chance % 3_200 },
            4 if n % 10 == 9 => Death::Starting { after_ms: chance % 900 },
            _ => Death::Point(POINTS[(n * 7) % POINTS.len()]),
        }
    }

    pub fn armed(&self) -> Option<&'static str> {
        match self {
            Death::Point(point) => Some(point),
            Death::Random { .. } | Death::Starting { .. } => None,
        }
    }
}

impl std::fmt::Display for Death {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Death::Point(point) => write!(f, "{point}"),
            Death::Random { after_ms } => write!(f, "random {after_ms} ms"),
            Death::Starting { after_ms } => write!(f, "while starting, {after_ms} ms"),
        }
    }
}
