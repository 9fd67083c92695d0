//! `portcullis lab apply`: the rules and routes of a changed export, into force in the lab that is up.

use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use cli::input::Inputs;
use cli::output::{self, ColorChoice};
use cli::watch;
use lab::build::{Before, Lab, Wiring};
use lab::in_force::InForce;
use lab::state::State;
use lab::{LabError, addresses};

use super::{standing, up};

/// Put the rules and routes of a changed export into force in the lab that is up
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    inputs: Inputs,
    /// Again whenever the input changes, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
}

const EXAMPLES: &str = "\
Examples:
  portcullis lab apply -i changed
  portcullis lab apply -i export --follow   each change of the files, as it comes

Rules of security groups and network ACLs, groups of interfaces, lists and tables of subnets, and routes may have changed.
Machines, interfaces, addresses, subnets and VPCs have to be the same. Open connections that security groups keep track of
go on, as in AWS. What cannot be applied leaves the rules that are in force.

Exit codes: 0 it is in force, or following was ended, 2 it cannot be";

/// Runs it.
///
/// # Errors
/// If no lab is up, the input is wrong or has other machines, or the kernel refuses: then nothing has changed. Who
/// follows is told, and goes on.
pub(crate) fn run(arguments: &Arguments, name: &str, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let paths = up::absolute(arguments.inputs.paths())?;
    if !arguments.follow {
        return once(arguments, &paths, name, color);
    }
    standing(name)?;
    watch::again_and_again(|| paths.clone(), || once(arguments, &paths, name, color))
}

/// Applies what the inputs say now.
fn once(
    arguments: &Arguments,
    paths: &[PathBuf],
    name: &str,
    color: ColorChoice,
) -> anyhow::Result<ExitCode> {
    let state = standing(name)?;
    let before = InForce::read(name)?;
    let loaded = arguments.inputs.load(output::style(color, &std::io::stderr()))?;
    // Who follows reads more than one.
    let network = ManuallyDrop::into_inner(loaded.network);
    let start = Instant::now();
    let (network, made_up) = addresses::given(&network);
    let lab = Lab::plan(&network, name, &state.numbers)?.with_check_interval(state.check_interval);
    let mut after = State { complete: true, ..lab.state(paths.to_vec()) };
    after.assumed.extend(made_up);
    InForce::forget(name)?;
    let applied = match lab.shape() == state.shape {
        true => lab.apply(before.as_ref(), &state.numbers),
        false => change(&lab, &state, &after, before.as_ref()),
    };
    if let Err(error) = applied {
        if let (Some(before), false) = (before, matches!(error, LabError::CutOff(_) | LabError::Torn(_))) {
            before.write(name)?;
        }
        return Err(error.into());
    }
    let took = start.elapsed();
    lab.in_force().write(name)?;
    lab.balance(&std::env::current_exe().context("this program's own file could not be found")?)?;
    after.write()?;
    output::print(&format!("in force in {:.3} s\n", took.as_secs_f64()))?;
    up::not_carried(&after)?;
    Ok(ExitCode::SUCCESS)
}

/// Makes one lab of the other. Meanwhile what is written down has the namespaces of both, so that whatever happens all of
/// them are found again.
fn change(lab: &Lab<'_>, before: &State, after: &State, in_force: Option<&InForce>) -> Result<(), LabError> {
    let wiring = Wiring::read(&before.name)?;
    let mut both = State { complete: false, ..before.clone() };
    let new = after.namespaces.iter().filter(|namespace| !before.namespaces.contains(namespace));
    both.namespaces.extend(new.cloned());
    both.write()?;
    let changed = lab.change(Before { in_force, wiring: &wiring, numbers: &before.numbers });
    match &changed {
        Ok(()) => lab.wiring().write(&before.name)?,
        Err(LabError::Torn(_)) => {}
        Err(_) => before.write()?,
    }
    changed
}
