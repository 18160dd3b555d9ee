//! A person answers, an agent talks, the call is handled: every fact of it in order.

use crate::kit::*;

/// A person answers, an agent is bridged and sells.
#[test]
fn an_answered_call_is_handled_by_an_agent() {
    let mut day = quiet(HUMAN);
    day.agents.choices = [("yes", 1.0), ("no", 0.0), ("later", 0.0), ("buy", 1.0)].map(|(k, w)| (k.into(), w)).into();
    insta::assert_snapshot!(story(&day, campaign(&[])));
}
