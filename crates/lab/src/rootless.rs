//! Without root: a lab in a user namespace of its own. A process keeps that namespace, with a network and a mount
//! namespace in it, for as long as the lab is up; every other command joins it. The process is found by what it is
//! called, so nothing is written down, and when it ends all of the lab is gone.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid, getgid, getuid, pause, setsid};

use crate::error::{Doing, LabError};

/// The command that keeps a lab's namespaces.
pub const KEEP: &str = "keep";
/// What it says when they are there.
const READY: &str = "ready";
/// Where names of namespaces and states of labs are: in the lab's own mount namespace a folder of its own.
const RUN: &str = "/run";
/// How long the process may take to end.
const PATIENCE: Duration = Duration::from_secs(2);

/// Settings that keep users from user namespaces, each with the value by which it does.
const SETTINGS: [(&str, &str); 3] = [
    ("kernel/unprivileged_userns_clone", "0"),
    ("user/max_user_namespaces", "0"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1"),
];

/// The process that keeps the namespaces of a lab.
pub struct Keeper(i32);

/// Joins the namespaces of a lab that a user without root has up, or those made for one that is to come up. `None` for
/// root, and where the user has no such lab. The calling process must have no other threads yet.
///
/// # Errors
/// If the kernel does not let users make namespaces, with the setting that is in the way; then nothing was touched.
pub fn enter(lab: &str, comes_up: bool) -> Result<Option<Keeper>, LabError> {
    if geteuid().is_root() {
        return Ok(None);
    }
    let keeper = match find(lab)? {
        None if comes_up => begin(lab)?,
        None => return Ok(None),
        Some(keeper) => keeper,
    };
    join(&keeper)?;
    Ok(Some(keeper))
}

impl Keeper {
    /// The process that keeps a lab, for whoever is in its namespaces; `None` for a lab of root's.
    ///
    /// # Errors
    /// If processes cannot be listed.
    pub(crate) fn of(lab: &str) -> Result<Option<Keeper>, LabError> {
        find(lab)
    }

    /// Whether it is still there.
    pub(crate) fn is_there(&self) -> bool {
        is_running(self.0)
    }

    /// Ends the process, and with it what is left of the lab.
    ///
    /// # Errors
    /// If it does not end.
    pub fn end(self) -> Result<(), LabError> {
        let process = Pid::from_raw(self.0);
        // It cannot be waited for: it is nobody's child any more.
        for signal in [Signal::SIGTERM, Signal::SIGKILL] {
            let start = Instant::now();
            while start.elapsed() < PATIENCE {
                if kill(process, signal).is_err() || !is_running(self.0) {
                    return Ok(());
                }
                thread::sleep(Duration::from_millis(10));
            }
        }
        Err(LabError::State(format!("process {process}, which keeps the lab, does not end")))
    }
}

/// Whether a process is there and has not ended yet.
fn is_running(process: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

/// The process that keeps a lab of this user's.
fn find(lab: &str) -> Result<Option<Keeper>, LabError> {
    let entries = fs::read_dir("/proc").doing(|| "/proc could not be read".into())?;
    let keeps = |entry: fs::DirEntry| {
        let process: i32 = entry.file_name().to_str()?.parse().ok()?;
        let own = entry.metadata().ok()?.uid() == getuid().as_raw();
        let words = fs::read(entry.path().join("cmdline")).ok()?;
        let words: Vec<_> = words.split(|byte| *byte == 0).skip(1).collect();
        let expected = ["--lab", lab, KEEP, ""].map(str::as_bytes);
        (own && words == expected && is_running(process)).then_some(Keeper(process))
    };
    Ok(entries.flatten().find_map(keeps))
}

/// Starts the process that keeps a lab.
fn begin(lab: &str) -> Result<Keeper, LabError> {
    let words = || "a process that keeps the lab could not be started".to_owned();
    let program = env::current_exe().doing(words)?;
    let mut child = Command::new(program)
        .args(["--lab", lab, KEEP])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .doing(words)?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut line).doing(words)?;
    }
    if line.trim() == READY {
        return i32::try_from(child.id()).map(Keeper).map_err(|_| LabError::State(words()));
    }
    let mut said = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        let _ = stderr.read_to_string(&mut said);
    }
    let _ = child.wait();
    let said = said.trim().trim_start_matches("error: ");
    Err(LabError::Missing(vec![said.to_owned()]))
}

