//! Calls: facts in, rows out.

use super::*;

fn text(value: &str) -> String {
    value.to_owned()
}

pub async fn the_way_of_one_call(store: &Store) {
    let id = campaign(store, "c").await;
    import(store, id, &[row(1)]).await;
    let mut scribe = Scribe::new(store, 0).await;
    let (agent, session) = (AgentId(9), SessionId(1));
    scribe.write([Fact::AgentLoggedIn { agent, session, campaigns: vec![id] }]).await;
    let (call, lead) = scribe.place(id).await;
    assert_eq!(store.lead(lead).await.expect("a look").expect("there").state, LeadState::InFlight);
    let leg = LegId(1);
    let last = scribe
        .write([
            Fact::InviteSent { call, leg, trunk: TrunkId(2), sip_call_id: text("abc@x"), caller_id: text("+1") },
            Fact::CallRinging { call, early_media: false },
            Fact::CallAnswered { call },
            Fact::GreetingStarted { call },
            Fact::GreetingEnded { call },
            Fact::CallClassified { call, verdict: Verdict::Human, why: text("cadence"), analysed_ms: 800 },
            Fact::AgentReserved { call, agent },
            Fact::CallBridged { call, agent, waited_ms: 120, within: true },
            Fact::StepEntered { call, step: text("opener"), index: 0 },
        ])
        .await;
    assert_eq!(last, scribe.seq);
    assert!(store.call(call).await.expect("a look").expect("there").open());
    scribe
        .write([
            Fact::CallEnded {
                call,
                cause: Cause::Handled,
                sip: Some(200),
                q850: Some(16),
                by: Side::Customer,
                talk_ms: 61_000,
            },
            Fact::OutcomeSet {
                call,
                agent: Some(agent),
                outcome: text("sold"),
                right_party: true,
                effective: true,
                interested: true,
                amended: false,
            },
            Fact::LeadClosed { campaign: id, lead, reason: LeadEnd::Worked },
            Fact::RecordingClosed {
                call,
                recording: RecordingId(3),
                length_ms: 62_000,
                sha256: text("aa"),
                file: text("a.wav"),
            },
        ])
        .await;
    let row = store.call(call).await.expect("a look").expect("there");
    assert_eq!(
        (row.cause.clone(), row.sip, row.talk_ms, row.outcome.as_deref()),
        (Some(Cause::Handled), Some(200), 61_000, Some("sold"))
    );
    assert_eq!(
        (row.verdict, row.agent, row.waited_ms, row.trunk),
        (Some(Verdict::Human), Some(agent), Some(120), Some(TrunkId(2)))
    );
    assert!(row.human() && !row.open());
    assert_eq!(store.timeline(call).await.expect("facts").len(), 13);
    assert_eq!(store.recording_of_call(call).await.expect("a look").expect("there").campaign, Some(id));
    let closed = store.lead(lead).await.expect("a look").expect("there");
    assert_eq!((closed.state, closed.end.as_deref(), closed.attempts), (LeadState::Closed, Some("worked"), 1));
    let open = CallFilter { campaign: Some(id), open: Some(true), ..CallFilter::default() };
    assert_eq!(store.calls(&open, None, 10).await, Ok(vec![]));
    let of_agent = CallFilter { agent: Some(agent), ..CallFilter::default() };
    assert_eq!(store.calls(&of_agent, None, 10).await, Ok(vec![row]));
}

pub async fn a_withdrawn_call_costs_no_attempt(store: &Store) {
    let id = campaign(store, "c").await;
    import(store, id, &[row(1)]).await;
    let mut scribe = Scribe::new(store, 0).await;
    for _ in 0..4 {
        let (call, lead) = scribe.place(id).await;
        scribe.write([Fact::CallWithdrawn { call, why: NotDialed::Withdrawn, rules: vec![] }]).await;
        let lead = store.lead(lead).await.expect("a look").expect("there");
        assert_eq!((lead.state, lead.attempts), (LeadState::Pending, 0), "neither its attempts nor its day are used");
    }
    let (call, lead) = scribe.place(id).await;
    let held = Fact::LeadHeld {
        campaign: id,
        lead,
        why: NotDialed::Window,
        rules: vec![text("us.hours")],
        until: Some(minutes(500)),
    };
    scribe.write([Fact::CallWithdrawn { call, why: NotDialed::Window, rules: vec![] }, held]).await;
    assert_eq!(scribe.lease(id, 1).await.next_due, Some(minutes(500)));
}

