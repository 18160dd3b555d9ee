//! Why a thread ended that nobody stopped: kept where whoever watches the program can read it. It restarts nothing.
//! A program without its SIP or its sound must end too, so that the next start ends what it left up.

use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};

/// Empty as long as all threads that share it live, or ended because they were told to. The first end counts.
#[derive(Debug, Clone, Default)]
pub struct Ended(Arc<OnceLock<End>>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    pub thread: String,
    pub why: Why,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    Panicked,
    /// What the system said.
    Failed(String),
}

impl Ended {
    pub fn get(&self) -> Option<&End> {
        self.0.get()
    }

    /// A thread's whole work. A panic goes on, an error comes back; both are kept.
    pub(super) fn keep(&self, thread: &str, work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let guard = Guard { ended: self, thread };
        let result = work();
        if let Err(error) = &result {
            guard.say(Why::Failed(error.to_string()));
        }
        result
    }
}

struct Guard<'a> {
    ended: &'a Ended,
    thread: &'a str,
}

impl Guard<'_> {
    fn say(&self, why: Why) {
        self.ended.0.get_or_init(|| End { thread: self.thread.to_owned(), why });
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.say(Why::Panicked);
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let End { thread, why } = self;
        match why {
            Why::Panicked => write!(
                f,
                "the thread {thread} panicked: a mistake of ours. Start outpace again, and send us the lines above"
            ),
            Why::Failed(error) => write!(
                f,
                "the thread {thread} ended: {error}. See what the system says of its network, and start outpace again"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(ended: &Ended, work: impl FnOnce() -> io::Result<()> + Send + 'static) {
        let ended = ended.clone();
        let _ = std::thread::spawn(move || ended.keep("sip", work)).join();
    }

    #[test]
    fn an_end_in_order_is_none() {
        let ended = Ended::default();
        run(&ended, || Ok(()));
        assert_eq!(ended.get(), None);
    }

    #[test]
    fn the_first_end_is_kept_with_its_reason() {
        let ended = Ended::default();
        run(&ended, || Err(io::Error::other("network is down")));
        run(&ended, || panic!("a second thread, as it happens"));
        let end = ended.get().expect("kept");
        assert_eq!((end.thread.as_str(), &end.why), ("sip", &Why::Failed("network is down".to_owned())));
        assert!(end.to_string().contains("network is down"), "{end}");
    }

    #[test]
    fn a_panic_is_named() {
        let ended = Ended::default();
        run(&ended, || panic!("said in the log"));
        assert_eq!(ended.get().map(|end| &end.why), Some(&Why::Panicked));
    }
}
