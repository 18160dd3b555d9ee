//! What a single value must be. Each check says what is wrong and how to mend it.

use crate::campaign::profile::PROFILES;
use crate::campaign::rules::week::{HoursError, parse_day};
use crate::campaign::zone::Zone;
use crate::campaign::{rules, span as spans};
use crate::words::phone::Region;
use crate::words::{Phone, Reason};

pub type Check = fn(&str) -> Result<(), Reason>;

pub fn any(_: &str) -> Result<(), Reason> {
    Ok(())
}

pub fn not_empty(text: &str) -> Result<(), Reason> {
    if text.trim().is_empty() { Err(Reason::new("check.empty")) } else { Ok(()) }
}

/// A name that is kept as a key: short, and of letters that every database takes.
pub fn label(text: &str) -> Result<(), Reason> {
    not_empty(text)?;
    let fits = text.chars().count() <= LABEL_MAX && !text.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(Reason::new("check.label").with("most", LABEL_MAX)) }
}

const LABEL_MAX: usize = 64;

fn choice(text: &str, choices: &[&str]) -> Result<(), Reason> {
    if choices.contains(&text) {
        return Ok(());
    }
    let listed = Reason::new("check.choice").with("choices", choices.join(", "));
    Err(match nearest(text, choices.iter().copied()) {
        Some(nearest) => Reason { code: "check.choice_near".into(), ..listed }.with("nearest", nearest),
        None => listed,
    })
}

const LANGS: [&str; 3] = ["en", "zh-Hans", "zh-Hant"];

/// What people write for Chinese is a place or a script, which no spelling is near to.
pub fn lang(text: &str) -> Result<(), Reason> {
    let meant = match text.to_ascii_lowercase().replace('_', "-").as_str() {
        "cn" | "zh" | "zh-cn" | "zh-sg" | "chs" | "sc" | "hans" | "chinese" | "中文" | "简体" | "简体中文" => {
            "zh-Hans"
        }
        "tw" | "hk" | "mo" | "zh-tw" | "zh-hk" | "zh-mo" | "cht" | "tc" | "hant" | "繁體" | "繁體中文" => {
            "zh-Hant"
        }
        _other => return choice(text, &LANGS),
    };
    Err(Reason::new("check.choice_near").with("choices", LANGS.join(", ")).with("nearest", meant))
}

pub fn mode(text: &str) -> Result<(), Reason> {
    choice(text, &["progressive", "predictive", "ratio", "agentless", "manual", "preview"])
}

pub fn unknown_zone(text: &str) -> Result<(), Reason> {
    choice(text, &["refuse", "campaign"])
}

pub fn on_machine(text: &str) -> Result<(), Reason> {
    choice(text, &["hang_up", "message"])
}

pub fn on_timeout(text: &str) -> Result<(), Reason> {
    choice(text, &["dial", "skip"])
}

pub fn handled_by(text: &str) -> Result<(), Reason> {
    choice(text, &["agent", "flow"])
}

pub fn then(text: &str) -> Result<(), Reason> {
    choice(text, &["close", "retry", "callback"])
}

pub fn profile(text: &str) -> Result<(), Reason> {
    let usable: Vec<&str> = PROFILES.iter().filter(|p| !p.judge_only).map(|p| p.id).collect();
    choice(text, &usable)
}

pub fn zone(text: &str) -> Result<(), Reason> {
    match Zone::find(text) {
        Some(zone) if zone.name() == text => Ok(()),
        Some(zone) => Err(Reason::new("check.zone").with("nearest", zone.name())),
        None => Err(match nearest(text, Zone::names()) {
            Some(nearest) => Reason::new("check.zone").with("nearest", nearest),
            None => Reason::new("check.zone").with("nearest", "Asia/Shanghai, America/New_York"),
        }),
    }
}

pub fn region(text: &str) -> Result<(), Reason> {
    match Region::parse(text) {
        Some(region) if region.as_str() == text => Ok(()),
        Some(region) => Err(Reason::new("check.region_case").with("nearest", region)),
        None => Err(Reason::new("check.region")),
    }
}

pub fn currency(text: &str) -> Result<(), Reason> {
    if ISO_4217.split_ascii_whitespace().any(|code| code == text) {
        return Ok(());
    }
    let upper = text.to_ascii_uppercase();
    let near = match upper.as_str() {
        "RMB" => "CNY".to_owned(),
        _ if ISO_4217.split_ascii_whitespace().any(|code| code == upper) => upper,
        _ => "CNY, USD, EUR".to_owned(),
    };
    Err(Reason::new("check.currency").with("nearest", near))
}

/// Strict, since it goes on the wire as it stands.
pub fn e164(text: &str) -> Result<(), Reason> {
    Phone::e164(text).map(|_| ()).map_err(|_| Reason::new("check.e164"))
}

pub fn hours(text: &str) -> Result<(), Reason> {
    let code = match parse_day(text) {
        Ok(_) => return Ok(()),
        Err(HoursError::Form) => "check.hours_form",
        Err(HoursError::Clock) => "check.hours_clock",
        Err(HoursError::Backwards) => "check.hours_backwards",
        Err(HoursError::Overlap) => "check.hours_overlap",
    };
    Err(Reason::new(code))
}

pub fn date(text: &str) -> Result<(), Reason> {
    let exact = text.len() == 10 && rules::day_number(text).is_some();
    if exact { Ok(()) } else { Err(Reason::new("check.date")) }
}

pub fn span(text: &str) -> Result<(), Reason> {
    spans::parse(text).map(|_| ()).ok_or_else(|| Reason::new("check.duration"))
}

/// A sound of `prompts/`, without folder and ending.
pub fn sound(text: &str) -> Result<(), Reason> {
    not_empty(text)?;
    let plain = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    if plain { Ok(()) } else { Err(Reason::new("check.sound")) }
}

/// A key of a telephone.
pub fn key(text: &str) -> Result<(), Reason> {
    const KEYS: [&str; 12] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"];
    if KEYS.contains(&text) { Ok(()) } else { Err(Reason::new("check.choice").with("choices", KEYS.join(", "))) }
}

/// The closest of `known`, if it is close enough to be meant.
pub fn nearest<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower: Vec<char> = text.to_lowercase().chars().take(64).collect();
    let most = (lower.len() / 2).clamp(1, 4);
    known
        .map(|name| (distance(&lower, &name.to_lowercase().chars().collect::<Vec<_>>()), name))
        .filter(|(d, _)| *d <= most)
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein's, with one row.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// ISO 4217, list one, without metals, funds and test codes.
const ISO_4217: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN \
    BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ \
    GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL \
    LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN \
    PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD \
    TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_near() {
        let known = ["cap", "profile", "message", "threshold_seconds"];
        assert_eq!(nearest("treshold_second", known.into_iter()), Some("threshold_seconds"));
        assert_eq!(nearest("Profil", known.into_iter()), Some("profile"));
        assert_eq!(nearest("colour", known.into_iter()), None);
    }

    #[test]
    fn who_writes_a_place_for_chinese_is_understood() {
        let near = |text: &str| lang(text).expect_err("no tag of ours").args.remove("nearest");
        assert_eq!(near("cn").as_deref(), Some("zh-Hans"));
        assert_eq!(near("zh_CN").as_deref(), Some("zh-Hans"));
        assert_eq!(near("TW").as_deref(), Some("zh-Hant"));
        assert_eq!(near("e").as_deref(), Some("en"));
        assert!(lang("en").is_ok() && lang("zh-Hans").is_ok() && lang("zh-Hant").is_ok());
    }
}
