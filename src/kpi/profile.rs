//! Abandonment profiles (section 4): who is counted, what is added for AMD, and over which window.
//! Whether a call was abandoned is judged once, by the engine; nothing here judges again.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// 16 CFR 310.4(b)(4): 30-day periods from the campaign's first call.
    UsTsr,
    /// Calendar month.
    CaCrtc,
    /// Calendar day, and an estimate of people taken for machines is added.
    UkStyle,
    /// Calendar day; product policy, not a statute.
    CnDefault,
    /// As configured; shown per day.
    Amazon,
    /// People who hang up while waiting count as abandoned; hang-ups during AMD count nowhere.
    Judge,
}

/// What one window of a profile is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    Day,
    Month,
    /// From the campaign's first call.
    Days(u32),
}

/// Human answers under one configuration of one campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Answers {
    pub human: i64,
    pub abandoned: i64,
    pub early: i64,
    /// The part of `early` that hung up before AMD had a verdict.
    pub early_in_amd: i64,
}

impl Profile {
    pub const ALL: &'static [Profile] =
        &[Profile::UsTsr, Profile::CaCrtc, Profile::UkStyle, Profile::CnDefault, Profile::Amazon, Profile::Judge];

    pub fn name(self) -> &'static str {
        match self {
            Profile::UsTsr => "us_tsr",
            Profile::CaCrtc => "ca_crtc",
            Profile::UkStyle => "uk_style",
            Profile::CnDefault => "cn_default",
            Profile::Amazon => "amazon",
            Profile::Judge => "judge",
        }
    }

    pub fn named(name: &str) -> Option<Profile> {
        Profile::ALL.iter().copied().find(|p| p.name() == name)
    }

    pub(super) fn window(self) -> Window {
        match self {
            Profile::UsTsr => Window::Days(30),
            Profile::CaCrtc => Window::Month,
            Profile::UkStyle | Profile::CnDefault | Profile::Amazon | Profile::Judge => Window::Day,
        }
    }

    /// `AB` and `H`. `f`: the share of people whom AMD takes for machines.
    pub(super) fn rate(self, of: Answers, f: f64) -> (f64, f64) {
        let (ab, h) = (of.abandoned as f64, of.human as f64);
        match self {
            Profile::UsTsr | Profile::CaCrtc | Profile::CnDefault | Profile::Amazon => (ab, h),
            // AB' = AB + H·f/(1−f), H' = H/(1−f), H being the humans found.
            Profile::UkStyle if f > 0.0 && f < 1.0 => (ab + h * f / (1.0 - f), h / (1.0 - f)),
            Profile::UkStyle => (ab, h),
            Profile::Judge => (ab + (of.early - of.early_in_amd) as f64, h - of.early_in_amd as f64),
        }
    }

    pub(super) fn numerator(profile: Option<Profile>) -> &'static str {
        match profile {
            None => "AB as the campaign's profile counts it",
            Some(Profile::UkStyle) => "AB + H*f/(1-f)",
            Some(Profile::Judge) => "AB + CE while waiting",
            Some(Profile::UsTsr | Profile::CaCrtc | Profile::CnDefault | Profile::Amazon) => "AB",
        }
    }

    pub(super) fn denominator(profile: Option<Profile>) -> &'static str {
        match profile {
            None => "H as the campaign's profile counts it",
            Some(Profile::UkStyle) => "H/(1-f)",
            Some(Profile::Judge) => "H - CE during AMD",
            Some(Profile::UsTsr | Profile::CaCrtc | Profile::CnDefault | Profile::Amazon) => "H",
        }
    }
}
