//! A start after a crash.

use super::*;

pub async fn a_younger_process_fences_the_older(store: &Store) {
    let id = campaign(store, "c").await;
    import(store, id, &[row(1)]).await;
    let mut old = Scribe::new(store, 3).await;
    let held = old.lease(id, 1).await.leads;
    assert_eq!(held.len(), 1);
    let young = store.take_node(3, minutes(1)).await.expect("the node is taken over");
    assert_eq!(young.epoch, old.owner.epoch + 1);
    let late = [Write::Fact(old.envelope(Fact::CampaignFinished { campaign: id }))];
    let fenced = StoreError::Fenced { node: 3, ours: old.owner.epoch, current: young.epoch };
    assert_eq!(store.append_as(old.owner, &late).await, Err(fenced.clone()));
    assert_eq!(store.lease(id, 1, NOON, &policy(), old.owner).await, Err(fenced));
    let counts = store.lead_counts(id).await.expect("counts");
    assert_eq!((counts.pending, counts.in_flight), (1, 0), "what it held and had not placed is back");
    let lease = store.lease(id, 1, NOON, &policy(), young).await.expect("a lease");
    assert_eq!(lease.leads[0].attempts_today, 0);
}

pub async fn what_was_open_is_found(store: &Store) {
    let id = campaign(store, "c").await;
    import(store, id, &(0..4).map(row).collect::<Vec<_>>()).await;
    let mut old = Scribe::new(store, 0).await;
    let (agent, session) = (AgentId(9), SessionId(77));
    old.write([
        Fact::CampaignStarted { campaign: id, by: "test".to_owned() },
        Fact::AgentLoggedIn { agent, session, campaigns: vec![id] },
    ])
    .await;
    let (open, _) = old.place(id).await;
    old.write([Fact::CallAnswered { call: open }]).await;
    let (wrapping, lead) = old.place(id).await;
    let promise = |at| Fact::CallbackPromised { call: wrapping, at };
    let (waited_ms, within) = (0, true);
    let bridge = Fact::CallBridged { call: wrapping, agent, waited_ms, within };
    old.write([Fact::CallAnswered { call: wrapping }, bridge, promise(minutes(60)), promise(minutes(90))]).await;
    old.write([ended(wrapping, Cause::Handled)]).await;
    let (done, done_lead) = old.place(id).await;
    old.write([ended(done, Cause::Busy), Fact::LeadClosed { campaign: id, lead: done_lead, reason: LeadEnd::Worked }])
        .await;
    let state = AgentState::Wrap;
    old.write([Fact::AgentStateChanged { agent, session, state, reason: None, call: None, campaign: None }]).await;
    let last = Moment(old.now.0 - NOON.0);
    old.lease(id, 1).await;

    let owner = store.take_node(0, minutes(1)).await.expect("a new start");
    let standing = store.recover(owner, &BTreeMap::new()).await.expect("recovery");
    assert_eq!(standing.last_seq, old.seq);
    assert_eq!(standing.running, [id]);
    assert_eq!(standing.halted, []);
    assert_eq!(
        standing
            .open_calls
            .iter()
            .map(|call| (call.call, call.invite_sent, call.answered.is_some(), call.human))
            .collect::<Vec<_>>(),
        [(open, false, true, true)]
    );
    assert_eq!(
        standing.unplanned.iter().map(|one| (one.call, one.lead, one.attempt)).collect::<Vec<_>>(),
        [(wrapping, lead, 1)]
    );
    assert_eq!(standing.unplanned[0].cause, Some(Cause::Handled));
    assert_eq!((standing.unplanned[0].callback, standing.unplanned[0].agent), (Some(minutes(90)), Some(agent)));
    assert_eq!((standing.open_calls[0].callback, standing.open_calls[0].agent), (None, None));
    assert_eq!(standing.open_sessions, [OpenSession { agent, session, last }]);

    let mut young = Scribe::new(store, 0).await;
    young
        .write([
            ended(open, Cause::Interrupted),
            Fact::RetryPlanned { campaign: id, lead, after: wrapping, not_before: minutes(60) },
            Fact::AgentLoggedOut { agent, session, effective: last, reason: "restart".to_owned() },
        ])
        .await;
    let standing = store.recover(young.owner, &BTreeMap::new()).await.expect("recovery");
    assert_eq!((standing.open_calls.len(), standing.open_sessions.len()), (0, 0));
    assert_eq!(standing.unplanned.iter().map(|one| one.call).collect::<Vec<_>>(), [open], "ended, and not planned yet");
}

