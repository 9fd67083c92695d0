//! Labs for tests: each with a name that nobody else has, and gone when the test ends, however it ends.

use std::sync::atomic::{AtomicUsize, Ordering};

use engine::Network;
use lab::build::Lab;
use lab::clear::clear;
use lab::privileges;
use lab::state::State;

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Whether labs can be brought up here; if not, it is said why.
///
/// # Panics
/// Where they have to be, and cannot.
pub(crate) fn possible(test: &str) -> bool {
    let Err(error) = privileges::check() else { return true };
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{test}: {error}");
    eprintln!("skipped: {test}: {error}");
    false
}

/// A lab that is up, until this is dropped.
pub(crate) struct Standing<'n> {
    pub(crate) lab: Lab<'n>,
    pub(crate) state: State,
}

impl<'n> Standing<'n> {
    pub(crate) fn up(network: &'n Network) -> Standing<'n> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}-{number}", std::process::id());
        let lab = Lab::plan(network, &name).unwrap();
        let state = lab.state(Vec::new());
        state.write().unwrap();
        // Made before anything is, so that whatever is made is cleared away.
        let standing = Standing { lab, state };
        standing.lab.up().unwrap();
        standing
    }
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        if let Err(error) = clear(&self.state) {
            eprintln!("lab {} is not cleared away: {error}", self.state.name);
        }
    }
}
