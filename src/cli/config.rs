//! The configuration: flag over environment over file over default. Every setting is `section.key`;
//! the environment spells it `OUTPACE__SECTION__KEY`. Lists (trunks) stand only in the file.

use crate::api::pauses::{self, PauseReason};
use crate::words::{Lang, Text};
use serde::Deserialize;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use tracing_subscriber::EnvFilter;

/// A complete, commented file: what `outpace config example` prints and what the tests parse.
pub const EXAMPLE: &str = include_str!("config_example.toml");

const PREFIX: &str = "OUTPACE__";

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub node: Node,
    pub data: Data,
    pub sip: Sip,
    pub rtp: Rtp,
    pub api: Api,
    pub store: Store,
    pub log: Log,
    #[serde(rename = "trunk")]
    pub trunks: Vec<Trunk>,
    #[serde(rename = "pause")]
    pub pauses: Vec<Pause>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Node {
    /// 0 to 2047; unique among the nodes that share a database.
    pub id: u16,
    /// After SIGTERM calls in flight may go on so long.
    pub drain_seconds: u64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    /// Campaigns, recordings and the SQLite file.
    pub dir: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sip {
    pub bind: SocketAddr,
    /// Digest realm of the agents' softphones. Changing it invalidates their secrets.
    pub realm: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rtp {
    pub bind: IpAddr,
    pub port_min: u16,
    pub port_max: u16,
    /// Media threads; 0: half the cores.
    pub threads: usize,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Api {
    pub bind: SocketAddr,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// `sqlite:FILE` (relative to the data folder) or `postgres://user:password@host/database`.
    pub url: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,outpace::sip=debug`.
    pub level: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trunk {
    pub name: String,
    pub address: SocketAddr,
    #[serde(default = "channels")]
    pub channels: u32,
    #[serde(default = "calls_per_second")]
    pub calls_per_second: u32,
    /// For 401 and 407, and for registration.
    #[serde(default)]
    pub user: Option<String>,
    #[serde(default)]
    pub password: Option<String>,
    /// Register there and keep it alive.
    #[serde(default)]
    pub register: bool,
    /// OPTIONS so often; 0: never, the trunk counts as up.
    #[serde(default = "options_seconds")]
    pub options_seconds: u32,
}

/// A reason that agents may give for a pause. The first one replaces the usual ones.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// As facts, KPIs and the API carry it: 1 to 32 small letters, digits, `_`.
    pub reason: String,
    /// On the pages; a usual reason has its words already.
    #[serde(default)]
    pub title: Option<Text>,
}

impl Pause {
    /// Empty: it is not a usual one and names none.
    fn title(&self) -> Text {
        self.title.clone().or_else(|| pauses::title_of(&self.reason)).unwrap_or_default()
    }
}

fn channels() -> u32 {
    100
}
fn calls_per_second() -> u32 {
    10
}
fn options_seconds() -> u32 {
    30
}

impl Default for Node {
    fn default() -> Node {
        Node { id: 1, drain_seconds: 60 }
    }
}
impl Default for Data {
    fn default() -> Data {
        Data { dir: PathBuf::from("data") }
    }
}
impl Default for Sip {
    fn default() -> Sip {
        Sip { bind: SocketAddr::from(([127, 0, 0, 1], 5060)), realm: "outpace".to_owned() }
    }
}
impl Default for Rtp {
    fn default() -> Rtp {
        Rtp { bind: IpAddr::from([127, 0, 0, 1]), port_min: 20_000, port_max: 29_999, threads: 0 }
    }
}
impl Default for Api {
    fn default() -> Api {
        Api { bind: SocketAddr::from(([127, 0, 0, 1], 8080)) }
    }
}
impl Default for Store {
    fn default() -> Store {
        Store { url: "sqlite:outpace.db".to_owned() }
    }
}
impl Default for Log {
    fn default() -> Log {
        Log { level: "info".to_owned() }
    }
}

/// What is wrong with the configuration, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the file (if any), then the environment over it.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Config, ConfigError> {
        let (text, name) = match file {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| {
                    ConfigError(format!("{}: {e}. `outpace config example` prints a complete file.", path.display()))
                })?;
                (text, path.display().to_string())
            }
            None => (String::new(), "defaults".to_owned()),
        };
        Config::parse(&text, &name, environment)
    }

    pub fn parse(
        text: &str,
        name: &str,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Config, ConfigError> {
        // Twice: once typed for errors with their line, once as a table for the environment to write over.
        toml::from_str::<Config>(text).map_err(|e| ConfigError(format!("{name}: {}", e.to_string().trim_end())))?;
        let mut table: toml::Table = toml::from_str(text).expect("it parsed as Config just now");
        for (key, value) in environment {
            if let Some(path) = key.strip_prefix(PREFIX) {
                override_key(&mut table, path, &value)?;
                table.clone().try_into::<Config>().map_err(|e| {
                    let why = e.message().trim_end().to_owned();
                    let fix = "`outpace config example` shows what is expected";
                    ConfigError(format!("environment {key} = \"{value}\": {why}; {fix}"))
                })?;
            }
        }
        let config: Config = table.try_into().expect("checked after each change");
        config.check(name)
    }

    /// The house's own, or the usual ones.
    pub fn pause_reasons(&self) -> Vec<PauseReason> {
        if self.pauses.is_empty() {
            return pauses::usual();
        }
        self.pauses.iter().map(|pause| PauseReason { id: pause.reason.clone(), title: pause.title() }).collect()
    }

    fn check(self, name: &str) -> Result<Config, ConfigError> {
        let fail = |text: String| Err(ConfigError(format!("{name}: {text}")));
        if self.node.id >= 2048 {
            return fail(format!("node.id = {}: use 0 to 2047", self.node.id));
        }
        if self.rtp.port_min >= self.rtp.port_max {
            let (min, max) = (self.rtp.port_min, self.rtp.port_max);
            return fail(format!("rtp.port_min = {min} is not below rtp.port_max = {max}: swap or widen them"));
        }
        if let Err(error) = EnvFilter::try_new(&self.log.level) {
            let level = &self.log.level;
            return fail(format!("log.level = \"{level}\": {error}; such as info, or info,outpace::sip=debug"));
        }
        for (index, trunk) in self.trunks.iter().enumerate() {
            if trunk.channels == 0 || trunk.calls_per_second == 0 {
                return fail(format!("trunk \"{}\": channels and calls_per_second must be at least 1", trunk.name));
            }
            if trunk.register && (trunk.user.is_none() || trunk.password.is_none()) {
                return fail(format!("trunk \"{}\": register = true needs user and password", trunk.name));
            }
            if self.trunks[..index].iter().any(|other| other.name == trunk.name) {
                return fail(format!("trunk \"{}\" stands there twice: names must differ", trunk.name));
            }
        }
        for (index, pause) in self.pauses.iter().enumerate() {
            let reason = &pause.reason;
            if let Some(fix) = wrong_reason(reason) {
                return fail(format!("pause reason \"{reason}\": {fix}"));
            }
            if pause.title().get(Lang::En).trim().is_empty() {
                let fix = "give it a title, such as title = \"Prayer\" or { en = \"Prayer\", zh-Hans = \"祷告\" }";
                return fail(format!("pause reason \"{reason}\" has no title: {fix}"));
            }
            if self.pauses[..index].iter().any(|other| other.reason == *reason) {
                return fail(format!("pause reason \"{reason}\" stands there twice: reasons must differ"));
            }
        }
        Ok(self)
    }
}

/// What is wrong with the name of a pause reason. Some are the dialer's own.
fn wrong_reason(reason: &str) -> Option<&'static str> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if reason.is_empty() || reason.len() > 32 || !reason.bytes().all(plain) {
        return Some("use 1 to 32 small letters, digits or _; what people read is its title");
    }
    ["pause", "login", "page_lost"].contains(&reason).then_some("the dialer uses this one itself: choose another")
}

/// `SIP__BIND` = value, typed as the default of that key is.
fn override_key(table: &mut toml::Table, path: &str, value: &str) -> Result<(), ConfigError> {
    let unknown = || {
        ConfigError(format!(
            "environment {PREFIX}{path}: no such setting. It is {PREFIX}SECTION__KEY, such as {PREFIX}SIP__BIND; `outpace config example` lists them."
        ))
    };
    let (section, key) = path.split_once("__").ok_or_else(unknown)?;
    let (section, key) = (section.to_ascii_lowercase(), key.to_ascii_lowercase());
    let example: toml::Table = toml::from_str(EXAMPLE).expect("the example parses: a test says so");
    let known = example.get(&section).and_then(toml::Value::as_table).and_then(|s| s.get(&key)).ok_or_else(unknown)?;
    let typed = if known.is_integer() {
        let number = value.trim().parse::<i64>().map_err(|_| {
            ConfigError(format!("environment {PREFIX}{path} = \"{value}\": a whole number is expected"))
        })?;
        toml::Value::Integer(number)
    } else {
        toml::Value::String(value.to_owned())
    };
    let section = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
    section.as_table_mut().ok_or_else(unknown)?.insert(key, typed);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none() -> std::iter::Empty<(String, String)> {
        std::iter::empty()
    }

    #[test]
    fn the_example_is_the_default_plus_a_trunk() {
        let mut config = Config::parse(EXAMPLE, "example", none()).unwrap();
        assert_eq!(config.trunks.len(), 1);
        config.trunks.clear();
        assert_eq!(config, Config::default());
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let env = [("OUTPACE__SIP__BIND", "127.0.0.1:5070"), ("OUTPACE__NODE__ID", "7"), ("HOME", "/root")];
        let env = env.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned()));
        let config = Config::parse("[sip]\nbind = \"127.0.0.1:5061\"\n", "test", env).unwrap();
        assert_eq!(config.sip.bind.port(), 5070);
        assert_eq!(config.node.id, 7);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let cases = [
            ("[sip]\nbnd = \"x\"\n", "bnd"),
            ("[sip]\nbind = \"nowhere\"\n", "line 2"),
            ("[rtp]\nport_min = 30000\n", "rtp.port_min = 30000"),
            ("[[pause]]\nreason = \"Prayer\"\n", "small letters"),
            ("[[pause]]\nreason = \"prayer\"\n", "has no title"),
            ("[[pause]]\nreason = \"page_lost\"\ntitle = \"x\"\n", "itself"),
            ("[[pause]]\nreason = \"lunch\"\n[[pause]]\nreason = \"lunch\"\n", "twice"),
            ("[[trunk]]\nname = \"a\"\naddress = \"127.0.0.1:5070\"\nregister = true\n", "needs user and password"),
        ];
        for (text, expected) in cases {
            let error = Config::parse(text, "file.toml", none()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_house_names_its_own_pauses() {
        let usual = Config::default().pause_reasons();
        assert!(usual.len() == 8 && usual[1].id == "lunch" && usual[1].title.get(Lang::ZhHans) == "用餐");
        let text = "[[pause]]\nreason = \"lunch\"\n\n[[pause]]\nreason = \"prayer\"\ntitle = { en = \"Prayer\" }\n";
        let own = Config::parse(text, "test", none()).unwrap().pause_reasons();
        let shown: Vec<(&str, &str)> = own.iter().map(|one| (one.id.as_str(), one.title.get(Lang::En))).collect();
        assert_eq!(shown, [("lunch", "Lunch"), ("prayer", "Prayer")]);
    }

    #[test]
    fn an_unknown_environment_key_is_an_error() {
        let env = [("OUTPACE__SIP__BNID".to_owned(), "x".to_owned())];
        let error = Config::parse("", "test", env.into_iter()).unwrap_err().to_string();
        assert!(error.contains("OUTPACE__SIP__BNID"), "{error}");
    }
}
