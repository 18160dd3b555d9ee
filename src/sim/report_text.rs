//! A simulated day for a terminal of 100 columns, in the reader's language; names of KPIs are the dictionary's. It refuses
//! to work anything out: that is the summary's.

use super::reasons;
use super::report::{Hour, Spread, Summary};
use crate::kpi::{self, Figure};
use crate::words::{Lang, Reason};
use std::fmt::Write;

/// The few that a supervisor asks for first; all of them are in the JSON.
const SHOWN: [&str; 8] =
    ["dials", "human_answer_rate", "abandon_rate", "occupancy", "aht", "contact_rate_rpc", "conv_human", "orders"];
/// Of the columns, in cells of the terminal.
const WIDTHS: [usize; 7] = [6, 8, 8, 8, 8, 10, 10];

impl Summary {
    pub fn text(&self, lang: Lang) -> String {
        let mut out = String::new();
        let most = self.hours.iter().map(|hour| hour.dials).max().unwrap_or(0).max(1);
        line(&mut out, &Reason::new("simulate.hour").text(lang), &heads(lang), "");
        for hour in &self.hours {
            let occupancy = hour.occupancy.map_or("-".to_owned(), |share| format!("{:.1} %", share * 100.0));
            let left = self.leads.saturating_sub(hour.closed);
            let counts = [hour.dials, hour.answered, hour.handled, hour.abandoned, hour.orders];
            let [a, b, c, d, e] = counts.map(|count| count.to_string());
            line(&mut out, &hour.from, &[a, b, c, d, e, occupancy, left.to_string()], &bar(hour.dials, most, 20));
        }
        let total = |pick: fn(&Hour) -> u64| self.hours.iter().map(pick).sum::<u64>().to_string();
        let sums = [
            total(|h| h.dials),
            total(|h| h.answered),
            total(|h| h.handled),
            total(|h| h.abandoned),
            total(|h| h.orders),
        ];
        line(&mut out, &Reason::new("simulate.all").text(lang), &sums, "");
        self.agents_text(&mut out, lang);
        self.kpis_text(&mut out, lang);
        out += &reasons::text(&self.reasons);
        for violation in &self.violations {
            writeln!(out, "{}  {violation}", Reason::new("simulate.broken").text(lang)).expect("a string");
        }
        out
    }

    fn kpis_text(&self, out: &mut String, lang: Lang) {
        writeln!(out).expect("a string");
        for id in SHOWN {
            let (Some(kpi), Some(Figure { num, den, value, currency })) = (kpi::find(id), self.kpis.get(id)) else {
                continue;
            };
            let (name, value) = (left(kpi.name(lang), 36), right(&kpi.show(*value, currency.as_deref()), 12));
            writeln!(out, "{name} {value}   {num} / {den}").expect("a string");
        }
    }

    fn agents_text(&self, out: &mut String, lang: Lang) {
        writeln!(out, "\n{}", Reason::new("simulate.agents_time").text(lang)).expect("a string");
        for (state, ms) in &self.agent_time_ms {
            let share = *ms as f64 / self.login_ms.max(1) as f64;
            let drawn = bar((share * 1000.0) as u64, 1000, 40);
            let state = left(&state_word(state, lang), 18);
            writeln!(out, "  {state} {:>5.1} %  {drawn}", share * 100.0).expect("a string");
        }
        let customers = waits(Reason::new("simulate.customers_wait"), self.customers_wait);
        let agents = waits(Reason::new("simulate.agents_wait"), self.agents_wait);
        writeln!(out, "{}\n{}", customers.text(lang), agents.text(lang)).expect("a string");
    }
}

fn heads(lang: Lang) -> [String; 7] {
    [
        Reason::new("simulate.dials"),
        Reason::new("simulate.answered"),
        Reason::new("simulate.handled"),
        Reason::new("simulate.abandoned"),
        Reason::new("simulate.orders"),
        Reason::new("simulate.occupancy"),
        Reason::new("simulate.left"),
    ]
    .map(|head| head.text(lang))
}

/// By the name that `AgentState` has in facts.
fn state_word(state: &str, lang: Lang) -> String {
    let known = match state {
        "ready" => Reason::new("simulate.state_ready"),
        "reserved" => Reason::new("simulate.state_reserved"),
        "talk" => Reason::new("simulate.state_talk"),
        "hold" => Reason::new("simulate.state_hold"),
        "wrap" => Reason::new("simulate.state_wrap"),
        "pause" => Reason::new("simulate.state_pause"),
        "manual_dial" => Reason::new("simulate.state_manual_dial"),
        "preview" => Reason::new("simulate.state_preview"),
        "no_device" => Reason::new("simulate.state_no_device"),
        other => return other.to_owned(),
    };
    known.text(lang)
}

fn waits(who: Reason, spread: Spread) -> Reason {
    let seconds = |ms: f64| format!("{:.1}", ms / 1000.0);
    who.with("mean", seconds(spread.mean_ms))
        .with("p50", seconds(spread.p50_ms as f64))
        .with("p90", seconds(spread.p90_ms as f64))
        .with("max", seconds(spread.max_ms as f64))
        .with("count", spread.count)
}

fn line(out: &mut String, first: &str, cells: &[String], drawn: &str) {
    let mut text = left(first, 17);
    cells.iter().zip(WIDTHS).for_each(|(cell, width)| text += &format!(" {}", right(cell, width)));
    writeln!(out, "{}", format!("{text}  {drawn}").trim_end()).expect("a string");
}

fn bar(value: u64, most: u64, width: u64) -> String {
    "█".repeat(usize::try_from((value * width + most / 2) / most).unwrap_or(0))
}

/// Cells of a terminal: those of Chinese take two.
fn cells(text: &str) -> usize {
    text.chars().map(|c| if ('\u{2e80}'..='\u{ffdc}').contains(&c) { 2 } else { 1 }).sum()
}

fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(cells(text))))
}

fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(cells(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_their_heads_in_each_language() {
        let hour = Hour { from: "2026-11-23 09:00".into(), dials: 7, answered: 5, ..Hour::default() };
        let kpis = [("abandon_rate", Figure { num: 1.0, den: 40.0, value: Some(0.025), currency: None })].into();
        let agent_time_ms = [("talk".to_owned(), 1), ("no_device".to_owned(), 1)].into();
        let summary = Summary { hours: vec![hour], kpis, agent_time_ms, login_ms: 2, ..Summary::default() };
        for (lang, words) in [
            (Lang::En, ["dials", "talking", "Abandonment rate", "median"]),
            (Lang::ZhHans, ["外呼", "通话", "骚扰率/呼损率", "中位数"]),
            (Lang::ZhHant, ["外撥", "通話", "騷擾率/呼損率", "中位數"]),
        ] {
            let text = summary.text(lang);
            for word in words {
                assert!(text.contains(word), "{word} in {text}");
            }
            assert!(text.contains("2.50 %") && !text.contains("simulate.") && !text.contains('{'), "{text}");
            let end = |line: &str, word: &str| cells(line.split_once(word).expect("it is there").0) + cells(word);
            let (head, first) = (text.lines().next().expect("a head"), text.lines().nth(1).expect("an hour"));
            assert_eq!(end(head, words[0]), end(first, " 7"), "{text}");
            if lang != Lang::En {
                assert!(!text.contains("mean") && !text.contains("answer") && !text.contains("left"), "{text}");
            }
        }
    }
}
