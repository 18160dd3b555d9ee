//! Authors make mistakes in campaign.toml: each is named with line, key, value and the fix, all at once.

use outpace::campaign::{Problem, check};
use outpace::words::{Lang, Reason};
use proptest::prelude::*;

const GOOD: &str = r#"title = { en = "Autumn offer", zh-Hans = "秋季优惠" }
lang = "en"
currency = "USD"

[seller]
name = "Example Ltd"
caller_id = "+12025550100"
callback_number = "+12025550101"

[hours]
zone = "America/New_York"
mon = "09:00-20:00"
sat = "10:00-12:00, 14:00-16:00"
closed = ["2026-12-25"]

[dialing]
mode = "predictive"
region = "US"

[abandonment]
profile = "us_tsr"
message = "abandoned"

[amd]
enabled = true
false_positive_rate = 0.01

[outcomes.sale]
title = "Sale"
right_party = true

[outcomes.later]
title = { zh-Hans = "稍后" }
then = "retry"
after = "2h"

[retry]
busy = ["10m", "30m"]
"#;

fn problems(text: &str) -> Vec<Problem> {
    check(text).expect_err("it must be refused")
}

/// The good file with one line replaced.
fn with(line: &str, instead: &str) -> String {
    assert!(GOOD.contains(line), "{line}");
    GOOD.replacen(line, instead, 1)
}

fn codes(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|p| p.reason.code.as_str()).collect()
}

#[test]
fn a_good_file_passes_with_its_defaults() {
    let settings = check(GOOD).unwrap_or_else(|p| panic!("{p:#?}"));
    assert_eq!(settings.dialing.ring_seconds_min, 15);
    assert_eq!(settings.abandonment.cap, 0.03);
    assert_eq!(settings.abandonment.opt_out_key, '9');
    assert_eq!(settings.outcomes["later"].after.as_deref(), Some("2h"));
    assert_eq!(check(&format!("\u{feff}{GOOD}")).unwrap(), settings, "a byte order mark is no mistake");
}

