//! What one attempt adds to the sums: the ladder of the dictionary's section 2, rung by rung.

use super::attempt::Attempt;
use super::base::{Base, Sums};
use super::profile::Answers;
use super::report::{CallTime, Report};
use crate::facts::Verdict;
use crate::words::*;

/// Talk of this length makes a contact effective (default `effective_min_s`).
const EFFECTIVE_TALK_MS: i64 = 30_000;
/// The shortest ringing that the law lets go (16 CFR 310.4(b)(4)(ii)).
const LAWFUL_RING_MS: i64 = 15_000;

/// One dialled attempt, weighed.
pub(super) struct Contact {
    pub sums: Sums,
    pub answers: Answers,
    pub post_dial_delay: Option<i64>,
    pub answer_to_agent: Option<i64>,
    pub is_rpc: bool,
    /// More facts of it will come.
    pub open: bool,
}

impl Report<'_> {
    /// `amd`: was it on when this was dialled?
    pub(super) fn weigh(&self, call: CallId, attempt: &Attempt, amd: bool) -> Contact {
        let time = self.times.get(&call).copied().unwrap_or_default();
        let mut sums = Sums::default();
        reach(&mut sums, attempt);
        sums.count(Base::CallbackDials, self.callback_calls.contains(&call));
        let answers = answer(&mut sums, attempt, amd);
        let answer_to_agent = waited(attempt);
        if let Some(ms) = answer_to_agent {
            sums.add(Base::Waited, ms);
            sums.add(Base::WaitedCount, 1);
        }
        talk(&mut sums, attempt, &time);
        let is_rpc = outcome(&mut sums, attempt);
        sums.count(Base::CallbackRpc, is_rpc && self.callback_calls.contains(&call));
        self.orders_of(&mut sums, call);
        let open = attempt.end.is_none() || time.open;
        Contact { sums, answers, post_dial_delay: post_dial_delay(attempt), answer_to_agent, is_rpc, open }
    }

    fn orders_of(&self, sums: &mut Sums, call: CallId) {
        let orders = self.orders.get(&call).map_or(&[][..], Vec::as_slice);
        sums.count(Base::OrderContacts, !orders.is_empty());
        for order in orders {
            let minor = order.taken.as_ref().map_or(0, |taken| taken.total.minor);
            sums.add(Base::Orders, 1);
            sums.add(Base::Revenue, minor);
            if order.stands() {
                sums.add(Base::OrdersNet, 1);
                sums.add(Base::RevenueNet, minor);
            }
        }
    }
}

fn reach(sums: &mut Sums, attempt: &Attempt) {
    sums.add(Base::Dials, 1);
    let mut valid = true;
    match attempt.cause() {
        Some(Cause::CancelledSurplus | Cause::CancelledStopped) => sums.add(Base::Cancelled, 1),
        Some(Cause::Failed(kind)) => {
            sums.add(Base::Failed, 1);
            valid = *kind != FailKind::OwnError;
        }
        Some(Cause::Invalid(_)) => {
            sums.add(Base::Invalid, 1);
            valid = false;
        }
        Some(Cause::Busy) => sums.add(Base::Busy, 1),
        Some(Cause::NoAnswer) => {
            sums.add(Base::NoAnswer, 1);
            sums.count(Base::NoAnswerRung15, attempt.rang().is_some_and(|ms| ms >= LAWFUL_RING_MS));
        }
        Some(Cause::Rejected) => sums.add(Base::Rejected, 1),
        Some(
            Cause::Interrupted
            | Cause::Machine(_)
            | Cause::AbandonedNoAgent
            | Cause::AbandonedCustomerEarly
            | Cause::Handled,
        )
        | None => {}
    }
    sums.count(Base::Valid, valid);
    if let Some(ms) = attempt.rang() {
        sums.add(Base::Rung, 1);
        sums.add(Base::RingTime, ms);
    }
}

/// `A`, `M` and the people: `H = HD + NA + CE`, with those who are waiting at this moment.
fn answer(sums: &mut Sums, attempt: &Attempt, amd: bool) -> Answers {
    if attempt.answered().is_none() {
        return Answers::default();
    }
    sums.add(Base::Answered, 1);
    if attempt.is_machine() {
        sums.add(Base::Machine, 1);
        return Answers::default();
    }
    let handled = attempt.handled.is_some();
    let (no_agent, early, late) = (attempt.no_agent(), attempt.customer_early(), attempt.late());
    let found_human = match attempt.verdict {
        Some((_, Verdict::Human | Verdict::Unknown)) => true,
        Some((_, Verdict::Machine(_))) => false,
        // Without AMD every answer is a person's; with it, nothing is known yet.
        None => !amd,
    };
    let human = handled || no_agent || early || found_human;
    sums.count(Base::Human, human);
    sums.count(Base::Handled, handled);
    sums.count(Base::HandledLate, late);
    sums.count(Base::NoAgent, no_agent);
    sums.count(Base::CustomerEarly, early);
    sums.count(Base::Abandoned, no_agent || late);
    sums.count(Base::Silent, no_agent && !attempt.message);
    Answers {
        human: i64::from(human),
        abandoned: i64::from(no_agent || late),
        early: i64::from(early),
        early_in_amd: i64::from(early && amd && attempt.verdict.is_none()),
    }
}

fn waited(attempt: &Attempt) -> Option<i64> {
    let (bridged, _) = attempt.handled.as_ref()?;
    let (answered, ()) = attempt.answer.as_ref()?;
    Some(bridged.since(*answered))
}

fn post_dial_delay(attempt: &Attempt) -> Option<i64> {
    let (ring, ()) = attempt.ring.as_ref()?;
    let (sent, _) = attempt.last_invite.as_ref()?;
    Some(ring.since(*sent))
}

fn talk(sums: &mut Sums, attempt: &Attempt, time: &CallTime) {
    if attempt.handled.is_none() {
        return;
    }
    let spoken = attempt.end.as_ref().map_or(0, |(_, end)| i64::from(end.talk_ms));
    // A flow's talk stands only in the call's end; an agent's in the agent's time.
    sums.add(Base::Talk, if attempt.agent().is_some() { time.talk } else { spoken });
    sums.add(Base::Hold, time.hold);
    sums.add(Base::Wrap, time.wrap);
    sums.add(Base::ManualDial, time.manual_dial);
    sums.add(Base::Preview, time.preview);
    sums.add(Base::Dead, time.dead);
    sums.count(Base::HoldContacts, attempt.held || time.hold > 0);
    let by_agent = attempt.end.as_ref().is_some_and(|(_, end)| end.by == Side::Agent);
    sums.count(Base::AgentHungUpFirst, by_agent);
    sums.count(Base::OptOutContacts, attempt.opted_out);
    let by_disposition = attempt.outcome.as_ref().is_some_and(|(_, outcome)| outcome.effective);
    let by_time = spoken >= EFFECTIVE_TALK_MS;
    sums.count(Base::EffectiveByTime, by_time);
    sums.count(Base::EffectiveByDisposition, by_disposition);
    sums.count(Base::Effective, by_time || by_disposition);
}

/// True for a right-party contact.
fn outcome(sums: &mut Sums, attempt: &Attempt) -> bool {
    let Some((_, outcome)) = attempt.outcome.as_ref().filter(|_| attempt.handled.is_some()) else { return false };
    sums.count(Base::Rpc, outcome.right_party);
    sums.count(Base::WrongParty, !outcome.right_party);
    sums.count(Base::Interested, outcome.interested);
    outcome.right_party
}
