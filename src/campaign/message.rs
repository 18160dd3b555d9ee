//! The abandonment message, listened to as far as that is possible without ears: it must be long enough and loud enough
//! to name the seller, and not another seller's. It refuses to judge the words.

use super::check::Problem;
use super::folder::problem;
use super::settings::Settings;
use super::sound;
use crate::words::{Reason, Text};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::time::Duration;

/// A name and a number are not said in less.
const LENGTH_MIN: Duration = Duration::from_secs(2);
/// Of it, what can be heard.
const HEARD_MIN: Duration = Duration::from_secs(1);

/// The messages of the shipped campaigns, by sha256, and who speaks in them: in other sellers' campaigns they would tell
/// people the wrong name and number (16 CFR 310.4(b)(4)(iii); 47 CFR 64.1200(a)(7)(i)(A)).
pub const SAMPLES: &[(&str, &[&str])] = &[
    ("72d1d3f31f4c325cc4ec562c033e576cb97ba9ec4328f76fa4c3da63b2e72267", DENTIST),
    ("9bfa408a975563d763830464ad9bf413b879e11b79937e7a5ba852f26d25b716", DENTIST),
    ("357e5335ef2a87904ffaae1d2f02d13476f1c86109b98ee8c0b2f8d1fa49a1c4", SPRING),
    ("820d478a159f026ae4544d253694a79679d9d75076c4613319dce290232be6ae", SPRING),
    ("cff81431016ed32552f590f822d23a4c91af0cdfb4d80479d16d8de00b8c8ec1", EXAMPLE),
    ("7eaac9b42a78e89a6004b80dc854cbe727fd88d1d9cfaf0887d16b9a278b58fb", EXAMPLE),
];

const DENTIST: &[&str] = &["Green Street Dental", "绿街牙科", "綠街牙科"];
const SPRING: &[&str] = &["Clear Spring", "清泉公司"];
const EXAMPLE: &[&str] = &["Example Seller", "示例公司"];

/// Every file of `abandonment.message`, in each language. Whoever tests with a sound of a moment says `test = true`.
pub fn check(settings: &Settings, files: &BTreeMap<String, Vec<u8>>) -> Vec<Problem> {
    if settings.test {
        return Vec::new();
    }
    let name = &settings.abandonment.message;
    let paths = ["", ".en", ".zh-Hans", ".zh-Hant"].map(|lang| format!("prompts/{name}{lang}.wav"));
    let there = paths.iter().filter_map(|path| Some((path, files.get(path)?)));
    there.filter_map(|(path, bytes)| Some(problem(path, wrong(settings, bytes)?))).collect()
}

/// The first thing that is wrong with it. What cannot be read has its own problem already.
fn wrong(settings: &Settings, bytes: &[u8]) -> Option<Reason> {
    let length = sound::wav_length(bytes).ok()?;
    if length < LENGTH_MIN {
        let found = format!("{:.1}", length.as_secs_f64());
        return Some(Reason::new("check.message_short").with("found", found).with("least", LENGTH_MIN.as_secs()));
    }
    if sound::heard_length(bytes).ok()? < HEARD_MIN {
        return Some(Reason::new("check.message_silent").with("least", HEARD_MIN.as_secs()));
    }
    let Text { en, zh_hans, zh_hant } = &settings.seller.name;
    let own = |name: &&str| [en, zh_hans, zh_hant].into_iter().flatten().any(|own| own.trim() == *name);
    let speaker = spoken_by(bytes).filter(|names| !names.iter().any(own))?;
    let seller = settings.seller.name.get(settings.lang);
    Some(Reason::new("check.message_sample").with("sample", speaker[0]).with("seller", seller))
}

fn spoken_by(bytes: &[u8]) -> Option<&'static [&'static str]> {
    let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    SAMPLES.iter().find(|(sample, _)| *sample == hash).map(|(_, names)| *names)
}

#[cfg(test)]
mod tests {
    use super::super::sound::tests::{tone, wav};
    use super::*;
    use crate::words::Lang;

    fn settings(seller: &str) -> Settings {
        let mut settings = super::super::check(include_str!("folder_test.toml")).unwrap_or_else(|p| panic!("{p:#?}"));
        settings.seller.name = Text::plain(seller);
        settings
    }

    fn shipped(file: &str) -> Vec<u8> {
        let path = format!("{}/campaigns/{file}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn codes(settings: &Settings, file: &str, bytes: &[u8]) -> Vec<String> {
        let problems = check(settings, &BTreeMap::from([(file.to_owned(), bytes.to_vec())]));
        for problem in &problems {
            assert_eq!(problem.file, file);
            for lang in [Lang::En, Lang::ZhHans, Lang::ZhHant] {
                assert!(!problem.text(lang).contains('{'), "an argument is not filled: {}", problem.text(lang));
            }
        }
        problems.into_iter().map(|problem| problem.reason.code.into()).collect()
    }

    /// The table holds every message that is shipped, as it is shipped, and its campaign's seller.
    #[test]
    fn samples_are_for_their_own_seller() {
        let mut seen = 0;
        for (campaign, names) in [("reminder", DENTIST), ("telesales", SPRING), ("template", EXAMPLE)] {
            let toml = String::from_utf8(shipped(&format!("{campaign}/campaign.toml"))).expect("text");
            let own = super::super::check(&toml).unwrap_or_else(|p| panic!("{p:#?}"));
            for file in ["prompts/abandoned.wav", "prompts/abandoned.zh-Hans.wav"] {
                let bytes = shipped(&format!("{campaign}/{file}"));
                assert_eq!(spoken_by(&bytes), Some(names), "{campaign}/{file} is not in the table");
                assert!(codes(&own, file, &bytes).is_empty(), "{campaign}/{file}");
                assert_eq!(codes(&settings("Acme Insurance"), file, &bytes), ["check.message_sample"]);
                let test = Settings { test: true, ..settings("Acme Insurance") };
                assert!(codes(&test, file, &bytes).is_empty(), "whoever only tests may keep it");
                seen += 1;
            }
        }
        assert_eq!(seen, SAMPLES.len());
    }

    #[test]
    fn a_message_has_to_be_heard() {
        let file = "prompts/abandoned.zh-Hant.wav";
        let acme = settings("Acme Insurance");
        assert!(codes(&acme, file, &tone(2.0)).is_empty());
        assert_eq!(codes(&acme, file, &tone(1.9)), ["check.message_short"]);
        assert_eq!(codes(&acme, file, &wav(1, 1, 8_000, 16, &[0; 1_600])), ["check.message_short"], "0.1 s of nothing");
        assert_eq!(codes(&acme, file, &wav(7, 1, 8_000, 8, &[0xff; 80_000])), ["check.message_silent"]);
        assert!(codes(&acme, file, b"ID3").is_empty(), "it has its own problem");
        assert!(codes(&acme, "prompts/welcome.wav", &tone(0.1)).is_empty(), "another prompt may be short");
    }
}
