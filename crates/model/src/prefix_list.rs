//! `ManagedPrefixList`.

use ipnet::IpNet;

use crate::{Id, Origin, Tags};

/// A managed prefix list, a customer's or AWS's own.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ManagedPrefixList.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrefixList {
    /// `pl-…`.
    pub id: Id,
    /// Its name, such as `com.amazonaws.eu-west-1.s3`.
    pub name: Option<String>,
    /// Who owns it; `AWS` for AWS's own.
    pub owner: Option<Id>,
    /// How many entries it may hold: what it counts against a quota (S1.54).
    pub max_entries: Option<u32>,
    /// Its entries; `None` where the export names the list without what is in it. Empty matches nothing (S1.14).
    pub entries: Option<Vec<PrefixListEntry>>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}

/// One block of a prefix list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrefixListEntry {
    /// The block.
    pub cidr: IpNet,
    /// Where it was written.
    pub origin: Origin,
}
