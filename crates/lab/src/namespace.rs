//! Network namespaces: made, entered, ended. They are named as `ip netns` names them, so that its commands work too.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::{self, ScopedJoinHandle};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns, unshare};

use crate::error::{Doing, LabError};
use crate::ruleset::TABLE;
use crate::wire::send;

/// Where `ip netns` keeps its names.
const FOLDER: &str = "/run/netns";

/// The calling thread's namespace.
const OWN: &str = "/proc/thread-self/ns/net";

/// A namespace by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Namespace(String);

impl Namespace {
    /// The namespace of a name; whether it is there is another question.
    pub fn new(name: impl Into<String>) -> Namespace {
        Namespace(name.into())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }

    fn path(&self) -> PathBuf {
        Path::new(FOLDER).join(&self.0)
    }

    /// Whether something has the name.
    pub fn exists(&self) -> bool {
        self.path().exists()
    }

    /// Whether the calling thread is in what has the name.
    pub fn is_own(&self) -> bool {
        let inode = |path: &Path| fs::metadata(path).map(|found| found.ino()).ok();
        inode(&self.path()).is_some_and(|named| inode(Path::new(OWN)) == Some(named))
    }

    /// The file that stands for it.
    ///
    /// # Errors
    /// If there is none.
    pub fn open(&self) -> Result<File, LabError> {
        File::open(self.path()).doing(|| format!("namespace `{}` could not be opened", self.0))
    }

    /// Moves the calling thread into it.
    ///
    /// # Errors
    /// If it is not there, or for want of rights.
    pub fn enter(&self) -> Result<(), LabError> {
        let file = self.open()?;
        setns(file, CloneFlags::CLONE_NEWNET).doing(|| format!("namespace `{}` could not be entered", self.0))
    }

    /// Makes it, and moves the calling thread into it; the file that stands for it. Its name is there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(crate) fn begin(&self) -> Result<File, LabError> {
        let path = self.path();
        unshare(CloneFlags::CLONE_NEWNET).doing(|| "a network namespace could not be made".into())?;
        mount(Some(OWN), &path, None::<&str>, MsFlags::MS_BIND, None::<&str>)
            .doing(|| format!("{} could not be mounted", path.display()))?;
        File::open(OWN).doing(|| format!("{OWN} could not be opened"))
    }

    /// Does something on a thread that is in it; the caller stays where it is.
    ///
    /// # Errors
    /// If it could not be entered, or what was done failed.
    pub fn within<T: Send>(&self, work: impl FnOnce() -> Result<T, LabError> + Send) -> Result<T, LabError> {
        apart(|| {
            self.enter()?;
            work()
        })
    }

    /// Puts rules into force, all or none.
    ///
    /// # Errors
    /// If nft refuses them: then those that were in force still are.
    pub fn load(&self, rules: &str) -> Result<(), LabError> {
        self.nft(&["-f", "-"], rules).map(|_| ())
    }

    /// Whether rules could be put into force; nothing is changed.
    ///
    /// # Errors
    /// If nft refuses them.
    pub fn check(&self, rules: &str) -> Result<(), LabError> {
        self.nft(&["-c", "-f", "-"], rules).map(|_| ())
    }

    /// Sends a transaction of nftables as netlink has it; `false` if it is too large to be sent so.
    ///
    /// # Errors
    /// If the kernel refuses it: then nothing has changed.
    pub(crate) fn send(&self, batch: &[u8]) -> Result<bool, LabError> {
        self.within(|| send(batch, &self.0))
    }

    /// The rules in force, as a transaction that puts them in place of any others.
    ///
    /// # Errors
    /// If nft cannot list them.
    pub fn rules(&self) -> Result<String, LabError> {
        let table = self.nft(&["list", "table", "inet", TABLE], "")?;
        Ok(format!("table inet {TABLE} {{\n}}\ndelete table inet {TABLE}\n{table}"))
    }

    /// The elements of a set that packets fill, as nft writes them.
    pub(crate) fn elements(&self, set: &str) -> Result<String, LabError> {
        let text = self.nft(&["list", "set", "inet", TABLE, set], "")?;
        let elements = text.split_once("elements = {").and_then(|(_, rest)| rest.split_once('}'));
        Ok(elements.map_or(String::new(), |(elements, _)| elements.trim().to_owned()))
    }

    /// The maps of its tables with their elements, as nft's JSON has them.
    pub(crate) fn maps(&self) -> Result<String, LabError> {
        self.nft(&["-j", "list", "maps", "inet"], "")
    }

    /// Runs nft in it; what it prints.
    fn nft(&self, arguments: &[&str], input: &str) -> Result<String, LabError> {
        self.within(|| {
            let nft = Command::new("nft")
                .args(arguments)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn();
            let mut nft = nft.doing(|| "`nft` could not be started".into())?;
            if let Some(mut stdin) = nft.stdin.take() {
                // Where nft ends early, its message says more than that the pipe is broken.
                let _ = stdin.write_all(input.as_bytes());
            }
            let output = nft.wait_with_output().doing(|| "`nft` could not be waited for".into())?;
            if output.status.success() {
                return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
            }
            let message = String::from_utf8_lossy(&output.stderr);
            let message = message.lines().next().unwrap_or("it does not say why").to_owned();
            Err(LabError::Rules { namespace: self.0.clone(), message })
        })
    }

    /// Sets values below `/proc/sys/net` in it. A value that this kernel does not have is passed over.
    ///
    /// # Errors
    /// If one is there and cannot be set.
    pub fn settings(&self, values: &[(&str, &str)]) -> Result<(), LabError> {
        self.within(|| set(values))
    }

    /// Ends it: its name goes, and with the last process in it all that it holds.
    ///
    /// # Errors
    /// If the name cannot be removed.
    pub fn end(&self) -> Result<(), LabError> {
        let path = self.path();
        // What was made and never mounted is a file and no more.
        let _ = umount2(&path, MntFlags::MNT_DETACH);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).doing(|| format!("{} could not be removed", path.display()))
            }
            _ => Ok(()),
        }
    }
}

