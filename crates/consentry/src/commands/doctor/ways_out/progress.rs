//! What is shown while the test goes on.

use std::time::Duration;

use indicatif::ProgressBar;
use tokio::sync::watch;

use crate::output;

/// How often the line moves.
const TICK: Duration = Duration::from_millis(200);

/// A line on standard error that says what is going on; without a terminal, a line for what takes long.
pub struct Progress {
    bar: ProgressBar,
    stop: watch::Receiver<bool>,
}

impl Progress {
    pub fn new(stop: watch::Receiver<bool>) -> Self {
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(TICK);
        Self { bar, stop }
    }

    /// Says what is being done.
    pub fn at(&self, what: impl std::fmt::Display) {
        self.bar.set_message(format!("{what} ..."));
    }

    /// Says what is waited for.
    pub fn wait(&self, what: impl std::fmt::Display) {
        if self.bar.is_hidden() {
            output::say(&what);
        }
        self.at(what);
    }

    /// Takes the line away.
    pub fn done(&self) {
        self.bar.finish_and_clear();
    }

    /// Whether somebody wants the test to end.
    pub fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }
}
