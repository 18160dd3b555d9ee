//! The shipped campaigns are checked and tested as their users would, and every sound they use is there.

use outpace::campaign::Settings;
use outpace::campaign::settings::HandledBy;
use outpace::script::check::{self, Inputs};
use outpace::script::{FlowSettings, Values, test};
use outpace::words::Lang;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

const SHIPPED: [&str; 3] = ["telesales", "reminder", "template"];

fn settings(name: &str) -> Settings {
    let text = fs::read_to_string(format!("campaigns/{name}/campaign.toml")).unwrap();
    toml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn files(folder: &str, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.filter(|n| n.ends_with(ending)).collect();
    names.sort();
    names
}

fn inputs(name: &str) -> Inputs {
    let mut sources = BTreeMap::new();
    for file in files("scripts", ".lua") {
        sources.insert(format!("scripts/{file}"), fs::read_to_string(format!("scripts/{file}")).unwrap());
    }
    for file in files(&format!("campaigns/{name}"), ".lua") {
        sources.insert(file.clone(), fs::read_to_string(format!("campaigns/{name}/{file}")).unwrap());
    }
    let prompts: BTreeSet<String> = files(&format!("campaigns/{name}/prompts"), ".wav")
        .into_iter()
        .map(|f| f.trim_end_matches(".wav").to_owned())
        .collect();
    let settings = settings(name);
    Inputs {
        sources,
        settings: FlowSettings {
            outcomes: settings.outcomes.keys().cloned().collect(),
            currency: settings.currency.clone(),
            lang: settings.lang,
            speaks: settings.flow.handled_by == HandledBy::Flow,
        },
        prompts,
        lead: leads(name).remove(0),
    }
}

fn leads(name: &str) -> Vec<Values> {
    let mut reader = csv::Reader::from_path(format!("campaigns/{name}/leads.sample.csv")).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

#[test]
fn each_passes_its_check_without_a_warning() {
    for name in SHIPPED {
        for lang in [Lang::En, Lang::ZhHans] {
            let mut inputs = inputs(name);
            inputs.settings.lang = lang;
            let report = check::check(&inputs);
            assert!(report.findings.is_empty(), "{name}:\n{}", report.text(Lang::En));
        }
    }
}

#[test]
fn each_passes_its_own_tests_and_they_see_every_step_choice_objection_and_outcome() {
    for name in SHIPPED {
        let report = test::run(&inputs(name), &BTreeMap::new(), 1);
        assert!(report.passed(), "{name}:\n{}", report.text(Lang::En));
        let c = &report.coverage;
        for counts in [&c.steps, &c.objections, &c.outcomes, &c.choices] {
            let unseen: Vec<_> = counts.iter().filter(|(_, n)| **n == 0).map(|(k, _)| k).collect();
            assert!(unseen.is_empty(), "{name}: {unseen:?}\n{}", report.text(Lang::En));
        }
    }
}

#[test]
fn every_sound_is_small_telephone_quality_and_there_in_english_and_chinese() {
    for name in SHIPPED {
        let folder = format!("campaigns/{name}/prompts");
        for file in files(&folder, ".wav") {
            let bytes = fs::read(Path::new(&folder).join(&file)).unwrap();
            assert!(bytes.len() <= 60_000, "{name}/{file}: {} bytes", bytes.len());
            assert!(bytes.starts_with(b"RIFF"), "{name}/{file}");
            let (format, channels) =
                (u16::from_le_bytes([bytes[20], bytes[21]]), u16::from_le_bytes([bytes[22], bytes[23]]));
            let rate = u32::from_le_bytes([bytes[24], bytes[25], bytes[26], bytes[27]]);
            assert_eq!((format, channels, rate), (7, 1, 8000), "{name}/{file}: mu-law, mono, 8 kHz");
            if !file.ends_with(".zh-Hans.wav") {
                let chinese = file.replace(".wav", ".zh-Hans.wav");
                assert!(Path::new(&folder).join(&chinese).exists(), "{name}/{chinese}");
            }
        }
        let message = settings(name).abandonment.message;
        assert!(Path::new(&folder).join(format!("{message}.wav")).exists(), "{name}: {message}");
    }
}

#[test]
fn the_sample_leads_are_enough_and_nobody_real() {
    for name in SHIPPED {
        let leads = leads(name);
        assert!(leads.len() >= 20, "{name}");
        let phones: BTreeSet<_> = leads.iter().map(|l| l["phone"].clone()).collect();
        assert_eq!(phones.len(), leads.len(), "{name}: each number once");
        for phone in phones {
            // 555-0100 to 555-0199 are reserved for fiction.
            let fiction = phone.starts_with("+1") && phone.len() == 12 && &phone[5..10] == "55501";
            assert!(fiction || phone.starts_with("+861990000"), "{name}: {phone}");
        }
    }
}

#[test]
fn prompts_take_virtual_time() {
    let prompts: BTreeMap<String, Duration> =
        inputs("reminder").prompts.into_iter().map(|name| (name, Duration::from_secs(2))).collect();
    let report = test::run(&inputs("reminder"), &prompts, 1);
    let silent = report.tests.iter().find(|t| t.name.starts_with("silence")).unwrap();
    // Welcome, day, hour, three prompts with 6 s of silence each, good-bye.
    assert!((silent.seconds - 32.0).abs() < 1e-9, "{}", silent.seconds);
}

#[test]
fn every_campaign_toml_may_dial_and_every_lead_is_accepted() {
    use outpace::campaign::{check, list};
    for name in SHIPPED {
        let text = fs::read_to_string(format!("campaigns/{name}/campaign.toml")).unwrap();
        let settings = check::check(&text).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"));
        let dialing = &settings.dialing;
        let options = list::ImportOptions::new(&dialing.region, &dialing.regions, [7; 32]);
        let bytes = fs::read(format!("campaigns/{name}/leads.sample.csv")).unwrap();
        let mut rows = Rows(Vec::new());
        let report = list::Importer::new(options).read_all(&bytes[..], &mut rows).unwrap();
        assert_eq!((report.rejected, report.accepted), (0, report.rows), "{name}: {:#?}", report.rejections);
        for row in rows.0 {
            assert!(!row.zones.is_empty(), "{name} line {}: no zone is known", row.line);
        }
    }
}

struct Rows(Vec<outpace::campaign::list::Row>);

impl outpace::campaign::list::Sink for Rows {
    fn row(&mut self, row: outpace::campaign::list::Row) {
        self.0.push(row);
    }
    fn rejected(&mut self, _: &outpace::campaign::list::Rejected) {}
}
