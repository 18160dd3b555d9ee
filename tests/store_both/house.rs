//! The house itself: statements, migrations, keys, agents, campaigns.

use super::*;

/// PREPARE asks the database about every table, column and type of a statement.
pub async fn every_statement_is_understood(store: &Store) {
    let failed = store.prepare_all().await;
    assert!(failed.is_empty(), "{failed:#?}");
}

pub async fn opening_twice_changes_nothing(store: &Store) {
    let phone = Phone::e164("+12125550100").expect("E.164");
    let hash = store.hash_number(&phone);
    let again = Store::open(store.url(), std::path::Path::new("/")).await.expect("a second opening");
    assert_eq!(again.hash_number(&phone), hash, "the key of numbers is the store's, not the process's");
    assert_eq!(hash.len(), 32);
    again.ping().await.expect("it answers");
    again.close().await;
}

pub async fn a_key_works_until_it_is_revoked(store: &Store) {
    let binding = Binding { campaign: Some(CampaignId(7)), ..Binding::default() };
    let (row, key) = store.create_key(Scope::Client, binding, NOON).await.expect("a key");
    assert!(key.starts_with(&format!("op_{}_", row.id)));
    assert_eq!(store.check_key(&key).await.expect("a look"), Some(row.clone()));
    let (other, _) = store.create_key(Scope::Admin, Binding::default(), NOON).await.expect("a key");
    let mut wrong = key.clone();
    wrong.pop();
    let swapped = key.replace(&row.id.to_string(), &other.id.to_string());
    for not_a_key in ["", "op_", "op__", "op_1_2", "Bearer", "op_ffffffffffffffff_00", &wrong, &swapped] {
        assert_eq!(store.check_key(not_a_key).await.expect("a look"), None, "{not_a_key:?}");
    }
    assert!(store.revoke_key(row.id, minutes(1)).await.expect("revoked"));
    assert!(!store.revoke_key(row.id, minutes(2)).await.expect("nothing to revoke"));
    assert_eq!(store.check_key(&key).await.expect("a look"), None);
    assert_eq!(store.keys().await.expect("a list")[0].revoked, Some(minutes(1)));
    assert_eq!("supervisor".parse(), Ok(Scope::Supervisor));
    assert!("root".parse::<Scope>().expect_err("no such scope").to_string().contains("admin, manager"));
}

pub async fn an_agent_proves_who_they_are(store: &Store) {
    let new = store.create_agent("alice", Lang::ZhHans, "outpace", NOON).await.expect("an agent");
    let known = store.check_password("alice", &new.page_password).await.expect("a look").expect("right password");
    assert_eq!((known.role, known.binding.agent, known.lang), (Scope::Agent, Some(new.id), Lang::ZhHans));
    assert_eq!(store.check_password("alice", &new.sip_secret).await, Ok(None), "two secrets, two doors");
    assert_eq!(store.check_password("nobody", &new.page_password).await, Ok(None));
    let credential = store.sip_credentials().await.expect("credentials").remove(0);
    assert_eq!((credential.name.as_str(), credential.realm.as_str()), ("alice", "outpace"));
    assert_eq!((credential.ha1_md5.len(), credential.ha1_sha256.len()), (32, 64));
    let taken = store.create_agent("alice", Lang::En, "outpace", NOON).await.expect_err("the name is taken");
    assert_eq!(taken, StoreError::Taken { what: "agent", value: "alice".to_owned() });
    for name in ["", "a b", "bob@home", "\"; DROP", &"x".repeat(33)] {
        store.create_agent(name, Lang::En, "outpace", NOON).await.expect_err("not a name");
    }
    let wang =
        store.create_agent_shown("wangfang", Some(" 王芳 "), Lang::ZhHans, "outpace", NOON).await.expect("any letters");
    let shown = store.agent(wang.id).await.expect("a look").expect("just made");
    assert_eq!((shown.name.as_str(), shown.shown()), ("wangfang", "王芳"));
    assert_eq!(store.agent(new.id).await.expect("a look").expect("known").shown(), "alice", "without one, the login");
    for display in ["", " ", "a\nb", &"芳".repeat(65)] {
        store.create_agent_shown("li", Some(display), Lang::En, "outpace", NOON).await.expect_err("not a name");
    }
    store.renew_sip_secret(new.id, "elsewhere").await.expect("a new secret");
    let renewed = store.sip_credentials().await.expect("credentials").remove(0);
    assert!(renewed.realm == "elsewhere" && renewed.ha1_md5 != credential.ha1_md5);
    assert_eq!(store.agent(new.id).await, store.agent_named("alice").await);
}

pub async fn a_campaign_keeps_its_folder(store: &Store) {
    let id = campaign(store, "telesales").await;
    let files = BTreeMap::from([("prompts/a.wav".to_owned(), vec![0_u8, 255, 7])]);
    let new = NewCampaign {
        name: "telesales",
        version: "ffff",
        seller: SellerId(2),
        client: ClientId(3),
        spec: "{\"title\":\"电话\"}",
        files: &files,
        now: minutes(1),
    };
    assert_eq!(store.put_campaign(&new).await, Ok(id), "the same name is the same campaign");
    let other = campaign(store, "reminder").await;
    assert_ne!(other, id);
    let row = store.campaign_named("telesales").await.expect("a look").expect("it is there");
    assert_eq!((row.version.as_str(), row.spec.as_str(), row.client), ("ffff", "{\"title\":\"电话\"}", ClientId(3)));
    assert_eq!(store.campaign_files(id).await, Ok(files));
    let mut scribe = Scribe::new(store, 0).await;
    scribe.write([Fact::CampaignStarted { campaign: id, by: "test".to_owned() }]).await;
    assert_eq!(store.campaign(id).await.expect("a look").expect("there").state, CampaignState::Running);
    scribe.write([Fact::CampaignFinished { campaign: id }]).await;
    let states: Vec<CampaignState> = store.campaigns().await.expect("a list").iter().map(|row| row.state).collect();
    assert_eq!(states, [CampaignState::Finished, CampaignState::Idle]);
}

/// The latest word of a list type and hour counts, and old ones go.
pub async fn what_pacing_learned_is_kept_by_list_and_hour(store: &Store) {
    let row = |hour: u8, at: Wall, body: &str| LearnedRow { list_type: "filters".into(), hour, at, body: body.into() };
    let day = Duration::from_secs(86_400);
    let old = row(8, NOON, "{\"old\":1}");
    let writes = [old.clone(), row(9, NOON, "{}"), row(9, minutes(5), "{\"new\":1}")].map(Write::KeepLearned);
    store.append(&writes).await.expect("written");
    let known = store.learned(minutes(6)).await.expect("read");
    assert_eq!(known, [row(9, minutes(5), "{\"new\":1}"), old]);
    let late = NOON + day * 70;
    assert_eq!(store.learned(late).await.expect("read"), [], "lists of seventy days ago were other lists");
    store.append(&[Write::KeepLearned(row(10, late, "{}"))]).await.expect("written");
    assert_eq!(store.learned(minutes(6)).await.expect("read").len(), 1, "old rows went with the write");
    assert_eq!(store.promised(NOON).await.expect("read"), []);
}
