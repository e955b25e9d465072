//! A progress bar for work that one waits for.

use std::sync::Once;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work shorter than this is done before a bar would have been read.
const PATIENCE: Duration = Duration::from_secs(1);

/// Counts steps from any thread, and draws a bar on standard error once the work has taken a
/// second, if somebody watches: not when quiet, not when standard error is no terminal.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    started: Instant,
    quiet: bool,
    shown: Once,
}

impl Progress {
    /// A bar of `total` steps of the kind that `unit` names ("images").
    pub fn new(total: u64, unit: &'static str, quiet: bool) -> Self {
        let template = format!("{{bar:32}} {{pos}}/{{len}} {unit} {{elapsed}} (eta {{eta}})");
        // The template is fixed but for the unit; without it, indicatif's own style is as good.
        let style = ProgressStyle::with_template(&template)
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        Self { bar: bar.with_style(style), started: Instant::now(), quiet, shown: Once::new() }
    }

    /// One step is done.
    pub fn step(&self) {
        self.bar.inc(1);
        if !self.quiet && self.started.elapsed() > PATIENCE {
            // indicatif hides this target itself when standard error is no terminal.
            self.shown.call_once(|| self.bar.set_draw_target(ProgressDrawTarget::stderr()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
