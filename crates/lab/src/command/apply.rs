//! `portcullis lab apply`: the lab that is up follows a changed export, or an endpoint.

use std::collections::HashSet;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use cli::input::{self, MaybeInputs, Notes};
use cli::output::{self, ColorChoice};
use cli::watch;
use lab::build::{Before, Lab, Wiring};
use lab::in_force::{InForce, Stamp};
use lab::namespace::Namespace;
use lab::state::State;
use lab::{Compiled, LabError, addresses};

use super::poll::Endpoint;
use super::{changed, standing, up};

/// Make the lab that is up follow a changed export, or an endpoint of AWS
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    inputs: MaybeInputs,
    /// Again whenever the input changes, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Arguments {
    /// Whether it goes on until it is ended.
    pub(crate) fn follows(&self) -> bool {
        self.follow
    }
}

const EXAMPLES: &str = "\
Examples:
  portcullis lab apply -i changed
  portcullis lab apply -i export --follow   each change of the files, as it comes
  portcullis lab apply --follow --endpoint-url http://127.0.0.1:5000   what `aws` says of an emulator, as it changes

Whatever has changed is followed: rules, routes, machines, interfaces, addresses, subnets, VPCs and what joins them, load
balancers. Machines that stay keep their processes, and open connections that security groups keep track of go on, as in AWS.
A change of rules and routes is one transaction in each namespace; while anything else changes, no packet passes for a moment,
so that nothing does that neither the old nor the new network allows. What cannot be applied leaves what is in force.

Exit codes: 0 it is in force, or following was ended, 2 it cannot be";

/// Runs it.
///
/// # Errors
/// If no lab is up, the input is wrong, or the kernel refuses: then nothing has changed. Who follows is told, and goes on.
pub(crate) fn run(
    arguments: &Arguments,
    name: &str,
    color: ColorChoice,
    has_network: bool,
) -> anyhow::Result<ExitCode> {
    let paths = up::absolute(arguments.inputs.paths())?;
    let mut known = Known::default();
    let mut apply = |paths: &[PathBuf], seen: Option<&mut Seen>| {
        once(&arguments.inputs.notes, paths, name, color, (seen, &mut known))
    };
    let mut now = |paths: &[PathBuf]| apply(paths, None).map(|_| ExitCode::SUCCESS);
    match (&arguments.endpoint.endpoint_url, paths.as_slice()) {
        (None, []) => {
            anyhow::bail!("what is to be followed? give files with -i, or `--follow --endpoint-url URL`")
        }
        (Some(_), [_, ..]) => anyhow::bail!(
            "either files with -i (or PORTCULLIS_INPUT) or --endpoint-url are followed, not both"
        ),
        (Some(_), []) => {
            standing(name)?;
            if !has_network {
                anyhow::bail!(
                    "a lab without root has no way to an endpoint: let `portcullis snapshot` fill a folder, and follow that with -i"
                );
            }
            let mut seen = None;
            arguments.endpoint.follow(name, |folder| apply(&[folder.to_owned()], Some(&mut seen)))
        }
        (None, paths) if arguments.follow => {
            standing(name)?;
            watch::again_and_again(|| paths.to_vec(), || now(paths))
        }
        (None, paths) => now(paths),
    }
}

/// What a lab of the last answers would be: its numbers for rules and for machines.
type Seen = Option<(u64, u64)>;

/// What whoever follows knows of the round before.
#[derive(Default)]
struct Known {
    compiled: Compiled,
    /// What it put into force, and when that was written down.
    in_force: Option<(Stamp, InForce)>,
}

impl Known {
    /// What is in force, as this put it there if nobody else has changed it since.
    fn before(&self, name: &str) -> Result<Option<InForce>, LabError> {
        match &self.in_force {
            Some((stamp, in_force)) if InForce::stamp(name) == Some(*stamp) => Ok(Some(in_force.clone())),
            _ => InForce::read(name),
        }
    }
}

