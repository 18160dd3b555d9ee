//! One budget per seller: campaigns that call for the same seller under the same law share what may be abandoned. Each
//! holds its own ledger, seeded from the store at the start like ever; the joint one is their sum, window by window, so
//! that it survives whatever they survive. It refuses to judge who was abandoned.

use super::Engine;
use super::state::Campaign;
use super::tape::{Entry, Joint};
use crate::campaign::settings::{HandledBy, Seller};
use crate::pacing::{Decision, Mode, Tally, Window};
use crate::words::*;

/// What others have in flight is told in steps of so much, so that the tape holds it in a few bytes.
const STEP: f64 = 1.0 / 256.0;

impl Engine {
    /// Before each decision: what the seller's other campaigns have abandoned, and may yet.
    pub(super) fn tell_joint(&mut self, id: CampaignId) {
        let joint = self.joint(id);
        let (now, wall) = (self.now, self.wall());
        let Some(campaign) = self.campaigns.get_mut(&id) else { return };
        if campaign.joint != joint {
            campaign.pacer.set_joint(joint.windows.iter().copied(), joint.others);
            campaign.tape.write(now, wall, &Entry::Joint(joint.clone()));
            campaign.joint = joint;
        }
    }

    /// Empty where the seller has no other campaign, and its agents no other work.
    fn joint(&mut self, id: CampaignId) -> Joint {
        let (now, lends) = (self.now, self.shares_agents(id));
        let mut joint = self.sellers_windows(id);
        let campaign = self.campaigns.get_mut(&id).expect("asked by one of its own");
        campaign.lends = lends;
        if lends {
            campaign.lent.advance(now);
            let (window, mut tally) = campaign.lent.window(0).expect("it has one");
            // What others have in flight is no matter of this window.
            tally.humans -= joint.others.humans;
            tally.abandoned -= joint.others.abandoned;
            joint.windows.push((Window { cap: campaign.pacer.settings().cap, ..window }, tally));
        }
        joint
    }

    fn sellers_windows(&mut self, id: CampaignId) -> Joint {
        let partners = self.partners(id);
        if partners.is_empty() {
            return Joint::default();
        }
        let now = self.now;
        let own = self.campaigns.get_mut(&id).expect("asked by one of its own");
        own.pacer.advance_ledger(now);
        let mut joint = Joint { windows: own.pacer.ledger().windows().collect(), others: Tally::default() };
        for partner in partners {
            let partner = self.campaigns.get_mut(&partner).expect("just listed");
            partner.pacer.advance_ledger(now);
            for ((window, sum), (theirs, tally)) in joint.windows.iter_mut().zip(partner.pacer.ledger().windows()) {
                // Who chose a stricter cap holds it alone.
                window.cap = window.cap.max(theirs.cap);
                sum.humans += tally.humans;
                sum.abandoned += tally.abandoned;
                sum.variance += tally.variance;
            }
            let in_flight = in_flight(partner);
            joint.others.humans += in_flight.humans;
            joint.others.abandoned += in_flight.abandoned;
        }
        let rounded = |number: f64| (number / STEP).round() * STEP;
        joint.others.humans = rounded(joint.others.humans);
        joint.others.abandoned = rounded(joint.others.abandoned);
        joint
    }

    /// It may dial for its own agents alone, and too many of its customers met others.
    fn spills_over(&self, campaign: &Campaign, decision: &Decision) -> Option<Reason> {
        let binds = matches!(decision.reason.code.as_str(), "pacing.budget_binds" | "pacing.cap_reached");
        let (_, tally) = campaign.lent.window(0).filter(|_| binds)?;
        let reason = Reason::new("why.share_overdrawn").with("spilled", tally.abandoned.round());
        Some(reason.with("answers", tally.humans.round()).with("weight", campaign.spec.settings.agents.weight))
    }

    /// What is shown of the ledger is the law's window where none of the law's binds.
    pub(super) fn shown_by_law(&self, id: CampaignId, decision: &mut Decision) {
        let Some(campaign) = self.campaigns.get(&id) else { return };
        if lent_binds(campaign, decision) {
            let (window, tally) = campaign.pacer.ledger().window(0).expect("the law's is there");
            let estimates = &mut decision.estimates;
            (estimates.humans, estimates.abandoned) = (tally.humans.round() as u64, tally.abandoned.round() as u64);
            estimates.cap = window.cap;
        }
    }

    /// The seller's other campaigns.
    fn partners(&self, id: CampaignId) -> Vec<CampaignId> {
        let Some(own) = self.campaigns.get(&id) else { return Vec::new() };
        let others = self.campaigns.iter().filter(|(other, _)| **other != id);
        others.filter(|(_, other)| one_budget(own, other)).map(|(other, _)| *other).collect()
    }

    /// The sentence of a window that the seller's campaigns share names the seller.
    pub(super) fn seller_binds(&self, id: CampaignId, decision: &Decision) -> Option<Reason> {
        let campaign = self.campaigns.get(&id)?;
        if lent_binds(campaign, decision) {
            return self.spills_over(campaign, decision);
        }
        let code = match decision.reason.code.as_str() {
            "pacing.budget_binds" => "why.seller_budget",
            "pacing.cap_reached" => "why.seller_cap_reached",
            "pacing.cap_stopped" => "why.seller_cap_stopped",
            _ => return None,
        };
        let names: Vec<&str> =
            self.partners(id).iter().filter_map(|id| Some(self.campaigns.get(id)?.spec.name.as_str())).collect();
        let reason = Reason { code: code.to_owned(), args: decision.reason.args.clone() };
        let seller = campaign.spec.settings.seller.name.get(Lang::En).to_owned();
        let joint = decision.window.0 >= campaign.pacer.settings().windows().count();
        joint.then(|| reason.with("seller", seller).with("campaigns", names.join(", ")))
    }
}

/// The window that binds is that of what spills over: the last one.
fn lent_binds(campaign: &Campaign, decision: &Decision) -> bool {
    let windows = campaign.pacer.settings().windows().count() + campaign.joint.windows.len();
    campaign.lends && decision.window.0 + 1 == windows
}

/// The same seller, judged by the same law.
fn one_budget(a: &Campaign, b: &Campaign) -> bool {
    a.profile.id == b.profile.id && same_seller(&a.spec.settings.seller, &b.spec.settings.seller)
}

/// The name or the number that whoever finds nobody on the line is told.
fn same_seller(a: &Seller, b: &Seller) -> bool {
    let names = |seller: &Seller| {
        let name = &seller.name;
        [&name.en, &name.zh_hans, &name.zh_hant].map(|name| name.as_ref().map(|name| name.trim().to_lowercase()))
    };
    let known = names(b);
    a.callback_number == b.callback_number
        || names(a).iter().flatten().any(|name| known.iter().flatten().any(|k| k == name))
}

/// What may still be abandoned of a partner's lines. Where a flow serves, nobody is: no agent is expected. And a
/// campaign that does not decide any more knows only what was up when it last did.
fn in_flight(partner: &Campaign) -> Tally {
    let by_agents = partner.pacer.mode() != Mode::Agentless && partner.spec.settings.flow.handled_by != HandledBy::Flow;
    if by_agents && partner.state == CampaignState::Running { partner.pacer.in_flight() } else { Tally::default() }
}
