//! How far a collection is: one line on a terminal that changes, and nothing of the kind elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::collect::Call;

/// The progress of a region.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Begins. Off a terminal it says once what it is doing, unless it is not wanted.
    pub(super) fn new(account: &str, region: &str, wanted: bool) -> Progress {
        if !wanted {
            return Progress { bar: ProgressBar::hidden() };
        }
        if !std::io::stderr().is_terminal() {
            anstream::eprintln!("collecting {region} of account {account}");
            return Progress { bar: ProgressBar::hidden() };
        }
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{prefix}  {pos}/{len} calls  {elapsed}  {wide_msg}")
        {
            bar.set_style(style);
        }
        bar.set_prefix(format!("collecting {region} of account {account}"));
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress { bar }
    }

    /// So many more calls are to be made.
    pub(super) fn expect(&self, calls: usize) {
        self.bar.inc_length(u64::try_from(calls).unwrap_or(u64::MAX));
    }

    /// A call begins.
    pub(super) fn begin(&self, call: &Call) {
        self.bar.set_message(format!("{} {}", call.service, call.operation));
    }

    /// A call has ended.
    pub(super) fn done(&self) {
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
