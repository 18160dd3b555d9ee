//! The live picture: what happened so far, counted from the facts as they come, and how things stand, from the views.
//! It refuses to compute KPIs: those it shows come from `kpi`.

use super::labels::{Labels, Said, cut, pad, width};
use crate::engine::{AgentView, CampaignView, LeadCounts};
use crate::facts::{Abandon, Envelope, Fact, Verdict};
use crate::kpi::Figure;
use crate::words::*;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Default)]
pub(super) struct Picture {
    pub agents: BTreeMap<AgentId, AgentView>,
    pub campaign: Option<CampaignView>,
    pub counts: Counts,
    /// Calls placed and not ended.
    alive: BTreeMap<CallId, ()>,
    /// Leads that come back, and when.
    due: BTreeMap<LeadId, Wall>,
    pub figures: BTreeMap<&'static str, Figure>,
}

/// So far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub dialed: u64,
    pub rang: u64,
    pub answered: u64,
    pub people: u64,
    pub machines: u64,
    pub served: u64,
    /// By the law's clock; those who hung up before it are `gone_early`.
    pub abandoned: u64,
    pub gone_early: u64,
    pub busy: u64,
    pub no_answer: u64,
    pub invalid: u64,
    pub failed: u64,
    pub orders: u64,
    pub opted_out: u64,
}

impl Picture {
    pub fn observe(&mut self, envelope: &Envelope) {
        let counts = &mut self.counts;
        match &envelope.fact {
            Fact::CallPlaced { call, lead, .. } => {
                self.alive.insert(*call, ());
                self.due.remove(lead);
            }
            Fact::InviteSent { .. } => counts.dialed += 1,
            Fact::CallRinging { .. } => counts.rang += 1,
            Fact::CallAnswered { .. } => counts.answered += 1,
            Fact::CallClassified { verdict, .. } => match verdict {
                Verdict::Human | Verdict::Unknown => counts.people += 1,
                Verdict::Machine(_) => counts.machines += 1,
            },
            Fact::CallBridged { .. } | Fact::FlowSpoke { .. } => counts.served += 1,
            Fact::CallAbandoned { abandon, .. } => match abandon {
                Abandon::NoAgent | Abandon::Late | Abandon::Crash => counts.abandoned += 1,
                Abandon::CustomerEarly => counts.gone_early += 1,
            },
            Fact::OrderTaken { .. } => counts.orders += 1,
            Fact::OptedOut { .. } => counts.opted_out += 1,
            Fact::CallWithdrawn { call, .. } => {
                self.alive.remove(call);
            }
            Fact::CallEnded { call, cause, .. } => {
                self.alive.remove(call);
                counts.ended(cause);
            }
            Fact::RetryPlanned { lead, not_before, .. } => {
                self.due.insert(*lead, *not_before);
            }
            Fact::CallbackPlanned { lead, at, .. } => {
                self.due.insert(*lead, *at);
            }
            Fact::LeadHeld { lead, until: Some(until), .. } => {
                self.due.insert(*lead, *until);
            }
            Fact::LeadClosed { lead, .. } => {
                self.due.remove(lead);
            }
            _ => {}
        }
    }

    pub fn alive(&self) -> usize {
        self.alive.len()
    }

    /// Nothing is left to dial, or not before `end`, and nobody is on a line.
    pub fn list_is_through(&self, end: Wall) -> bool {
        let Some(campaign) = &self.campaign else { return false };
        if campaign.state == CampaignState::Finished {
            return true;
        }
        let LeadCounts { pending, in_flight, .. } = campaign.leads;
        let begun = self.counts.dialed > 0;
        let due_before = self.due.values().any(|at| *at <= end);
        begun && pending == 0 && in_flight == 0 && self.alive.is_empty() && !due_before
    }

    fn in_state(&self, state: AgentState) -> usize {
        self.agents.values().filter(|agent| agent.state == Some(state)).count()
    }

    fn figure(&self, id: &str) -> String {
        let kpi = crate::kpi::find(id);
        let figure = self.figures.get(id);
        let currency = figure.and_then(|figure| figure.currency.as_deref());
        kpi.map_or_else(String::new, |kpi| kpi.show(figure.and_then(|figure| figure.value), currency))
    }
}

impl Counts {
    fn ended(&mut self, cause: &Cause) {
        match cause {
            Cause::Busy => self.busy += 1,
            Cause::NoAnswer | Cause::Rejected => self.no_answer += 1,
            Cause::Invalid(_) => self.invalid += 1,
            Cause::Failed(_) | Cause::Interrupted => self.failed += 1,
            Cause::CancelledSurplus
            | Cause::CancelledStopped
            | Cause::Machine(_)
            | Cause::AbandonedNoAgent
            | Cause::AbandonedCustomerEarly
            | Cause::Handled => {}
        }
    }
}

// ── drawing ──

const READY: Said = ["ready", "空闲", "空閒"];
const TALK: Said = ["talking", "通话", "通話"];
const WRAP: Said = ["wrap-up", "整理", "整理"];
const PAUSE: Said = ["break", "小休", "小休"];
const NO_PHONE: Said = ["no phone", "话机离线", "話機離線"];

