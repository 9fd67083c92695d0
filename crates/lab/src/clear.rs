//! Ends a lab: whoever runs in its namespaces, the namespaces, and the file that says that it is up.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::error::{Doing, LabError};
use crate::namespace::Namespace;
use crate::state::State;

/// How many namespaces are ended at a time.
const SIDE_BY_SIDE: usize = 16;
/// How long processes have to end by themselves.
const PATIENCE: Duration = Duration::from_secs(2);

/// Ends everything that a state names, whatever of it is there. How many processes were ended, beside the lab's own.
///
/// # Errors
/// If a namespace or the state's file cannot be removed; the file then stays, so that this can be tried again.
pub fn clear(state: &State) -> Result<usize, LabError> {
    let nodes = state.hosts.iter().filter(|host| host.is_node);
    let nodes: Vec<_> = nodes.map(|host| Namespace::new(&host.namespace)).collect();
    let own = processes(&inodes(&nodes))?.len();
    let ended = end(&state.namespaces().collect::<Vec<_>>())?.saturating_sub(own);
    state.forget()?;
    Ok(ended)
}

/// Ends some namespaces, those of them that are there, and what runs in them. How many processes were ended.
///
/// # Errors
/// If a namespace cannot be removed.
pub(crate) fn end(namespaces: &[Namespace]) -> Result<usize, LabError> {
    let ended = end_processes(&inodes(namespaces))?;
    // Each waits until nobody looks at its name any more; side by side they wait for the same.
    thread::scope(|scope| {
        let parts = namespaces.chunks(namespaces.len().div_ceil(SIDE_BY_SIDE).max(1));
        let workers: Vec<_> =
            parts.map(|part| scope.spawn(|| part.iter().try_for_each(Namespace::end))).collect();
        let given_up = |_| Err(LabError::State("ending namespaces was given up".into()));
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(given_up))
    })?;
    Ok(ended)
}

/// The numbers of those namespaces that are there.
fn inodes(namespaces: &[Namespace]) -> Vec<u64> {
    let files = namespaces.iter().filter_map(|namespace| namespace.open().ok());
    files.filter_map(|file| Some(file.metadata().ok()?.ino())).collect()
}

/// Ends the processes in some network namespaces: what a lab's machines run, they run.
fn end_processes(namespaces: &[u64]) -> Result<usize, LabError> {
    let found = processes(namespaces)?;
    let count = found.len();
    signal(&found, Signal::SIGTERM);
    let start = Instant::now();
    while !processes(namespaces)?.is_empty() {
        if start.elapsed() > PATIENCE {
            signal(&processes(namespaces)?, Signal::SIGKILL);
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(count)
}

fn signal(processes: &[i32], signal: Signal) {
    for &process in processes {
        // It may have ended meanwhile.
        let _ = kill(Pid::from_raw(process), signal);
    }
}

fn processes(namespaces: &[u64]) -> Result<Vec<i32>, LabError> {
    let own = i32::try_from(std::process::id()).unwrap_or(-1);
    let entries = fs::read_dir("/proc").doing(|| "/proc could not be read".into())?;
    let processes = entries.filter_map(|entry| {
        let name = entry.ok()?.file_name();
        let process: i32 = name.to_str()?.parse().ok()?;
        let inode = fs::metadata(format!("/proc/{process}/ns/net")).ok()?.ino();
        (process != own && namespaces.contains(&inode)).then_some(process)
    });
    Ok(processes.collect())
}
