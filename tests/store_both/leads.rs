//! Leads: import, lease, caps, suppression, erasing.

use super::*;

fn count(counts: LeadCounts) -> [u64; 5] {
    [counts.pending, counts.scheduled, counts.in_flight, counts.closed, counts.excluded]
}

pub async fn a_list_is_imported_once(store: &Store) {
    let id = campaign(store, "c").await;
    let listed = store.hash_number(&row(3).phone);
    store.suppress(&[listed], "national list", NOON).await.expect("suppressed");
    let rows = [row(1), row(2), row(1), row(3)];
    let first = import(store, id, &rows).await;
    assert!(matches!(
        first[..],
        [RowResult::Accepted(_), RowResult::Accepted(_), RowResult::Duplicate, RowResult::Suppressed(_)]
    ));
    let again = import(store, id, &rows).await;
    assert!(matches!(
        again[..],
        [
            RowResult::AlreadyImported(_),
            RowResult::AlreadyImported(_),
            RowResult::Duplicate,
            RowResult::AlreadyImported(_)
        ]
    ));
    let other_file = import(store, id, &[row(2), row(4)]).await;
    assert!(matches!(other_file[..], [RowResult::Duplicate, RowResult::Accepted(_)]));
    assert_eq!(count(store.lead_counts(id).await.expect("counts")), [3, 0, 0, 0, 1]);
    let told =
        store.facts(&FactFilter { kind: Some("leads_imported".to_owned()), ..FactFilter::default() }, None, 10).await;
    let accepted: Vec<u64> = told
        .expect("facts")
        .iter()
        .map(|envelope| match &envelope.fact {
            Fact::LeadsImported { accepted, .. } => *accepted,
            other => panic!("{other:?} was not asked for"),
        })
        .collect();
    assert_eq!(accepted, [3, 0, 1], "a repeated import tells of no lead twice");
    let lead = store
        .leads(&LeadFilter { campaign: Some(id), ..LeadFilter::default() }, None, 1)
        .await
        .expect("leads")
        .remove(0);
    assert_eq!((lead.name.as_deref(), lead.fields["city"].as_str()), (Some("Person 1"), "纽约"));
    assert_eq!(lead.phone, Some(row(1).phone));
    let missing = store.begin_import(CampaignId(99), "x", NOON).await.expect_err("no such campaign");
    assert!(missing.to_string().contains("campaign"));
}

pub async fn an_import_that_died_is_finished(store: &Store) {
    let id = campaign(store, "c").await;
    let mut died = store.begin_import(id, "file", NOON).await.expect("an import begins");
    died.push(&[row(1), row(2)]).await.expect("rows");
    drop(died);
    let mut import = store.begin_import(id, "file", minutes(1)).await.expect("it goes on");
    import.push(&[row(1), row(2), row(3)]).await.expect("rows");
    let summary = import.finish(3, 0, minutes(2)).await.expect("an import ends");
    assert_eq!((summary.accepted, summary.rejected), (3, 0));
    assert_eq!(count(store.lead_counts(id).await.expect("counts")), [3, 0, 0, 0, 0]);
}

pub async fn imports_that_end_together_lose_no_fact(store: &Store) {
    const IMPORTS: u32 = 12;
    let mut ending = tokio::task::JoinSet::new();
    for n in 0..IMPORTS {
        let id = campaign(store, &format!("c{n}")).await;
        let mut import = store.begin_import(id, "file", NOON).await.expect("an import begins");
        import.push(&[row(n)]).await.expect("rows");
        ending.spawn(import.finish(1, 0, NOON));
    }
    while let Some(ended) = ending.join_next().await {
        ended.expect("no panic").expect("an import ends");
    }
    let filter = FactFilter { kind: Some("leads_imported".to_owned()), ..FactFilter::default() };
    let seqs: Vec<u64> = store.facts(&filter, None, 100).await.expect("facts").iter().map(|fact| fact.seq).collect();
    assert_eq!(seqs, (1..=u64::from(IMPORTS)).collect::<Vec<_>>(), "each has its own number, none is passed over");
}

pub async fn callbacks_come_first_then_fresh_leads(store: &Store) {
    let id = campaign(store, "c").await;
    let late = NewLead { callback_at: Some(minutes(600)), ..row(4) };
    let soon = NewLead { callback_at: Some(minutes(1)), ..row(5) };
    let leads = import(store, id, &[row(1), row(2), late, soon]).await;
    let RowResult::Accepted(callback) = leads[3] else { panic!("accepted") };
    let mut scribe = Scribe::new(store, 0).await;
    let (call, tried) = scribe.place(id).await;
    let retry = Fact::RetryPlanned { campaign: id, lead: tried, after: call, not_before: minutes(2) };
    scribe.write([ended(call, Cause::Busy), retry]).await;
    assert_eq!(scribe.lease(id, 0).await.counts, LeadCounts { pending: 1, scheduled: 3, ..LeadCounts::default() });
    scribe.now = minutes(3);
    let lease = scribe.lease(id, 10).await;
    let order: Vec<(LeadId, u32, u32)> =
        lease.leads.iter().map(|lead| (lead.id, lead.attempts, lead.attempts_today)).collect();
    assert_eq!(order[0], (callback, 0, 0), "a promise comes first");
    assert_eq!(order[1..], [(LeadId(tried.0 + 1), 0, 0), (tried, 1, 1)], "then those with fewer attempts");
    assert_eq!(lease.leads[0].callback_at, Some(minutes(1)));
    assert_eq!(lease.next_due, Some(minutes(600)));
    assert_eq!(count(lease.counts), [0, 1, 3, 0, 0]);
}

