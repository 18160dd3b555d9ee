//! What counts as an abandoned call, and how it is counted: KPI dictionary section 4, as data.
//! It refuses to judge a call: the engine does, with the profile's clock.

/// Where the clock of the threshold starts; from the earliest, the strictest, to the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClockStart {
    /// The 200 OK. AMD time is inside the threshold.
    Answer,
    /// The begin of the first speech; at latest answer + `SILENT_GREETING_MS` if nothing was said.
    GreetingStart,
    /// The end of the first speech; at latest answer + `SILENT_GREETING_MS` if nothing was said.
    GreetingEnd,
    /// The classification as a person (the judge of `pacer`).
    Live,
}

/// The latest end of a greeting that never came, after the answer.
pub const SILENT_GREETING_MS: u32 = 2_000;

/// The span over which the rate must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Midnight to midnight in the campaign's zone.
    Day,
    CalendarMonth,
    /// Successive periods of this many days from the campaign's first call.
    PeriodDays(u32),
    RollingHours(u32),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Profile {
    pub id: &'static str,
    pub clock_start: ClockStart,
    pub threshold_seconds: f64,
    pub window: Window,
    /// Share of human answers; no campaign may set a higher one.
    pub cap: f64,
    /// The estimated false positives of AMD are added: AB' = AB + H·f/(1−f), H' = H/(1−f).
    pub amd_false_positives_added: bool,
    /// A person who hangs up while waiting counts as abandoned, even before the threshold.
    pub early_hang_up_counts: bool,
    /// Only for `pacer`: refused in a campaign.
    pub judge_only: bool,
    pub source: &'static str,
}

/// A call-centre day in China has no such statute: 3 % a day is this product's own policy.
pub const PROFILES: &[Profile] = &[
    Profile {
        id: "us_tsr",
        clock_start: ClockStart::GreetingEnd,
        window: Window::PeriodDays(30),
        source: "16 CFR 310.4(b)(4)(i); 47 CFR 64.1200(a)(7)",
        ..BASE
    },
    Profile {
        id: "ca_crtc",
        clock_start: ClockStart::GreetingEnd,
        window: Window::CalendarMonth,
        cap: 0.05,
        source: "CRTC Unsolicited Telecommunications Rules, Telecom Decision 2007-48 (to be confirmed)",
        ..BASE
    },
    Profile {
        id: "uk_style",
        clock_start: ClockStart::GreetingStart,
        amd_false_positives_added: true,
        source: "Ofcom, Persistent misuse statement of 2010; since 1 March 2017 a ceiling, no safe harbour",
        ..BASE
    },
    Profile { id: "cn_default", source: "product policy, not a statute", ..BASE },
    Profile {
        id: "amazon",
        window: Window::RollingHours(24),
        source: "Amazon Connect AbandonmentRatePacingConfig, for comparison",
        ..BASE
    },
    Profile {
        id: "judge",
        clock_start: ClockStart::Live,
        early_hang_up_counts: true,
        judge_only: true,
        source: "tests/judge: the pacing judge of this project",
        ..BASE
    },
];

const BASE: Profile = Profile {
    id: "",
    clock_start: ClockStart::Answer,
    threshold_seconds: 2.0,
    window: Window::Day,
    cap: 0.03,
    amd_false_positives_added: false,
    early_hang_up_counts: false,
    judge_only: false,
    source: "",
};

impl Window {
    /// A rate that holds over each of these spans holds over each span of `other`: those are made of these.
    fn parts(self, other: Window) -> bool {
        match (self, other) {
            (Window::Day, Window::Day | Window::CalendarMonth | Window::PeriodDays(_)) => true,
            (Window::CalendarMonth, Window::CalendarMonth) => true,
            (Window::PeriodDays(own), Window::PeriodDays(other)) => own > 0 && other % own == 0,
            (Window::RollingHours(own), Window::RollingHours(other)) => own > 0 && other % own == 0,
            (Window::RollingHours(own), Window::Day | Window::CalendarMonth | Window::PeriodDays(_)) => {
                own > 0 && 24 % own == 0
            }
            (Window::Day | Window::CalendarMonth | Window::PeriodDays(_), Window::RollingHours(_))
            | (Window::CalendarMonth, Window::Day | Window::PeriodDays(_))
            | (Window::PeriodDays(_), Window::Day | Window::CalendarMonth) => false,
        }
    }
}

impl Profile {
    /// Whoever keeps this one's rate keeps the rate of `law`, too, at the same cap.
    pub fn as_strict_as(&self, law: &Profile) -> bool {
        self.clock_start <= law.clock_start
            && self.threshold_seconds <= law.threshold_seconds
            && self.window.parts(law.window)
            && self.amd_false_positives_added >= law.amd_false_positives_added
            && self.early_hang_up_counts >= law.early_hang_up_counts
    }

    pub fn find(id: &str) -> Option<&'static Profile> {
        PROFILES.iter().find(|p| p.id == id)
    }

    /// AMD runs inside the threshold, so its deadline must not pass it.
    pub fn amd_inside_threshold(&self) -> bool {
        match self.clock_start {
            ClockStart::Answer => true,
            ClockStart::GreetingStart | ClockStart::GreetingEnd | ClockStart::Live => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_caps_are_shares() {
        for (i, p) in PROFILES.iter().enumerate() {
            assert!(PROFILES[..i].iter().all(|q| q.id != p.id));
            assert!(p.cap > 0.0 && p.cap <= 0.05 && p.threshold_seconds <= 2.0 && !p.source.is_empty());
            assert_eq!(Profile::find(p.id).map(|q| q.id), Some(p.id));
        }
        assert_eq!(Profile::find("us"), None);
    }

    #[test]
    fn a_stricter_law_keeps_a_laxer_one() {
        let strict = |own: &str, law: &str| {
            let find = |id| Profile::find(id).expect("it is in the table");
            find(own).as_strict_as(find(law))
        };
        for own in ["us_tsr", "uk_style", "cn_default", "amazon"] {
            assert!(strict(own, "us_tsr"), "{own}");
        }
        assert!(!strict("ca_crtc", "us_tsr"), "a good month may hold bad 30 days");
        assert!(!strict("judge", "us_tsr"), "its clock starts last");
        assert!(!strict("us_tsr", "uk_style") && !strict("us_tsr", "cn_default"), "good 30 days may hold a bad one");
        assert!(PROFILES.iter().all(|p| p.as_strict_as(p)));
    }
}
