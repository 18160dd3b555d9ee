//! One list of stories, told on SQLite and on PostgreSQL.

#[path = "support/postgres.rs"]
mod postgres;

use outpace::facts::*;
use outpace::store::*;
use outpace::words::*;
use std::collections::BTreeMap;
use std::time::Duration;

#[path = "store_both/calls.rs"]
mod calls;
#[path = "store_both/house.rs"]
mod house;
#[path = "store_both/leads.rs"]
mod leads;
#[path = "store_both/people.rs"]
mod people;
#[path = "store_both/recovery.rs"]
mod recovery;

macro_rules! stories {
    ($($module:ident::$story:ident,)+) => {
        mod on_sqlite {
            $(#[test]
            fn $story() {
                super::run(async {
                    let dir = tempfile::tempdir().expect("a temporary directory");
                    let store = super::Store::open("sqlite:test.db", dir.path()).await.expect("SQLite opens");
                    super::$module::$story(&store).await;
                    super::sound(&store).await;
                    store.close().await;
                });
            })+
        }

        /// All stories on one server, each in its own database.
        #[test]
        fn on_postgres() {
            let server = postgres::Postgres::start();
            run(async {
                $({
                    let url = server.database(stringify!($story));
                    let store = Store::open(&url, std::path::Path::new("/")).await.expect("PostgreSQL opens");
                    eprintln!("on PostgreSQL: {}", stringify!($story));
                    $module::$story(&store).await;
                    sound(&store).await;
                    store.close().await;
                })+
            });
        }
    };
}

stories! {
    house::every_statement_is_understood,
    house::opening_twice_changes_nothing,
    house::a_key_works_until_it_is_revoked,
    house::an_agent_proves_who_they_are,
    house::a_campaign_keeps_its_folder,
    house::what_pacing_learned_is_kept_by_list_and_hour,
    people::a_user_logs_in_by_password,
    people::a_session_ends_in_time,
    leads::a_list_is_imported_once,
    leads::an_import_that_died_is_finished,
    leads::imports_that_end_together_lose_no_fact,
    leads::callbacks_come_first_then_fresh_leads,
    leads::the_days_cap_holds_over_campaigns,
    leads::released_leads_are_as_before,
    leads::suppressed_numbers_are_not_leased,
    leads::what_any_process_suppresses_is_heard_of_in_order,
    leads::two_nodes_never_lease_the_same_lead,
    leads::an_erased_person_is_gone,
    calls::the_way_of_one_call,
    calls::a_withdrawn_call_costs_no_attempt,
    calls::facts_are_written_once,
    calls::an_opt_out_closes_every_lead_of_the_number,
    calls::an_order_is_taken_and_advanced,
    calls::what_was_said_stays_with_the_person,
    calls::facts_are_read_in_order,
    calls::facts_of_a_time_are_found_by_it,
    calls::an_agent_finds_the_own_calls_of_the_day,
    calls::a_strangers_nul_does_no_harm,
    recovery::a_younger_process_fences_the_older,
    recovery::what_was_open_is_found,
    recovery::what_was_stopped_stays_stopped,
    recovery::the_ledger_counts_people,
}

fn run(story: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(story)
}

/// After every story: what is stored is what the facts say (I12).
async fn sound(store: &Store) {
    let differences = store.check().await.expect("the check runs");
    assert!(differences.is_empty(), "{differences:#?}");
}

/// A day at noon, UTC.
const NOON: Wall = Wall(1_795_000_000_000_000 - 1_795_000_000_000_000 % 86_400_000_000 + 43_200_000_000);

fn minutes(n: i64) -> Wall {
    Wall(NOON.0 + n * 60_000_000)
}

async fn campaign(store: &Store, name: &str) -> CampaignId {
    let files = BTreeMap::from([("flow.lua".to_owned(), b"return {}".to_vec())]);
    let new = NewCampaign {
        name,
        version: "0123456789abcdef",
        seller: SellerId(1),
        client: ClientId(1),
        spec: "{}",
        files: &files,
        now: NOON,
    };
    store.put_campaign(&new).await.expect("a campaign is stored")
}

fn row(n: u32) -> NewLead {
    NewLead {
        phone: Phone::e164(&format!("+1212555{n:04}")).expect("E.164"),
        zones: vec!["America/New_York".to_owned()],
        name: Some(format!("Person {n}")),
        lang: Some(Lang::En),
        callback_at: None,
        fields: BTreeMap::from([("city".to_owned(), "纽约".to_owned())]),
    }
}

/// Imports rows of these numbers; their leads in order.
async fn import(store: &Store, campaign: CampaignId, rows: &[NewLead]) -> Vec<RowResult> {
    let file = format!("{campaign}-{}", rows.iter().map(|row| row.phone.digits()).collect::<String>());
    let mut import = store.begin_import(campaign, &file, NOON).await.expect("an import begins");
    let answers = import.push(rows).await.expect("rows are taken");
    import.finish(rows.len() as u64, 0, NOON).await.expect("an import ends");
    answers
}

fn policy() -> LeasePolicy {
    LeasePolicy { attempts_total: 3, attempts_per_day: 2, zone: "UTC".to_owned() }
}

/// Writes facts as an engine of one node would.
struct Scribe {
    store: Store,
    owner: Owner,
    mint: Mint,
    seq: u64,
    now: Wall,
}

impl Scribe {
    async fn new(store: &Store, node: u16) -> Scribe {
        let owner = store.take_node(node, NOON).await.expect("the node is free");
        let standing = store.recover(owner, &BTreeMap::new()).await.expect("recovery");
        Scribe { store: store.clone(), owner, mint: Mint::new(node, owner.epoch), seq: standing.last_seq, now: NOON }
    }

    fn envelope(&mut self, fact: Fact) -> Envelope {
        self.seq += 1;
        self.now.0 += 1_000;
        Envelope {
            centre: CentreId(1),
            node: self.owner.node,
            seq: self.seq,
            moment: Moment(self.now.0 - NOON.0),
            wall: self.now,
            version: VERSION,
            fact,
        }
    }

    async fn write(&mut self, facts: impl IntoIterator<Item = Fact>) -> u64 {
        let batch: Vec<Write> = facts.into_iter().map(|fact| Write::Fact(self.envelope(fact))).collect();
        self.store.append_as(self.owner, &batch).await.expect("facts are written")
    }

    async fn lease(&self, campaign: CampaignId, count: u32) -> Lease {
        self.store.lease(campaign, count, self.now, &policy(), self.owner).await.expect("a lease")
    }

    /// Leases one lead of the campaign and places a call to it.
    async fn place(&mut self, campaign: CampaignId) -> (CallId, LeadId) {
        let lead = self.lease(campaign, 1).await.leads.pop().expect("a lead is due");
        let call = self.mint.next();
        self.write([placed(call, campaign, &lead)]).await;
        (call, lead.id)
    }
}

fn placed(call: CallId, campaign: CampaignId, lead: &outpace::campaign::Lead) -> Fact {
    Fact::CallPlaced {
        call,
        campaign,
        lead: lead.id,
        attempt: lead.attempts + 1,
        number_hash: lead.number_hash.clone(),
        zone: lead.zones.join("&"),
        rules: vec!["us.hours".to_owned()],
        pack: "us@1".to_owned(),
    }
}

fn ended(call: CallId, cause: Cause) -> Fact {
    Fact::CallEnded { call, cause, sip: Some(486), q850: None, by: Side::Network, talk_ms: 0 }
}
