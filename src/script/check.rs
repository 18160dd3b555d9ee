//! What can be known of a flow before it calls anybody: syntax, sounds, outcomes, columns, ends, endless loops.
//! It refuses to guess: an error is certain, a warning is worth a look.

use super::coverage::{Coverage, share};
use super::host::{FlowSettings, Host, Limits};
use super::request::*;
use super::source::{self, Kind, Token};
use super::template;
use super::walk::{self, Met, MetKind};
use crate::words::{Lang, Reason};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a campaign folder gives to the check.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    pub sources: BTreeMap<String, String>,
    pub settings: FlowSettings,
    /// Files of `prompts/` without `.wav`: `welcome`, `welcome.zh-Hans`.
    pub prompts: BTreeSet<String>,
    /// The first row of the leads, names in lower case: the dry walk calls this person. Empty: columns are not checked.
    pub lead: Values,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Error,
    Warning,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    pub severity: Severity,
    /// `flow.lua:12`.
    pub at: String,
    pub reason: Reason,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    pub findings: Vec<Finding>,
    pub coverage: Coverage,
}

impl Report {
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|f| f.severity == Severity::Error)
    }

    /// A line for each finding.
    pub fn lines(&self, lang: Lang) -> impl Iterator<Item = String> {
        self.findings.iter().map(move |finding| {
            let code = match finding.severity {
                Severity::Error => "script.check_error",
                Severity::Warning => "script.check_warning",
            };
            format!("{}: {}: {}", finding.at, Reason::new(code).text(lang), finding.reason.text(lang))
        })
    }

    /// For the terminal.
    pub fn text(&self, lang: Lang) -> String {
        let out: String = self.lines(lang).map(|line| line + "\n").collect();
        let (steps, _) = share(&self.coverage.steps);
        let (objections, all) = share(&self.coverage.objections);
        let summary = Reason::new("script.check_summary")
            .with("steps", steps)
            .with("objections", format!("{objections}/{all}"))
            .with("outcomes", self.coverage.outcomes.len());
        out + &summary.text(lang) + "\n"
    }
}

/// Checks a flow: reads its sources, loads it and walks through it.
pub fn check(inputs: &Inputs) -> Report {
    let mut report = Report::default();
    literals(inputs, &mut report);
    match Host::load(&inputs.sources, inputs.settings.clone(), Limits::default(), 1) {
        Err(error) => {
            report.findings.push(finding(Severity::Error, &error.at, failed(&error.message, "")));
        }
        Ok(mut host) => dry(inputs, &mut host, &mut report),
    }
    report.findings.sort_by_cached_key(|f| (place(&f.at), f.clone()));
    report.findings.dedup();
    report
}

/// The person a dry walk and tests call, unless told otherwise.
pub fn sample_call(lead: &Values, settings: &FlowSettings) -> CallInfo {
    CallInfo {
        id: "1".to_owned(),
        campaign: "test".to_owned(),
        attempt: 1,
        lead: lead.clone(),
        agent: (!settings.speaks).then(|| "Alex".to_owned()),
        lang: settings.lang,
        local_time: "10:00".to_owned(),
        local_date: "2030-01-02".to_owned(),
    }
}

/// `flow.lua:12` as file and number, so that line 7 comes before line 12.
fn place(at: &str) -> (String, u32) {
    let (file, line) = at.rsplit_once(':').unwrap_or((at, ""));
    (file.to_owned(), line.parse().unwrap_or(0))
}

fn finding(severity: Severity, at: &str, reason: Reason) -> Finding {
    Finding { severity, at: at.to_owned(), reason }
}

fn failed(message: &str, path: &str) -> Reason {
    if path.is_empty() {
        Reason::new("script.failed").with("message", message)
    } else {
        Reason::new("script.failed_after").with("message", message).with("path", path)
    }
}

// ── what the text says ──

fn literals(inputs: &Inputs, report: &mut Report) {
    for (path, text) in &inputs.sources {
        if path.starts_with("scripts/") || path.ends_with("_test.lua") {
            continue;
        }
        let tokens = source::tokens(text);
        for (i, token) in tokens.iter().enumerate() {
            let at = format!("{path}:{}", token.line);
            if matches!(token.kind, Kind::Text | Kind::Piece) {
                columns(inputs, &at, token.text, report);
            }
            if let Some(outcome) = argument_of(&tokens, i, "finish") {
                known_outcome(inputs, &at, outcome, report);
            }
            let prompt = argument_of(&tokens, i, "say").or_else(|| value_of(&tokens, i, "prompt"));
            if let Some(name) = prompt.or_else(|| value_of(&tokens, i, "again")) {
                known_prompt(inputs, &at, name, inputs.settings.lang, report);
            }
        }
    }
}

/// At token `i` stands `verb "text"` or `verb("text"`: the text.
fn argument_of<'a>(tokens: &[Token<'a>], i: usize, verb: &str) -> Option<&'a str> {
    if !source::is_word(&tokens[i], verb) {
        return None;
    }
    let next = tokens.get(i + 1)?;
    let at = if source::is_symbol(next, "(") { i + 2 } else { i + 1 };
    whole_text(tokens, at)
}

