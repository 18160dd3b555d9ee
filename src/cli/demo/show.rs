//! Runs the show: keeps the picture up to date, draws it, notices the end (the time, the list, a signal), and lets
//! everybody finish before the curtain falls.

use super::labels::Labels;
use super::picture::{self, Clock, Picture};
use super::stage::Stage;
use crate::api::Event;
use crate::cli::Failure;
use crate::facts::Fact;
use crate::kpi::{Figure, Query};
use crate::words::Wall;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

const FRAME: Duration = Duration::from_millis(500);
/// Without a terminal, a line so often.
const LINE: Duration = Duration::from_secs(5);
const FIGURES: Duration = Duration::from_secs(2);
/// How long conversations may go on after the end of dialing; and after a signal.
const CALLS_END: Duration = Duration::from_secs(75);
const CALLS_END_SIGNALLED: Duration = Duration::from_secs(6);
/// Robots close what they have in hand and log out.
const ROBOTS_LEAVE: Duration = Duration::from_secs(12);
/// Longer lines are cut by the terminal.
const COLUMNS: usize = 180;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Time,
    ListThrough,
    Signal,
    /// The engine or the store's writer ended by itself.
    Broken,
}

pub(super) struct Show {
    picture: Picture,
    events: broadcast::Receiver<Event>,
    labels: Labels,
    title: String,
    terminal: bool,
    program_began: Instant,
    began: Instant,
    length: Duration,
    /// When dialing ends.
    end: Wall,
    drawn_lines: usize,
    drawn: Option<Instant>,
    computing: Option<JoinHandle<Option<BTreeMap<&'static str, Figure>>>>,
    computed: Option<Instant>,
    first_call: Option<Duration>,
    terminate: Signal,
    interrupt: Signal,
}

impl Show {
    pub fn begin(
        stage: &mut Stage,
        program_began: Instant,
        length: Duration,
        labels: Labels,
        title: String,
    ) -> Result<Show, Failure> {
        Ok(Show {
            picture: Picture::default(),
            events: stage.events.take().expect("one show a stage"),
            labels,
            title,
            terminal: std::io::stdout().is_terminal(),
            program_began,
            began: Instant::now(),
            length,
            end: stage.end,
            drawn_lines: 0,
            drawn: None,
            computing: None,
            computed: None,
            first_call: None,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    pub async fn until_the_end(&mut self, stage: &Stage) -> Ended {
        loop {
            if self.next(stage).await {
                return Ended::Signal;
            }
            if let Some(why) = stage.assembly.host.broken() {
                tracing::error!("{why}");
                return Ended::Broken;
            }
            if self.began.elapsed() >= self.length {
                return Ended::Time;
            }
            if self.picture.list_is_through(self.end) {
                return Ended::ListThrough;
            }
        }
    }

    /// No new calls; whoever talks may finish; the robots log out.
    pub async fn wind_down(&mut self, stage: &Stage, ended: Ended) {
        let (verb, patience) = match ended {
            Ended::Broken => return,
            Ended::Signal => ("pause", CALLS_END_SIGNALLED),
            Ended::Time | Ended::ListThrough => ("drain", CALLS_END),
        };
        let (admin, campaign) = (stage.admin.clone(), stage.campaign);
        let asked = tokio::task::spawn_blocking(move || {
            admin.post(&format!("/v1/campaigns/{campaign}/{verb}"), &json!({})).map(|_| ())
        });
        if let Ok(Err(error)) = asked.await {
            tracing::warn!(%error, "the campaign could not be brought to its end");
        }
        self.wait(stage, patience, |show| show.picture.alive() == 0).await;
        stage.robots.go_home();
        self.wait(stage, ROBOTS_LEAVE, |_| stage.robots.all_gone()).await;
    }

    /// Goes on until it is done, the time is over, or somebody signals again.
    async fn wait(&mut self, stage: &Stage, limit: Duration, done: impl Fn(&Show) -> bool) {
        let until = Instant::now() + limit;
        while !done(self) && Instant::now() < until {
            if self.next(stage).await {
                return;
            }
        }
    }

    /// The last picture; the terminal is given back. From the program's start to the first INVITE.
    pub fn finish(mut self) -> Option<Duration> {
        while let Ok(event) = self.events.try_recv() {
            self.observe(event);
        }
        self.draw(true);
        self.first_call
    }

    /// Takes what comes until it is time to draw. True: a signal came.
    async fn next(&mut self, stage: &Stage) -> bool {
        let frame = tokio::time::sleep(FRAME);
        tokio::pin!(frame);
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return true,
                _ = self.interrupt.recv() => return true,
                event = self.events.recv() => match event {
                    Ok(event) => self.observe(event),
                    Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "the picture fell behind"),
                    Err(RecvError::Closed) => frame.as_mut().await,
                },
                () = &mut frame => break,
            }
        }
        self.compute(stage).await;
        self.draw(false);
        false
    }

    fn observe(&mut self, event: Event) {
        match event {
            Event::Fact(fact, _) => {
                if self.first_call.is_none() && matches!(fact.fact, Fact::InviteSent { .. }) {
                    self.first_call = Some(self.program_began.elapsed());
                }
                self.picture.observe(&fact);
            }
            Event::Agent(view) => {
                self.picture.agents.insert(view.agent, (*view).clone());
            }
            Event::Campaign(view) => self.picture.campaign = Some((*view).clone()),
        }
    }

    /// KPIs, now and then, beside the show.
    async fn compute(&mut self, stage: &Stage) {
        if let Some(ready) = self.computing.take_if(|task| task.is_finished())
            && let Ok(Some(figures)) = ready.await
        {
            self.picture.figures = figures;
        }
        if self.computing.is_some() || self.computed.is_some_and(|at| at.elapsed() < FIGURES) {
            return;
        }
        self.computed = Some(Instant::now());
        let kpis = stage.assembly.api.kpis.clone();
        self.computing = Some(tokio::task::spawn_blocking(move || {
            let fold = kpis.lock().expect("never held across a panic").clone();
            fold.report().figures(&Query::default()).ok()
        }));
    }

    fn draw(&mut self, last: bool) {
        let clock = Clock { gone: self.began.elapsed(), length: self.length };
        if !self.terminal {
            if last || self.drawn.is_none_or(|at| at.elapsed() >= LINE) {
                self.drawn = Some(Instant::now());
                super::tell(&picture::line(&self.picture, &clock, self.labels));
            }
            return;
        }
        let lines = picture::draw(&self.picture, &clock, &self.title, self.labels, COLUMNS);
        let mut text = String::new();
        if self.drawn_lines > 0 {
            text.push_str(&format!("\x1b[{}F", self.drawn_lines));
        }
        // Without wrapping, so that every line stays one; what was there is wiped line by line.
        text.push_str("\x1b[?7l");
        for line in &lines {
            text.push_str(line);
            text.push_str("\x1b[K\n");
        }
        text.push_str("\x1b[?7h");
        self.drawn_lines = lines.len();
        let mut out = std::io::stdout().lock();
        // A terminal that has gone is no reason to end the calls.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}
