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
use lab::build::Lab;
use lab::in_force::InForce;
use lab::state::State;
use lab::{Compiled, LabError, addresses};

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
    let mut compiled = Compiled::default();
    if !arguments.follow {
        return once(arguments, &paths, name, color, &mut compiled);
    }
    standing(name)?;
    watch::again_and_again(|| paths.clone(), || once(arguments, &paths, name, color, &mut compiled))
}

/// Applies what the inputs say now. What was compiled for the inputs before need not be again.
fn once(
    arguments: &Arguments,
    paths: &[PathBuf],
    name: &str,
    color: ColorChoice,
    compiled: &mut Compiled,
) -> anyhow::Result<ExitCode> {
    let state = standing(name)?;
    let before = InForce::read(name)?;
    let loaded = arguments.inputs.load(output::style(color, &std::io::stderr()))?;
    // Who follows reads more than one.
    let network = ManuallyDrop::into_inner(loaded.network);
    let start = Instant::now();
    let (network, made_up) = addresses::given(&network);
    let lab =
        Lab::plan_after(&network, name, &state.numbers, compiled)?.with_check_interval(state.check_interval);
    if lab.shape() != state.shape {
        anyhow::bail!(
            "machines, interfaces, addresses, subnets or VPCs have changed: `portcullis lab down`, then `up` again"
        );
    }
    InForce::forget(name)?;
    if let Err(error) = lab.apply(before.as_ref(), &state.numbers) {
        if let (Some(before), false) = (before, matches!(error, LabError::CutOff(_))) {
            before.write(name)?;
        }
        return Err(error.into());
    }
    let took = start.elapsed();
    lab.in_force().write(name)?;
    lab.balance(&std::env::current_exe().context("this program's own file could not be found")?)?;
    let mut state = State { complete: true, ..lab.state(paths.to_vec()) };
    state.assumed.extend(made_up);
    state.write()?;
    output::print(&format!("in force in {:.3} s\n", took.as_secs_f64()))?;
    up::not_carried(&state)?;
    *compiled = lab.into_compiled();
    Ok(ExitCode::SUCCESS)
}
