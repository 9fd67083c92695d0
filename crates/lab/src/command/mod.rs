//! What each subcommand does, a file each.

pub(crate) mod apply;
pub(crate) mod capture;
mod changed;
pub(crate) mod counters;
pub(crate) mod down;
pub(crate) mod exec;
mod health;
pub(crate) mod logs;
mod poll;
pub(crate) mod shell;
pub(crate) mod status;
pub(crate) mod test;
pub(crate) mod up;

use std::time::Duration;

use answers::question;
use anyhow::Context;
use clap::ValueEnum;
use engine::Network;
use lab::build::Lab;
use lab::in_force::InForce;
use lab::state::State;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// How a command prints what it shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// One object
    Json,
}

/// The lab that is up.
///
/// # Errors
/// If there is none, or it did not come up in full.
pub(crate) fn standing(name: &str) -> anyhow::Result<State> {
    match State::read(name)? {
        None => anyhow::bail!("no lab `{name}` is up; `portcullis lab up -i INPUT` brings one up"),
        Some(state) if !state.complete => {
            anyhow::bail!(
                "lab `{name}` did not come up in full, or a change of it was cut off: nothing passes where it is in doubt; \
                 `portcullis lab down` clears it away"
            )
        }
        Some(state) => Ok(state),
    }
}

/// The plan of the lab that is up, from the network that its inputs say now.
///
/// # Errors
/// If they say something else than what is in force.
pub(crate) fn planned<'n>(state: &State, network: &'n Network) -> anyhow::Result<Lab<'n>> {
    if InForce::is_lost(&state.name) {
        anyhow::bail!("a change was cut off; `portcullis lab apply -i INPUT` puts rules into force again");
    }
    let lab = Lab::plan(network, &state.name, &state.numbers)?;
    if (lab.fingerprint(), lab.shape()) != (state.fingerprint, state.shape) {
        anyhow::bail!(
            "the input has changed since the lab came up; `portcullis lab apply -i INPUT` puts it into force"
        );
    }
    Ok(lab)
}

/// Ctrl-C and the request to end, kept back so that a command that watches can finish what it writes: from this thread and
/// those that it starts from now on.
pub(crate) fn signals() -> anyhow::Result<SignalFd> {
    let set = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM]);
    set.thread_block().context("signals could not be kept back")?;
    SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
        .context("signals could not be read")
}

/// Reads a length of time from an option.
pub(crate) fn length(text: &str) -> Result<Duration, String> {
    match question::parse_duration(text) {
        Ok(length) if length.is_zero() => Err("expected more than no time".into()),
        Ok(length) => Ok(length),
        Err(error) => Err(format!("{}; {}", error.message, error.help.unwrap_or_default())),
    }
}

/// "1 machine", "2 machines".
pub(crate) fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