/// Sets values below `/proc/sys/net` in the calling thread's namespace.
pub(crate) fn set(values: &[(&str, &str)]) -> Result<(), LabError> {
    for (name, value) in values {
        let path = Path::new("/proc/sys/net").join(name);
        match OpenOptions::new().write(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => opened
                .and_then(|mut file| file.write_all(value.as_bytes()))
                .doing(|| format!("{} could not be set", path.display()))?,
        }
    }
    Ok(())
}

/// Makes namespaces, each empty.
///
/// # Errors
/// If one cannot be made; some of the others are there.
pub fn make(names: &[Namespace]) -> Result<(), LabError> {
    places(names)?;
    apart(|| names.iter().try_for_each(|namespace| namespace.begin().map(drop)))
}

/// Gives namespaces that are yet to be made their names.
///
/// # Errors
/// If a name is taken, or cannot be given.
pub(crate) fn places(names: &[Namespace]) -> Result<(), LabError> {
    fs::create_dir_all(FOLDER).doing(|| format!("{FOLDER} could not be made"))?;
    let Some((first, others)) = names.split_first() else { return Ok(()) };
    let place =
        |path: PathBuf, made: io::Result<()>| made.doing(|| format!("{} could not be made", path.display()));
    // What is mounted on needs a name and no file of its own: thousands of files are slow where this is a disk.
    let file = first.path();
    place(file.clone(), File::create_new(&file).map(drop))?;
    others.iter().map(Namespace::path).try_for_each(|path| {
        let linked = fs::hard_link(&file, &path).or_else(|_| File::create_new(&path).map(drop));
        place(path, linked)
    })
}

/// Does something on a thread of its own, which may move through namespaces.
///
/// # Errors
/// If what was done failed, or was given up.
pub(crate) fn apart<T: Send>(work: impl FnOnce() -> Result<T, LabError> + Send) -> Result<T, LabError> {
    thread::scope(|scope| joined(scope.spawn(work)))
}

/// What a thread has come to.
///
/// # Errors
/// If what it did failed, or was given up.
pub(crate) fn joined<T>(worker: ScopedJoinHandle<'_, Result<T, LabError>>) -> Result<T, LabError> {
    worker.join().unwrap_or_else(|_| Err(LabError::State("work in namespaces was given up".into())))
}
