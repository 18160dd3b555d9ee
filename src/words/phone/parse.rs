//! Reads a number as people and spreadsheets write it. What is damaged or ambiguous is refused by name.

use super::{Kind, Phone, PhoneError, Plan, plan};
use rlibphonenumber::{ExtractNumberError, NotANumberError, PHONE_NUMBER_UTIL, ParseError, PhoneNumber};

/// Longer texts are no numbers.
const CHARS_MAX: usize = 64;

pub(super) fn parse(text: &str, region: &str) -> Result<(Phone, Plan), PhoneError> {
    let refuse = |(code, why): Why| PhoneError::new(text, code, why);
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c));
    if trimmed.is_empty() {
        return Err(refuse(EMPTY));
    }
    if trimmed.chars().nth(CHARS_MAX).is_some() {
        return Err(refuse(TOO_LONG));
    }
    let home = rlibphonenumber::Region::from_code(region).map_err(|_| refuse(REGION))?;
    let plain = to_ascii(trimmed);
    let plain = strip_scheme(&plain);
    damaged(plain).map_err(refuse)?;
    unreadable(plain).map_err(refuse)?;
    let (number, plan) = read(plain, home).map_err(refuse)?;
    dialable(&number, plan).map_err(refuse)
}

/// A code of the catalogue and its English sentence.
type Why = (&'static str, &'static str);

const EMPTY: Why = ("phone.empty", "there is no number");
const TOO_LONG: Why = ("phone.too_long", "too long for a number");
const TOO_SHORT: Why = ("phone.too_short", "too short for a number; is the area code missing?");
const REGION: Why = ("phone.region", "the home region is unknown; give two letters of ISO 3166, such as US");
const EXPONENT: Why =
    ("phone.excel_exponent", "a spreadsheet rounded it (1.38E+10), digits are lost; export the column as text");
const APOSTROPHE: Why = ("phone.excel_apostrophe", "a spreadsheet's leading apostrophe; export the column as text");
const DECIMAL: Why = ("phone.excel_decimal", "a spreadsheet made it a decimal (.0); export the column as text");
const EXTENSION: Why = ("phone.extension", "it has an extension, which cannot be dialed; give a direct number");
const LETTERS: Why = ("phone.letters", "letters stand in it; digits are expected");
const SEVERAL: Why = ("phone.several", "several numbers in one field; give each its own row");
const MASKED: Why = ("phone.masked", "it is masked or has a wildcard; the full number is needed");
const SIGNS: Why = ("phone.characters", "characters stand in it that no number has");
const COUNTRY: Why = ("phone.country_code", "the country code after the + does not exist");
const EMERGENCY: Why = ("phone.emergency", "it is an emergency number");
const UNASSIGNED: Why =
    ("phone.unassigned", "it is not a number of its country's plan; check it, and write + and the country code");

/// Zero-width characters, direction marks and the byte order mark, which copied numbers carry.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

/// Full-width forms, dashes and spaces of all kinds become ASCII. Nothing else changes.
fn to_ascii(text: &str) -> String {
    let ascii = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).expect("a full-width form of an ASCII sign"),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' | '\u{fe63}' => '-',
        c if c.is_whitespace() => ' ',
        c => c,
    };
    text.chars().filter(|c| !is_invisible(*c)).map(ascii).collect()
}

/// RFC 3966: `tel:`, with visual separators.
fn strip_scheme(text: &str) -> &str {
    match text.get(..4) {
        Some(head) if head.eq_ignore_ascii_case("tel:") => text[4..].trim_start_matches(['/', ' ']),
        _ => text,
    }
}

/// What spreadsheets do to long numbers.
fn damaged(text: &str) -> Result<(), Why> {
    if text.starts_with(['\'', '`', '\u{2018}', '\u{2019}']) {
        return Err(APOSTROPHE);
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, ""));
    let number = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let exponent_digits = exponent.trim_start_matches(['+', '-']);
    if number(mantissa) && !exponent.is_empty() && exponent_digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(EXPONENT);
    }
    if let Some((whole, zeros)) = text.split_once('.')
        && whole.trim_start_matches('+').bytes().all(|b| b.is_ascii_digit())
        && whole.len() >= 7
        && zeros.bytes().all(|b| b == b'0')
    {
        return Err(DECIMAL);
    }
    Ok(())
}

