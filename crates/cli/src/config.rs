//! Where `portcullis.yaml` is: as said, else the nearest one from the working folder upwards.

use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use read::Config;

/// Who `me` is.
#[derive(Debug, Args)]
pub(crate) struct Me {
    /// The address that `me` stands for
    #[arg(long, value_name = "ADDRESS", env = "PORTCULLIS_ME")]
    me: Option<IpAddr>,
    /// The configuration file, instead of the nearest portcullis.yaml
    #[arg(long, value_name = "FILE", env = "PORTCULLIS_CONFIG")]
    config: Option<PathBuf>,
}

impl Me {
    /// The address as given, else what the configuration file says.
    ///
    /// # Errors
    /// If that file is needed and cannot be read or understood.
    pub(crate) fn address(&self) -> anyhow::Result<Option<IpAddr>> {
        match self.me {
            Some(me) => Ok(Some(me)),
            None => Ok(load(self.config.as_ref())?.me),
        }
    }
}

/// The name of the file.
const FILE: &str = "portcullis.yaml";

/// What the configuration file says, if there is one.
///
/// # Errors
/// If the file is there and cannot be read or understood.
fn load(explicit: Option<&PathBuf>) -> anyhow::Result<Config> {
    let Some(path) = explicit.cloned().or_else(find) else { return Ok(Config::default()) };
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("{} could not be read", path.display()))?;
    Config::parse(&text).map_err(|error| anyhow::anyhow!("{}:{error}", path.display()))
}

fn find() -> Option<PathBuf> {
    let folder = std::env::current_dir().ok()?;
    folder.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file())
}
