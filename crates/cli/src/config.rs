//! Where `portcullis.yaml` is: as said, else the nearest one from the working folder upwards.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use answers::intent::{self, FILE, Intent, IntentError};
use anyhow::Context;
use clap::Args;
use render::Style;

use crate::output::{self, ColorChoice};

/// Who `me` is.
#[derive(Debug, Args)]
pub struct Me {
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
    pub fn address(&self) -> anyhow::Result<Option<IpAddr>> {
        match self.me {
            Some(me) => Ok(Some(me)),
            None => Ok(load(self.config.as_ref())?.me),
        }
    }
}

/// What the file says, if there is one.
///
/// # Errors
/// If the file is there and cannot be read or understood.
pub fn load(explicit: Option<&PathBuf>) -> anyhow::Result<Intent> {
    match explicit.cloned().or_else(find) {
        Some(path) => read(&path, ColorChoice::Auto),
        None => Ok(Intent::default()),
    }
}

/// What one file says. Everything that is wrong with it is shown.
///
/// # Errors
/// If it cannot be read or understood.
pub fn read(path: &Path, color: ColorChoice) -> anyhow::Result<Intent> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("{name} could not be read"))?;
    let file_of = |file: &str| list(path, file);
    intent::parse(&name, &text, &file_of).map_err(|errors| {
        let text_of = |file: &str| if file == name { Some(text.clone()) } else { file_of(file).ok() };
        let style = output::style(color, &std::io::stderr());
        anstream::eprintln!("{}\n", render::intent_errors(&errors, &text_of, style));
        let count = errors.len();
        anyhow::anyhow!("{name} has {count} error{}", if count == 1 { "" } else { "s" })
    })
}

/// A list that an intent names with `file:`, beside it.
fn list(intent: &Path, file: &str) -> Result<String, String> {
    let folder = intent.parent().unwrap_or(Path::new(""));
    std::fs::read_to_string(folder.join(file)).map_err(|error| error.to_string())
}

/// The nearest file from the working folder upwards.
pub fn find() -> Option<PathBuf> {
    let folder = std::env::current_dir().ok()?;
    folder.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file())
}

/// That file, without the working folder in its name.
///
/// # Errors
/// If there is none.
pub fn nearest() -> anyhow::Result<PathBuf> {
    let Some(path) = find() else {
        anyhow::bail!("no {FILE} here or in any folder above; name an intent file");
    };
    let here = std::env::current_dir().ok();
    let below = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf));
    Ok(below.unwrap_or(path))
}

/// Shows errors of an intent that the network told.
pub fn show(errors: &[IntentError], path: &Path, style: Style) {
    let text = std::fs::read_to_string(path).ok();
    anstream::eprintln!("{}\n", render::intent_errors(errors, &|_| text.clone(), style));
}