/// What a person may write and nobody can dial.
fn unreadable(text: &str) -> Result<(), Why> {
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') && text.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(());
    }
    let lower = text.to_ascii_lowercase();
    let mut extension = ["ext", "x", "#", "转", "轉", "分机", "分機"].iter();
    if extension.any(|mark| lower.contains(mark)) && text.bytes().any(|b| b.is_ascii_digit()) {
        return Err(if lower.contains("xx") { MASKED } else { EXTENSION });
    }
    if text.contains(['*', '?']) {
        return Err(MASKED);
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if text.contains(['/', '\\', ',', ';', '|', '、', '&']) || text.matches('+').count() > 1 {
        return Err(if digits > 11 { SEVERAL } else { SIGNS });
    }
    if text.chars().any(char::is_alphabetic) {
        return Err(LETTERS);
    }
    let known = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | '[' | ']' | '.' | ' ');
    if !text.chars().all(known) || text.rfind('+').is_some_and(|at| text[..at].contains(|c: char| c.is_ascii_digit())) {
        return Err(SIGNS);
    }
    if digits == 0 {
        return Err(EMPTY);
    }
    Ok(())
}

/// As written; and if that is no number, with `00` or `011` read as the `+` it stands for in most countries.
fn read(text: &str, home: rlibphonenumber::Region) -> Result<(PhoneNumber, Plan), Why> {
    let plain: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    if plan::is_emergency(&plain) {
        return Err(EMERGENCY);
    }
    let first = PHONE_NUMBER_UTIL.parse(&plain, Some(home)).map_err(|e| explain(&e));
    let first = first.map(|number| (plan::plan_of(&number), number)).map(|(plan, number)| (number, plan));
    if first.as_ref().is_ok_and(|(_, plan)| plan.kind != Kind::Unassigned) {
        return first;
    }
    let international = plain.strip_prefix("00").or_else(|| plain.strip_prefix("011"));
    if let Some(rest) = international.filter(|rest| !rest.starts_with('0')) {
        let second = PHONE_NUMBER_UTIL.parse(format!("+{rest}"), Some(home));
        if let Ok(number) = second {
            let plan = plan::plan_of(&number);
            if plan.kind != Kind::Unassigned {
                return Ok((number, plan));
            }
        }
    }
    first
}

fn explain(error: &ParseError) -> Why {
    match error {
        ParseError::InvalidCountryCode => COUNTRY,
        ParseError::NotANumber(
            NotANumberError::NotMatchedValidNumberPattern
            | NotANumberError::InvalidPhoneContext
            | NotANumberError::FailedToParseNumberAsInt(_)
            | NotANumberError::FailedToExtractNumber(
                ExtractNumberError::NoValidStartCharacter | ExtractNumberError::NotANumber,
            ),
        )
        | ParseError::TooShortAfterIdd
        | ParseError::TooShortNsn => TOO_SHORT,
        ParseError::TooLongNsn => TOO_LONG,
    }
}

