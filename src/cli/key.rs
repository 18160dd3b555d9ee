//! `outpace key`: API keys. Printed once, kept as a hash.

use super::{Failure, Place, block_on, data};
use crate::live::clock;
use crate::store::{Binding, KeyRow, Scope, Store};
use crate::words::Reason;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Key {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Make a key; it is printed last, once. 新建密钥，仅显示一次。
    New {
        /// admin, manager, supervisor, agent or client.
        #[arg(long)]
        scope: String,
        /// An agent's name: the key may act for this agent only. Needed by scope agent. 仅限该座席。
        #[arg(long)]
        agent: Option<String>,
        /// A campaign's name: the key sees this campaign only. Needed by scope client. 仅限该活动。
        #[arg(long)]
        campaign: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// The keys, without their secrets. 列出密钥。
    List {
        #[command(flatten)]
        place: Place,
    },
    /// End a key. 吊销密钥。
    Revoke {
        id: String,
        #[command(flatten)]
        place: Place,
    },
}

impl Key {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        block_on(async {
            match self.what {
                What::New { scope, agent, campaign, place } => new(&place, &scope, agent, campaign).await,
                What::List { place } => list(&place).await,
                What::Revoke { id, place } => revoke(&place, &id).await,
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn new(place: &Place, scope: &str, agent: Option<String>, campaign: Option<String>) -> Result<(), Failure> {
    let scope: Scope = scope.parse().map_err(|_| one_of("--scope", scope, SCOPES))?;
    bindings_fit("--scope", scope, agent.is_some(), campaign.is_some())?;
    let store = data::open_store(&place.load()?).await?;
    let made = bind_and_make(&store, scope, agent, campaign).await;
    store.close().await;
    let (row, key) = made?;
    eprintln!("Key {} with scope {scope}. It is shown once; keep it safe. 密钥仅显示一次，请妥善保存。", row.id);
    println!("{key}");
    Ok(())
}

pub(super) const SCOPES: &str = "admin, manager, supervisor, agent, client";

pub(super) fn one_of(flag: &str, value: &str, known: &str) -> Reason {
    Reason::new("cli.one_of").with("flag", flag).with("value", value).with("known", known)
}

/// An agent's or a client's key or login without its binding would see what is others'. `flag`: how the scope is named.
pub(super) fn bindings_fit(flag: &str, scope: Scope, agent: bool, campaign: bool) -> Result<(), Failure> {
    let fail = |code: &str| Err(Reason::new(code).with("scope", format!("{flag} {scope}")).into());
    match (scope, agent, campaign) {
        (Scope::Agent, false, _) => fail("cli.needs_agent"),
        (Scope::Client, _, false) => fail("cli.needs_campaign"),
        (Scope::Agent, _, true) => fail("cli.agent_no_campaign"),
        (Scope::Admin | Scope::Manager | Scope::Supervisor | Scope::Client, true, _) => fail("cli.no_agent"),
        (Scope::Admin | Scope::Manager | Scope::Supervisor, _, true) => fail("cli.no_campaign"),
        (Scope::Agent, true, false) | (Scope::Client, false, true) => Ok(()),
        (Scope::Admin | Scope::Manager | Scope::Supervisor, false, false) => Ok(()),
    }
}

async fn bind_and_make(
    store: &Store,
    scope: Scope,
    agent: Option<String>,
    campaign: Option<String>,
) -> Result<(KeyRow, String), Failure> {
    let binding = binding(store, agent, campaign).await?;
    Ok(store.create_key(scope, binding, clock::wall_now()).await?)
}

/// What the names stand for.
pub(super) async fn binding(
    store: &Store,
    agent: Option<String>,
    campaign: Option<String>,
) -> Result<Binding, Failure> {
    let mut binding = Binding::default();
    if let Some(name) = agent {
        let row = store.agent_named(&name).await?;
        binding.agent = Some(row.ok_or_else(|| Reason::new("cli.unknown_agent").with("name", name))?.id);
    }
    if let Some(name) = campaign {
        let rows = store.campaigns().await?;
        let row = rows.iter().find(|row| row.name == name);
        let known: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        let missing = || Reason::new("cli.unknown_campaign").with("name", &name).with("known", known.join(", "));
        binding.campaign = Some(row.ok_or_else(missing)?.id);
    }
    Ok(binding)
}

async fn list(place: &Place) -> Result<(), Failure> {
    let store = data::open_store(&place.load()?).await?;
    for key in store.keys().await? {
        let state = key.revoked.map_or("valid".to_owned(), |at| format!("revoked {}", at.rfc3339()));
        println!("{}  {:<10}  {}  {state}", key.id, key.scope.to_string(), key.created.rfc3339());
    }
    store.close().await;
    Ok(())
}

async fn revoke(place: &Place, id: &str) -> Result<(), Failure> {
    let store = data::open_store(&place.load()?).await?;
    let found = store.revoke_key(id.parse()?, clock::wall_now()).await?;
    store.close().await;
    if found { Ok(()) } else { Err(Reason::new("cli.unknown_key").with("id", id).into()) }
}
