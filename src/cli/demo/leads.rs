//! A made-up list: invented people with numbers in zones where it is day now, so that the demo may call at any hour
//! and the law's hours still hold.

use crate::words::{Lang, Wall};
use jiff::tz::TimeZone;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_pcg::Pcg32;
use std::time::Duration;

/// Local hours within which a number is made up: those of the strictest pack.
const DAYTIME: std::ops::Range<i32> = 8 * 60..21 * 60;
const CHINA: &str = "Asia/Shanghai";
/// North American area codes by zone. The numbers are 555-01xx, kept free for fiction; longer lists go on from there.
const AREAS: [(&str, &[u16]); 6] = [
    ("America/New_York", &[212, 202, 215, 305, 404, 617, 718, 917, 704, 410]),
    ("America/Chicago", &[312, 214, 713, 504, 612, 512, 414, 901]),
    ("America/Denver", &[303, 801, 505, 720]),
    ("America/Los_Angeles", &[213, 415, 206, 702, 619, 503]),
    ("America/Anchorage", &[907]),
    ("Pacific/Honolulu", &[808]),
];
/// Of each area code: 0100 to 9999.
const LINES: u32 = 9_900;
const FIRST_LINE: u32 = 100;

const GIVEN: [&str; 16] = [
    "Ada", "Ben", "Carla", "David", "Elena", "Frank", "Grace", "Henry", "Irene", "Jack", "Karen", "Luis", "Maya",
    "Noah", "Olga", "Peter",
];
const FAMILY: [&str; 16] = [
    "Adams", "Brooks", "Carter", "Diaz", "Evans", "Fisher", "Garcia", "Hughes", "Irving", "Jensen", "Kelly", "Lopez",
    "Miller", "Nolan", "Owens", "Parker",
];
const STREETS: [&str; 8] =
    ["Oak Street", "Maple Avenue", "Hill Road", "Lake Drive", "Mill Lane", "Park Way", "High Street", "River Road"];
const CITIES: [&str; 6] = ["Springfield", "Fairview", "Riverside", "Greenville", "Clinton", "Franklin"];
const FAMILY_ZH: [&str; 12] = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙"];
const GIVEN_ZH: [&str; 12] = ["伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳"];
const CITIES_ZH: [&str; 5] = ["上海市", "杭州市", "成都市", "武汉市", "西安市"];
const DAYS: [&str; 6] = ["mon", "tue", "wed", "thu", "fri", "sat"];
const STREETS_ZH: [&str; 4] = ["人民路", "解放路", "中山路", "建设路"];

/// One person of the list. `day` and `hour` are for the reminder of an appointment.
pub(super) struct Invented {
    phone: String,
    name: String,
    lang: Lang,
    address: String,
    city: &'static str,
    day: &'static str,
    hour: u8,
}

/// `count` people whom it is daytime for, now and for the length of the demo. Distinct numbers.
pub(super) fn made_up(count: u32, seed: u64, now: Wall, length: Duration) -> Vec<Invented> {
    let mut rng = Pcg32::new(seed, 0x11_57);
    let by_day: Vec<&(&str, &[u16])> = AREAS.iter().filter(|(zone, _)| day_in(zone, now, length)).collect();
    let areas: Vec<u16> = by_day.iter().flat_map(|(_, codes)| codes.iter().copied()).collect();
    let china = areas.is_empty() || day_in(CHINA, now, length);
    let offset = rng.random_range(0..LINES);
    let mut leads = Vec::with_capacity(count as usize);
    let (mut american, mut chinese) = (0, 0);
    for _ in 0..count {
        let in_china = china && (areas.is_empty() || rng.random_bool(0.5));
        if in_china {
            leads.push(in_chinese(&mut rng, seed, chinese));
            chinese += 1;
        } else {
            let area = areas[american as usize % areas.len()];
            let row = american / areas.len() as u32;
            // The first hundred of each area code stay within 0100 to 0199.
            let line = if row < 100 { (row + offset) % 100 } else { row % LINES };
            leads.push(in_english(&mut rng, area, FIRST_LINE + line));
            american += 1;
        }
    }
    leads
}

