//! `portcullis.yaml`, found by walking up from the working folder. What explain takes from it: `me`.

use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::Context;
use saphyr::{LoadableYamlNode, Yaml};

/// The name of the file.
pub(crate) const FILE: &str = "portcullis.yaml";

/// The address that `me` stands for, if a configuration file gives one.
///
/// # Errors
/// If the file is there and cannot be read, is no YAML, or gives something that is no address.
pub(crate) fn me(explicit: Option<&PathBuf>) -> anyhow::Result<Option<IpAddr>> {
    let Some(path) = explicit.cloned().or_else(find) else { return Ok(None) };
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("{} could not be read", path.display()))?;
    me_in(&text).with_context(|| path.display().to_string())
}

/// The nearest file, from the working folder upwards.
fn find() -> Option<PathBuf> {
    let folder = std::env::current_dir().ok()?;
    folder.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file())
}

fn me_in(text: &str) -> anyhow::Result<Option<IpAddr>> {
    let documents = Yaml::load_from_str(text).map_err(|error| anyhow::anyhow!("{error}"))?;
    let Some(me) = documents.first().and_then(|document| document.as_mapping_get("me")) else {
        return Ok(None);
    };
    let text = me.as_str().context("`me`: expected an address such as 198.51.100.7")?;
    let address = text
        .parse()
        .with_context(|| format!("`me`: expected an address such as 198.51.100.7, found `{text}`"))?;
    Ok(Some(address))
}

#[cfg(test)]
mod tests {
    use super::me_in;

    #[test]
    fn me_is_an_address_or_nothing() {
        assert_eq!(me_in("version: 1\nme: 198.51.100.7\n").unwrap(), Some("198.51.100.7".parse().unwrap()));
        assert_eq!(me_in("version: 1\n").unwrap(), None);
        assert_eq!(me_in("").unwrap(), None);
        assert!(me_in("me: home\n").unwrap_err().to_string().contains("found `home`"));
        assert!(me_in("me: [1]\n").is_err());
        assert!(me_in("me: \"1\n").is_err());
    }
}