pub async fn facts_are_written_once(store: &Store) {
    let id = campaign(store, "c").await;
    import(store, id, &[row(1)]).await;
    let mut scribe = Scribe::new(store, 0).await;
    let lead = scribe.lease(id, 1).await.leads.remove(0);
    let call = scribe.mint.next();
    let batch = [
        Write::Fact(scribe.envelope(placed(call, id, &lead))),
        Write::KeepNote { call, lead: lead.id, note: text("rings long") },
        Write::Fact(scribe.envelope(ended(call, Cause::NoAnswer))),
    ];
    assert_eq!(store.append(&batch).await, Ok(2));
    assert_eq!(store.append(&batch).await, Ok(2), "a batch whose answer was lost may be sent again");
    assert_eq!(store.append(&[]).await, Ok(0));
    assert_eq!(store.timeline(call).await.expect("facts").len(), 2);
    assert_eq!(store.call_notes(call).await, Ok(vec![text("rings long")]));
    assert_eq!(store.lead(lead.id).await.expect("a look").expect("there").attempts, 1);
}

pub async fn an_opt_out_closes_every_lead_of_the_number(store: &Store) {
    let (one, two) = (campaign(store, "one").await, campaign(store, "two").await);
    import(store, one, &[row(1)]).await;
    import(store, two, &[row(1)]).await;
    let mut scribe = Scribe::new(store, 0).await;
    let (call, lead) = scribe.place(one).await;
    // The other campaign holds the same number in its hands.
    let leased = scribe.lease(two, 1).await.leads.remove(0);
    let number_hash = leased.number_hash.clone();
    scribe
        .write([Fact::OptedOut {
            campaign: one,
            lead,
            call: Some(call),
            number_hash: number_hash.clone(),
            by: Side::Customer,
        }])
        .await;
    assert_eq!(store.is_suppressed(&number_hash).await, Ok(true));
    let other = store.lead(leased.id).await.expect("a look").expect("there");
    assert_eq!((other.state, other.end.as_deref()), (LeadState::Closed, Some("opted_out")));
    assert_eq!(store.lead(lead).await.expect("a look").expect("there").state, LeadState::InFlight, "its call goes on");
    let close = Fact::LeadClosed { campaign: one, lead, reason: LeadEnd::OptedOut };
    scribe.write([ended(call, Cause::Handled), close]).await;
    store.release(&[leased.id], scribe.owner).await.expect("too late, and no harm");
    let new = import(store, campaign(store, "three").await, &[row(1)]).await;
    assert!(matches!(new[..], [RowResult::Suppressed(_)]));
}

pub async fn an_order_is_taken_and_advanced(store: &Store) {
    let id = campaign(store, "c").await;
    import(store, id, &[row(1)]).await;
    let mut scribe = Scribe::new(store, 0).await;
    let (call, lead) = scribe.place(id).await;
    let order = OrderId(4);
    let line = |sku: &str, quantity| OrderLine { sku: text(sku), quantity, price: Money::new(1_999, "CNY") };
    let lines = vec![line("tea", 2), line("cup", 1)];
    let total = Money::new(5_997, "CNY");
    scribe
        .write([Fact::OrderTaken {
            order,
            call,
            campaign: id,
            lead,
            agent: None,
            lines: lines.clone(),
            total: total.clone(),
        }])
        .await;
    scribe.write([Fact::OrderAdvanced { order, state: OrderState::Shipped, by: text("test") }]).await;
    let row = store.order(order).await.expect("a look").expect("there");
    assert_eq!((row.lines, row.total, row.state), (lines, total, OrderState::Shipped));
    let shipped = OrderFilter { campaign: Some(id), state: Some(OrderState::Shipped), ..OrderFilter::default() };
    assert_eq!(store.orders(&shipped, None, 10).await.expect("orders").len(), 1);
    let address = BTreeMap::from([(text("address"), text("1 Harbour Rd"))]);
    store.append(&[Write::KeepFields { call, lead, fields: address.clone() }]).await.expect("kept");
    let row = store.order(order).await.expect("a look").expect("there");
    let (taken, changed) = (row.taken_at, row.changed_at);
    let micro = std::time::Duration::from_micros(1);
    let any = || OrderFilter::default();
    let asked = [
        (OrderFilter { from: Some(taken), to: Some(taken + micro), ..any() }, 1),
        (OrderFilter { from: Some(taken + micro), ..any() }, 0),
        (OrderFilter { to: Some(taken), ..any() }, 0),
        (OrderFilter { changed_since: Some(changed), ..any() }, 1),
        (OrderFilter { changed_since: Some(changed + micro), ..any() }, 0),
        (OrderFilter { from: Some(taken), changed_since: Some(changed + micro), campaign: Some(id), ..any() }, 0),
    ];
    for (filter, found) in asked {
        assert_eq!(store.orders(&filter, None, 10).await.expect("orders").len(), found, "{filter:?}");
        assert_eq!(store.order_fields(&filter).await.expect("names").len(), found, "{filter:?}");
    }
    let customer = store.customers(&[row]).await.expect("customers").remove(0);
    assert_eq!((customer.phone.is_some(), customer.fields), (true, address));
    let of_campaign = FactFilter { campaign: Some(id), kind: Some(text("order_advanced")), ..FactFilter::default() };
    assert_eq!(store.facts(&of_campaign, None, 10).await.expect("facts").len(), 1, "found by its campaign, too");
}