/// Applies what the inputs say now. Answers of an endpoint were given one after the other while things may have changed there:
/// they are applied if they say something else than what is in force, and the same as those of the round before. Whether
/// there is nothing to ask at once again. What was compiled for the inputs before need not be again.
fn once(
    notes: &Notes,
    paths: &[PathBuf],
    name: &str,
    color: ColorChoice,
    (seen, known): (Option<&mut Seen>, &mut Known),
) -> anyhow::Result<bool> {
    let state = standing(name)?;
    let before = known.before(name)?;
    let style = output::style(color, &std::io::stderr());
    let loaded = input::load(paths, style)?;
    if seen.is_none() {
        notes.report(&loaded, style);
    }
    // Who follows reads more than one.
    let network = ManuallyDrop::into_inner(loaded.network);
    let start = Instant::now();
    let (network, made_up) = addresses::given(&network);
    let lab = Lab::plan_after(&network, name, &state.numbers, &known.compiled)?
        .with_check_interval(state.check_interval);
    let told = || {
        let mut after = State { complete: true, ..lab.state(paths.to_vec()) };
        after.assumed.extend(made_up.iter().cloned());
        after
    };
    let shape = lab.shape();
    if let Some(seen) = seen {
        let now = Some((lab.fingerprint(), shape));
        let last = std::mem::replace(seen, now);
        if before.is_some() && now == Some((state.fingerprint, state.shape)) {
            return Ok(true);
        }
        if last != now {
            return Ok(false);
        }
    }
    // Where machines are as before, what is to be written down of them can wait.
    let changed = (shape != state.shape).then(told);
    if let Some(after) = &changed {
        none_taken(&state, after)?;
    }
    InForce::forget(name)?;
    let applied = match &changed {
        None => lab.apply(before.as_ref(), &state.numbers),
        Some(after) => change(&lab, &state, after, before.as_ref()),
    };
    if let Err(error) = applied {
        if let (Some(before), false) = (before, matches!(error, LabError::CutOff(_) | LabError::Torn(_))) {
            before.write(name)?;
        }
        return Err(error.into());
    }
    let took = start.elapsed().as_secs_f64();
    let after = changed.unwrap_or_else(told);
    let in_force = lab.in_force();
    in_force.write(name)?;
    known.in_force = InForce::stamp(name).map(|stamp| (stamp, in_force));
    after.write()?;
    lab.balance(&std::env::current_exe().context("this program's own file could not be found")?)?;
    let changed = changed::line(&state, &after);
    let changed = if changed.is_empty() { changed } else { format!(": {changed}") };
    output::print(&format!("in force in {took:.3} s{changed}\n"))?;
    up::not_carried(&after)?;
    known.compiled = lab.into_compiled();
    Ok(true)
}

/// What is new has to be made: nobody else may have its names.
fn none_taken(before: &State, after: &State) -> anyhow::Result<()> {
    let own: HashSet<&String> = before.namespaces.iter().collect();
    let mut new = after.namespaces.iter().filter(|name| !own.contains(name)).map(Namespace::new);
    match new.find(Namespace::exists) {
        Some(taken) => {
            anyhow::bail!("a namespace `{}` is there already and is not this lab's", taken.name())
        }
        None => Ok(()),
    }
}

/// Makes one lab of the other. Meanwhile what is written down has the namespaces of both, so that whatever happens all of
/// them are found again.
fn change(lab: &Lab<'_>, before: &State, after: &State, in_force: Option<&InForce>) -> Result<(), LabError> {
    let wiring = Wiring::read(&before.name)?;
    let mut both = State { complete: false, ..before.clone() };
    let own: HashSet<&String> = before.namespaces.iter().collect();
    both.namespaces.extend(after.namespaces.iter().filter(|namespace| !own.contains(namespace)).cloned());
    both.write()?;
    let changed = lab.change(Before { in_force, wiring: &wiring, numbers: &before.numbers });
    match &changed {
        Ok(()) => lab.wiring().write(&before.name)?,
        Err(LabError::Torn(_)) => {}
        Err(_) => before.write()?,
    }
    changed
}
