//! A dialer with a campaign of people who answer, two agents with softphones, and a manager. It shows nothing itself.

use crate::browser::Browser;
use crate::real::baresip::{Baresip, Phone};
use crate::real::dialer::{Dialer, Trunk, binary};
use crate::real::sipp::Sipp;
use crate::real::{peers, run, scratch, udp_port};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct House {
    pub dialer: Dialer,
    pub dir: PathBuf,
    pub campaign: String,
    pub people: Vec<Person>,
    _carrier: Sipp,
    _phones: Vec<Baresip>,
}

pub struct Person {
    pub name: &'static str,
    pub id: String,
    pub password: String,
}

pub const MANAGER: (&str, &str) = ("maria", "correct horse battery");

/// The house's own: a usual one with its usual words, and one of its own.
const PAUSES: &str = r#"
[[pause]]
reason = "break"
[[pause]]
reason = "prayer"
title = { en = "Prayer", zh-Hans = "祷告", zh-Hant = "禱告" }
"#;

impl House {
    /// Everybody on the list picks up, says hello and listens. The campaign is started. `lang`: of those who log in.
    pub fn open(name: &str, agents: &[&'static str], lang: &str) -> House {
        House::open_in(name, agents, lang, "progressive")
    }

    /// In another mode. Whoever is shown a lead may look at it for as long as the settings let.
    pub fn open_in(name: &str, agents: &[&'static str], lang: &str, mode: &str) -> House {
        let dir = scratch(name);
        let carrier = Sipp::carrier("uas_human", udp_port(), &dir, &[]);
        let trunk =
            Trunk { name: "carrier", port: carrier.port, channels: 20, calls_per_second: 10, credentials: None };
        let mut dialer = Dialer::prepare(&dir, &[trunk], None);
        let config = std::fs::read_to_string(&dialer.config).expect("just written");
        std::fs::write(&dialer.config, config + PAUSES).expect("writable");
        filters(&dialer.data.join("campaigns/filters"), mode);
        let list = dir.join("leads.csv");
        leads(&list, 200);
        dialer.command(&["import", "filters", list.to_str().expect("plain ASCII")]);
        add_manager(&dialer, lang);
        dialer.start(&dir);
        let made = dialer.post("/v1/campaigns", &json!({ "name": "filters" }));
        let campaign = made["id"].as_str().expect("a campaign has an id").to_owned();
        let sound = dir.join("agent_long.wav");
        run(Command::new("sox").arg(peers().join("media/agent.wav")).arg(&sound).args(["repeat", "200"]));
        let (mut people, mut phones) = (Vec::new(), Vec::new());
        for name in agents {
            let made = dialer.post("/v1/agents", &json!({ "name": name, "lang": lang }));
            let text = |key: &str| made[key].as_str().unwrap_or_else(|| panic!("{key} in {made}")).to_owned();
            let phone = Phone { name, password: &text("sip_secret"), registrar: dialer.sip, sound: &sound };
            phones.push(Baresip::start(&phone, &dir));
            people.push(Person { name, id: text("id"), password: text("page_password") });
        }
        dialer.post(&format!("/v1/campaigns/{campaign}/start"), &Value::Null);
        House { dialer, dir, campaign, people, _carrier: carrier, _phones: phones }
    }

    pub fn log_in(&self, browser: &Browser, page: &str, name: &str, password: &str) {
        browser.open(&format!("{}{page}", self.dialer.api));
        browser.until("document.querySelector('#name')");
        browser.type_into("#name", name);
        browser.type_into("#password", password);
        browser.keys(crate::browser::ENTER);
        browser.until("!document.querySelector('#name')");
    }

    /// By keyboard alone, from the login to the first customer.
    pub fn to_the_first_call(&self, browser: &Browser, nth: usize) {
        self.log_in(browser, "/agent", self.people[nth].name, &self.people[nth].password);
        browser.until("document.querySelector('#wait form')");
        browser.until("document.querySelector('#strip .detail')?.textContent.match(/registered|注册|註冊/)");
        browser.keys(crate::browser::ENTER);
        state(browser, "pause");
        browser.keys(crate::browser::ENTER);
        self.a_call(browser);
    }

    pub fn a_call(&self, browser: &Browser) {
        state(browser, "talk");
        browser.until("document.querySelector('#say') && document.querySelector('.who .name')");
    }

    /// The agent's last call, as the store has it.
    pub fn last_call(&self, nth: usize) -> Value {
        self.dialer.get(&format!("/v1/calls?agent={}&limit=1", self.people[nth].id))["items"][0].clone()
    }
}

pub fn state(browser: &Browser, state: &str) {
    browser.until(&format!("document.querySelector('#strip')?.dataset.state === {state:?}"));
}

/// The shipped telesales, open at every hour, for numbers of a region whose rule pack sets none.
fn filters(dir: &Path, mode: &str) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("campaigns/telesales");
    std::fs::create_dir_all(dir.parent().expect("in campaigns")).expect("writable");
    run(Command::new("cp").arg("-rT").arg(&shipped).arg(dir));
    let file = dir.join("campaign.toml");
    let text = std::fs::read_to_string(&file).expect("the shipped campaign is whole");
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let hours: String = days.iter().map(|day| format!("{day} = \"00:00-24:00\"\n")).collect();
    let (before, rest) = text.split_once("[hours]").expect("it has hours");
    let (_, after) = rest.split_once("[dialing]").expect("dialing follows");
    let mut text = format!("{before}[hours]\nzone = \"Asia/Shanghai\"\n{hours}\n[dialing]{after}");
    for (from, to) in [
        ("\"predictive\"", format!("\"{mode}\"").as_str()),
        ("region = \"US\"\nregions = [\"US\", \"CN\"]", "region = \"CN\""),
        ("ring_seconds_min = 15", "ring_seconds_min = 5"),
        ("us_tsr", "cn_default"),
        ("\"USD\"", "\"CNY\""),
        ("+12125550100", "+862155550100"),
        ("[amd]\nenabled = true", "[amd]\nenabled = false"),
        ("wrap_seconds_max = 30", "wrap_seconds_max = 300"),
    ] {
        assert!(text.contains(from), "{from} stands in the shipped campaign");
        text = text.replace(from, to);
    }
    std::fs::write(&file, text + "\n[preview]\nseconds = 600\n").expect("writable");
}

fn leads(file: &Path, number: usize) {
    let people = [
        ("Ann Lee", "12 Lake Street", "Shanghai", "en"),
        ("王芳", "朝阳路1号", "北京", "zh-Hans"),
        ("Ben Ortiz", "8 Garden Road", "Hangzhou", "en"),
        ("張敏", "天河路3號", "廣州", "zh-Hant"),
        ("Carla Jones", "33 River Walk", "Suzhou", "en"),
        ("李伟", "南京路22号", "上海", "zh-Hans"),
    ];
    let mut text = "phone,name,address,city,lang\n".to_owned();
    for nth in 0..number {
        let (name, address, city, lang) = people[nth % people.len()];
        writeln!(text, "+861990000{nth:04},{name},{address},{city},{lang}").expect("a String takes all");
    }
    std::fs::write(file, text).expect("writable");
}

fn add_manager(dialer: &Dialer, lang: &str) {
    let mut command = binary();
    command
        .args(["user", "add", MANAGER.0, "--role", "manager", "--lang", lang, "--password-stdin", "--config"])
        .arg(&dialer.config);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("our own binary");
    child.stdin.take().expect("piped").write_all(MANAGER.1.as_bytes()).expect("it reads");
    assert!(child.wait().expect("our own child").success());
}
