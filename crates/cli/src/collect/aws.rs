//! The AWS CLI as a process: one call, for a bounded time.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::failure::Failure;

/// How to call the AWS CLI.
pub(super) struct Aws<'a> {
    /// The profile, unless it is the one that the CLI takes by itself.
    pub(super) profile: Option<&'a str>,
    /// Where to send the calls, unless to AWS.
    pub(super) endpoint: Option<&'a str>,
    /// How long a call may take.
    pub(super) timeout: Duration,
    /// Set when everything shall end.
    pub(super) interrupted: &'a AtomicBool,
}

impl Aws<'_> {
    /// Makes a call. Its answer goes to `answer`.
    ///
    /// The outer error is ours: no program to start, no file to write. The inner one is the call's.
    pub(super) fn call(
        &self,
        region: Option<&str>,
        words: &[&str],
        answer: &File,
    ) -> anyhow::Result<Result<(), Failure>> {
        // Files and not pipes: a pipe that nobody reads would stop a long answer, and a child of a child that was
        // killed could hold it open.
        let mut said = tempfile::tempfile().context("no temporary file can be made")?;
        let mut command = Command::new("aws");
        let globals = [("--profile", self.profile), ("--region", region), ("--endpoint-url", self.endpoint)];
        for (option, value) in globals {
            command.args(value.into_iter().flat_map(|value| [option, value]));
        }
        // `--no-cli-pager` would say the same, but version 1 does not know it.
        command.args(words).env("AWS_PAGER", "").stdin(Stdio::null());
        command.stdout(answer.try_clone()?).stderr(said.try_clone()?);
        let child = command.spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => anyhow::anyhow!(
                "there is no command `aws` on the PATH; install the AWS CLI (https://aws.amazon.com/cli/), or collect \
                 where it is installed with the script that `portcullis snapshot --script` prints"
            ),
            _ => anyhow::Error::new(error).context("the command `aws` cannot be started"),
        })?;
        let status = match self.wait(child)? {
            Ok(status) => status,
            Err(failure) => return Ok(Err(failure)),
        };
        if status.success() {
            return Ok(Ok(()));
        }
        let mut bytes = Vec::new();
        said.rewind()?;
        said.read_to_end(&mut bytes)?;
        Ok(Err(Failure::read(status.code(), &String::from_utf8_lossy(&bytes))))
    }

    /// Makes a call that answers with a word.
    pub(super) fn word(
        &self,
        region: Option<&str>,
        words: &[&str],
    ) -> anyhow::Result<Result<String, Failure>> {
        let mut answer = tempfile::tempfile().context("no temporary file can be made")?;
        if let Err(failure) = self.call(region, words, &answer)? {
            return Ok(Err(failure));
        }
        let mut bytes = Vec::new();
        answer.rewind()?;
        answer.read_to_end(&mut bytes)?;
        Ok(Ok(String::from_utf8_lossy(&bytes).trim().to_owned()))
    }

    /// Waits for a process and ends it when its time is over.
    fn wait(&self, mut child: Child) -> anyhow::Result<Result<ExitStatus, Failure>> {
        const PAUSE: Duration = Duration::from_millis(10);
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                // Ctrl-C reaches the calls too: what they say then is no failure of theirs.
                let interrupted = self.interrupted.load(Ordering::Relaxed);
                return Ok(if interrupted { Err(Failure::interrupted()) } else { Ok(status) });
            }
            let failure = if self.interrupted.load(Ordering::Relaxed) {
                Failure::interrupted()
            } else if started.elapsed() >= self.timeout {
                Failure::timed_out(self.timeout)
            } else {
                std::thread::sleep(PAUSE);
                continue;
            };
            // It may have ended by itself in the meantime; that is as good.
            let _ = child.kill();
            child.wait()?;
            return Ok(Err(failure));
        }
    }
}

/// Whether an answer was written at all: `aws` prints nothing where there is nothing to say.
pub(super) fn is_empty(answer: &Path) -> anyhow::Result<bool> {
    Ok(std::fs::metadata(answer)?.len() == 0)
}
