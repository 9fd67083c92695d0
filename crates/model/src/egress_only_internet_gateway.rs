//! `EgressOnlyInternetGateway`.

use crate::{Id, Origin, Tags};

/// A gateway to the internet for IPv6 flows that start inside (S3.29).
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EgressOnlyInternetGateway.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressOnlyInternetGateway {
    /// `eigw-…`.
    pub id: Id,
    /// The VPC it is attached to, if it is.
    pub vpc: Option<Id>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}