pub async fn what_was_said_stays_with_the_person(store: &Store) {
    let id = campaign(store, "c").await;
    import(store, id, &[row(1)]).await;
    let mut scribe = Scribe::new(store, 0).await;
    let (call, lead) = scribe.place(id).await;
    let fields = |value: &str| BTreeMap::from([(text("size"), text(value))]);
    let keep = |value: &str| Write::KeepFields { call, lead, fields: fields(value) };
    store.append(&[keep("M"), keep("L")]).await.expect("kept");
    assert_eq!(store.call_fields(call).await, Ok(fields("L")), "the last word counts");
    store.append(&[keep("S")]).await.expect("kept");
    assert_eq!(store.call_fields(call).await, Ok(fields("S")));
    let note = |note: &str| Write::KeepNote { call, lead, note: text(note) };
    store.append(&[note("first"), note("second"), note("first")]).await.expect("kept");
    assert_eq!(store.call_notes(call).await, Ok(vec![text("first"), text("second")]));
}

pub async fn facts_are_read_in_order(store: &Store) {
    let (one, two) = (Scribe::new(store, 1).await, Scribe::new(store, 2).await);
    let campaign = CampaignId(5);
    let mut written = 0;
    for mut scribe in [one, two] {
        scribe
            .write((0..300).map(|n| Fact::CampaignPaused { campaign, by: n.to_string(), reason: Reason::new("test") }))
            .await;
        scribe.write([Fact::CampaignFinished { campaign: CampaignId(6) }]).await;
        written += 300;
    }
    let filter = FactFilter { campaign: Some(campaign), ..FactFilter::default() };
    let mut seen = Vec::new();
    assert_eq!(store.each_fact(&filter, |envelope| seen.push((envelope.node, envelope.seq))).await, Ok(written));
    assert!(seen.is_sorted() && seen.len() == 600);
    let page = store.facts(&filter, Some(FactCursor { node: 1, seq: 299 }), 2).await.expect("a page");
    assert_eq!(page.iter().map(FactCursor::of).map(|c| c.to_string()).collect::<Vec<_>>(), ["1-300", "2-1"]);
    assert_eq!("2-1".parse(), Ok(FactCursor { node: 2, seq: 1 }));
    "two".parse::<FactCursor>().expect_err("not a cursor");
    let late =
        FactFilter { from: Some(Wall(NOON.0 + 300_000)), to: Some(Wall(NOON.0 + 301_000)), ..FactFilter::default() };
    assert_eq!(store.each_fact(&late, |_| {}).await, Ok(2), "one fact of each node in that millisecond");
}

