//! One setting by its key: of `campaign.toml`, or of the scenario behind `scenario.`. It refuses keys that do not exist
//! and values that do not fit, with the same words as the files' own checks.

use crate::campaign::Settings;
use crate::campaign::check::check;
use crate::cli::Failure;
use crate::sim::Scenario;
use crate::words::Lang;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    path: Vec<String>,
    value: Value,
    text: String,
}

impl Change {
    /// `KEY=VALUE`; the value as JSON, or else as text.
    pub fn read(text: &str) -> Result<Change, Failure> {
        let (key, value) = text
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| Failure(format!("\"{text}\": KEY=VALUE is expected, such as dialing.mode=progressive")))?;
        let value = serde_json::from_str(value.trim()).unwrap_or_else(|_| Value::String(value.trim().to_owned()));
        Ok(Change { path: key.trim().split('.').map(str::to_owned).collect(), value, text: text.to_owned() })
    }

    pub fn apply(&self, settings: &mut Settings, scenario: &mut Scenario) -> Result<(), Failure> {
        let wrong = |why: String| Failure(format!("\"{}\": {why}", self.text));
        if self.path[0] == "scenario" {
            let mut json = serde_json::to_value(&*scenario)?;
            put(&mut json, &self.path[1..], &self.value).map_err(wrong)?;
            let changed: Scenario = serde_json::from_value(json).map_err(|e| wrong(e.to_string()))?;
            changed.check().map_err(|e| wrong(e.to_string()))?;
            *scenario = changed;
            return Ok(());
        }
        let mut json = serde_json::to_value(&*settings)?;
        put(&mut json, &self.path, &self.value).map_err(wrong)?;
        let changed: Settings = serde_json::from_value(json).map_err(|e| wrong(e.to_string()))?;
        // The file's own check: a setting that no campaign may have must not be simulated either.
        let text = toml::to_string(&changed).map_err(|e| wrong(e.to_string()))?;
        *settings = check(&text).map_err(|problems| wrong(problems[0].text(Lang::En)))?;
        Ok(())
    }
}

/// Every step but the last must exist; the last may be one that has its default.
fn put(json: &mut Value, path: &[String], value: &Value) -> Result<(), String> {
    let Some((last, steps)) = path.split_last() else { return Err("a key is missing".to_owned()) };
    let mut place = json;
    for step in steps {
        let place_of = |place: &mut Value| match place {
            Value::Array(items) => step.parse::<usize>().ok().filter(|at| *at < items.len()),
            Value::Object(_) => Some(0),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        place_of(place).ok_or_else(|| format!("there is no \"{step}\""))?;
        place = match place {
            Value::Array(items) => &mut items[step.parse::<usize>().expect("looked at just now")],
            Value::Object(map) => map.get_mut(step).ok_or_else(|| format!("there is no \"{step}\""))?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => unreachable!("looked at just now"),
        };
    }
    match place {
        Value::Object(map) => {
            map.insert(last.clone(), value.clone());
            Ok(())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(format!("there is no \"{last}\""))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let files = crate::cli::data::embedded("telesales").expect("it is shipped");
        let bundle = crate::cli::data::bundle("telesales", &files);
        bundle.unwrap_or_else(|wrong| panic!("{}", wrong.lines(crate::words::Lang::En))).settings
    }

    fn after(text: &str) -> Result<(Settings, Scenario), String> {
        let (mut settings, mut scenario) = (settings(), Scenario::default());
        let change = Change::read(text).map_err(|Failure(why)| why)?;
        change.apply(&mut settings, &mut scenario).map_err(|Failure(why)| why)?;
        Ok((settings, scenario))
    }

    #[test]
    fn keys_are_those_of_the_files() {
        let (settings, _) = after("dialing.mode=progressive").expect("a key of campaign.toml");
        assert_eq!(settings.dialing.mode, "progressive");
        let (settings, _) = after("abandonment.cap=0.01").expect("a number");
        assert_eq!(settings.abandonment.cap, 0.01);
        let (_, scenario) = after("scenario.population.hours.0.human=0.4").expect("a key of the scenario");
        assert_eq!(scenario.population.hours[0].mix.human, 0.4);
        for (text, part) in [
            ("dialing.mode=fast", "predictive"),
            ("dialing.speed=3", "speed"),
            ("nothing.at=1", "nothing"),
            ("cap", "KEY=VALUE"),
            ("scenario.hours=0", "between"),
            ("abandonment.cap=0.2", "cap"),
        ] {
            let why = after(text).expect_err(text);
            assert!(why.contains(part) && why.contains(text), "{why}");
        }
    }
}
