//! Ends a lab: whoever runs in its namespaces, the namespaces, and the file that says that it is up.

use std::fs::{self, File};
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
    let files: Vec<_> =
        state.namespaces().filter_map(|namespace| Some((namespace.open().ok()?, namespace))).collect();
    let inode = |file: &File| Some(file.metadata().ok()?.ino());
    let inodes: Vec<u64> = files.iter().filter_map(|(file, _)| inode(file)).collect();
    let is_node = |namespace: &Namespace| {
        state.hosts.iter().any(|host| host.is_node && host.namespace == namespace.name())
    };
    let nodes: Vec<u64> = files
        .iter()
        .filter(|(_, namespace)| is_node(namespace))
        .filter_map(|(file, _)| inode(file))
        .collect();
    let own = processes(&nodes)?.len();
    let ended = end_processes(&inodes)?.saturating_sub(own);
    drop(files);
    let namespaces: Vec<_> = state.namespaces().collect();
    // Each waits until nobody looks at its name any more; side by side they wait for the same.
    thread::scope(|scope| {
        let parts = namespaces.chunks(namespaces.len().div_ceil(SIDE_BY_SIDE).max(1));
        let workers: Vec<_> =
            parts.map(|part| scope.spawn(|| part.iter().try_for_each(Namespace::end))).collect();
        let given_up = |_| Err(LabError::State("ending namespaces was given up".into()));
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(given_up))
    })?;
    state.forget()?;
    Ok(ended)
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
