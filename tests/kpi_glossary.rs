//! The glossary names every KPI as the catalogue does, with its formula, and every code that a person may meet.

use outpace::kpi::{Attribution, Kpi, catalogue};
use outpace::words::{AgentState, Lang};

const GLOSSARY: &str = include_str!("../docs/glossary.md");

fn row(kpi: &Kpi) -> String {
    let part = |text: String| if text.contains(' ') { format!("({text})") } else { text };
    let formula = match kpi.denominator().as_str() {
        "1" => kpi.numerator(),
        _divided => format!("{} / {}", part(kpi.numerator()), part(kpi.denominator())),
    };
    let names = [Lang::En, Lang::ZhHans, Lang::ZhHant].map(|lang| kpi.name(lang)).join(" | ");
    format!("| `{}` | {names} | {formula} | {} |", kpi.id, kpi.attribution())
}

#[test]
fn every_kpi_stands_in_the_glossary_as_in_the_catalogue() {
    let missing: Vec<String> = catalogue().iter().map(row).filter(|row| !GLOSSARY.contains(row.as_str())).collect();
    assert!(missing.is_empty(), "docs/glossary.md lacks these rows:\n{}", missing.join("\n"));
    let rows = GLOSSARY.lines().filter(|line| line.starts_with("| `") && line.matches('|').count() == 7).count();
    assert_eq!(rows, catalogue().len(), "docs/glossary.md has rows of KPIs that are no more");
}

#[test]
fn every_state_and_attribution_stands_in_the_glossary() {
    use AgentState::*;
    for state in [Ready, Reserved, Talk, Hold, Wrap, Pause, ManualDial, Preview, NoDevice] {
        let code = serde_json::to_value(state).expect("a state is a word");
        let code = code.as_str().expect("a state is a word").to_owned();
        assert!(GLOSSARY.contains(&format!("| `{code}` |")), "docs/glossary.md lacks the state {code}");
    }
    for attribution in Attribution::ALL {
        assert!(GLOSSARY.contains(&format!("`{attribution}`")), "docs/glossary.md lacks {attribution}");
    }
}

/// One thing has one Chinese word: those who read 收尾 in a refusal look for a button of that name.
#[test]
fn no_text_uses_another_word_than_the_glossary() {
    let texts = [
        include_str!("../src/words/reasons.toml"),
        include_str!("../src/ui/pages/words.js"),
        include_str!("../campaigns/telesales/README.md"),
        include_str!("../docs/first-campaign.zh.md"),
        include_str!("../README.zh.md"),
    ];
    let others = [
        ("排空", "收尾"),
        ("应答机", "语音信箱识别"),
        ("答录机", "语音信箱识别"),
        ("答錄機", "語音信箱識別"),
        ("放弃提示音", "呼损提示音"),
        ("放棄提示音", "呼損提示音"),
        ("放弃来电", "呼损"),
        ("骚扰率预算", "呼损额度"),
        ("騷擾率預算", "呼損額度"),
        ("骚扰呼叫", "呼损"),
        ("坐席", "座席"),
    ];
    for (other, ours) in others {
        assert!(GLOSSARY.contains(ours), "docs/glossary.md has no {ours}");
        let wrong = texts.iter().flat_map(|text| text.lines()).find(|line| line.contains(other));
        assert_eq!(wrong, None, "{other} is {ours} in docs/glossary.md");
    }
}

/// Both first pages name the same commands and link the same papers.
#[test]
fn the_chinese_first_page_says_the_same() {
    let (english, chinese) = (include_str!("../README.md"), include_str!("../README.zh.md"));
    let commands = |page: &'static str| -> Vec<&str> {
        let in_shell = page.split("```").skip(1).step_by(2).flat_map(str::lines);
        let said = in_shell.map(|line| line.split(" #").next().unwrap_or("").trim());
        said.filter(|line| ["outpace ", "cargo ", "bash "].iter().any(|start| line.starts_with(start))).collect()
    };
    let plain = |line: &&str| line.replace(" --lang zh-Hans", "");
    let (ours, theirs) = (commands(english), commands(chinese));
    assert!(ours.len() > 15, "{ours:?}");
    assert_eq!(ours.iter().map(plain).collect::<Vec<_>>(), theirs.iter().map(plain).collect::<Vec<_>>());
    let rows = |page: &str| page.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows(english), rows(chinese), "a row for each command");
    let links = |page: &str| page.matches("](docs/").count();
    assert!(links(english) <= links(chinese) + 1, "the English page leads to its Chinese neighbour too");
}

#[test]
fn figures_read_well() {
    let of = |id: &str| outpace::kpi::find(id).expect("of the catalogue");
    let show = |id: &str, value: f64| of(id).show(Some(value), None);
    assert_eq!(show("abandon_rate", 0.02505), "2.51 %");
    assert_eq!(show("busy_ratio", 0.09375), "9.4 %");
    assert_eq!(show("aht", 310.0), "310.0 s");
    assert_eq!(show("login_time", 28_800.0), "8:00:00");
    assert_eq!(show("dials", 1_000.0), "1000");
    assert_eq!(show("handled_per_hour", 7.5), "7.5/h");
    assert_eq!(of("aht").show(None, None), "-");
    // Orders of 49.90 and 19.90.
    assert_eq!(of("revenue").show(Some(6_980.0), Some("USD")), "69.80 USD");
    assert_eq!(of("aov").show(Some(3_490.0), Some("USD")), "34.90 USD");
    assert_eq!(of("aov").show(Some(1_000.5), Some("JPY")), "1001 JPY");
    assert_eq!(of("revenue_net").show(Some(1_250.0), Some("KWD")), "1.250 KWD");
    assert_eq!(of("revenue").show(Some(0.0), None), "0");
}
