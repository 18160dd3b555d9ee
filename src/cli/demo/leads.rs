//! A made-up list: invented people with numbers in zones where it is day now, so that the demo may call at any hour
//! and the law's hours still hold.

use crate::cli::Failure;
use crate::live::clock::wall_now;
use crate::store::{NewLead, Store};
use crate::words::{CampaignId, Lang, Phone, Wall};
use jiff::tz::TimeZone;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_pcg::Pcg32;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::time::Duration;

/// Local hours within which a number is made up: those of the strictest pack.
const DAY: std::ops::Range<i32> = 8 * 60..21 * 60;
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
const STREETS_ZH: [&str; 4] = ["人民路", "解放路", "中山路", "建设路"];

/// `count` people whom it is daytime for, now and for the length of the demo. Distinct numbers.
pub(super) fn made_up(count: u32, seed: u64, now: Wall, length: Duration) -> Vec<NewLead> {
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
    DAY.contains(&minute(now)) && DAY.contains(&minute(end))
}

fn in_english(rng: &mut Pcg32, area: u16, line: u32) -> NewLead {
    let name = format!("{} {}", pick(rng, &GIVEN), pick(rng, &FAMILY));
    let address = format!("{} {}", rng.random_range(1..300), pick(rng, &STREETS));
    let city = pick(rng, &CITIES).to_owned();
    lead(rng, &format!("+1{area}555{line:04}"), Lang::En, name, address, city)
}

fn in_chinese(rng: &mut Pcg32, seed: u64, n: u32) -> NewLead {
    let name = format!("{}{}", pick(rng, &FAMILY_ZH), pick(rng, &GIVEN_ZH));
    let address = format!("{}{}号", pick(rng, &STREETS_ZH), rng.random_range(1..300));
    let city = pick(rng, &CITIES_ZH).to_owned();
    // Steps of a prime through all numbers of the range: distinct, and not in a row.
    let number = (seed % 10_000_000 + u64::from(n) * 7_368_787) % 100_000_000;
    lead(rng, &format!("+86138{number:08}"), Lang::ZhHans, name, address, city)
}

fn lead(rng: &mut Pcg32, phone: &str, lang: Lang, name: String, address: String, city: String) -> NewLead {
    let phone = Phone::e164(phone).expect("made of a country code and digits");
    let days = ["mon", "tue", "wed", "thu", "fri", "sat"];
    let fields = [
        ("name", name.clone()),
        ("address", address),
        ("city", city),
        ("lang", lang.tag().to_owned()),
        // For the reminder of an appointment.
        ("day", pick(rng, &days).to_owned()),
        ("hour", format!("{:02}", rng.random_range(9..=17))),
    ];
    NewLead {
        zones: phone.zones().iter().map(|zone| (*zone).to_owned()).collect(),
        phone,
        name: Some(name),
        lang: Some(lang),
        callback_at: None,
        fields: fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<BTreeMap<_, _>>(),
    }
}

fn pick<'a>(rng: &mut Pcg32, from: &[&'a str]) -> &'a str {
    from.choose(rng).expect("lists of names are not empty")
}

/// Into the store, as any list; the number of those that will be called.
pub(super) async fn import(store: &Store, campaign: CampaignId, leads: &[NewLead]) -> Result<u64, Failure> {
    let now = wall_now();
    let digest = Sha256::digest(format!("demo {} {}", now.rfc3339(), leads.len()));
    let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut import = store.begin_import(campaign, &hash, now).await?;
    for chunk in leads.chunks(5_000) {
        import.push(chunk).await?;
    }
    Ok(import.finish(leads.len() as u64, 0, wall_now()).await?.accepted)
}

#[cfg(test)]
mod tests {
    use super::*;
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
            let numbers: BTreeSet<&str> = leads.iter().map(|lead| lead.phone.digits()).collect();
            assert_eq!(numbers.len(), 200, "distinct at {}", now.rfc3339());
            for lead in &leads {
                assert_ne!(lead.phone.plan().kind, Kind::Unassigned, "{}", lead.phone.digits());
                assert!(!lead.zones.is_empty());
            }
        }
    }

    #[test]
    fn long_lists_stay_distinct() {
        let leads = made_up(20_000, 3, at("2026-11-21T18:00:00Z"), Duration::from_secs(600));
        let numbers: BTreeSet<&str> = leads.iter().map(|lead| lead.phone.digits()).collect();
        assert_eq!(numbers.len(), 20_000);
    }
}
