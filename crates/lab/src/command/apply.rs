//! `portcullis lab apply`: the rules and routes of a changed export, into force in the lab that is up.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use cli::input::Inputs;
use cli::output::{self, ColorChoice};
use lab::addresses;
use lab::build::Lab;
use lab::in_force::InForce;
use lab::state::State;

use super::{standing, up};

/// Put the rules and routes of a changed export into force in the lab that is up
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    inputs: Inputs,
}

const EXAMPLES: &str = "\
Examples:
  portcullis lab apply -i changed

Rules of security groups and network ACLs, groups of interfaces, lists and tables of subnets, and routes may have changed.
Machines, interfaces, addresses, subnets and VPCs have to be the same. Open connections that security groups keep track of
go on, as in AWS. What cannot be applied leaves the rules that are in force.

Exit codes: 0 it is in force, 2 it cannot be";

/// Runs it.
///
/// # Errors
/// If no lab is up, the input is wrong or has other machines, or the kernel refuses: then nothing has changed.
pub(crate) fn run(arguments: &Arguments, name: &str, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let state = standing(name)?;
    let paths = up::absolute(arguments.inputs.paths())?;
    let loaded = arguments.inputs.load(output::style(color, &std::io::stderr()))?;
    let start = Instant::now();
    let (network, made_up) = addresses::given(&loaded.network);
    let lab = Lab::plan(&network, name, &state.numbers)?.with_check_interval(state.check_interval);
    if lab.shape() != state.shape {
        anyhow::bail!(
            "machines, interfaces, addresses, subnets or VPCs have changed: `portcullis lab down`, then `up` again"
        );
    }
    let before = InForce::read(name)?;
    InForce::forget(name)?;
    if let Err(error) = lab.apply(&before, &state.numbers) {
        before.write(name)?;
        return Err(error.into());
    }
    let took = start.elapsed();
    lab.in_force().write(name)?;
    lab.balance(&std::env::current_exe().context("this program's own file could not be found")?)?;
    let mut state = State { complete: true, ..lab.state(paths) };
    state.assumed.extend(made_up);
    state.write()?;
    output::print(&format!("in force in {:.3} s\n", took.as_secs_f64()))?;
    up::not_carried(&state)?;
    Ok(ExitCode::SUCCESS)
}