fn day_in(zone: &str, now: Wall, length: Duration) -> bool {
    let Ok(zone) = TimeZone::get(zone) else { return false };
    let minute = |at: Wall| {
        let local = at.timestamp().to_zoned(zone.clone());
        i32::from(local.hour()) * 60 + i32::from(local.minute())
    };
    let end = now + length + Duration::from_secs(120);
    DAYTIME.contains(&minute(now)) && DAYTIME.contains(&minute(end))
}

fn in_english(rng: &mut Pcg32, area: u16, line: u32) -> Invented {
    Invented {
        phone: format!("+1{area}555{line:04}"),
        name: format!("{} {}", pick(rng, &GIVEN), pick(rng, &FAMILY)),
        lang: Lang::En,
        address: format!("{} {}", rng.random_range(1..300), pick(rng, &STREETS)),
        city: pick(rng, &CITIES),
        day: pick(rng, &DAYS),
        hour: rng.random_range(9..=17),
    }
}

fn in_chinese(rng: &mut Pcg32, seed: u64, n: u32) -> Invented {
    // Steps of a prime through all numbers of the range: distinct, and not in a row.
    let number = (seed % 10_000_000 + u64::from(n) * 7_368_787) % 100_000_000;
    Invented {
        phone: format!("+86138{number:08}"),
        name: format!("{}{}", pick(rng, &FAMILY_ZH), pick(rng, &GIVEN_ZH)),
        lang: Lang::ZhHans,
        address: format!("{}{}号", pick(rng, &STREETS_ZH), rng.random_range(1..300)),
        city: pick(rng, &CITIES_ZH),
        day: pick(rng, &DAYS),
        hour: rng.random_range(9..=17),
    }
}

/// As a lead file, for the API's import. No value holds a comma or a quote.
pub(super) fn csv(people: &[Invented]) -> String {
    let mut text = String::from("phone,name,lang,address,city,day,hour\n");
    for p in people {
        let (lang, Invented { phone, name, address, city, day, hour, .. }) = (p.lang.tag(), p);
        text.push_str(&format!("{phone},{name},{lang},{address},{city},{day},{hour:02}\n"));
    }
    text
}

fn pick(rng: &mut Pcg32, from: &[&'static str]) -> &'static str {
    from.choose(rng).expect("lists of names are not empty")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Phone;
    use crate::words::phone::Kind;
    use std::collections::BTreeSet;

    fn at(text: &str) -> Wall {
        Wall::parse_rfc3339(text).expect("a time")
    }

    #[test]
    fn at_every_hour_there_is_somebody_awake() {
        for half_hour in 0..96 {
            let now = at("2026-11-21T00:10:00Z") + Duration::from_secs(half_hour * 1800);
            let leads = made_up(200, 7, now, Duration::from_secs(120));
            assert_eq!(leads.len(), 200);
            let numbers: BTreeSet<&str> = leads.iter().map(|lead| lead.phone.as_str()).collect();
            assert_eq!(numbers.len(), 200, "distinct at {}", now.rfc3339());
            for lead in &leads {
                let phone = Phone::e164(&lead.phone).expect("a number");
                assert_ne!(phone.plan().kind, Kind::Unassigned, "{}", lead.phone);
                assert!(!phone.zones().is_empty());
            }
        }
    }

    #[test]
    fn long_lists_stay_distinct() {
        let leads = made_up(20_000, 3, at("2026-11-21T18:00:00Z"), Duration::from_secs(600));
        let numbers: BTreeSet<&str> = leads.iter().map(|lead| lead.phone.as_str()).collect();
        assert_eq!(numbers.len(), 20_000);
    }
}
