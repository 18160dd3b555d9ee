//! Named places where a test may end the process at once, as `kill -9` would: `OUTPACE_FAIL_AT=kept:call_bridged:3`
//! ends it when that place is passed for the third time, and `sip:ringing:1:panic` has the thread that passes it panic.
//! In debug builds alone; a release build has no such places
//! (`docs/decisions/0040-fail-points-are-in-debug-builds-alone.md`). It simulates no error and returns nothing.

/// The process may end here. `kind` is `at`, `fact`, `kept`, `media` or `sip`; names are those of facts, or stand at their places.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn fail_point(_kind: &'static str, _name: &str) {}

/// The process may end here. `kind` is `at`, `fact`, `kept`, `media` or `sip`; names are those of facts, or stand at their places.
#[cfg(debug_assertions)]
pub fn fail_point(kind: &'static str, name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    struct Armed {
        kind: String,
        name: String,
        left: AtomicU32,
        panic: bool,
    }
    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();
    let read = || {
        let text = std::env::var("OUTPACE_FAIL_AT").ok()?;
        let mut parts = text.split(':');
        let (kind, name) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let left = parts.next().and_then(|n| n.parse().ok()).unwrap_or(1);
        let panic = parts.next() == Some("panic");
        Some(Armed { kind, name, left: AtomicU32::new(left), panic })
    };
    let Some(armed) = ARMED.get_or_init(read) else { return };
    if armed.kind == kind && armed.name == name && armed.left.fetch_sub(1, Ordering::Relaxed) == 1 {
        assert!(!armed.panic, "OUTPACE_FAIL_AT asked for it at {kind}:{name}");
        // No unwinding, no destructors, no flush: what is not on disk is gone.
        std::process::abort();
    }
}
