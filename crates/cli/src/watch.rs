//! Doing something again whenever a file changes.
//!
//! Files are looked at twice a second: that works on every file system, also over a network.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, SystemTime};

const PAUSE: Duration = Duration::from_millis(500);
/// More files than this are not looked at.
const MOST_FILES: usize = 10_000;

/// What tells one state of some files from another: which there are, how long, and from when.
type State = Vec<(PathBuf, u64, Option<SystemTime>)>;

/// Does something, and again whenever one of the files, or a file below one of the folders, has changed and no longer
/// does; until Ctrl-C. What goes wrong is shown, and the next change waited for.
///
/// # Errors
/// If Ctrl-C cannot be listened for.
pub fn again_and_again(
    files: impl Fn() -> Vec<PathBuf>,
    mut act: impl FnMut() -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    let (stop, stopped) = mpsc::channel();
    // Whoever waits is gone when this fails.
    ctrlc::set_handler(move || stop.send(()).unwrap_or_default())?;
    loop {
        let before = state(&files());
        if let Err(error) = act() {
            anstream::eprintln!("error: {error:#}");
        }
        anstream::eprintln!("waiting for a change; Ctrl-C ends");
        let mut last = before.clone();
        loop {
            match stopped.recv_timeout(PAUSE) {
                Err(RecvTimeoutError::Timeout) => {
                    // What is still being written is not read yet.
                    let now = state(&files());
                    if now == last && now != before {
                        break;
                    }
                    last = now;
                }
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return Ok(ExitCode::SUCCESS),
            }
        }
    }
}

fn state(files: &[PathBuf]) -> State {
    let mut state = State::new();
    files.iter().for_each(|file| look_at(file, &mut state));
    state.sort();
    state
}

fn look_at(path: &Path, state: &mut State) {
    let Ok(metadata) = std::fs::metadata(path) else { return };
    if state.len() >= MOST_FILES {
        return;
    }
    if !metadata.is_dir() {
        state.push((path.to_owned(), metadata.len(), metadata.modified().ok()));
        return;
    }
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        look_at(&entry.path(), state);
    }
}
