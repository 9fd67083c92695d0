//! `portcullis lab up`: brings the lab of an export up.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use cli::input::Inputs;
use cli::output::{self, ColorChoice};
use lab::build::Lab;
use lab::state::State;
use lab::{Generation, clear, privileges};

use super::count;

/// Bring up the lab of an export
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    inputs: Inputs,
}

const EXAMPLES: &str = "\
Examples:
  portcullis lab up -i export

Nothing leaves this machine: the lab's namespaces have links to each other only.

Exit codes: 0 it is up, 2 wrong input or missing rights";

/// Runs it.
///
/// # Errors
/// If a lab of that name is up, the input is wrong, rights are missing, or the kernel refuses something: then nothing of
/// it is left.
pub(crate) fn run(arguments: &Arguments, name: &str, color: ColorChoice) -> anyhow::Result<ExitCode> {
    named_well(name)?;
    privileges::check()?;
    if let Some(state) = State::read(name)? {
        let how = if state.complete { "is up" } else { "did not come up in full" };
        anyhow::bail!("lab `{name}` {how}; `portcullis lab down` ends it");
    }
    let paths = absolute(arguments.inputs.paths())?;
    let loaded = arguments.inputs.load(output::style(color, &std::io::stderr()))?;
    let start = Instant::now();
    let lab = Lab::plan(&loaded.network, name, Generation::default())?;
    let mut state = lab.state(paths);
    if let Some(taken) = state.namespaces().find(lab::namespace::Namespace::exists) {
        anyhow::bail!(
            "a namespace `{}` is there already and is not this lab's; name it otherwise with `--lab`",
            taken.name()
        );
    }
    state.write()?;
    if let Err(error) = lab.up() {
        clear::clear(&state)?;
        return Err(error.into());
    }
    state.complete = true;
    state.write()?;
    let took = start.elapsed().as_secs_f64();
    let up = state.hosts.iter().filter(|host| host.down.is_none()).count();
    let down = state.hosts.len().saturating_sub(up);
    let stopped = if down > 0 { format!(" ({down} not running)") } else { String::new() };
    output::print(&format!(
        "{}{stopped} in {} up in {took:.2} s\n",
        count(state.hosts.len(), "machine"),
        count(lab.topology().vpcs.len(), "VPC")
    ))?;
    not_carried(&state)?;
    Ok(ExitCode::SUCCESS)
}

/// Says what the lab does not carry.
pub(super) fn not_carried(state: &State) -> anyhow::Result<()> {
    if state.not_carried.is_empty() {
        return Ok(());
    }
    let lines: String = state.not_carried.iter().map(|what| format!("  {what}\n")).collect();
    output::print(&format!("not carried, what goes there is dropped:\n{lines}"))
}

/// A name becomes part of names of namespaces and of a file.
fn named_well(name: &str) -> anyhow::Result<()> {
    let fine = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if name.is_empty() || name.len() > 64 || !name.chars().all(fine) {
        anyhow::bail!("a lab is named with at most 64 letters, digits, `-` and `_`, not `{name}`");
    }
    Ok(())
}

/// Inputs as they are found from everywhere: other commands read them again.
pub(super) fn absolute(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    if paths.iter().any(|path| path == Path::new("-")) {
        anyhow::bail!(
            "standard input can be read once, and `lab test` reads the input again: give a file or a folder"
        );
    }
    let absolute = |path: &PathBuf| {
        std::path::absolute(path).with_context(|| format!("{} could not be found", path.display()))
    };
    paths.iter().map(absolute).collect()
}
