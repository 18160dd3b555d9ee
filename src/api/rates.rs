//! How often one caller, or one address, may ask; said with every answer as `RateLimit` and `RateLimit-Policy`
//! (draft-ietf-httpapi-ratelimit-headers). It refuses to slow anybody down: there is room, or there is 429.

use super::error::Problem;
use crate::words::Reason;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

type Limiter = RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// Callers that were silent long enough are forgotten after so many questions.
const FORGET_EVERY: u32 = 4096;

pub struct Rate {
    name: &'static str,
    quota: NonZeroU32,
    window_seconds: u32,
    limiter: Limiter,
    questions: AtomicU32,
}

/// What a caller has left.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    name: &'static str,
    quota: NonZeroU32,
    window_seconds: u32,
    remaining: u32,
    reset_seconds: u64,
}

impl Rate {
    /// `quota` questions within `window_seconds`, all at once if need be.
    pub fn new(name: &'static str, quota: NonZeroU32, window_seconds: NonZeroU32) -> Rate {
        let each = Duration::from_secs(u64::from(window_seconds.get())) / quota.get();
        let limit = Quota::with_period(each).expect("a window is longer than nothing").allow_burst(quota);
        let limiter = RateLimiter::keyed(limit).with_middleware();
        Rate { name, quota, window_seconds: window_seconds.get(), limiter, questions: AtomicU32::new(0) }
    }

    pub fn take(&self, who: &str) -> Result<Standing, Standing> {
        if self.questions.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
        }
        let standing = |remaining: u32, reset_seconds: u64| Standing {
            name: self.name,
            quota: self.quota,
            window_seconds: self.window_seconds,
            remaining,
            reset_seconds,
        };
        match self.limiter.check_key(&who.to_owned()) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let used = u64::from(self.quota.get().saturating_sub(remaining));
                let reset = (used * u64::from(self.window_seconds)).div_ceil(u64::from(self.quota.get()));
                Ok(standing(remaining, reset))
            }
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                Err(standing(0, wait.as_secs() + 1))
            }
        }
    }
}

impl Standing {
    pub fn write(&self, headers: &mut HeaderMap) {
        let Standing { name, quota, window_seconds, remaining, reset_seconds } = self;
        let value = |text: String| HeaderValue::from_str(&text).expect("a word and digits");
        headers.insert("ratelimit-policy", value(format!("\"{name}\";q={quota};w={window_seconds}")));
        headers.insert("ratelimit", value(format!("\"{name}\";r={remaining};t={reset_seconds}")));
    }

    pub fn problem(&self) -> Problem {
        let reason = Reason::new("api.too_many_requests")
            .with("most", self.quota)
            .with("window", self.window_seconds)
            .with("seconds", self.reset_seconds);
        Problem::new(StatusCode::TOO_MANY_REQUESTS, reason).after(self.reset_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_counted_down_and_refused_at_its_end() {
        let three = NonZeroU32::new(3).unwrap();
        let rate = Rate::new("test", three, NonZeroU32::new(3600).unwrap());
        let left: Vec<u32> = (0..3).map(|_| rate.take("a").expect("there is room").remaining).collect();
        assert_eq!(left, [2, 1, 0]);
        let refused = rate.take("a").expect_err("the quota is used up");
        assert!((1000..=1201).contains(&refused.reset_seconds), "{refused:?}");
        assert!(rate.take("b").is_ok(), "each has its own");
        let mut headers = HeaderMap::new();
        refused.write(&mut headers);
        assert_eq!(headers["ratelimit-policy"], "\"test\";q=3;w=3600");
        assert!(headers["ratelimit"].to_str().unwrap().starts_with("\"test\";r=0;t="));
    }
}
