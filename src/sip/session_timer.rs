//! Session timers (RFC 4028): a call whose other end vanished without BYE does not stay for ever.

use super::alarms::earlier;
use super::scan::{Message, Name, Params, number};
use super::write::Writer;
use crate::words::Moment;
use std::time::Duration;

/// RFC 4028 section 5: no smaller interval may be asked for.
pub(crate) const MIN_SE_SECONDS: u32 = 90;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SessionExpires {
    pub(crate) seconds: u32,
    /// `Some(true)`: the client of the request that carries it.
    pub(crate) uac_refreshes: Option<bool>,
}

/// Session-Expires of a message; `None` if absent or not a number.
pub(crate) fn read(message: &Message<'_>) -> Option<SessionExpires> {
    let value = message.first(Name::SessionExpires)?;
    let cut = value.iter().position(|&b| b == b';').unwrap_or(value.len());
    let refresher = Params(&value[cut..]).value("refresher");
    let uac_refreshes = refresher.map(|r| !r.eq_ignore_ascii_case(b"uas"));
    Some(SessionExpires { seconds: number(&value[..cut])?, uac_refreshes })
}

pub(crate) fn write(w: &mut Writer<'_>, session: SessionExpires) {
    w.raw("Session-Expires: ").number(session.seconds.into());
    match session.uac_refreshes {
        Some(true) => w.raw(";refresher=uac"),
        Some(false) => w.raw(";refresher=uas"),
        None => w,
    }
    .end_line();
}

/// One leg's timer.
#[derive(Default, Clone, Copy, Debug)]
pub(crate) struct SessionTimer {
    interval: Option<Duration>,
    pub(crate) we_refresh: bool,
    refresh_at: Option<Moment>,
    expires_at: Option<Moment>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SessionDue {
    Nothing,
    Refresh,
    /// Nobody refreshed it: BYE.
    Expired,
}

impl SessionTimer {
    /// A 2xx with or without Session-Expires was exchanged. `we_were_uac` of that request.
    pub(crate) fn restart(&mut self, now: Moment, agreed: Option<SessionExpires>, we_were_uac: bool) {
        let Some(agreed) = agreed else {
            *self = SessionTimer::default();
            return;
        };
        let interval = Duration::from_secs(agreed.seconds.max(MIN_SE_SECONDS).into());
        self.we_refresh = agreed.uac_refreshes.unwrap_or(true) == we_were_uac;
        self.interval = Some(interval);
        self.refresh_at = self.we_refresh.then(|| now + interval / 2);
        // Section 10: the BYE goes out a little before the end.
        self.expires_at = Some(now + interval - (interval / 3).min(Duration::from_secs(32)));
    }

    pub(crate) fn interval_seconds(&self) -> Option<u32> {
        self.interval.map(|i| i.as_secs() as u32)
    }

    /// Ask again after 491 or a full table.
    pub(crate) fn refresh_later(&mut self, at: Moment) {
        if self.interval.is_some() {
            self.refresh_at = Some(at);
        }
    }

    pub(crate) fn due(&self) -> Option<Moment> {
        earlier(self.refresh_at, self.expires_at)
    }

    pub(crate) fn on_time(&mut self, now: Moment) -> SessionDue {
        if self.expires_at.is_some_and(|at| at <= now) {
            *self = SessionTimer::default();
            return SessionDue::Expired;
        }
        if self.refresh_at.is_some_and(|at| at <= now) {
            self.refresh_at = None;
            return SessionDue::Refresh;
        }
        SessionDue::Nothing
    }
}
