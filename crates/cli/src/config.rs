//! Where `portcullis.yaml` is: as said, else the nearest one from the working folder upwards.

use std::path::PathBuf;

use anyhow::Context;
use read::Config;

/// The name of the file.
const FILE: &str = "portcullis.yaml";

/// What the configuration file says, if there is one.
///
/// # Errors
/// If the file is there and cannot be read or understood.
pub(crate) fn load(explicit: Option<&PathBuf>) -> anyhow::Result<Config> {
    let Some(path) = explicit.cloned().or_else(find) else { return Ok(Config::default()) };
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("{} could not be read", path.display()))?;
    Config::parse(&text).map_err(|error| anyhow::anyhow!("{}:{error}", path.display()))
}

fn find() -> Option<PathBuf> {
    let folder = std::env::current_dir().ok()?;
    folder.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file())
}