#[test]
fn each_mistake_is_named_with_its_place() {
    let table: &[(&str, &str, &str, u32, u32, &str, &str)] = &[
        // line replaced, by, code, line, column, key, value
        ("lang = \"en\"", "lnag = \"en\"", "check.unknown_key", 2, 1, "lnag", "\"en\""),
        ("lang = \"en\"", "lang = \"english\"", "check.choice", 2, 8, "lang", "\"english\""),
        ("lang = \"en\"", "lang = \"zh-Hant-TW\"", "check.choice_near", 2, 8, "lang", "\"zh-Hant-TW\""),
        ("currency = \"USD\"", "currency = \"RMB\"", "check.currency", 3, 12, "currency", "\"RMB\""),
        (
            "caller_id = \"+12025550100\"",
            "caller_id = \"202-555-0100\"",
            "check.e164",
            7,
            13,
            "seller.caller_id",
            "\"202-555-0100\"",
        ),
        (
            "zone = \"America/New_York\"",
            "zone = \"America/NewYork\"",
            "check.zone",
            11,
            8,
            "hours.zone",
            "\"America/NewYork\"",
        ),
        ("mon = \"09:00-20:00\"", "mon = \"9-20\"", "check.hours_form", 12, 7, "hours.mon", "\"9-20\""),
        ("mon = \"09:00-20:00\"", "mon = \"09:00-25:00\"", "check.hours_clock", 12, 7, "hours.mon", "\"09:00-25:00\""),
        (
            "mon = \"09:00-20:00\"",
            "mon = \"20:00-09:00\"",
            "check.hours_backwards",
            12,
            7,
            "hours.mon",
            "\"20:00-09:00\"",
        ),
        (
            "\"10:00-12:00, 14:00-16:00\"",
            "\"10:00-12:00, 11:00-16:00\"",
            "check.hours_overlap",
            13,
            7,
            "hours.sat",
            "\"10:00-12:00, 11:00-16:00\"",
        ),
        ("[\"2026-12-25\"]", "[\"2026-02-30\"]", "check.date", 14, 11, "hours.closed", "\"2026-02-30\""),
        ("mode = \"predictive\"", "mode = \"predictve\"", "check.choice_near", 17, 8, "dialing.mode", "\"predictve\""),
        ("region = \"US\"", "region = \"USA\"", "check.region", 18, 10, "dialing.region", "\"USA\""),
        ("region = \"US\"", "region = \"us\"", "check.region_case", 18, 10, "dialing.region", "\"us\""),
        (
            "region = \"US\"",
            "region = \"US\"\nring_seconds_min = 10",
            "check.ring_law",
            19,
            20,
            "dialing.ring_seconds_min",
            "10",
        ),
        (
            "region = \"US\"",
            "region = \"US\"\nring_seconds_max = 12",
            "check.ring_order",
            19,
            20,
            "dialing.ring_seconds_max",
            "12",
        ),
        (
            "region = \"US\"",
            "region = \"US\"\ntarget_utilization = 1.2",
            "check.range",
            19,
            22,
            "dialing.target_utilization",
            "1.2",
        ),
        (
            "region = \"US\"",
            "region = \"US\"\nlines_max = \"10\"",
            "check.wrong_type",
            19,
            13,
            "dialing.lines_max",
            "\"10\"",
        ),
        ("region = \"US\"", "region = \"US\"\nlines_max = -1", "check.range", 19, 13, "dialing.lines_max", "-1"),
        ("region = \"US\"", "region = \"US\"\nlines_max = 2.5", "check.wrong_type", 19, 13, "dialing.lines_max", "2.5"),
        ("profile = \"us_tsr\"", "profile = \"us\"", "check.choice", 21, 11, "abandonment.profile", "\"us\""),
        ("profile = \"us_tsr\"", "profile = \"judge\"", "check.choice", 21, 11, "abandonment.profile", "\"judge\""),
        ("message = \"abandoned\"", "", "check.missing_message", 20, 2, "abandonment.message", ""),
        ("message = \"abandoned\"", "message = \"\"", "check.empty", 22, 11, "abandonment.message", "\"\""),
        (
            "message = \"abandoned\"",
            "message = \"abandoned\"\nopt_out_key = \"10\"",
            "check.choice",
            23,
            15,
            "abandonment.opt_out_key",
            "\"10\"",
        ),
        (
            "message = \"abandoned\"",
            "message = \"prompts/a.wav\"",
            "check.sound",
            22,
            11,
            "abandonment.message",
            "\"prompts/a.wav\"",
        ),
        (
            "message = \"abandoned\"",
            "message = \"abandoned\"\ncap = 0.05",
            "check.cap_profile",
            23,
            7,
            "abandonment.cap",
            "0.05",
        ),
        (
            "profile = \"us_tsr\"",
            "profile = \"ca_crtc\"",
            "check.profile_law",
            21,
            11,
            "abandonment.profile",
            "\"ca_crtc\"",
        ),
        ("message = \"abandoned\"", "message = \"abandoned\"\ncap = 0", "check.range", 23, 7, "abandonment.cap", "0"),
        (
            "message = \"abandoned\"",
            "message = \"abandoned\"\ncap = 0.014",
            "check.cap_amd",
            23,
            7,
            "abandonment.cap",
            "0.014",
        ),
        (
            "message = \"abandoned\"",
            "message = \"abandoned\"\nthreshold_seconds = 3",
            "check.threshold_law",
            23,
            21,
            "abandonment.threshold_seconds",
            "3",
        ),
        ("enabled = true", "enabled = \"yes\"", "check.wrong_type", 25, 11, "amd.enabled", "\"yes\""),
        (
            "enabled = true",
            "enabled = true\non_machine = \"message\"",
            "check.machine_message",
            24,
            2,
            "amd.machine_message",
            "",
        ),
        ("title = \"Sale\"", "", "check.missing", 28, 11, "outcomes.sale.title", ""),
        (
            "title = \"Sale\"",
            "title = \"Sale\"\nafter = \"2h\"",
            "check.after_unused",
            30,
            9,
            "outcomes.sale.after",
            "\"2h\"",
        ),
        ("after = \"2h\"", "after = \"2 hours\"", "check.duration", 35, 9, "outcomes.later.after", "\"2 hours\""),
        ("then = \"retry\"", "then = \"again\"", "check.choice", 34, 8, "outcomes.later.then", "\"again\""),
        ("busy = [\"10m\", \"30m\"]", "busy = [\"10m\", \"30\"]", "check.duration", 38, 16, "retry.busy", "\"30\""),
        ("busy = [\"10m\", \"30m\"]", "busy = \"10m\"", "check.wrong_type", 38, 8, "retry.busy", "\"10m\""),
        ("busy = [\"10m\", \"30m\"]", "busi = [\"10m\"]", "check.unknown_key", 38, 1, "retry.busi", "[\"10m\"]"),
        (
            "busy = [\"10m\", \"30m\"]",
            "abandoned = [\"2h\"]",
            "check.retry_abandoned",
            38,
            13,
            "retry.abandoned",
            "[\"2h\"]",
        ),
        (
            "[outcomes.sale]",
            "[outcomes.\"Big sale\"]",
            "check.outcome_name",
            28,
            11,
            "outcomes.Big sale",
            "\"Big sale\"",
        ),
    ];
    for (line, instead, code, row, column, key, value) in table {
        let found = problems(&with(line, instead));
        let hit = found.iter().find(|p| p.reason.code == *code).unwrap_or_else(|| panic!("{instead}: {found:#?}"));
        assert_eq!(
            (hit.line, hit.column, hit.key.as_str(), hit.value.as_str()),
            (*row, *column, *key, *value),
            "{instead}"
        );
        assert_eq!(found.len(), 1, "{instead}: {found:#?}");
        for lang in [Lang::En, Lang::ZhHans, Lang::ZhHant] {
            assert!(!hit.reason.text(lang).contains('{'), "an argument is not filled: {}", hit.reason.text(lang));
        }
    }
}