pub async fn the_days_cap_holds_over_campaigns(store: &Store) {
    let (one, two) = (campaign(store, "one").await, campaign(store, "two").await);
    import(store, one, &[row(1)]).await;
    import(store, two, &[row(1)]).await;
    let mut scribe = Scribe::new(store, 0).await;
    let (call, lead) = scribe.place(one).await;
    let retry = Fact::RetryPlanned { campaign: one, lead, after: call, not_before: minutes(1) };
    scribe.write([ended(call, Cause::NoAnswer), retry]).await;
    scribe.now = minutes(2);
    // One attempt is made, one reserved: the cap of two is reached, also for the other campaign.
    let held = scribe.lease(two, 1).await.leads;
    assert_eq!(held[0].attempts_today, 1);
    let full = scribe.lease(one, 1).await;
    assert_eq!(full.leads, []);
    let midnight = LocalDay::at(scribe.now, &row(1).zones, "UTC").ends;
    assert_eq!(full.next_due, Some(midnight), "New York's midnight, not ours");
    store.release(&[held[0].id], scribe.owner).await.expect("released");
    let yesterday = LocalDay::at(scribe.now, &row(1).zones, "UTC").date;
    assert_eq!(held[0].day, yesterday, "where its attempt has room");
    scribe.now = midnight;
    let fresh = scribe.lease(one, 1).await.leads;
    assert_eq!(fresh[0].attempts_today, 0, "a new day");
    assert!(fresh[0].day > yesterday, "{}", fresh[0].day);
}

pub async fn released_leads_are_as_before(store: &Store) {
    let id = campaign(store, "c").await;
    import(store, id, &[row(1), row(2), row(3)]).await;
    let scribe = Scribe::new(store, 0).await;
    let lease = scribe.lease(id, 2).await;
    assert_eq!(count(lease.counts), [1, 0, 2, 0, 0]);
    let ids: Vec<LeadId> = lease.leads.iter().map(|lead| lead.id).collect();
    let stranger = Owner { node: 0, epoch: scribe.owner.epoch + 1 };
    store.release(&ids, stranger).await.expect("nothing happens");
    assert_eq!(count(store.lead_counts(id).await.expect("counts")), [1, 0, 2, 0, 0]);
    store.release(&ids, scribe.owner).await.expect("released");
    store.release(&ids, scribe.owner).await.expect("twice is once");
    assert_eq!(count(store.lead_counts(id).await.expect("counts")), [3, 0, 0, 0, 0]);
    assert_eq!(scribe.lease(id, 2).await.leads, lease.leads, "the same leads in the same order, nothing used up");
}

pub async fn suppressed_numbers_are_not_leased(store: &Store) {
    let id = campaign(store, "c").await;
    import(store, id, &[row(1), row(2)]).await;
    let hash = store.hash_number(&row(1).phone);
    assert_eq!(store.is_suppressed(&hash).await, Ok(false));
    store.suppress(std::slice::from_ref(&hash), "asked by letter", NOON).await.expect("suppressed");
    assert_eq!(store.is_suppressed(&hash).await, Ok(true));
    let scribe = Scribe::new(store, 0).await;
    let lease = scribe.lease(id, 10).await;
    assert_eq!(lease.leads.iter().map(|lead| &lead.phone).collect::<Vec<_>>(), [&row(2).phone]);
    assert_eq!(count(lease.counts), [0, 0, 1, 0, 1]);
}

