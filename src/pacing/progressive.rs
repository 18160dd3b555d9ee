//! The modes that need no forecast: manual, preview, progressive, ratio, agentless.
//! Each says how many lines it would like; the room is cut by the caller.

use super::event::Settings;
use super::state::{Stage, State, Work};

/// One line per free agent, counting ringing and waiting lines; never more.
pub fn progressive(state: &State) -> u32 {
    lines_wanted(state, 1.0)
}

/// `ratio` lines per free agent.
pub fn ratio(state: &State, settings: &Settings) -> u32 {
    lines_wanted(state, settings.ratio)
}

fn lines_wanted(state: &State, per_agent: f64) -> u32 {
    let per_agent = if per_agent.is_finite() { per_agent.max(0.0) } else { 0.0 };
    let wanted = (f64::from(state.working(Work::Ready)) * per_agent).floor() as u32;
    wanted.saturating_sub(state.coming() + state.count(Stage::Waiting))
}

/// Lines in use up to `lines_max`: the flow itself handles the call.
pub fn agentless(state: &State, settings: &Settings) -> u32 {
    settings.lines_max.saturating_sub(state.lines_in_use())
}
