//! VPC Block Public Access: what an account declares, and what it excepts.

use crate::{BlockMode, Id, Origin};

/// What an account declares for a Region (S3.43).
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcBlockPublicAccessOptions.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockPublicAccessOptions {
    /// The account, if the answer names it.
    pub account: Option<Id>,
    /// The Region, if the answer names it.
    pub region: Option<Id>,
    /// The mode of all its VPCs that are not excluded.
    pub mode: BlockMode,
    /// Where it was written.
    pub origin: Origin,
}

impl BlockPublicAccessOptions {
    /// Options that could not be read: anybody's, of any mode.
    pub fn unreadable(origin: Origin) -> BlockPublicAccessOptions {
        let mode =
            BlockMode::Unknown("an answer of describe-vpc-block-public-access-options could not be read");
        BlockPublicAccessOptions { account: None, region: None, mode, origin }
    }
}

/// A VPC or subnet that is excluded (S3.44).
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcBlockPublicAccessExclusion.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockPublicAccessExclusion {
    /// `vpcbpa-exclude-…`, if the answer has it.
    pub id: Option<Id>,
    /// The VPC or subnet; none if that could not be read.
    pub resource: Option<Id>,
    /// What it allows; none if that, or whether it is in force, could not be read.
    pub mode: Option<ExclusionMode>,
    /// Whether it is in force: it was created or updated, that is over, and nobody deleted or disabled it since.
    pub complete: bool,
    /// Where it was written.
    pub origin: Origin,
}

impl BlockPublicAccessExclusion {
    /// An exclusion that could not be read: of anything.
    pub fn unreadable(origin: Origin) -> BlockPublicAccessExclusion {
        BlockPublicAccessExclusion { id: None, resource: None, mode: None, complete: true, origin }
    }
}

/// What an exclusion allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ExclusionMode {
    /// Everything.
    Bidirectional,
    /// What starts inside and leaves by a NAT gateway or egress-only internet gateway. It means something only where
    /// the account blocks both directions.
    Egress,
}
