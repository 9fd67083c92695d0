//! What each subcommand does, a file each.

pub(crate) mod apply;
pub(crate) mod down;
pub(crate) mod exec;
mod health;
pub(crate) mod shell;
pub(crate) mod status;
pub(crate) mod test;
pub(crate) mod up;

use lab::state::State;

/// The lab that is up.
///
/// # Errors
/// If there is none, or it did not come up in full.
pub(crate) fn standing(name: &str) -> anyhow::Result<State> {
    match State::read(name)? {
        None => anyhow::bail!("no lab `{name}` is up; `portcullis lab up -i INPUT` brings one up"),
        Some(state) if !state.complete => {
            anyhow::bail!("lab `{name}` did not come up in full; `portcullis lab down` clears it away")
        }
        Some(state) => Ok(state),
    }
}

/// "1 machine", "2 machines".
pub(crate) fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
