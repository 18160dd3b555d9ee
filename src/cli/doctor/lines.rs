//! The other ends: trunks that answer, registrations they take, agents' phones that are where they said.

use super::super::config::{Config, Trunk as Configured};
use super::finding::Finding;
use crate::live::clock::wall_now;
use crate::live::heir::{KnownPhone, known_phones};
use crate::live::probe::{Heard, probe};
use crate::sip::Trunk;
use crate::store::Store;
use crate::words::{Reason, TrunkId};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

const REGISTER: Duration = Duration::from_secs(60);
/// Trunks are numbered from 1, phones from here.
const PHONES_FROM: u64 = 1_000_000;

pub(super) async fn examine(config: &Config, store: Option<&Store>) -> Vec<Finding> {
    let (agents, phones) = match store {
        Some(store) => {
            (store.agents().await.unwrap_or_default(), known_phones(store, wall_now()).await.unwrap_or_default())
        }
        None => (Vec::new(), Vec::new()),
    };
    let heard = match ask(config, &phones).await {
        Ok(heard) => heard,
        Err(error) => {
            let (meaning, fix) = (Reason::new("doctor.probe"), Reason::new("doctor.probe_fix"));
            return vec![Finding::bad(Reason::new("doctor.on_probe"), error.to_string(), meaning, fix)];
        }
    };
    let mut findings: Vec<Finding> =
        config.trunks.iter().zip(1..).map(|(trunk, n)| of_trunk(trunk, heard.get(&TrunkId(n)).copied())).collect();
    if config.trunks.is_empty() {
        let (meaning, fix) = (Reason::new("doctor.no_trunk"), Reason::new("doctor.no_trunk_fix"));
        findings.push(Finding::bad(Reason::new("doctor.on_trunks"), Reason::new("doctor.is_unset"), meaning, fix));
    }
    if agents.is_empty() && store.is_some() {
        let (meaning, fix) = (Reason::new("doctor.no_agent"), Reason::new("doctor.no_agent_fix"));
        findings.push(Finding::doubtful(Reason::new("doctor.on_agents"), Reason::new("doctor.is_none"), meaning, fix));
    }
    for agent in &agents {
        let known = phones.iter().zip(PHONES_FROM..).find(|(phone, _)| phone.name == agent.name);
        let heard = known.and_then(|(_, n)| heard.get(&TrunkId(n)).copied());
        findings.push(of_phone(config, &agent.name, known.map(|(phone, _)| phone), heard));
    }
    findings
}

async fn ask(config: &Config, phones: &[KnownPhone]) -> std::io::Result<BTreeMap<TrunkId, Heard>> {
    let trunk = |(trunk, n): (&Configured, u64)| Trunk {
        user: trunk.user.clone().unwrap_or_default(),
        password: trunk.password.clone().unwrap_or_default(),
        register: trunk.register.then_some(REGISTER),
        ..Trunk::new(TrunkId(n), &trunk.name, trunk.address)
    };
    let phone = |(phone, n): (&KnownPhone, u64)| Trunk::new(TrunkId(n), &phone.name, phone.address);
    let mut ends: Vec<Trunk> = config.trunks.iter().zip(1..).map(trunk).collect();
    ends.extend(phones.iter().zip(PHONES_FROM..).map(phone));
    if ends.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ip = config.sip.bind.ip();
    // From our own port if it is free: some carriers answer no other.
    let own = std::net::UdpSocket::bind(config.sip.bind).is_ok();
    let from = SocketAddr::new(ip, if own { config.sip.bind.port() } else { 0 });
    let seed = getrandom::u64().map_err(|error| std::io::Error::other(error.to_string()))?;
    tokio::task::spawn_blocking(move || probe(from, ends, seed)).await.map_err(std::io::Error::other)?
}

fn of_trunk(trunk: &Configured, heard: Option<Heard>) -> Finding {
    let what = Reason::new("doctor.on_trunk").with("trunk", &trunk.name).with("address", trunk.address);
    match heard.unwrap_or(Heard::Silence) {
        Heard::Well if trunk.register => Finding::good(what, Reason::new("doctor.is_registered")),
        Heard::Well => Finding::good(what, Reason::new("doctor.is_answering")),
        Heard::Refused(code @ (401 | 403 | 407)) => {
            let meaning = Reason::new("doctor.trunk_password").with("code", code);
            let fix = Reason::new("doctor.trunk_password_fix").with("trunk", &trunk.name);
            Finding::bad(what, Reason::new("doctor.is_refusing").with("code", code), meaning, fix)
        }
        Heard::Refused(code) => {
            let meaning = Reason::new("doctor.trunk_refuses").with("code", code);
            let fix = Reason::new("doctor.trunk_refuses_fix").with("trunk", &trunk.name);
            Finding::bad(what, Reason::new("doctor.is_code").with("code", code), meaning, fix)
        }
        Heard::Silence if trunk.options_seconds == 0 && !trunk.register => {
            let fix = Reason::new("doctor.trunk_silent_fix").with("address", trunk.address);
            Finding::doubtful(what, Reason::new("doctor.is_silent_options"), Reason::new("doctor.trunk_unasked"), fix)
        }
        Heard::Silence => {
            let fix = Reason::new("doctor.trunk_silent_fix").with("address", trunk.address);
            Finding::bad(what, Reason::new("doctor.is_silent"), Reason::new("doctor.trunk_silent"), fix)
        }
    }
}

fn of_phone(config: &Config, name: &str, phone: Option<&KnownPhone>, heard: Option<Heard>) -> Finding {
    let what = Reason::new("doctor.on_phone").with("name", name);
    let Some(phone) = phone else {
        let fix = Reason::new("doctor.phone_unknown_fix")
            .with("address", config.sip.bind)
            .with("name", name)
            .with("realm", &config.sip.realm);
        return Finding::doubtful(
            what,
            Reason::new("doctor.is_unregistered"),
            Reason::new("doctor.phone_unknown"),
            fix,
        );
    };
    match heard.unwrap_or(Heard::Silence) {
        Heard::Well | Heard::Refused(_) => {
            Finding::good(what, Reason::new("doctor.is_phone_there").with("address", phone.address))
        }
        Heard::Silence => {
            let seen = Reason::new("doctor.is_phone_silent").with("address", phone.address);
            let (meaning, fix) = (Reason::new("doctor.phone_silent"), Reason::new("doctor.phone_silent_fix"));
            Finding::doubtful(what, seen, meaning, fix)
        }
    }
}
