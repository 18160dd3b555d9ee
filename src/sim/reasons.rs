//! What decided how much was dialed on a simulated day: each reason of `why` with the share of the day's time that it
//! was the answer. A day on which nobody was called says so by itself. It refuses to judge: the sentences are the engine's.

use crate::engine::DecisionView;
use crate::words::{CampaignId, Lang, Reason, Wall};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Shown at most: what decided for a minute of the day is of no interest to anybody.
const SHOWN: usize = 6;
const SHARE_MIN: f64 = 0.01;

/// Over all campaigns; of a reason that came with several numbers, the sentence that held longest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReasonTime {
    pub reason: Reason,
    pub seconds: f64,
    /// Of the campaigns' time together.
    pub share: f64,
}

/// Two that read alike are one.
type Sentences<'a> = BTreeMap<String, (&'a Reason, f64)>;

/// `decided`: the decisions that went to the durable log, in order; each held until its campaign's next, or `until`.
pub fn by_time(decided: &[(CampaignId, DecisionView)], until: Wall) -> Vec<ReasonTime> {
    let mut next: BTreeMap<CampaignId, Wall> = BTreeMap::new();
    let mut spent: BTreeMap<&str, Sentences> = BTreeMap::new();
    for (campaign, decision) in decided.iter().rev() {
        let over = next.insert(*campaign, decision.at).unwrap_or(until);
        let seconds = over.since(decision.at).as_secs_f64();
        let sentences = spent.entry(&decision.reason.code).or_default();
        sentences.entry(decision.reason.text(Lang::En)).or_insert((&decision.reason, 0.0)).1 += seconds;
    }
    let all: f64 = spent.values().flat_map(BTreeMap::values).map(|(_, seconds)| seconds).sum();
    let one = |sentences: Sentences| {
        let seconds: f64 = sentences.values().map(|(_, seconds)| seconds).sum();
        let longest = sentences.into_values().max_by(|a, b| a.1.total_cmp(&b.1)).expect("none is empty");
        ReasonTime { reason: longest.0.clone(), seconds, share: seconds / all.max(f64::MIN_POSITIVE) }
    };
    let mut times: Vec<ReasonTime> = spent.into_values().map(one).collect();
    times.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    times
}

/// Of several runs of one setting: the shares together.
pub fn pooled<'a>(runs: impl Iterator<Item = &'a [ReasonTime]>) -> Vec<ReasonTime> {
    let mut sums: BTreeMap<&str, ReasonTime> = BTreeMap::new();
    let mut longest: BTreeMap<&str, f64> = BTreeMap::new();
    let mut all = 0.0;
    for time in runs.flatten() {
        let code = time.reason.code.as_str();
        let sum = sums.entry(code).or_insert(ReasonTime { seconds: 0.0, ..time.clone() });
        sum.seconds += time.seconds;
        all += time.seconds;
        if time.seconds > longest.insert(code, time.seconds).unwrap_or(0.0) {
            sum.reason.clone_from(&time.reason);
        }
    }
    let mut times: Vec<ReasonTime> = sums.into_values().collect();
    times.iter_mut().for_each(|time| time.share = time.seconds / f64::max(all, f64::MIN_POSITIVE));
    times.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    times
}

/// Those that a person is shown.
pub fn shown(times: &[ReasonTime]) -> impl Iterator<Item = &ReasonTime> {
    times.iter().take(SHOWN).filter(|time| time.share >= SHARE_MIN)
}

/// For a terminal.
pub fn text(times: &[ReasonTime]) -> String {
    let mut out = String::new();
    if times.is_empty() {
        return out;
    }
    writeln!(out, "\nwhat decided the dialing, of the time  拨打由什么决定（时间占比）").expect("a string");
    for time in shown(times) {
        let [en, zh] = [Lang::En, Lang::ZhHans].map(|lang| time.reason.text(lang));
        writeln!(out, "  {:>5.1}%  {en}\n          {zh}", time.share * 100.0).expect("a string");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pacing::Estimates;

    fn said(campaign: u64, at: i64, reason: Reason) -> (CampaignId, DecisionView) {
        let view = DecisionView {
            at: Wall(at * 1_000_000),
            dial: 0,
            placed: 0,
            cancelled: 0,
            times: 1,
            reason,
            estimates: Estimates::default(),
        };
        (CampaignId(campaign), view)
    }

    #[test]
    fn each_reason_holds_until_the_next_of_its_campaign() {
        let paused = |agents: u32| Reason::new("why.all_paused").with("agents", agents);
        let decided = [
            said(1, 0, Reason::new("why.nobody_logged_in")),
            said(2, 10, Reason::new("why.nobody_logged_in")),
            said(1, 20, paused(3)),
            said(1, 25, paused(4)),
        ];
        let times = by_time(&decided, Wall(100_000_000));
        let seen: Vec<(&str, f64)> = times.iter().map(|time| (time.reason.code.as_str(), time.seconds)).collect();
        assert_eq!(seen, [("why.nobody_logged_in", 110.0), ("why.all_paused", 80.0)]);
        assert_eq!(times[1].reason, paused(4), "the longest of it");
        assert!((times[0].share - 110.0 / 190.0).abs() < 1e-12);
        let twice = pooled([times.as_slice(), times.as_slice()].into_iter());
        assert_eq!(twice[1].seconds, 160.0);
        assert_eq!(twice[1].share, times[1].share);
        assert!(text(&twice).contains("57.9%"), "{}", text(&twice));
    }

    #[test]
    fn a_day_without_a_decision_says_nothing() {
        assert!(by_time(&[], Wall(0)).is_empty());
        assert_eq!(text(&[]), "");
    }
}
