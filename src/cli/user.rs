//! `outpace user`: people who log in on the pages. Passwords are kept as argon2id hashes, generated ones printed once.

use super::config::Sip;
use super::key::{SCOPES, binding, bindings_fit, one_of};
use super::{Failure, Place, block_on, data};
use crate::live::clock;
use crate::store::{NewUser, Scope, Store, StoreError, generate_password};
use crate::words::{Lang, Reason};
use std::io::Read;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct User {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Make a user; a generated password is printed last, once. 新建用户，生成的密码仅显示一次。
    Add {
        /// 1 to 32 letters, digits, `.`, `-`, `_`.
        name: String,
        /// admin, manager, supervisor, agent or client.
        #[arg(long)]
        role: String,
        /// An agent that has no user any more; without it, role agent makes an agent. 为已有座席补建用户。
        #[arg(long)]
        agent: Option<String>,
        /// As customers and the floor know the agent, in any letters; default: the login name. 座席显示姓名。
        #[arg(long)]
        display: Option<String>,
        /// What may be seen. Needed by role client. 可见的活动。
        #[arg(long)]
        campaign: Option<String>,
        /// en, zh-Hans or zh-Hant.
        #[arg(long, default_value = "en")]
        lang: String,
        /// Read the password from standard input instead of making one. 从标准输入读取密码。
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        place: Place,
    },
    /// The users. 列出用户。
    List {
        #[command(flatten)]
        place: Place,
    },
    /// A new password; every session of the user ends. 重设密码，该用户的所有登录随即失效。
    Password {
        name: String,
        /// Read it from standard input instead of making one. 从标准输入读取密码。
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        place: Place,
    },
    /// End a user and every session of theirs; an agent stays. 删除用户，座席保留。
    Remove {
        name: String,
        #[command(flatten)]
        place: Place,
    },
}

impl User {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        block_on(async {
            match self.what {
                What::Add { name, role, agent, display, campaign, lang, password_stdin, place } => {
                    let password = Password::take(password_stdin)?;
                    add(&place, &Wish { name, role, agent, display, campaign, lang }, &password).await
                }
                What::List { place } => list(&place).await,
                What::Password { name, password_stdin, place } => {
                    let password = Password::take(password_stdin)?;
                    renew(&place, &name, &password).await
                }
                What::Remove { name, place } => remove(&place, &name).await,
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// As it was typed.
struct Wish {
    name: String,
    role: String,
    agent: Option<String>,
    display: Option<String>,
    campaign: Option<String>,
    lang: String,
}

struct Password {
    text: String,
    generated: bool,
}

impl Password {
    fn take(from_stdin: bool) -> Result<Password, Failure> {
        if !from_stdin {
            return Ok(Password { text: generate_password(), generated: true });
        }
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text)?;
        Ok(Password { text: text.trim_end_matches(['\r', '\n']).to_owned(), generated: false })
    }

    /// Last, and only what its owner does not know yet.
    fn print(&self) {
        if self.generated {
            eprintln!("The password is shown once; keep it safe. 密码仅显示一次，请妥善保存。");
            println!("{}", self.text);
        }
    }
}

async fn add(place: &Place, wish: &Wish, password: &Password) -> Result<(), Failure> {
    let Wish { name, role, agent, display, campaign, lang } = wish;
    let scope: Scope = role.parse().map_err(|_| one_of("--role", role, SCOPES))?;
    let hires = scope == Scope::Agent && agent.is_none();
    if display.is_some() && !hires {
        return Err(Reason::new("cli.no_display").with("scope", format!("--role {scope}")).into());
    }
    bindings_fit("--role", scope, agent.is_some() || hires, campaign.is_some())?;
    let known = [Lang::En, Lang::ZhHans, Lang::ZhHant].into_iter().find(|known| known.tag() == lang);
    let lang = known.ok_or_else(|| one_of("--lang", lang, "en, zh-Hans, zh-Hant"))?;
    let config = place.load()?;
    let store = data::open_store(&config).await?;
    if hires {
        let hired = hire(&store, &config.sip, (name, display.as_deref()), lang, password).await;
        store.close().await;
        return hired;
    }
    let made = async {
        let binding = binding(&store, agent.clone(), campaign.clone()).await?;
        let now = clock::wall_now();
        let new = NewUser { name, role: scope, binding, lang, password: &password.text, now };
        Ok::<_, Failure>(store.add_user(&new).await?)
    };
    let made = made.await;
    store.close().await;
    let row = made?;
    eprintln!("User {} with role {}.", row.name, row.role);
    password.print();
    Ok(())
}

/// An agent with a page and a softphone. A running server hears of it within a second.
async fn hire(
    store: &Store,
    sip: &Sip,
    (name, display): (&str, Option<&str>),
    lang: Lang,
    password: &Password,
) -> Result<(), Failure> {
    let made = store.create_agent_shown(name, display, lang, &sip.realm, clock::wall_now()).await?;
    let password = match password.generated {
        true => Password { text: made.page_password, generated: true },
        false => {
            store.set_password(name, &password.text).await?;
            Password { text: password.text.clone(), generated: false }
        }
    };
    eprintln!("Agent {name}. Softphone: server {}, user {name}, answers by itself, with this secret:", sip.bind);
    eprintln!("座席 {name}。软电话：服务器 {}，用户名 {name}，须自动应答，密码如下：", sip.bind);
    println!("{}", made.sip_secret);
    if password.generated {
        eprintln!("And the password of the page:\n页面登录密码：");
    }
    password.print();
    Ok(())
}

async fn list(place: &Place) -> Result<(), Failure> {
    let store = data::open_store(&place.load()?).await?;
    let users = store.users().await;
    let campaigns = store.campaigns().await;
    store.close().await;
    let campaigns = campaigns?;
    for user in users? {
        let campaign = campaigns.iter().find(|row| Some(row.id) == user.binding.campaign);
        let sees = campaign.map(|row| format!("  campaign {}", row.name)).unwrap_or_default();
        println!("{:<32}  {:<10}  {}{sees}", user.name, user.role.to_string(), user.created.rfc3339());
    }
    Ok(())
}

async fn renew(place: &Place, name: &str, password: &Password) -> Result<(), Failure> {
    let store = data::open_store(&place.load()?).await?;
    let done = store.set_password(name, &password.text).await;
    let known = names(&store).await;
    store.close().await;
    if let Err(StoreError::Missing { .. }) = &done {
        return Err(unknown(name, known));
    }
    done?;
    password.print();
    Ok(())
}

async fn remove(place: &Place, name: &str) -> Result<(), Failure> {
    let store = data::open_store(&place.load()?).await?;
    let removed = store.remove_user(name).await;
    let known = names(&store).await;
    store.close().await;
    if removed? { Ok(()) } else { Err(unknown(name, known)) }
}

fn unknown(name: &str, known: String) -> Failure {
    Reason::new("cli.unknown_user").with("name", name).with("known", known).into()
}

async fn names(store: &Store) -> String {
    let users = store.users().await.unwrap_or_default();
    users.into_iter().map(|user| user.name).collect::<Vec<_>>().join(", ")
}