pub async fn the_ledger_counts_people(store: &Store) {
    let id = campaign(store, "c").await;
    import(store, id, &(0..6).map(row).collect::<Vec<_>>()).await;
    let mut scribe = Scribe::new(store, 0).await;
    let endings = [
        (Some(Abandon::NoAgent), Cause::AbandonedNoAgent),
        (Some(Abandon::Late), Cause::Handled),
        (Some(Abandon::CustomerEarly), Cause::AbandonedCustomerEarly),
        (Some(Abandon::Crash), Cause::Interrupted),
        (None, Cause::Handled),
        (None, Cause::Machine(MachineKind::Voicemail)),
    ];
    for (abandon, cause) in endings {
        let (call, lead) = scribe.place(id).await;
        scribe.write([Fact::CallAnswered { call }]).await;
        if let Some(abandon) = abandon {
            scribe.write([Fact::CallAbandoned { call, abandon, waited_ms: 2_000, pack: "us@1".to_owned() }]).await;
        }
        let close = Fact::LeadClosed { campaign: id, lead, reason: LeadEnd::Worked };
        scribe.write([ended(call, cause), close]).await;
    }
    let since = |wall| BTreeMap::from([(id, wall)]);
    let standing = store.recover(scribe.owner, &since(NOON)).await.expect("recovery");
    let ledger: Vec<bool> = standing.ledgers[&id].iter().map(|entry| entry.abandoned).collect();
    assert_eq!(ledger, [true, true, false, true, false], "the machine is nobody");
    let standing = store.recover(scribe.owner, &since(minutes(60))).await.expect("recovery");
    assert_eq!(standing.ledgers[&id], []);
}

/// A restart starts nothing that somebody had stopped: it knows what, and who that was.
pub async fn what_was_stopped_stays_stopped(store: &Store) {
    let mut ids = Vec::new();
    for name in ["idle", "running", "paused", "draining", "finished", "again"] {
        ids.push(campaign(store, name).await);
    }
    let mut scribe = Scribe::new(store, 0).await;
    let (anna, bert) = (|| "user:anna".to_owned(), || "user:bert".to_owned());
    let reason = Reason::new("campaign.paused").with("by", "anna");
    for &campaign in &ids[1..] {
        scribe.write([Fact::CampaignStarted { campaign, by: anna() }]).await;
    }
    scribe.write([Fact::CampaignPaused { campaign: ids[2], by: bert(), reason: reason.clone() }]).await;
    scribe.write([Fact::CampaignPaused { campaign: ids[3], by: anna(), reason: reason.clone() }]).await;
    scribe.write([Fact::CampaignDrained { campaign: ids[3], by: bert() }]).await;
    scribe.write([Fact::CampaignFinished { campaign: ids[4] }]).await;
    scribe.write([Fact::CampaignPaused { campaign: ids[5], by: anna(), reason }]).await;
    scribe.write([Fact::CampaignStarted { campaign: ids[5], by: anna() }]).await;
    let standing = store.recover(scribe.owner, &BTreeMap::new()).await.expect("recovery");
    assert_eq!(standing.running, [ids[1], ids[5]]);
    let halted: Vec<_> = standing.halted.iter().map(|one| (one.campaign, one.state, one.by.as_str())).collect();
    let told = [
        (ids[2], CampaignState::Paused, "user:bert"),
        (ids[3], CampaignState::Draining, "user:bert"),
        (ids[4], CampaignState::Finished, "restart"),
    ];
    assert_eq!(halted, told);
}
