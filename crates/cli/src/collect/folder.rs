//! Where a snapshot goes: `FOLDER/ACCOUNT/REGION`, for nobody else to read, and complete or not at all.

use std::fs::DirBuilder;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

/// Makes a folder and those above it, for the user alone.
pub(super) fn create(folder: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The folder that is filled, and the one in it where it is prepared. What is interrupted leaves nothing behind.
pub(super) struct Place {
    account: PathBuf,
    /// Hidden, so that nobody reads it; removed with this.
    work: TempDir,
}

impl Place {
    /// # Errors
    /// If it cannot be written, or a region has something in it already that shall not be replaced.
    pub(super) fn new(
        folder: &Path,
        account: &str,
        regions: &[String],
        replace: bool,
    ) -> anyhow::Result<Place> {
        let account = folder.join(account);
        for region in regions.iter().map(|region| account.join(region)) {
            let mut entries = match std::fs::read_dir(&region) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                entries => entries.with_context(|| format!("{} cannot be used", region.display()))?,
            };
            if !replace && entries.next().is_some() {
                anyhow::bail!(
                    "{} is not empty; give another folder with -o, or replace it with --force",
                    region.display()
                );
            }
        }
        let written = || format!("{} cannot be written", folder.display());
        create(folder).with_context(written)?;
        let work =
            tempfile::Builder::new().prefix(".collecting.").tempdir_in(folder).with_context(written)?;
        Ok(Place { account, work })
    }

    /// The folder in which a region is prepared.
    pub(super) fn prepare(&self, region: &str) -> anyhow::Result<PathBuf> {
        let path = self.work.path().join(region);
        create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(path)
    }

    /// Brings a region to its place.
    pub(super) fn finish(&self, region: &str) -> anyhow::Result<PathBuf> {
        let target = self.account.join(region);
        let written = || format!("{} cannot be written", target.display());
        create(&self.account).with_context(written)?;
        if target.exists() {
            std::fs::rename(&target, self.work.path().join(format!("old-{region}"))).with_context(written)?;
        }
        std::fs::rename(self.work.path().join(region), &target).with_context(written)?;
        Ok(target)
    }
}
