//! Tags, and the name that a resource has by them.

use compact_str::CompactString;

/// The tags of a resource, in the order given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags(pub Vec<(CompactString, CompactString)>);

impl Tags {
    /// The value of a tag.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// The tag `Name`, unless it is empty.
    pub fn name(&self) -> Option<&str> {
        self.get("Name").filter(|name| !name.is_empty())
    }
}