/// The clock beside the picture.
pub(super) struct Clock {
    pub gone: Duration,
    pub length: Duration,
}

/// Lines for a terminal of `columns`.
pub(super) fn draw(picture: &Picture, clock: &Clock, title: &str, labels: Labels, columns: usize) -> Vec<String> {
    let c = &picture.counts;
    let lines = picture.campaign.as_ref().map_or(0, |campaign| campaign.lines);
    let talking = picture.campaign.as_ref().map_or(0, |campaign| campaign.talking);
    let head = format!("{title}   {} / {}", mmss(clock.gone), mmss(clock.length));
    let row = |label: Said, text: String| format!("{} {text}", pad(&labels.say(label), 16));
    let item = |said: Said, n: u64| format!("{} {n}", labels.say(said));
    let joined = |items: Vec<String>| items.join("   ");
    let funnel = [
        item(["dialed", "拨出", "撥出"], c.dialed),
        item(["rang", "振铃", "振鈴"], c.rang),
        item(["answered", "接通", "接通"], c.answered),
        item(["people", "真人", "真人"], c.people),
        item(["served", "已服务", "已服務"], c.served),
        item(["orders", "订单", "訂單"], c.orders),
    ];
    let endings = [
        item(["machines", "留言机", "留言機"], c.machines),
        item(["busy", "忙", "忙"], c.busy),
        item(["no answer", "未接", "未接"], c.no_answer),
        item(["bad numbers", "空号", "空號"], c.invalid),
        item(["failed", "失败", "失敗"], c.failed),
        item(["hung up first", "客户先挂", "客戶先掛"], c.gone_early),
        item(["never again", "拒呼", "拒呼"], c.opted_out),
    ];
    let state = |said: Said, state| item(said, picture.in_state(state) as u64);
    let agents = [
        state(TALK, AgentState::Talk),
        state(READY, AgentState::Ready),
        state(WRAP, AgentState::Wrap),
        state(PAUSE, AgentState::Pause),
        state(NO_PHONE, AgentState::NoDevice),
    ];
    let rates = [
        item(["abandoned", "呼损", "呼損"], c.abandoned),
        picture.figure("abandon_rate@us_tsr"),
        format!("{} {}", labels.say(["occupancy", "占用率", "占用率"]), picture.figure("occupancy")),
    ];
    let leads = picture.campaign.as_ref().map_or_else(LeadCounts::default, |campaign| campaign.leads);
    let list = [
        // Leased ones are in flight to the store; whoever watches sees them as waiting.
        item(["to call", "待拨", "待撥"], leads.pending + leads.in_flight.saturating_sub(picture.alive() as u64)),
        item(["again later", "待重拨", "待重撥"], leads.scheduled),
        item(["done", "已完成", "已完成"], leads.closed),
    ];
    let now = [
        item(["lines in use", "占用线路", "佔用線路"], lines.into()),
        item(["in conversation", "通话中", "通話中"], talking.into()),
    ];
    let why = picture.campaign.as_ref().map_or_else(String::new, |campaign| campaign.reason.text(labels.lang()));
    let drawn = vec![
        head,
        row(["Agents", "座席", "座席"], joined(agents.to_vec())),
        row(["Calls", "呼叫", "呼叫"], funnel.join(" › ")),
        row(["Others", "其他", "其他"], joined(endings.to_vec())),
        row(["Now", "当前", "目前"], joined(now.to_vec())),
        row(["Law and work", "合规与效率", "合規與效率"], joined(rates.to_vec())),
        row(["List", "名单", "名單"], joined(list.to_vec())),
        row(["Why", "原因", "原因"], why),
    ];
    drawn.into_iter().map(|line| if width(&line) > columns { cut(&line, columns) } else { line }).collect()
}

/// One line, for pipes and logs.
pub(super) fn line(picture: &Picture, clock: &Clock, labels: Labels) -> String {
    let c = &picture.counts;
    let item = |said: Said, n: u64| format!("{} {n}", labels.say(said));
    let logged_in = picture.agents.values().filter(|agent| agent.session.is_some()).count();
    let items = [
        format!("{} {}/{logged_in}", labels.say(TALK), picture.in_state(AgentState::Talk)),
        item(["dialed", "拨出", "撥出"], c.dialed),
        item(["answered", "接通", "接通"], c.answered),
        item(["people", "真人", "真人"], c.people),
        item(["served", "已服务", "已服務"], c.served),
        item(["abandoned", "呼损", "呼損"], c.abandoned),
        item(["orders", "订单", "訂單"], c.orders),
    ];
    format!("{}  {}", mmss(clock.gone), items.join("  "))
}

fn mmss(time: Duration) -> String {
    format!("{:02}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_drawn_from_nothing_and_cut_to_the_terminal() {
        let clock = Clock { gone: Duration::from_secs(65), length: Duration::from_secs(120) };
        let lines = draw(&Picture::default(), &clock, "telesales", Labels { lang: None }, 80);
        assert!(lines[0].contains("01:05 / 02:00"));
        assert!(lines.iter().all(|line| width(line) <= 80), "{lines:#?}");
        assert!(line(&Picture::default(), &clock, Labels { lang: Some(Lang::En) }).contains("dialed 0"));
    }
}
