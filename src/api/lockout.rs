//! Who guesses passwords waits: so many failures a minute for one name from one address, and for one address in all.
//! It refuses to touch sessions that stand, and other addresses of the same person.

use super::address::neighbourhood;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
/// For one name from one address.
const FAILURES_MAX: usize = 10;
/// For one address, whatever the names: an office behind one address may mistype more.
const FAILURES_OF_ADDRESS_MAX: usize = 60;
/// Beyond, the one that failed longest ago is forgotten.
const KNOWN_MAX: usize = 10_000;

#[derive(Default)]
pub struct Lockout {
    failures: Mutex<BTreeMap<Place, VecDeque<Instant>>>,
}

/// The name is empty for the address in all.
type Place = (IpAddr, String);

impl Lockout {
    /// Counts as a failure until `succeeded`, so that many at once are as many. Refused: how long to wait.
    pub fn begin(&self, name: &str, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut failures = self.failures.lock().expect("never held across a panic");
        let address = neighbourhood(address);
        for (place, most) in [((address, String::new()), FAILURES_OF_ADDRESS_MAX), (place(address, name), FAILURES_MAX)]
        {
            if let Some(wait) = failures.get_mut(&place).and_then(|times| wait(times, most, now)) {
                return Err(wait);
            }
        }
        note(&mut failures, place(address, name), FAILURES_MAX, now);
        Ok(())
    }

    pub fn failed(&self, address: IpAddr, now: Instant) {
        let mut failures = self.failures.lock().expect("never held across a panic");
        note(&mut failures, (neighbourhood(address), String::new()), FAILURES_OF_ADDRESS_MAX, now);
    }

    pub fn succeeded(&self, name: &str, address: IpAddr) {
        let mut failures = self.failures.lock().expect("never held across a panic");
        failures.remove(&place(neighbourhood(address), name));
    }
}

fn place(address: IpAddr, name: &str) -> Place {
    (address, format!("/{name}"))
}

fn wait(times: &mut VecDeque<Instant>, most: usize, now: Instant) -> Option<Duration> {
    while times.front().is_some_and(|time| now.duration_since(*time) >= MINUTE) {
        times.pop_front();
    }
    let first = times.front().filter(|_| times.len() >= most)?;
    Some(MINUTE - now.duration_since(*first))
}

fn note(failures: &mut BTreeMap<Place, VecDeque<Instant>>, place: Place, most: usize, now: Instant) {
    if failures.len() >= KNOWN_MAX && !failures.contains_key(&place) {
        failures.retain(|_, times| times.back().is_some_and(|time| now.duration_since(*time) < MINUTE));
        let oldest = failures.iter().min_by_key(|(_, times)| times.back().copied()).map(|(place, _)| place.clone());
        if let Some(oldest) = oldest.filter(|_| failures.len() >= KNOWN_MAX) {
            failures.remove(&oldest);
        }
    }
    let times = failures.entry(place).or_default();
    times.push_back(now);
    if times.len() > most {
        times.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn fail(lockout: &Lockout, name: &str, at: Instant) -> Result<(), Duration> {
        lockout.begin(name, HERE, at)?;
        lockout.failed(HERE, at);
        Ok(())
    }

    #[test]
    fn ten_failures_a_minute_and_no_more() {
        let (lockout, start) = (Lockout::default(), Instant::now());
        for second in 0..10 {
            assert_eq!(fail(&lockout, "anna", start + Duration::from_secs(second)), Ok(()));
        }
        let at = start + Duration::from_secs(10);
        assert_eq!(fail(&lockout, "anna", at), Err(Duration::from_secs(50)));
        assert_eq!(fail(&lockout, "bert", at), Ok(()), "another name");
        let there = IpAddr::V6("2001:db8::1".parse().unwrap());
        assert_eq!(lockout.begin("anna", there, at), Ok(()), "another address");
        assert_eq!(fail(&lockout, "anna", start + MINUTE), Ok(()), "the first failure is a minute old");
        lockout.succeeded("anna", HERE);
        assert_eq!(fail(&lockout, "anna", start + MINUTE), Ok(()), "a success forgets");
    }

    #[test]
    fn an_address_that_tries_many_names_waits_too() {
        let (lockout, start) = (Lockout::default(), Instant::now());
        let passed = (0..100).filter(|n| fail(&lockout, &format!("name-{n}"), start).is_ok()).count();
        assert_eq!(passed, FAILURES_OF_ADDRESS_MAX);
    }

    #[test]
    fn strangers_fill_no_memory() {
        let (lockout, start) = (Lockout::default(), Instant::now());
        for n in 0..KNOWN_MAX as u32 + 50 {
            let _ = lockout.begin("x", IpAddr::V4(n.into()), start);
        }
        assert!(lockout.failures.lock().unwrap().len() <= KNOWN_MAX);
    }
}
