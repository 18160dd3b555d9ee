//! SIGTERM: no new calls from this input on; those in flight finish or are ended at the limit; facts are flushed.

use super::Engine;
use super::io::*;
use super::state::Stage;
use super::timers::Timer;
use crate::facts::Fact;
use crate::words::*;
use std::time::Duration;

/// The recorder closes its files, the store answers, and the carrier confirms the end of what an earlier run left up within
/// this; a shutdown does not wait longer.
const REPORTS_MAX: Duration = Duration::from_secs(5);

impl Engine {
    pub(super) fn on_shutdown(&mut self, within: Duration) {
        if self.shutting_down {
            // Asked a second time: at once.
            self.on_shutdown_deadline();
            return;
        }
        self.shutting_down = true;
        let campaigns: Vec<CampaignId> = self.campaigns.keys().copied().collect();
        for campaign in campaigns {
            self.empty_hopper(campaign);
        }
        self.withdraw_undialed(None);
        let ringing: Vec<CallId> = self.calls.values().filter(|c| c.stage == Stage::Dialing).map(|c| c.id).collect();
        for call in ringing {
            self.end_call(call, Cause::CancelledStopped, Side::Us);
        }
        self.after(Timer::Shutdown, within);
    }

    pub(super) fn on_shutdown_deadline(&mut self) {
        let alive: Vec<(CallId, Stage)> = self.calls.values().map(|c| (c.id, c.stage)).collect();
        for (call, stage) in alive {
            match stage {
                Stage::Talking => self.end_talk(call, Side::Us),
                Stage::Listening | Stage::Waiting | Stage::Message | Stage::Dialing => self.cut_off(call),
                Stage::Placed | Stage::Cleared | Stage::Ending => {}
            }
        }
        let agents: Vec<AgentId> = self.floor.iter().filter(|a| a.session.is_some()).map(|a| a.id).collect();
        for agent in agents {
            if self.floor.session(agent).is_some_and(|s| s.state == AgentState::Wrap) {
                self.end_wrap(agent);
            }
            self.end_session(agent, "shutdown");
        }
    }

    /// Once nothing is alive: say so, wait until it is on disk, stop.
    pub(super) fn finish_shutdown(&mut self) {
        if !self.shutting_down || !self.calls.is_empty() {
            return;
        }
        if self.awaits_reports() {
            self.timers.set_earlier(Timer::LastReports, self.now + REPORTS_MAX);
            return;
        }
        match self.stopped {
            None => {
                let agents: Vec<AgentId> = self.floor.iter().filter(|a| a.session.is_some()).map(|a| a.id).collect();
                for agent in agents {
                    self.end_session(agent, "shutdown");
                }
                self.keep_all_tapes();
                self.fact(Fact::EngineStopped { reason: Reason::new("engine.shutdown") });
                self.stopped = Some(self.seq);
            }
            Some(seq) if self.durable >= seq => self.command(Command::Stop),
            Some(_) => {}
        }
    }

    /// Nobody begins anything any more.
    pub(super) fn refuse_if_stopping(&self) -> Result<(), Refusal> {
        if !self.shutting_down {
            return Ok(());
        }
        Err(Refusal { kind: RefusalKind::Conflict, reason: Reason::new("engine.stopping") })
    }

    /// Files still being closed (I7), leads on their way to us that must be given back (I2), or calls of an earlier run
    /// whose end is on its way (I3).
    fn awaits_reports(&self) -> bool {
        self.stopped.is_none()
            && (!self.recordings_open.is_empty()
                || !self.leftovers.is_empty()
                || self.campaigns.values().any(|campaign| campaign.leasing))
    }

    pub(super) fn on_reports_overdue(&mut self) {
        self.recordings_open.clear();
        // How to end them is still on disk: the next start does it, and closes their records.
        self.leftovers.clear();
        self.campaigns.values_mut().for_each(|campaign| campaign.leasing = false);
    }
}
