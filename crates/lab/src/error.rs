//! What can go wrong between this program and the kernel.

use std::io;

/// Why the lab could not do something.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// Rights or features of the kernel that are missing; nothing was touched.
    #[error("the lab cannot run here: {}", .0.join("; "))]
    Missing(Vec<String>),
    /// A call to the system failed.
    #[error("{doing}: {source}")]
    System {
        /// What was being done.
        doing: String,
        /// What the system says.
        source: io::Error,
    },
    /// The kernel refused a link, an address or a route.
    #[error("{doing}: {source}")]
    Netlink {
        /// What was being done.
        doing: String,
        /// What the kernel says.
        source: rtnetlink::Error,
    },
    /// nft refused a transaction; the rules that were in force stay.
    #[error("nft refused the rules of {namespace}: {message}")]
    Rules {
        /// The namespace.
        namespace: String,
        /// What nft says, its first line.
        message: String,
    },
    /// A change could be neither made nor taken back: nobody knows which rules are in force.
    #[error("{0}; the next `portcullis lab apply` puts all rules into force again")]
    CutOff(String),
    /// A change of machines, links or VPCs could be neither made nor taken back: the routers stay closed.
    #[error(
        "{0}: the change is neither made nor taken back, and nothing passes where it is in doubt; `portcullis lab down` ends the lab"
    )]
    Torn(String),
    /// A lab of that name is up, or none is.
    #[error("{0}")]
    State(String),
    /// The network is larger than the lab can carry.
    #[error("{0}")]
    TooLarge(String),
}

/// Says what was being done when a call to the system failed.
pub trait Doing<T> {
    /// The error with these words before it.
    fn doing(self, words: impl FnOnce() -> String) -> Result<T, LabError>;
}

impl<T> Doing<T> for Result<T, io::Error> {
    fn doing(self, words: impl FnOnce() -> String) -> Result<T, LabError> {
        self.map_err(|source| LabError::System { doing: words(), source })
    }
}

impl<T> Doing<T> for Result<T, nix::Error> {
    fn doing(self, words: impl FnOnce() -> String) -> Result<T, LabError> {
        self.map_err(|error| LabError::System { doing: words(), source: error.into() })
    }
}

impl<T> Doing<T> for Result<T, rtnetlink::Error> {
    fn doing(self, words: impl FnOnce() -> String) -> Result<T, LabError> {
        self.map_err(|source| LabError::Netlink { doing: words(), source })
    }
}
