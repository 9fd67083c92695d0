//! How far a long computation is: one line on a terminal that changes, and nothing of the kind elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// What takes less is not worth a line.
const LONG: Duration = Duration::from_secs(1);

/// The progress of a computation.
pub(crate) struct Progress {
    started: Instant,
    wanted: bool,
    what: &'static str,
    bar: Mutex<Option<ProgressBar>>,
}

impl Progress {
    /// Begins, in silence.
    pub(crate) fn new(what: &'static str, wanted: bool) -> Progress {
        let wanted = wanted && std::io::stderr().is_terminal();
        Progress { started: Instant::now(), wanted, what, bar: Mutex::new(None) }
    }

    /// So many of so many are done.
    pub(crate) fn at(&self, done: usize, all: usize) {
        if !self.wanted || self.started.elapsed() < LONG {
            return;
        }
        let Ok(mut bar) = self.bar.lock() else { return };
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::new(all as u64);
            if let Ok(style) = ProgressStyle::with_template("{prefix}  {wide_bar} {percent} %  {eta} left") {
                bar.set_style(style);
            }
            bar.set_prefix(self.what);
            bar
        });
        bar.set_position(done as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Ok(Some(bar)) = self.bar.get_mut().map(Option::take) {
            bar.finish_and_clear();
        }
    }
}