/// Moves the calling process into the namespaces; it stays in the folder where it is.
fn join(keeper: &Keeper) -> Result<(), LabError> {
    let words = || "the lab's namespaces could not be joined".to_owned();
    let folder = env::current_dir().doing(|| "the working folder is gone".into())?;
    let open = |kind: &str| File::open(format!("/proc/{}/ns/{kind}", keeper.0)).doing(words);
    let files = [
        (open("user")?, CloneFlags::CLONE_NEWUSER),
        (open("net")?, CloneFlags::CLONE_NEWNET),
        (open("mnt")?, CloneFlags::CLONE_NEWNS),
    ];
    for (file, kind) in files {
        setns(file, kind).doing(words)?;
    }
    env::set_current_dir(&folder).doing(|| format!("{} is not there in a lab without root", folder.display()))
}

/// Makes the namespaces and keeps them, until it is ended. This is what [`KEEP`] does.
///
/// # Errors
/// If the kernel does not let this user make them, with the setting that is in the way.
pub fn keep() -> Result<(), LabError> {
    let (user, group) = (getuid(), getgid());
    made(user.as_raw(), group.as_raw()).map_err(|error| {
        let setting = |name: &str| fs::read_to_string(Path::new("/proc/sys").join(name)).ok();
        LabError::State(match forbidden_by(setting) {
            Some(setting) => format!("it is not run as root, and {setting} keeps users from user namespaces"),
            None => format!("it is not run as root, and {error}"),
        })
    })?;
    // It goes on when the command that started it and its terminal are gone.
    setsid().doing(|| "no session of its own".into())?;
    writeln!(io::stdout(), "{READY}").doing(|| "it could not be said".into())?;
    loop {
        pause();
    }
}

fn made(user: u32, group: u32) -> Result<(), LabError> {
    let all = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS;
    unshare(all).doing(|| "no user namespace can be made".into())?;
    for (file, text) in [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("0 {user} 1")),
        ("gid_map", format!("0 {group} 1")),
    ] {
        fs::write(format!("/proc/self/{file}"), text).doing(|| format!("{file} could not be written"))?;
    }
    let mounted = || {
        let none = None::<&str>;
        mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
        mount(Some("tmpfs"), RUN, Some("tmpfs"), MsFlags::empty(), none)
    };
    mounted().doing(|| format!("{RUN} of its own could not be mounted"))
}

/// The setting that keeps users from user namespaces, if one does.
fn forbidden_by(setting: impl Fn(&str) -> Option<String>) -> Option<String> {
    let forbids = |(name, value): &&(&str, &str)| setting(name).is_some_and(|found| found.trim() == *value);
    let (name, value) = SETTINGS.iter().find(forbids)?;
    Some(format!("`{} = {value}`", name.replace('/', ".")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_is_in_the_way_is_named() {
        let only = |wanted: &'static str, value: &'static str| {
            move |name: &str| (name == wanted).then(|| format!("{value}\n"))
        };
        assert_eq!(forbidden_by(only("user/max_user_namespaces", "31000")), None);
        let found = forbidden_by(only("user/max_user_namespaces", "0"));
        assert_eq!(found.as_deref(), Some("`user.max_user_namespaces = 0`"));
        let found = forbidden_by(only("kernel/apparmor_restrict_unprivileged_userns", "1"));
        assert_eq!(found.as_deref(), Some("`kernel.apparmor_restrict_unprivileged_userns = 1`"));
    }
}
