//! Region and kind of a number, by libphonenumber's metadata. It refuses to say who may be called.

use super::{Phone, Plan};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberType};
use std::fmt;

/// Two capital letters of ISO 3166.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region([u8; 2]);

impl Region {
    /// Two ASCII letters in either case that libphonenumber has a plan for.
    pub fn parse(text: &str) -> Option<Region> {
        let region = Region(text.to_ascii_uppercase().as_bytes().try_into().ok()?);
        let known = rlibphonenumber::Region::from_code(text).ok()?;
        PHONE_NUMBER_UTIL.get_country_code_for_region(known).map(|_| region)
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("both bytes are ASCII letters: every maker checks")
    }

    /// For a table in the source: `Region::known(b"US")`.
    pub const fn known(letters: &[u8; 2]) -> Region {
        assert!(letters[0].is_ascii_uppercase() && letters[1].is_ascii_uppercase());
        Region(*letters)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl PartialEq<&str> for Region {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

/// What a number is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Mobile,
    Fixed,
    /// The plan does not tell them apart (North America).
    FixedOrMobile,
    TollFree,
    Voip,
    /// One number of a firm that reaches many places.
    Universal,
    Premium,
    SharedCost,
    Personal,
    Pager,
    Voicemail,
    /// +870, +878, +881, +882, +883: satellites and networks of no country.
    Satellite,
    Emergency,
    /// Not a number of its plan.
    Unassigned,
}

pub(super) fn plan(phone: &Phone) -> Plan {
    let digits = &phone.digits()[1..];
    plan_of(&number(digits, country_digits(digits)))
}

pub(super) fn plan_of(number: &PhoneNumber) -> Plan {
    if is_satellite(number.country_code) {
        return Plan { region: None, kind: Kind::Satellite };
    }
    let written = number.national_number > 0 || number.italian_leading_zero == Some(true);
    if written && number.national_number < 1_000 && is_emergency(&format!("{:03}", number.national_number)) {
        return Plan { region: None, kind: Kind::Emergency };
    }
    let kind = match PHONE_NUMBER_UTIL.get_number_type(number) {
        PhoneNumberType::Mobile => Kind::Mobile,
        PhoneNumberType::FixedLine => Kind::Fixed,
        PhoneNumberType::FixedLineOrMobile => Kind::FixedOrMobile,
        PhoneNumberType::TollFree => Kind::TollFree,
        PhoneNumberType::VoIP => Kind::Voip,
        PhoneNumberType::UAN => Kind::Universal,
        PhoneNumberType::PremiumRate => Kind::Premium,
        PhoneNumberType::SharedCost => Kind::SharedCost,
        PhoneNumberType::PersonalNumber => Kind::Personal,
        PhoneNumberType::Pager => Kind::Pager,
        PhoneNumberType::VoiceMail => Kind::Voicemail,
        PhoneNumberType::Unknown => Kind::Unassigned,
    };
    if kind == Kind::Unassigned {
        return Plan { region: None, kind };
    }
    let region = PHONE_NUMBER_UTIL.get_region_for_number(number);
    Plan { region: region.and_then(|r| r.as_region_str().as_bytes().try_into().ok().map(Region)), kind }
}

fn is_satellite(country: i32) -> bool {
    matches!(country, 870 | 878 | 881 | 882 | 883)
}

/// The emergency numbers of the world: as a whole national part they are never a subscriber.
pub(super) fn is_emergency(national: &str) -> bool {
    matches!(
        national,
        "000"
            | "060"
            | "066"
            | "100"
            | "101"
            | "102"
            | "103"
            | "104"
            | "105"
            | "106"
            | "107"
            | "108"
            | "110"
            | "111"
            | "112"
            | "113"
            | "114"
            | "115"
            | "116"
            | "117"
            | "118"
            | "119"
            | "120"
            | "122"
            | "123"
            | "190"
            | "191"
            | "192"
            | "193"
            | "194"
            | "195"
            | "197"
            | "198"
            | "199"
            | "911"
            | "933"
            | "988"
            | "991"
            | "992"
            | "993"
            | "994"
            | "995"
            | "996"
            | "997"
            | "998"
            | "999"
    )
}

fn number(digits: &str, country: usize) -> PhoneNumber {
    let (code, national) = digits.split_at(country);
    let zeros = national.bytes().take_while(|b| *b == b'0').count().min(national.len().saturating_sub(1));
    PhoneNumber {
        country_code: code.parse().unwrap_or(0),
        national_number: national.parse().unwrap_or(0),
        italian_leading_zero: (zeros > 0).then_some(true),
        number_of_leading_zeros: (zeros > 1).then_some(zeros as i32),
        ..PhoneNumber::default()
    }
}

/// How many digits the calling code has (ITU-T E.164, list of assigned codes): 1 and 7 are alone,
/// 46 codes have two digits, all others three.
fn country_digits(digits: &str) -> usize {
    let b = digits.as_bytes();
    let two = match (b[0], b[1]) {
        (b'1' | b'7', _) => return 1,
        (b'2', b'0' | b'7') => true,
        (b'3', b'0'..=b'4' | b'6' | b'9') => true,
        (b'4', b'0' | b'1' | b'3'..=b'9') => true,
        (b'5', b'1'..=b'8') => true,
        (b'6', b'0'..=b'6') => true,
        (b'8', b'1' | b'2' | b'4' | b'6') => true,
        (b'9', b'0'..=b'5' | b'8') => true,
        _ => false,
    };
    if two { 2 } else { 3 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_the_oracle_of_our_short_cut() {
        let numbers = [
            "+13054155567",
            "+14155552671",
            "+12423225555",
            "+16045551234",
            "+8613800138000",
            "+861012345678",
            "+390612345678",
            "+393123456789",
            "+442079460958",
            "+447400123456",
            "+79161234567",
            "+77012345678",
            "+85251234567",
            "+886912345678",
            "+5511912345678",
            "+27821234567",
            "+201001234567",
            "+3584512345678",
            "+22501234567890",
            "+2250123456789",
            "+3906698",
            "+49301234567",
            "+33612345678",
            "+6591234567",
            "+19002345678",
            "+18005551234",
            "+61412345678",
            "+1787555123",
            "+17875551234",
            "+4415394",
            "+10000000",
        ];
        for text in numbers {
            let phone = Phone::e164(text).unwrap();
            let oracle = PHONE_NUMBER_UTIL.parse(text, None).unwrap();
            assert_eq!(phone.plan(), plan_of(&oracle), "{text}");
        }
    }

    #[test]
    fn kinds_and_regions() {
        let plan = |text| Phone::e164(text).unwrap().plan();
        assert_eq!(plan("+8613800138000").kind, Kind::Mobile);
        assert_eq!(plan("+8613800138000").region.unwrap(), "CN");
        assert_eq!(plan("+14155552671").kind, Kind::FixedOrMobile);
        assert_eq!(plan("+16045551234").region.unwrap(), "CA");
        assert_eq!(plan("+19002345678").kind, Kind::Premium);
        assert_eq!(plan("+881612345678").kind, Kind::Satellite);
        assert_eq!(plan("+1911").kind, Kind::Emergency);
        assert_eq!(plan("+86110").kind, Kind::Emergency);
        assert_eq!(plan("+15550100").kind, Kind::Unassigned);
        assert_eq!(plan("+123").kind, Kind::Unassigned);
        assert_eq!(plan("+999").kind, Kind::Unassigned);
    }

    #[test]
    fn regions_are_those_with_a_plan() {
        assert_eq!(Region::parse("us").unwrap(), "US");
        assert_eq!(Region::parse("XX"), None);
        assert_eq!(Region::parse("USA"), None);
        assert_eq!(Region::parse("中"), None);
        assert_eq!(Region::parse("001"), None);
    }
}
