//! `TransitGateway`.

use crate::{Id, Origin, Tags};

/// A transit gateway (S3.31).
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TransitGateway.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransitGateway {
    /// `tgw-…`.
    pub id: Id,
    /// The account that owns it.
    pub owner: Option<Id>,
    /// `SecurityGroupReferencingSupport` is `enable`; the default is `disable` (S1.18).
    pub security_group_referencing: bool,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}
