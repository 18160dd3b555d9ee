//! `outpace key`: API keys. Printed once, kept as a hash.

use super::{Failure, Place, block_on, data};
use crate::live::clock;
use crate::store::{Binding, Scope};
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
        /// An agent's name: the key may act for this agent only. 仅限该座席。
        #[arg(long)]
        agent: Option<String>,
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
                What::New { scope, agent, place } => new(&place, &scope, agent).await,
                What::List { place } => list(&place).await,
                What::Revoke { id, place } => revoke(&place, &id).await,
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn new(place: &Place, scope: &str, agent: Option<String>) -> Result<(), Failure> {
    let scope: Scope = scope
        .parse()
        .map_err(|_| Failure(format!("--scope {scope}: one of admin, manager, supervisor, agent, client")))?;
    let store = data::open_store(&place.load()?).await?;
    let mut binding = Binding::default();
    if let Some(name) = agent {
        let row = store.agent_named(&name).await?;
        binding.agent = Some(row.ok_or_else(|| Failure(format!("--agent {name}: no such agent")))?.id);
    }
    let (row, key) = store.create_key(scope, binding, clock::wall_now()).await?;
    eprintln!("Key {} with scope {scope}. It is shown once; keep it safe. 密钥仅显示一次，请妥善保存。", row.id);
    println!("{key}");
    store.close().await;
    Ok(())
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
    if found { Ok(()) } else { Err(Failure(format!("key {id}: not there, or revoked already"))) }
}
