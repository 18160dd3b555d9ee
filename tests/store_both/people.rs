//! Users and their sessions.

use super::{NOON, campaign};
use outpace::store::*;
use outpace::words::*;

fn new<'a>(name: &'a str, role: Scope, password: &'a str) -> NewUser<'a> {
    NewUser { name, role, binding: Binding::default(), lang: Lang::En, password, now: NOON }
}

fn later(seconds: u64) -> Wall {
    NOON + std::time::Duration::from_secs(seconds)
}

pub async fn a_user_logs_in_by_password(store: &Store) {
    let password = generate_password();
    let mia = store.add_user(&new("mia", Scope::Manager, &password)).await.expect("a user");
    assert_eq!(store.check_password("mia", &password).await, Ok(Some(mia.clone())));
    for (name, wrong) in [("mia", "not hers, surely"), ("mia", ""), ("Mia", &password), ("nobody", &password)] {
        assert_eq!(store.check_password(name, wrong).await, Ok(None), "{name}");
    }
    let taken = store.add_user(&new("mia", Scope::Admin, &password)).await.expect_err("taken");
    assert_eq!(taken, StoreError::Taken { what: "user", value: "mia".to_owned() });
    let short = store.add_user(&new("max", Scope::Admin, "1234")).await.expect_err("too short");
    assert!(!short.to_string().contains("1234"), "{short}");
    for (role, agent, seen) in [(Scope::Agent, false, false), (Scope::Client, false, false), (Scope::Admin, true, true)]
    {
        let binding = Binding {
            agent: agent.then_some(AgentId(1)),
            campaign: seen.then_some(CampaignId(1)),
            ..Binding::default()
        };
        let wish = NewUser { binding, ..new("cleo", role, &password) };
        store.add_user(&wish).await.expect_err("neither more nor less than its binding");
    }
    let seen = campaign(store, "telesales").await;
    let binding = Binding { campaign: Some(seen), ..Binding::default() };
    let cleo = store.add_user(&NewUser { binding, ..new("cleo", Scope::Client, &password) }).await.expect("a client");
    assert_eq!(store.users().await, Ok(vec![mia, cleo]));
    assert_eq!(store.remove_user("mia").await, Ok(true));
    assert_eq!(store.remove_user("mia").await, Ok(false));
    assert_eq!(store.check_password("mia", &password).await, Ok(None));
}

pub async fn a_session_ends_in_time(store: &Store) {
    let password = generate_password();
    let mia = store.add_user(&new("mia", Scope::Manager, &password)).await.expect("a user");
    let token = store.begin_session(mia.id, NOON).await.expect("a session");
    let session = SessionHash::of(&token);
    let at = async |now: Wall| store.session_user(&session, now).await.expect("a look").map(|user| user.name);
    assert_eq!(at(NOON).await.as_deref(), Some("mia"));
    assert_eq!(store.session_user(&SessionHash::of("guessed"), NOON).await, Ok(None));
    let (idle, longest) = (SESSION_IDLE.as_secs(), SESSION_LONGEST.as_secs());
    assert_eq!(at(later(idle)).await, None, "silent for too long");
    // Each look keeps it alive, until it has lasted long enough in all.
    let mut seconds = 0;
    while seconds + idle / 2 < longest {
        seconds += idle / 2;
        assert!(at(later(seconds)).await.is_some(), "{seconds}");
    }
    assert_eq!(at(later(longest)).await, None, "a shift is over");
    let other = store.begin_session(mia.id, later(longest)).await.expect("a session");
    store.end_session(&SessionHash::of(&other)).await.expect("logged out");
    assert_eq!(store.session_user(&SessionHash::of(&other), later(longest)).await, Ok(None));
    let mut tokens = Vec::new();
    for second in 0..25 {
        tokens.push(store.begin_session(mia.id, later(longest + second)).await.expect("a session"));
    }
    let mut alive = 0;
    for token in &tokens {
        let user = store.session_user(&SessionHash::of(token), later(longest + 30)).await.expect("a look");
        alive += usize::from(user.is_some());
    }
    assert_eq!(alive, 20, "the oldest ones made room");
    store.set_password("mia", &generate_password()).await.expect("a new password");
    assert_eq!(store.session_user(&SessionHash::of(&tokens[24]), later(longest + 30)).await, Ok(None));
    assert_eq!(store.check_password("mia", &password).await, Ok(None));
}