/// At token `i` stands `key = "text"`: the text.
fn value_of<'a>(tokens: &[Token<'a>], i: usize, key: &str) -> Option<&'a str> {
    let assigned = source::is_word(&tokens[i], key) && source::is_symbol(tokens.get(i + 1)?, "=");
    if assigned { whole_text(tokens, i + 2) } else { None }
}

/// A text that is not the begin of `"text" .. more`.
fn whole_text<'a>(tokens: &[Token<'a>], i: usize) -> Option<&'a str> {
    let text = tokens.get(i)?;
    let joined = tokens.get(i + 1).is_some_and(|t| source::is_symbol(t, "."));
    (text.kind == Kind::Text && !joined).then_some(text.text)
}

fn columns(inputs: &Inputs, at: &str, text: &str, report: &mut Report) {
    if inputs.lead.is_empty() {
        return;
    }
    for column in template::columns(text).filter(|c| !inputs.lead.contains_key(*c)) {
        let known = inputs.lead.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let reason = Reason::new("script.column_missing").with("column", column).with("known", known);
        report.findings.push(finding(Severity::Warning, at, reason));
    }
}

fn known_outcome(inputs: &Inputs, at: &str, outcome: &str, report: &mut Report) {
    if !inputs.settings.outcomes.contains(outcome) {
        let known = inputs.settings.outcomes.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let reason = Reason::new("script.outcome_undeclared").with("outcome", outcome).with("known", known);
        report.findings.push(finding(Severity::Error, at, reason));
    }
}

fn known_prompt(inputs: &Inputs, at: &str, name: &str, lang: Lang, report: &mut Report) {
    let own = format!("{name}.{}", lang.tag());
    if !inputs.prompts.contains(name) && !inputs.prompts.contains(&own) {
        let reason = Reason::new("script.prompt_missing").with("prompt", name).with("file", own);
        report.findings.push(finding(Severity::Error, at, reason));
    }
}

// ── what a walk meets ──

fn dry(inputs: &Inputs, host: &mut Host, report: &mut Report) {
    let info = sample_call(&inputs.lead, &inputs.settings);
    let walked = walk::walk(host, &info);
    let finished = walked.coverage.outcomes.values().any(|times| *times > 0);
    let ends = finished || walked.met.iter().any(|met| matches!(met.kind, MetKind::NoFinish { .. }));
    for met in &walked.met {
        judge(inputs, met, ends, report);
    }
    if walked.cut {
        report.findings.push(finding(Severity::Warning, "flow.lua:1", Reason::new("script.walk_cut")));
    }
    once(report);
    // Where a way is broken, what lies behind it is not reached: that would only distract.
    if !report.has_errors() {
        unused(inputs, &walked.coverage, report);
        unreached(inputs, &walked.coverage, report);
    }
    report.coverage = walked.coverage;
}

fn judge(inputs: &Inputs, met: &Met, ends: bool, report: &mut Report) {
    let speaks = inputs.settings.speaks;
    let certain = |gone: bool| if gone && !speaks { Severity::Warning } else { Severity::Error };
    let (severity, reason) = match &met.kind {
        MetKind::Failed { message, gone } => (certain(*gone), failed(message, &met.path)),
        MetKind::NoFinish { .. } => (Severity::Warning, Reason::new("script.no_finish").with("path", &met.path)),
        MetKind::Endless { customer } => {
            let reason = Reason::new(customer);
            // With an agent a person can break the circle, unless no way leads out of it.
            (if speaks || !ends { Severity::Error } else { Severity::Warning }, reason)
        }
        MetKind::Plays(prompt) => {
            let lang = prompt.lang.unwrap_or(inputs.settings.lang);
            return known_prompt(inputs, &met.at, &prompt.name, lang, report);
        }
        MetKind::Shows(step) if speaks => {
            (Severity::Error, Reason::new("script.step_without_agent").with("step", step))
        }
        MetKind::Shows(_) => return,
    };
    report.findings.push(finding(severity, &met.at, reason));
}

/// An outcome that is not declared is met twice, in the text and on the way: the text says it better.
fn once(report: &mut Report) {
    let told: BTreeSet<String> =
        report.findings.iter().filter(|f| f.reason.code == "script.outcome_undeclared").map(|f| f.at.clone()).collect();
    report.findings.retain(|f| !(f.reason.code.starts_with("script.failed") && told.contains(&f.at)));
}

fn unused(inputs: &Inputs, coverage: &Coverage, report: &mut Report) {
    for outcome in inputs.settings.outcomes.iter().filter(|o| !coverage.outcomes.contains_key(*o)) {
        let reason = Reason::new("script.outcome_unused").with("outcome", outcome);
        report.findings.push(finding(Severity::Warning, "campaign.toml:1", reason));
    }
}

/// Steps that stand in the campaign's own files and that no walk reached.
fn unreached(inputs: &Inputs, coverage: &Coverage, report: &mut Report) {
    for (path, text) in &inputs.sources {
        if path.starts_with("scripts/") || path.ends_with("_test.lua") {
            continue;
        }
        let tokens = source::tokens(text);
        for (i, token) in tokens.iter().enumerate() {
            if let Some(step) = argument_of(&tokens, i, "step")
                && !coverage.steps.contains_key(step)
            {
                let reason = Reason::new("script.step_unreached").with("step", step);
                report.findings.push(finding(Severity::Warning, &format!("{path}:{}", token.line), reason));
            }
        }
    }
}
