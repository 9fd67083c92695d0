//! The calls of one region, side by side: a queue that answers add to, and a few threads that empty it.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use serde_json::Value;
use tempfile::NamedTempFile;

use super::aws::{self, Aws};
use super::calls::CALLS;
use super::failure::{Failure, Why};
use super::names::{Names, plain};
use super::progress::Progress;
use super::{Call, folder};

/// How many calls run at a time. AWS throttles who asks faster.
const SIDE_BY_SIDE: usize = 8;

/// What became of a region's calls.
#[derive(Default)]
pub(super) struct Collected {
    /// How many gave a whole answer.
    pub(super) answers: usize,
    /// Those that did not, in the order of the table.
    pub(super) failed: Vec<Failed>,
}

/// A call without a whole answer.
pub(super) struct Failed {
    /// Where the call is in the table.
    rank: usize,
    pub(super) call: &'static Call,
    /// The command line that tells it from others, without `aws`.
    pub(super) line: String,
    pub(super) failure: Failure,
}

/// A call to be made.
struct Job {
    rank: usize,
    call: &'static Call,
    words: Vec<String>,
    /// The file for its answer, without its ending.
    file: String,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    /// How many calls are being made: as long as there are any, more may come.
    running: usize,
    names: Names,
    collected: Collected,
    /// What makes going on useless.
    fatal: Option<anyhow::Error>,
}

/// A region that is being collected.
struct Queue<'a> {
    aws: &'a Aws<'a>,
    region: &'a str,
    /// The folder to fill.
    target: &'a Path,
    progress: &'a Progress,
    state: Mutex<State>,
    changed: Condvar,
}

/// Makes all calls of a region; the answers go to the folder `target`.
///
/// # Errors
/// If `aws` cannot be started or the folder not be written, or if it was interrupted.
pub(super) fn collect(
    aws: &Aws<'_>,
    region: &str,
    target: &Path,
    progress: &Progress,
) -> anyhow::Result<Collected> {
    let queue = Queue { aws, region, target, progress, state: Mutex::default(), changed: Condvar::new() };
    queue.add(CALLS.iter().filter(|call| call.each.is_none()).map(|call| (call, Vec::new(), call.file())));
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| queue.work());
        }
    });
    let state = queue.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = state.fatal {
        return Err(error);
    }
    let mut collected = state.collected;
    collected.failed.sort_by(|a, b| (a.rank, &a.line).cmp(&(b.rank, &b.line)));
    Ok(collected)
}

impl Queue<'_> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds calls, each with what follows its fixed words and its file.
    fn add(&self, calls: impl Iterator<Item = (&'static Call, Vec<String>, String)>) {
        let mut state = self.state();
        let before = state.waiting.len();
        for (call, options, file) in calls {
            let words = call.words().map(str::to_owned).chain(options).collect();
            let rank = CALLS.iter().position(|other| std::ptr::eq(other, call)).unwrap_or(CALLS.len());
            let file = state.names.take(file);
            state.waiting.push_back(Job { rank, call, words, file });
        }
        self.progress.expect(state.waiting.len() - before);
        self.changed.notify_all();
    }

    /// Makes calls until there are none.
    fn work(&self) {
        while let Some(job) = self.next() {
            self.progress.begin(job.call);
            let answer = self.make(&job);
            let mut state = self.state();
            match answer {
                Ok(Ok(())) => state.collected.answers += 1,
                Ok(Err(failure)) if failure.why == Why::Interrupted => {
                    let message = format!("interrupted; nothing of {} was kept", self.region);
                    state.fatal.get_or_insert_with(|| anyhow::anyhow!(message));
                }
                Ok(Err(failure)) => {
                    let line = job.words.join(" ");
                    state.collected.failed.push(Failed { rank: job.rank, call: job.call, line, failure });
                }
                Err(error) => {
                    state.fatal.get_or_insert(error);
                }
            }
            state.running -= 1;
            drop(state);
            self.progress.done();
            self.changed.notify_all();
        }
    }

    /// The next call, as soon as there is one; none when there will be none.
    fn next(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            if state.fatal.is_some() {
                return None;
            }
            if let Some(job) = state.waiting.pop_front() {
                state.running += 1;
                return Some(job);
            }
            if state.running == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Makes a call and adds those that are repeated over its answer.
    fn make(&self, job: &Job) -> anyhow::Result<Result<(), Failure>> {
        let file = self.target.join(format!("{}.json", job.file));
        let parent = file.parent().unwrap_or(self.target);
        let written = || format!("{} cannot be written", parent.display());
        let answer = NamedTempFile::new_in(self.target).with_context(written)?;
        let mut words: Vec<&str> = job.words.iter().map(String::as_str).collect();
        words.extend(job.call.only.into_iter().flat_map(|query| ["--query", query]));
        words.extend(["--output", "json"]);
        if let Err(failure) = self.aws.call(Some(self.region), &words, answer.as_file())? {
            return Ok(Err(failure));
        }
        if aws::is_empty(answer.path())? {
            return Ok(Ok(()));
        }
        folder::create(parent).with_context(written)?;
        answer.persist(&file).with_context(written)?;
        self.follow(job.call, &file)
    }

    /// Adds the calls that are repeated over an answer, and says if there is more than the answer has.
    fn follow(&self, call: &'static Call, file: &Path) -> anyhow::Result<Result<(), Failure>> {
        let followers: Vec<_> = call.followers().collect();
        if followers.is_empty() && !call.operation.starts_with("search-") {
            return Ok(Ok(()));
        }
        let text = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let answer: Value = match serde_json::from_slice(&text) {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(Failure::new(format!("the answer is not JSON: {error}")))),
        };
        self.add(followers.into_iter().flat_map(|(call, each)| {
            each.ids.rows(&answer).into_iter().map(move |row| {
                let name = row.first().map(|id| plain(id)).unwrap_or_default();
                let options = each.options.iter().map(|option| (*option).to_owned());
                let words = options.zip(row).flat_map(|(option, id)| [option, id]).collect();
                (call, words, format!("{}/{name}", call.file()))
            })
        }));
        let more = answer.get("AdditionalRoutesAvailable").and_then(Value::as_bool) == Some(true);
        Ok(if more { Err(Failure::new("there are more routes than one answer holds")) } else { Ok(()) })
    }
}
