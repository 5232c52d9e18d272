//! Progress bars for long work, drawn on the standard error only where that is a terminal.

use crate::output::Output;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How far long work has come. Draws nothing where nobody would see it.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Of so many, or of an unknown number.
    pub(crate) fn new(output: &Output, what: &'static str, of: Option<u64>) -> Self {
        if !output.shows_progress() {
            return Self(ProgressBar::hidden());
        }
        let template = match of {
            Some(_) => "{msg} {wide_bar} {human_pos} of {human_len}",
            None => "{msg} {human_pos} {spinner}",
        };
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(of, ProgressDrawTarget::stderr_with_hz(10));
        Self(bar.with_style(style).with_message(what))
    }

    /// So many are done.
    pub(crate) fn at(&self, done: u64) {
        self.0.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