pub async fn facts_of_a_time_are_found_by_it(store: &Store) {
    let campaign = CampaignId(5);
    let paused = |n: u64| Fact::CampaignPaused { campaign, by: n.to_string(), reason: Reason::new("test") };
    let (mut one, mut two, mut three) =
        (Scribe::new(store, 1).await, Scribe::new(store, 2).await, Scribe::new(store, 3).await);
    for scribe in [&mut one, &mut two] {
        scribe.write((0..300).map(paused)).await;
    }
    three.write([paused(0)]).await;
    let seen = |facts: &[Envelope]| facts.iter().map(|fact| (fact.node, fact.seq)).collect::<Vec<_>>();
    let hour = FactFilter {
        from: Some(Wall(NOON.0 + 100_000)),
        to: Some(Wall(NOON.0 + 200_000)),
        kind: Some("campaign_paused".to_owned()),
        ..FactFilter::default()
    };
    let wanted: Vec<(u16, u64)> = [1, 2].into_iter().flat_map(|node| (100..200).map(move |seq| (node, seq))).collect();
    let all = store.facts_since(&hour, &FactCursors::default(), 1_000).await.expect("facts");
    assert_eq!(seen(&all), wanted);
    // Page by page the same; from the second page on the client's own place counts.
    let (mut cursors, mut pages) = (FactCursors::default(), Vec::new());
    loop {
        let page = store.facts_since(&hour, &cursors, 70).await.expect("a page");
        if page.is_empty() {
            break;
        }
        page.iter().for_each(|fact| cursors.pass(fact));
        pages.extend(seen(&page));
    }
    assert_eq!(pages, wanted);
    // Without an end in time, what comes later comes after the cursor.
    let open = FactFilter { from: Some(Wall(NOON.0 + 300_000)), campaign: Some(campaign), ..FactFilter::default() };
    let first = store.facts_since(&open, &FactCursors::default(), 10).await.expect("facts");
    assert_eq!(seen(&first), [(1, 300), (2, 300)]);
    first.iter().for_each(|fact| cursors.pass(fact));
    one.write([paused(301)]).await;
    assert_eq!(seen(&store.facts_since(&open, &cursors, 10).await.expect("facts")), [(1, 301)]);
    let mut count = 0;
    assert_eq!(store.each_fact(&hour, |_| count += 1).await, Ok(200));
    assert_eq!(count, 200);
}

pub async fn an_agent_finds_the_own_calls_of_the_day(store: &Store) {
    let id = campaign(store, "c").await;
    import(store, id, &(0..6).map(row).collect::<Vec<_>>()).await;
    let mut scribe = Scribe::new(store, 0).await;
    let (agent, other) = (AgentId(9), AgentId(10));
    let mut calls = Vec::new();
    for n in 0..6 {
        if n == 3 {
            scribe.now = minutes(60);
        }
        let (call, _) = scribe.place(id).await;
        let agent = if n == 4 { other } else { agent };
        scribe
            .write([Fact::CallBridged { call, agent, waited_ms: 1, within: true }, ended(call, Cause::Handled)])
            .await;
        calls.push(call);
    }
    let own = async |from, limit| {
        let rows = store.own_calls(agent, from, limit).await.expect("a look");
        rows.iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(own(minutes(60), 12).await, [calls[5], calls[3]], "the newest first, nobody else's, none of before");
    assert_eq!(own(NOON, 3).await, [calls[5], calls[3], calls[2]]);
}

pub async fn a_strangers_nul_does_no_harm(store: &Store) {
    let id = campaign(store, "c").await;
    let mut odd = row(1);
    odd.name = Some(text("a\0b"));
    odd.fields = BTreeMap::from([(text("note"), text("x\0y \\u0000 \"'; DROP TABLE lead; -- 𝄞"))]);
    import(store, id, &[odd.clone()]).await;
    let mut scribe = Scribe::new(store, 0).await;
    let (call, lead) = scribe.place(id).await;
    let failed = Fact::FlowFailed { call, at: text("flow.lua:1"), error: text("bad \0 byte \\u0000") };
    scribe
        .write([
            failed.clone(),
            ended(call, Cause::Handled),
            Fact::LeadClosed { campaign: id, lead, reason: LeadEnd::Worked },
        ])
        .await;
    assert_eq!(store.timeline(call).await.expect("facts")[1].fact, failed, "facts stay as they were, byte by byte");
    let note = Write::KeepNote { call, lead, note: text("n\0") };
    let fields = Write::KeepFields { call, lead, fields: BTreeMap::from([(text("a"), text("\0"))]) };
    store.append(&[note, fields]).await.expect("kept");
    assert_eq!(store.call_notes(call).await, Ok(vec![text("n\u{fffd}")]));
    let stored = store.lead(lead).await.expect("a look").expect("there");
    assert_eq!((stored.name, stored.fields), (Some(text("a\u{fffd}b")), odd.fields));
}
