//! The constants of predictive mode. They were found on the training scenarios (docs/pacing.md).

#[derive(Debug, Clone)]
pub struct Tuning {
    /// Seconds of waiting that a caller grants, in the supply's favour.
    pub grace: f64,
    /// A surplus line is cancelled where its conflict exceeds this multiple of the limit, and this floor.
    pub cancel_factor: f64,
    pub cancel_floor: f64,
    /// Share of the lines that may be cancelled, at each decision.
    pub cancel_share: f64,
    /// Start: lines per agent before anything resolved, and lines per resolved call.
    pub start_lines: f64,
    pub start_per_resolved: f64,
    /// Agents up to which each one's own speed counts.
    pub speed_agents: f64,
    /// Standard deviations of the level added to its mean; and where somebody was abandoned.
    pub caution: f64,
    pub person_caution: f64,
    /// Lines per agent at most, in multiples of those at the answers lately.
    pub usual_times: f64,
    /// Agents from which on the pace of talks counts: fewer tell too little of it.
    pub pace_agents: f64,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            grace: 1.25,
            cancel_factor: 1.0,
            cancel_floor: 0.02,
            cancel_share: 0.2,
            start_lines: 1.0,
            start_per_resolved: 1.5,
            speed_agents: 100.0,
            caution: 0.2,
            person_caution: 1.0,
            usual_times: 3.0,
            pace_agents: 25.0,
        }
    }
}
