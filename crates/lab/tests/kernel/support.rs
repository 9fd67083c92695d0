//! Labs for tests: each with a name that nobody else has, and gone when the test ends, however it ends.

use std::ops::RangeInclusive;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use engine::{Flow, Network};
use lab::build::{Before, Lab};
use lab::clear::clear;
use lab::namespace::Namespace;
use lab::numbers::Numbers;
use lab::privileges;
use lab::probe::{Place, Prober};
use lab::sample::{Probes, points};
use lab::state::State;
use lab::verify::{Outcome, Probe, verify};
use space::{Connection, Diagrams, address_value};

/// The command.
pub(crate) const LAB: &str = env!("CARGO_BIN_EXE_portcullis-lab");
/// From one health check to the next: tests do not wait for AWS's half minute.
pub(crate) const CHECK_INTERVAL: Duration = Duration::from_millis(100);

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

/// Whether a program is here that a test needs beside; if not, it is said.
///
/// # Panics
/// Where it has to be, and is not.
pub(crate) fn installed(test: &str, program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    assert!(found || std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{test}: {program} is missing");
    if !found {
        eprintln!("skipped: {test}: {program} is missing");
    }
    found
}

/// A lab that is up, until this is dropped.
pub(crate) struct Standing<'n> {
    pub(crate) lab: Lab<'n>,
    pub(crate) state: State,
}

impl<'n> Standing<'n> {
    pub(crate) fn up(network: &'n Network) -> Standing<'n> {
        Standing::up_with(network, &Numbers::default())
    }

    /// With numbers that were given before.
    pub(crate) fn up_with(network: &'n Network, numbers: &Numbers) -> Standing<'n> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}-{number}", std::process::id());
        let lab = Lab::plan(network, &name, numbers).unwrap();
        let lab = lab.with_check_interval(Some(CHECK_INTERVAL));
        let state = lab.state(Vec::new());
        state.write().unwrap();
        // Made before anything is, so that whatever is made is cleared away.
        let standing = Standing { lab, state };
        standing.lab.up().unwrap();
        standing.lab.balance(Path::new(LAB)).unwrap();
        standing
    }
}

impl<'n> Standing<'n> {
    /// The lab of a changed network, in force.
    pub(crate) fn apply<'m>(self, network: &'m Network) -> Standing<'m> {
        self.apply_in(network).0
    }

    /// The same, and how long it took to plan it, to see what differs and to put that into force: not what is known of the
    /// lab before, which whoever applies reads, and not what is written down.
    pub(crate) fn apply_in<'m>(mut self, network: &'m Network) -> (Standing<'m>, Duration) {
        let (in_force, wiring) = (self.lab.in_force(), self.lab.wiring());
        let before = Before { in_force: Some(&in_force), wiring: &wiring, numbers: self.lab.numbers() };
        let start = Instant::now();
        let compiled = &self.lab.rules().compiled;
        let changed = Lab::plan_after(network, &self.state.name, self.lab.numbers(), compiled).unwrap();
        let changed = changed.with_check_interval(Some(CHECK_INTERVAL));
        let alike = changed.shape() == self.state.shape;
        let planned = start.elapsed();
        let state = changed.state(Vec::new());
        // Cleared away with whatever of it is new, if this does not go well.
        self.state.namespaces.extend(state.namespaces.iter().cloned());
        self.state.write().unwrap();
        let start = Instant::now();
        match alike {
            true => changed.apply(before.in_force, before.numbers).unwrap(),
            false => changed.change(before).unwrap(),
        }
        let took = planned.saturating_add(start.elapsed());
        changed.balance(Path::new(LAB)).unwrap();
        state.write().unwrap();
        // Cleared away under its new state.
        self.state.namespaces.clear();
        (Standing { lab: changed, state }, took)
    }
}

impl Standing<'_> {
    /// The namespace of a machine, or of the world.
    pub(crate) fn namespace(&self, machine: &str) -> Namespace {
        match machine {
            "world" => Namespace::new(&self.state.world),
            _ => Namespace::new(&self.state.host(machine).unwrap().namespace),
        }
    }

    /// The TCP ports that answer somebody on the internet, of those of a flow.
    pub(crate) fn scan(&self, flow: Flow, from: &str, ports: RangeInclusive<u16>) -> Vec<u16> {
        let network = self.lab.network();
        let mut prober = Prober::new(self.lab.topology(), self.lab.names()).unwrap();
        let remote = address_value(from.parse().unwrap());
        let point =
            |server| Connection { protocol: 6, remote, client: 40_000, server, ..Connection::default() };
        let probes: Vec<_> = ports.map(|port| Probe { flow, point: point(port) }).collect();
        let marks = &self.lab.rules().marks;
        let outcomes = verify(network, self.lab.topology(), marks, &mut prober, &probes).unwrap();
        let open = probes.iter().zip(outcomes).filter_map(|(probe, outcome)| match outcome {
            Outcome::Agree { works, .. } => works.then_some(probe.point.server),
            other => panic!("{probe:?}: {other:?}"),
        });
        open.collect()
    }

    /// Sends what questions of the test kit ask, and expects of each that all of it works or that none does. Model and
    /// kernel have to agree on every packet; what is expected comes from a clause.
    #[track_caller]
    pub(crate) fn expect(&self, questions: &[(&str, bool)]) {
        let network = self.lab.network();
        let mut prober = Prober::new(self.lab.topology(), self.lab.names()).unwrap();
        prober.silence((0..self.lab.topology().hosts.len()).map(Place::Host)).unwrap();
        for (text, works) in questions {
            let question = testkit::question(network, text);
            let mut sets = Diagrams::new();
            let asked = sets.region(&question.asked);
            let mut probes = Probes::default();
            for point in points(network, &question.flow, asked, &mut sets) {
                probes.add(Probe { flow: question.flow, point });
            }
            let marks = &self.lab.rules().marks;
            let outcomes = verify(network, self.lab.topology(), marks, &mut prober, &probes.all).unwrap();
            assert!(!outcomes.is_empty(), "{text}: nothing was sent");
            for outcome in outcomes {
                assert!(
                    matches!(&outcome, Outcome::Agree { works: found, .. } if found == works),
                    "{text}: {outcome:?}"
                );
            }
        }
    }
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        if self.state.namespaces.is_empty() {
            return;
        }
        if let Err(error) = clear(&self.state) {
            eprintln!("lab {} is not cleared away: {error}", self.state.name);
        }
    }
}