pub async fn what_any_process_suppresses_is_heard_of_in_order(store: &Store) {
    let heard = async |place| store.suppressed_since(place, 100).await.expect("a look");
    let id = campaign(store, "c").await;
    import(store, id, &(0..40).map(row).collect::<Vec<_>>()).await;
    let mut scribe = Scribe::new(store, 0).await;
    let start = store.last_suppression().await.expect("a look");
    assert_eq!(heard(start).await, []);
    // A letter, and somebody on the phone.
    let hash = |n| store.hash_number(&row(n).phone);
    store.suppress(&[hash(1)], "asked by letter", NOON).await.expect("suppressed");
    let (call, lead) = scribe.place(id).await;
    let number_hash = store.lead(lead).await.expect("a look").expect("there").number_hash;
    let opted_out =
        Fact::OptedOut { campaign: id, lead, call: Some(call), number_hash: number_hash.clone(), by: Side::Customer };
    scribe.write([opted_out, ended(call, Cause::Handled)]).await;
    let new = heard(start).await;
    assert_eq!(new.iter().map(|(hash, _)| hash).collect::<Vec<_>>(), [&hash(1), &number_hash]);
    let place = new.last().expect("two").1;
    assert_eq!(store.last_suppression().await, Ok(place));
    // Once is enough: neither moves.
    store.suppress(&[hash(1), number_hash], "again", NOON).await.expect("suppressed");
    assert_eq!(heard(place).await, []);
    // Many at once from many sides: a listener who passes a place has passed all below it.
    let mut writing = tokio::task::JoinSet::new();
    for n in 20..40 {
        let (store, hash) = (store.clone(), hash(n));
        writing.spawn(async move { store.suppress(&[hash], "list", NOON).await });
    }
    let (mut last, mut all) = (place, Vec::new());
    loop {
        // Looked for before the last look: nothing that was written by then may be missing in it.
        let through = writing.is_empty();
        for (hash, place) in heard(last).await {
            assert!(place > last);
            last = place;
            all.push(hash);
        }
        if through {
            break;
        }
        writing.join_next().await.expect("one more").expect("no panic").expect("suppressed");
    }
    all.sort_unstable();
    let mut wanted: Vec<String> = (20..40).map(hash).collect();
    wanted.sort_unstable();
    assert_eq!(all, wanted);
}

pub async fn two_nodes_never_lease_the_same_lead(store: &Store) {
    let id = campaign(store, "c").await;
    let rows: Vec<NewLead> = (0..400).map(row).collect();
    import(store, id, &rows).await;
    let (one, two) = (Scribe::new(store, 1).await, Scribe::new(store, 2).await);
    let take = async |scribe: &Scribe| {
        let mut ids = Vec::new();
        loop {
            let leads = scribe.lease(id, 7).await.leads;
            if leads.is_empty() {
                return ids;
            }
            ids.extend(leads.iter().map(|lead| lead.id));
        }
    };
    let (first, second) = tokio::join!(take(&one), take(&two));
    let mut all: Vec<LeadId> = first.iter().chain(&second).copied().collect();
    let leased = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!((leased, all.len()), (400, 400));
}

pub async fn an_erased_person_is_gone(store: &Store) {
    let (one, two) = (campaign(store, "one").await, campaign(store, "two").await);
    import(store, one, &[row(1)]).await;
    import(store, two, &[row(1), row(2)]).await;
    let mut scribe = Scribe::new(store, 0).await;
    let (call, lead) = scribe.place(one).await;
    let hash = store.hash_number(&row(1).phone);
    assert_eq!(store.erase_person(&hash, |_| Ok(())).await, Ok(Erasure::InHand(lead)), "not while the phone rings");
    let recording = RecordingId(5);
    let closed =
        Fact::RecordingClosed { call, recording, length_ms: 9, sha256: "ab".to_owned(), file: "x.wav".to_owned() };
    let close = Fact::LeadClosed { campaign: one, lead, reason: LeadEnd::Worked };
    scribe.write([ended(call, Cause::Handled), close, closed]).await;
    let fields = BTreeMap::from([("address".to_owned(), "5 Main St".to_owned())]);
    store.append(&[Write::KeepFields { call, lead, fields }]).await.expect("kept");
    // A file that cannot be deleted keeps everything as it is.
    let stuck = store.erase_person(&hash, |_| Err(std::io::Error::other("read-only"))).await.expect_err("not erased");
    assert!(stuck.to_string().contains("x.wav"), "{stuck}");
    assert!(store.lead(lead).await.expect("a look").expect("there").phone.is_some());
    let mut files = Vec::new();
    let erased = store.erase_person(&hash, |file| Ok(files.push(file.to_owned()))).await.expect("erased");
    let Erasure::Done { leads } = erased else { panic!("{erased:?}") };
    assert_eq!((leads.len(), files), (2, vec!["x.wav".to_owned()]));
    assert_eq!(store.erase_person(&hash, |_| Ok(())).await, Ok(Erasure::Done { leads }), "twice is once");
    assert_eq!(store.lead(lead).await.expect("a look").expect("the lead stays").phone, None);
    assert_eq!(store.call_fields(call).await, Ok(BTreeMap::new()));
    assert_eq!(store.recording_of_call(call).await, Ok(None));
    assert_eq!(store.timeline(call).await.expect("facts stay").len(), 3);
    let left = scribe.lease(two, 10).await;
    assert_eq!(left.leads.iter().map(|lead| &lead.phone).collect::<Vec<_>>(), [&row(2).phone]);
}
