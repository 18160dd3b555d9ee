//! The world around the engine, and the one loop that drives it: live and simulated alike.

use super::io::{Command, Input, Output};
use crate::words::Moment;

/// Why the loop woke.
pub enum Wake {
    /// Something happened at this moment.
    Input(Moment, Input),
    /// The engine's own timer is due, at this moment.
    Timeout(Moment),
    /// Nothing will ever happen again, or the host wants out.
    Over,
}

pub trait World {
    /// Waits for an input, at most until `until`.
    fn wait(&mut self, until: Option<Moment>) -> Wake;
    /// Carries out one output. Never blocks on the store.
    fn carry_out(&mut self, now: Moment, output: Output);
}

/// What the loop asks of the engine. A trait so that the loop can be tested with a small machine.
pub trait Machine {
    fn handle(&mut self, now: Moment, input: Input);
    fn handle_timeout(&mut self, now: Moment);
    fn poll_output(&mut self) -> Option<Output>;
    fn poll_timeout(&self) -> Option<Moment>;
}

/// Runs until the engine says `Stop` or the world is over.
pub fn run<M: Machine, W: World>(engine: &mut M, world: &mut W) {
    loop {
        let now = match world.wait(engine.poll_timeout()) {
            Wake::Input(now, input) => {
                engine.handle(now, input);
                now
            }
            Wake::Timeout(now) => {
                engine.handle_timeout(now);
                now
            }
            Wake::Over => return,
        };
        let mut stop = false;
        while let Some(output) = engine.poll_output() {
            stop |= matches!(output, Output::Command(Command::Stop));
            world.carry_out(now, output);
        }
        if stop {
            return;
        }
    }
}