fn dialable(number: &PhoneNumber, plan: Plan) -> Result<(Phone, Plan), Why> {
    let text = number.format_as(rlibphonenumber::PhoneNumberFormat::E164);
    let phone = Phone::e164(&text).map_err(|_| TOO_LONG)?;
    match plan.kind {
        Kind::Emergency => Err(EMERGENCY),
        Kind::Unassigned => Err(match PHONE_NUMBER_UTIL.is_possible_number_with_reason(number) {
            Err(rlibphonenumber::ValidationError::TooShort)
            | Ok(rlibphonenumber::NumberLengthType::IsPossibleLocalOnly) => TOO_SHORT,
            Err(rlibphonenumber::ValidationError::TooLong) => TOO_LONG,
            Err(rlibphonenumber::ValidationError::InvalidCountryCode) => COUNTRY,
            Ok(_) | Err(_) => UNASSIGNED,
        }),
        Kind::Mobile
        | Kind::Fixed
        | Kind::FixedOrMobile
        | Kind::TollFree
        | Kind::Voip
        | Kind::Universal
        | Kind::Premium
        | Kind::SharedCost
        | Kind::Personal
        | Kind::Pager
        | Kind::Voicemail
        | Kind::Satellite => Ok((phone, plan)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn human_forms_of_one_number() {
        let forms = [
            ("+86 138 0013 8000", "US"),
            ("138-0013-8000", "CN"),
            ("13800138000", "CN"),
            ("8613800138000", "CN"),
            ("１３８００１３８０００", "CN"),
            ("＋８６ 138（0013）8000", "US"),
            ("0086 138 0013 8000", "CN"),
            ("0086 138 0013 8000", "US"),
            ("011 86 13800138000", "US"),
            ("01186 138-0013-8000", "CN"),
            ("tel:+86-138-0013-8000", "US"),
            ("TEL:+8613800138000", "DE"),
            (" \u{200e}+8613800138000\u{a0}", "US"),
            ("(+86) 138.0013.8000", "US"),
            ("138—0013—8000", "CN"),
        ];
        for (text, region) in forms {
            let phone = Phone::parse(text, region).unwrap_or_else(|e| panic!("{text} in {region}: {e}"));
            assert_eq!(phone.digits(), "+8613800138000", "{text} in {region}");
        }
        assert_eq!(Phone::parse("(415) 555-2671", "US").unwrap().digits(), "+14155552671");
        assert_eq!(Phone::parse("020 7946 0958", "GB").unwrap().digits(), "+442079460958");
        assert_eq!(Phone::parse("010-1234 5678", "CN").unwrap().digits(), "+861012345678");
        assert_eq!(Phone::parse("06 1234 5678", "IT").unwrap().digits(), "+390612345678");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let table = [
            ("", "phone.empty"),
            ("  ", "phone.empty"),
            ("-", "phone.empty"),
            ("1.38E+10", "phone.excel_exponent"),
            ("1.38001E10", "phone.excel_exponent"),
            ("1E+10", "phone.excel_exponent"),
            ("'13800138000", "phone.excel_apostrophe"),
            ("’13800138000", "phone.excel_apostrophe"),
            ("13800138000.0", "phone.excel_decimal"),
            ("13800138000.", "phone.excel_decimal"),
            ("010-12345678 ext 12", "phone.extension"),
            ("010-12345678转801", "phone.extension"),
            ("010-12345678#801", "phone.extension"),
            ("tel:+861012345678;ext=801", "phone.extension"),
            ("1-800-FLOWERS", "phone.letters"),
            ("张三", "phone.letters"),
            ("none", "phone.letters"),
            ("13800138000/13900139000", "phone.several"),
            ("13800138000、13900139000", "phone.several"),
            ("+8613800138000+8613900139000", "phone.several"),
            ("138****8000", "phone.masked"),
            ("138XXXX8000", "phone.masked"),
            ("138~0013~8000", "phone.characters"),
            ("138+00138000", "phone.characters"),
            ("+999 123 4567", "phone.country_code"),
            ("110", "phone.emergency"),
            ("+86 120", "phone.emergency"),
            ("12", "phone.too_short"),
            ("13800138000138001380001", "phone.too_long"),
            ("+86138001380001380", "phone.too_long"),
            ("11800138000", "phone.unassigned"),
        ];
        for (text, code) in table {
            let error = Phone::parse(text, "CN").expect_err(text);
            assert_eq!(error.code, code, "{text}: {error}");
        }
        assert_eq!(Phone::parse("13800138000", "USA").unwrap_err().code, "phone.region");
        assert_eq!(Phone::parse("911", "US").unwrap_err().code, "phone.emergency");
        assert_eq!(Phone::parse(&"1".repeat(65), "US").unwrap_err().code, "phone.too_long");
    }

    #[test]
    fn errors_never_show_the_number() {
        let error = Phone::parse("'13800138000", "CN").unwrap_err();
        assert_eq!(error.value, "'138******00");
        assert!(!error.to_string().contains("13800138000"));
    }
}
