//! What is up: a file that is written before anything is made, so that all of it is found again whatever happens.

use std::fs;
use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::build::WIRING;
use crate::error::{Doing, LabError};
use crate::in_force::InForce;
use crate::namespace::Namespace;
use crate::numbers::Numbers;

/// Where labs are written down; it is empty after a restart, as the namespaces are gone then.
const FOLDER: &str = "/run/portcullis-lab";

/// The folders that answers of an endpoint are kept in: those that are in force, those that come, and those that go.
const POLLED: [&str; 3] = ["export", "polled", "before"];

/// A lab that is up, or was being brought up or down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct State {
    /// Its name.
    pub name: String,
    /// Whether all of it came up.
    pub complete: bool,
    /// The inputs that it was brought up from.
    pub inputs: Vec<PathBuf>,
    /// A number for its rules and routes: another if the inputs have changed since.
    pub fingerprint: u64,
    /// A number for its machines, links and addresses.
    pub shape: u64,
    /// The numbers of what it is made of.
    pub numbers: Numbers,
    /// Every namespace that it has.
    pub namespaces: Vec<String>,
    /// Its machines.
    pub hosts: Vec<HostState>,
    /// The namespace that stands for the internet.
    pub world: String,
    /// What the network has and the lab does not carry.
    pub not_carried: Vec<String>,
    /// What the export does not say and the lab does in some way.
    pub assumed: Vec<String>,
    /// From one health check to the next, where that is not the export's.
    pub check_interval: Option<Duration>,
}

/// A machine of a lab.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HostState {
    /// The instance's id, or the interface's where no instance has it.
    pub id: String,
    /// The name that people use, if it has one.
    pub name: Option<String>,
    /// The ids of its interfaces.
    pub interfaces: Vec<String>,
    /// Its namespace.
    pub namespace: String,
    /// Why it is down, if it is.
    pub down: Option<String>,
    /// Whether it is a load balancer's node.
    pub is_node: bool,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Its public addresses.
    pub public: Vec<IpAddr>,
}

/// The folders of a lab for the answers of an endpoint: those that were read last, those that are being asked for, and those
/// that go as the next come.
pub fn polled(lab: &str) -> [PathBuf; 3] {
    POLLED.map(|extension| path_of(lab, extension))
}

/// A file of a lab.
pub(crate) fn path_of(lab: &str, extension: &str) -> PathBuf {
    Path::new(FOLDER).join(format!("{lab}.{extension}"))
}

/// Writes a file, in full or not at all.
pub(crate) fn replace(path: &Path, text: &[u8]) -> Result<(), LabError> {
    let written = || {
        fs::create_dir_all(FOLDER)?;
        let draft = path.with_extension("draft");
        let mut file = fs::File::create(&draft)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(draft, path)
    };
    written().doing(|| format!("{} could not be written", path.display()))
}

impl State {
    fn path(name: &str) -> PathBuf {
        path_of(name, "json")
    }

    /// The lab of a name; `None` if there is none.
    ///
    /// # Errors
    /// If its file cannot be read or understood.
    pub fn read(name: &str) -> Result<Option<State>, LabError> {
        let path = State::path(name);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                // Whoever was killed while writing it had made nothing yet.
                let _ = fs::remove_file(path.with_extension("draft"));
                return Ok(None);
            }
            text => text.doing(|| format!("{} could not be read", path.display()))?,
        };
        let state = serde_json::from_slice(&text);
        state.map(Some).map_err(|error| LabError::State(format!("{} is damaged: {error}", path.display())))
    }

    /// Writes the lab down, in full or not at all.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self) -> Result<(), LabError> {
        let path = State::path(&self.name);
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| LabError::State(format!("the state of the lab has no text: {error}")))?;
        replace(&path, &text)
    }

    /// Forgets the lab.
    ///
    /// # Errors
    /// If its file cannot be removed.
    pub fn forget(&self) -> Result<(), LabError> {
        InForce::forget(&self.name)?;
        // These need not be there.
        let _ = fs::remove_file(path_of(&self.name, WIRING));
        for extension in POLLED {
            let _ = fs::remove_dir_all(path_of(&self.name, extension));
        }
        let path = State::path(&self.name);
        // Whoever was killed while writing left one.
        let _ = fs::remove_file(path.with_extension("draft"));
        fs::remove_file(&path).doing(|| format!("{} could not be removed", path.display()))
    }

    /// Its namespaces.
    pub fn namespaces(&self) -> impl Iterator<Item = Namespace> + '_ {
        self.namespaces.iter().map(Namespace::new)
    }

    /// The machine that a name, an instance's id, an interface's id or an address means.
    ///
    /// # Errors
    /// If nobody is called so, or several are.
    pub fn host(&self, called: &str) -> Result<&HostState, LabError> {
        let address = called.parse::<IpAddr>().ok();
        let means = |host: &&HostState| {
            host.id == called
                || host.name.as_deref() == Some(called)
                || host.interfaces.iter().any(|id| id == called)
                || address.is_some_and(|address| {
                    host.addresses.contains(&address) || host.public.contains(&address)
                })
        };
        let found: Vec<_> = self.hosts.iter().filter(means).collect();
        match found.as_slice() {
            [host] => Ok(host),
            [] => {
                let names = self.hosts.iter().flat_map(|host| host.name.iter().chain([&host.id]));
                let meant = answers::suggest::closest(called, names.map(String::as_str));
                let hint = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
                Err(LabError::State(format!("no machine of the lab is called `{called}`{hint}")))
            }
            several => {
                let ids: Vec<_> = several.iter().map(|host| host.id.as_str()).collect();
                let ids = ids.join("`, `");
                Err(LabError::State(format!(
                    "`{called}` means several machines: name one by its id, `{ids}`"
                )))
            }
        }
    }
}
