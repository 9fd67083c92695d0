//! `portcullis.yaml`: what is said once and not with every question.

use std::net::IpAddr;

use saphyr::{LoadableYamlNode, MarkedYaml};

/// What a configuration file says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Config {
    /// The address that `me` stands for in questions.
    pub me: Option<IpAddr>,
}

/// A configuration file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct ConfigError {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What was expected, lower case.
    pub message: String,
}

impl Config {
    /// Reads a configuration file. Keys that other commands read are left to them.
    ///
    /// # Errors
    /// If it is no YAML, or a value is not what its key takes.
    pub fn parse(text: &str) -> Result<Config, ConfigError> {
        let documents = MarkedYaml::load_from_str(text).map_err(|error| {
            let marker = error.marker();
            ConfigError { line: marker.line(), column: marker.col() + 1, message: error.info().to_owned() }
        })?;
        let Some(document) = documents.first() else { return Ok(Config::default()) };
        let Some(me) = document.data.as_mapping_get("me") else { return Ok(Config::default()) };
        let at = |message: String| {
            let start = me.span.start;
            ConfigError { line: start.line(), column: start.col() + 1, message }
        };
        let Some(text) = me.data.as_str() else {
            return Err(at("`me`: expected an address such as 198.51.100.7".into()));
        };
        match text.parse() {
            Ok(address) => Ok(Config { me: Some(address) }),
            Err(_) => Err(at(format!("`me`: expected an address such as 198.51.100.7, found `{text}`"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn me_is_an_address_or_nothing() {
        let me = |text: &str| Config::parse(text).map(|config| config.me).map_err(|error| error.to_string());
        assert_eq!(me("version: 1\nme: 198.51.100.7\n"), Ok(Some("198.51.100.7".parse().unwrap())));
        assert_eq!(me("me: '2001:db8::9'\n"), Ok(Some("2001:db8::9".parse().unwrap())));
        assert_eq!(me("version: 1\n"), Ok(None));
        assert_eq!(me(""), Ok(None));
        assert_eq!(me("- a\n"), Ok(None));
        let expected = "`me`: expected an address such as 198.51.100.7";
        assert_eq!(me("version: 1\nme: home\n"), Err(format!("2:5: {expected}, found `home`")));
        assert_eq!(me("me: [1]\n"), Err(format!("1:5: {expected}")));
        assert!(me("me: \"1\n").is_err());
    }
}
