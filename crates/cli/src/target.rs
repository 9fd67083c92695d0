//! `-o`: a file that is there in full or not at all.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use tempfile::NamedTempFile;

/// The exit code of a command that Ctrl-C stopped, as shells have it: 128 and the number of the signal.
const INTERRUPTED: i32 = 130;

/// Whether the file is being put in its place: too late to stop.
static FINISHING: AtomicBool = AtomicBool::new(false);

/// Where an answer goes.
pub(crate) enum Target {
    /// Standard output.
    Standard,
    /// A file, by way of a temporary one beside it.
    File {
        /// What is written to.
        file: NamedTempFile,
        /// What it will be called.
        path: PathBuf,
    },
}

impl Target {
    /// Standard output, or a file. From here on Ctrl-C leaves nothing behind.
    ///
    /// # Errors
    /// If there can be no file at that place.
    pub(crate) fn new(path: Option<&Path>) -> anyhow::Result<Target> {
        let Some(path) = path else { return Ok(Target::Standard) };
        let cannot = || format!("{} cannot be written", path.display());
        if path.is_dir() {
            anyhow::bail!("{}: it is a folder; expected the name of a file", cannot());
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut builder = tempfile::Builder::new();
        builder.prefix(".portcullis-");
        // Only its owner may read a temporary file; what the user asks for is as any file of theirs.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        // The handler comes first, and waits for the name: no moment in which a signal would leave the file.
        let temporary = Arc::new(Mutex::new(None));
        let mut name = temporary.lock().unwrap_or_else(PoisonError::into_inner);
        let removed = Arc::clone(&temporary);
        ctrlc::set_handler(move || {
            let name = removed.lock().unwrap_or_else(PoisonError::into_inner);
            if !FINISHING.load(Ordering::SeqCst) {
                let _ = name.as_ref().map(std::fs::remove_file::<&PathBuf>);
                std::process::exit(INTERRUPTED);
            }
        })
        .context("signals cannot be handled")?;
        let file = builder.tempfile_in(folder.unwrap_or(Path::new("."))).with_context(cannot)?;
        *name = Some(file.path().to_owned());
        drop(name);
        Ok(Target::File { file, path: path.to_owned() })
    }

    /// Writes, and puts the file in its place.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn write(
        self,
        write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> anyhow::Result<()> {
        match self {
            Target::Standard => {
                let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
                write(&mut out)?;
                out.flush()?;
            }
            Target::File { file, path } => {
                let cannot = || format!("{} cannot be written", path.display());
                let mut out = BufWriter::with_capacity(1 << 16, file.as_file());
                write(&mut out).and_then(|()| out.flush()).with_context(cannot)?;
                drop(out);
                FINISHING.store(true, Ordering::SeqCst);
                file.persist(&path).with_context(cannot)?;
            }
        }
        Ok(())
    }
}
