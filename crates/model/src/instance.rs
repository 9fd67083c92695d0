//! `Instance`.

use compact_str::CompactString;

use crate::{Id, Origin, Tags};

/// A virtual machine.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// `i-…`.
    pub id: Id,
    /// Whether it runs; only then does it answer, though its interfaces stay (S9.4).
    pub state: InstanceState,
    /// What decides its range of ephemeral ports (S2.21).
    pub platform: Platform,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}

impl Instance {
    /// The Auto Scaling group that started it, by the tag that the service sets.
    pub fn auto_scaling_group(&self) -> Option<&str> {
        self.tags.get("aws:autoscaling:groupName")
    }
}

/// `State.Name`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum InstanceState {
    /// It answers.
    Running,
    /// It does not, by the API's word for why.
    Down(CompactString),
    /// Nobody can say: a word that is not known.
    Unknown(CompactString),
}

/// The family of operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Platform {
    /// Anything else: the API names the platform for Windows only.
    #[default]
    Linux,
    /// `Platform: windows`.
    Windows,
}