/// A profile of another country, and its cap, are no way round the law of the region that is called.
#[test]
fn the_region_names_the_profile_and_the_cap() {
    let text = with("profile = \"us_tsr\"", "profile = \"ca_crtc\"\ncap = 0.05");
    let found = problems(&text);
    assert_eq!(codes(&found), ["check.profile_law", "check.cap_law"], "{found:#?}");
    let said = found[0].text(Lang::En);
    assert!(said.contains("16 CFR 310.4") && said.contains("us_tsr, uk_style, cn_default, amazon"), "{said}");
    assert!(found[1].text(Lang::En).contains("at most 0.03"), "{}", found[1]);
    // One region with a law among several is enough; a region whose law sets none leaves the choice.
    let canada = text.replace("region = \"US\"", "region = \"CA\"");
    assert!(check(&canada).is_ok(), "{:#?}", check(&canada));
    let both = text.replace("region = \"US\"", "region = \"CA\"\nregions = [\"CA\", \"PR\"]");
    assert_eq!(codes(&problems(&both)), ["check.profile_law", "check.cap_law"]);
    for stricter in ["uk_style", "amazon"] {
        let text = with("profile = \"us_tsr\"", &format!("profile = \"{stricter}\"\ncap = 0.02"));
        assert!(check(&text).is_ok(), "{stricter}: {:#?}", check(&text));
    }
}

#[test]
fn amd_must_decide_within_the_threshold_where_the_clock_starts_at_the_answer() {
    let text = with("profile = \"us_tsr\"", "profile = \"cn_default\"");
    assert!(check(&text).is_ok(), "1.8 s are within 2 s");
    let late = text.replace("enabled = true", "enabled = true\ndeadline_seconds = 2.5");
    assert_eq!(codes(&problems(&late)), ["check.amd_deadline"]);
    let greeting = with("enabled = true", "enabled = true\ndeadline_seconds = 2.5");
    assert!(check(&greeting).is_ok(), "in the US the clock starts at the end of the greeting");
}

#[test]
fn hours_that_never_open() {
    let none = with("mon = \"09:00-20:00\"", "").replace("sat = \"10:00-12:00, 14:00-16:00\"", "");
    assert_eq!(codes(&problems(&none)), ["check.no_hours"]);
    let night =
        with("mon = \"09:00-20:00\"", "mon = \"05:00-08:00\"").replace("sat = \"10:00-12:00, 14:00-16:00\"", "");
    assert_eq!(codes(&problems(&night)), ["check.hours_outside_law"]);
}

#[test]
fn without_outcomes_or_agents() {
    let start = GOOD.find("[outcomes.sale]").unwrap();
    let end = GOOD.find("[retry]").unwrap();
    let text = format!("{}{}", &GOOD[..start], &GOOD[end..]);
    assert_eq!(codes(&problems(&text)), ["check.no_outcomes"]);
    let alone = with("mode = \"predictive\"", "mode = \"agentless\"");
    assert_eq!(codes(&problems(&alone)), ["check.agentless"]);
    assert!(check(&format!("{alone}\n[flow]\nhandled_by = \"flow\"\n")).is_ok());
}

