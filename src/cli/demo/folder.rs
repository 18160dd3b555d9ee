//! The demo's copy of a campaign's folder: open round the clock (the law's hours still hold), with retries that come
//! back within the demo. It refuses to touch the original.

use crate::cli::Failure;
use crate::cli::data::Files;
use std::path::Path;
use toml::{Table, Value};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Where the made-up people live.
const REGIONS: [&str; 2] = ["US", "CN"];
/// Attempts, in all and a day: three, so that a retry can be seen.
const ATTEMPTS: i64 = 3;
const RETRIES: [(&str, &[&str]); 3] =
    [("busy", &["20s", "40s"]), ("no_answer", &["30s", "60s"]), ("failed", &["15s", "30s"])];

/// Changes `campaign.toml` and writes the folder.
pub(super) fn write(mut files: Files, to: &Path) -> Result<(), Failure> {
    let text = files.remove("campaign.toml").unwrap_or_default();
    let text = opened(&String::from_utf8_lossy(&text))?;
    files.insert("campaign.toml".to_owned(), text.into_bytes());
    for (path, bytes) in files {
        let path = to.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, bytes).map_err(|e| Failure(format!("{}: {e}", path.display())))?;
    }
    Ok(())
}

fn opened(text: &str) -> Result<String, Failure> {
    let mut campaign: Table = toml::from_str(text)?;
    let hours = section(&mut campaign, "hours");
    hours.remove("closed");
    for day in DAYS {
        hours.insert(day.to_owned(), Value::from("00:00-24:00"));
    }
    let dialing = section(&mut campaign, "dialing");
    dialing.insert("regions".to_owned(), Value::from(REGIONS.map(Value::from).to_vec()));
    dialing.insert("attempts_per_day".to_owned(), Value::from(ATTEMPTS));
    dialing.insert("attempts_total".to_owned(), Value::from(ATTEMPTS));
    // The demo has one trunk of its own.
    dialing.remove("trunks");
    let retry = section(&mut campaign, "retry");
    for (ending, delays) in RETRIES {
        let delays: Vec<Value> = delays.iter().map(|delay| Value::from(*delay)).collect();
        retry.insert(ending.to_owned(), Value::from(delays));
    }
    Ok(format!("# The demo's copy; the original is not touched.\n{}", toml::to_string(&campaign)?))
}

fn section<'a>(campaign: &'a mut Table, name: &str) -> &'a mut Table {
    let section = campaign.entry(name).or_insert_with(|| Value::Table(Table::new()));
    if !section.is_table() {
        *section = Value::Table(Table::new());
    }
    section.as_table_mut().expect("made one just now")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::data;

    #[test]
    fn the_shipped_campaigns_stay_valid_and_are_open_at_night() {
        for name in ["telesales", "reminder"] {
            let mut files = data::embedded(name).expect("shipped");
            let text = String::from_utf8(files["campaign.toml"].clone()).expect("text");
            files.insert("campaign.toml".to_owned(), opened(&text).expect("a campaign").into_bytes());
            let bundle =
                data::bundle(name, &files).unwrap_or_else(|wrong| panic!("{}", wrong.lines(crate::words::Lang::En)));
            assert_eq!(bundle.settings.hours.sun.as_deref(), Some("00:00-24:00"));
        }
    }
}
