//! `{lead.name}` in texts. It refuses to compute: a place is filled with a value or stays empty.

use super::request::{CallInfo, Values};

/// Fills `{lead.COLUMN}`, `{fields.NAME}`, `{agent}`, `{local_time}` and `{local_date}`; `{{` is a brace.
/// A column that the lead lacks gives nothing.
///
/// # Errors
/// Why a placeholder is none, naming it.
pub fn fill(text: &str, info: &CallInfo, fields: &Values) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        rest = &rest[open + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            out.push('{');
            rest = after;
            continue;
        }
        let Some(close) = rest.find('}') else {
            return Err("a { without its } stands in the text; write {{ for a brace".to_owned());
        };
        out.push_str(value(rest[..close].trim(), info, fields)?);
        rest = &rest[close + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

fn value<'a>(name: &str, info: &'a CallInfo, fields: &'a Values) -> Result<&'a str, String> {
    let found = match name.split_once('.') {
        Some(("lead", column)) => info.lead.get(column),
        Some(("fields", field)) => fields.get(field),
        Some((_, _)) | None => match name {
            "agent" | "call.agent" => return Ok(info.agent.as_deref().unwrap_or("")),
            "local_time" | "call.local_time" => return Ok(&info.local_time),
            "local_date" | "call.local_date" => return Ok(&info.local_date),
            unknown => {
                let short: String = unknown.chars().take(40).collect();
                return Err(format!(
                    "{{{short}}} is no placeholder; known are {{lead.COLUMN}}, {{fields.NAME}}, {{agent}}, {{local_time}}, {{local_date}}; write {{{{ for a brace"
                ));
            }
        },
    };
    Ok(found.map_or("", String::as_str))
}

/// The columns of the lead that a text names.
pub fn columns(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|part| part.split('}').next()?.trim().strip_prefix("lead."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_missing_columns_are_empty() {
        let info = CallInfo { lead: Values::from([("name".into(), "Ann".into())]), ..CallInfo::default() };
        let fields = Values::from([("size".into(), "L".into())]);
        assert_eq!(fill("Hi {lead.name}{lead.title}, {fields.size} {{x}", &info, &fields).unwrap(), "Hi Ann, L {x}");
        assert!(fill("Hi {name}", &info, &fields).unwrap_err().contains("{name}"));
        assert!(fill("Hi {lead.name", &info, &fields).is_err());
        assert_eq!(columns("Hi {lead.name}, {lead.city} {agent}").collect::<Vec<_>>(), ["name", "city"]);
    }
}