#[test]
fn all_problems_come_at_once_in_the_order_of_the_file() {
    let text = with("currency = \"USD\"", "currency = 5")
        .replace("zone = \"America/New_York\"", "zone = \"New York\"")
        .replace("region = \"US\"", "region = \"US\"\nring_seconds_min = 3\ntarget_utilisation = 0.9")
        .replace("message = \"abandoned\"", "message = \"abandoned\"\ncap = 0.2")
        .replace("[retry]", "[retries]");
    let found = problems(&text);
    let keys: Vec<(&str, &str)> = found.iter().map(|p| (p.key.as_str(), p.reason.code.as_str())).collect();
    assert_eq!(
        keys,
        [
            ("currency", "check.wrong_type"),
            ("hours.zone", "check.zone"),
            ("dialing.ring_seconds_min", "check.ring_law"),
            ("dialing.target_utilisation", "check.unknown_key"),
            ("abandonment.cap", "check.cap_profile"),
            ("retries", "check.unknown_key"),
        ]
    );
}

#[test]
fn toml_that_does_not_parse() {
    let found = problems("title = \"a\nlang = \"en\"\n[hours\nzone = 3");
    assert!(found.iter().any(|p| p.reason.code == "check.toml" && p.line == 1), "{found:#?}");
    assert!(!problems("").is_empty());
    assert_eq!(codes(&problems(&"#".repeat(300_000))), ["check.too_large"]);
    let twice = problems(&with("lang = \"en\"", "lang = \"en\"\nlang = \"en\""));
    assert_eq!((twice[0].reason.code.as_str(), twice[0].line), ("check.toml", 3), "{twice:#?}");
}

#[test]
fn problems_read_well_in_both_languages() {
    let found = problems(&with("lang = \"en\"", "lnag = \"en\""));
    assert_eq!(found[0].text(Lang::En), "campaign.toml:2:1: lnag = \"en\": Unknown key. Did you mean \"lang\"?");
    assert_eq!(found[0].text(Lang::ZhHans), "campaign.toml:2:1: lnag = \"en\": 未知的键。是否应为“lang”？");
    let found = problems(&with("message = \"abandoned\"", "message = \"abandoned\"\ncap = 0.014"));
    assert!(found[0].to_string().contains("takes 0.01 of the people for machines"), "{}", found[0]);
}

/// Every code that this module and its neighbours use has its three texts, and every argument is filled.
#[test]
fn every_code_has_its_texts() {
    let known: Vec<&str> = Reason::codes().collect();
    let mut used = 0;
    for folder in ["src/campaign", "src/words"] {
        for file in sources(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) {
            let text = std::fs::read_to_string(&file).unwrap();
            for part in text.split('"').skip(1).step_by(1) {
                let family = part.split('.').next().unwrap_or("");
                let plain =
                    part.bytes().all(|b| b.is_ascii_lowercase() || b == b'.' || b == b'_' || b.is_ascii_digit());
                if ["check", "import", "phone"].contains(&family) && plain && part.contains('.') {
                    assert!(known.contains(&part), "{part} of {} has no text", file.display());
                    used += 1;
                }
            }
        }
    }
    assert!(used > 50, "{used}");
}

fn sources(folder: std::path::PathBuf) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a file holds: settings or at least one problem, each with a text and a place within the file.
    #[test]
    fn no_file_makes_it_panic(cut in 0usize..700, junk in ".{0,24}", at in 0usize..700) {
        let mut text: String = GOOD.chars().take(cut).collect();
        let at = text.char_indices().map(|(i, _)| i).nth(at).unwrap_or(text.len());
        text.insert_str(at, &junk);
        if let Err(found) = check(&text) {
            prop_assert!(!found.is_empty());
            let lines = text.matches('\n').count() as u32 + 1;
            for problem in found {
                prop_assert!(problem.line >= 1 && problem.line <= lines && problem.column >= 1);
                prop_assert!(problem.text(Lang::ZhHant).len() > problem.key.len());
            }
        }
    }
}
