//! `InternetGateway`.

use crate::{Id, Origin, Tags};

/// An internet gateway.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InternetGateway.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InternetGateway {
    /// `igw-…`.
    pub id: Id,
    /// What it is attached to: at most one VPC (S3.14).
    pub attachments: Vec<GatewayAttachment>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}

/// A gateway's attachment to a VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayAttachment {
    /// The VPC.
    pub vpc: Id,
    /// Whether it is in force: `available` or `attached` (S9.9).
    pub attached: bool,
}

impl InternetGateway {
    /// Whether it is attached to a VPC.
    pub fn serves(&self, vpc: &Id) -> bool {
        self.attachments.iter().any(|attachment| attachment.attached && attachment.vpc == *vpc)
    }
}
