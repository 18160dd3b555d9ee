//! The preview's copy of a campaign's folder: open at every hour, one call an agent, no recording, no machine detection,
//! and people who can be called. It refuses to touch the original.

use crate::campaign::Settings;
use crate::cli::data::{self, Files};
use crate::cli::{Failure, check};
use std::fmt::Write as _;
use std::path::Path;
use toml::{Table, Value};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// A region whose law sets no hours: what is shown at night is what is shown by day.
const REGION: &str = "CN";
const OURS: &str = "+862155550100";
/// Enough for an afternoon of trying.
const PEOPLE: u32 = 500;

/// Writes the folder; a campaign with mistakes is refused with all of them.
pub(super) fn write(dir: &Path, to: &Path) -> Result<Settings, Failure> {
    let mut files: Files = data::read_folder(dir)?;
    let name = dir.display().to_string();
    data::bundle(&name, &files)?;
    let text = files.remove("campaign.toml").unwrap_or_default();
    files.insert("campaign.toml".to_owned(), opened(&String::from_utf8_lossy(&text))?.into_bytes());
    let settings = data::bundle(&name, &files)?.settings;
    for (path, bytes) in files {
        let path = to.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, bytes)?;
    }
    Ok(settings)
}

fn opened(text: &str) -> Result<String, Failure> {
    let mut campaign: Table = toml::from_str(text)?;
    let hours = section(&mut campaign, "hours");
    hours.remove("closed");
    hours.insert("unknown_zone".to_owned(), Value::from("campaign"));
    for day in DAYS {
        hours.insert(day.to_owned(), Value::from("00:00-24:00"));
    }
    let seller = section(&mut campaign, "seller");
    seller.insert("caller_id".to_owned(), Value::from(OURS));
    seller.insert("callback_number".to_owned(), Value::from(OURS));
    let dialing = section(&mut campaign, "dialing");
    for gone in ["regions", "trunks"] {
        dialing.remove(gone);
    }
    dialing.insert("region".to_owned(), Value::from(REGION));
    if dialing.get("mode").and_then(Value::as_str) != Some("agentless") {
        dialing.insert("mode".to_owned(), Value::from("progressive"));
    }
    let abandonment = section(&mut campaign, "abandonment");
    abandonment.insert("profile".to_owned(), Value::from("cn_default"));
    for own in ["cap", "threshold_seconds"] {
        abandonment.remove(own);
    }
    section(&mut campaign, "amd").insert("enabled".to_owned(), Value::from(false));
    section(&mut campaign, "recording").insert("enabled".to_owned(), Value::from(false));
    Ok(toml::to_string(&campaign)?)
}

fn section<'a>(campaign: &'a mut Table, name: &str) -> &'a mut Table {
    let section = campaign.entry(name).or_insert_with(|| Value::Table(Table::new()));
    if !section.is_table() {
        *section = Value::Table(Table::new());
    }
    section.as_table_mut().expect("made one just now")
}

/// Made-up people with the columns of the folder's first list, so that texts are filled as they would be.
pub(super) fn people(dir: &Path, to: &Path) -> Result<(), Failure> {
    // By the folder's own settings: the copy's would refuse the list's numbers as another region's.
    let settings = data::bundle(&dir.display().to_string(), &data::read_folder(dir)?)?.settings;
    let list = check::lists(dir).into_iter().next();
    let fields = list.and_then(|list| data::first_lead(&settings, &list)).unwrap_or_default();
    let columns: Vec<(&String, &String)> = fields.iter().filter(|(name, _)| name.as_str() != "phone").collect();
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut text = "phone".to_owned();
    columns.iter().for_each(|(name, _)| write!(text, ",{}", quoted(name)).expect("a String takes all"));
    for n in 0..PEOPLE {
        write!(text, "\n+86138{n:08}").expect("a String takes all");
        columns.iter().for_each(|(_, value)| write!(text, ",{}", quoted(value)).expect("a String takes all"));
    }
    Ok(std::fs::write(to, text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_campaigns_can_be_previewed() {
        for name in ["telesales", "reminder", "template"] {
            let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("campaigns").join(name);
            let to = tempfile::tempdir().expect("a temporary directory");
            let settings = write(&dir, to.path()).unwrap_or_else(|failure| panic!("{name}: {}", failure.0));
            assert!(!settings.recording.enabled && !settings.amd.enabled, "{name}");
            assert_eq!(settings.hours.sun.as_deref(), Some("00:00-24:00"), "{name}");
            people(&dir, &to.path().join("people.csv")).unwrap_or_else(|failure| panic!("{}", failure.0));
            let list = std::fs::read_to_string(to.path().join("people.csv")).expect("written");
            let (head, first) = list.split_once('\n').expect("people follow");
            assert!(head.contains("\"name\"") && first.contains("\"Ann"), "{name}: {head}");
        }
    }
}
