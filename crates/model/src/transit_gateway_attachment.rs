//! `TransitGatewayAttachment`: what three calls say of one attachment, together.

use compact_str::CompactString;

use crate::{Id, Origin, Tags};

/// Something that is attached to a transit gateway.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TransitGatewayAttachment.html>
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TransitGatewayVpcAttachment.html>
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TransitGatewayPeeringAttachment.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransitGatewayAttachment {
    /// `tgw-attach-…`. A peering of two gateways is one attachment with one id.
    pub id: Id,
    /// The gateways that it is attached to: one, and for a peering both where the export says so.
    pub transit_gateways: Vec<Id>,
    /// What is attached.
    pub kind: AttachmentKind,
    /// The id of what is attached: a VPC, a VPN connection, a gateway. A peering has none: what is attached to each of
    /// its gateways is the other.
    pub resource: Option<Id>,
    /// The state is `available`.
    pub available: bool,
    /// The route table that it is associated with, as the attachment itself says (S3.31): one, and for a peering one
    /// on each gateway where the export says so. The associations that route tables list are preferred, and have
    /// these once references are followed.
    pub route_tables: Vec<Id>,
    /// For a VPC: the attachment's subnets, one a zone. `None` where only the call without subnets is in the export.
    pub subnets: Option<Vec<Id>>,
    /// `ApplianceModeSupport` is `enable` (S3.34).
    pub appliance_mode: bool,
    /// `Ipv6Support` is `enable`.
    pub ipv6: bool,
    /// `SecurityGroupReferencingSupport` is not `disable`: its default is `enable` (S1.18).
    pub security_group_referencing: bool,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}

/// `ResourceType`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttachmentKind {
    /// A VPC.
    Vpc,
    /// A Site-to-Site VPN connection.
    Vpn,
    /// A Direct Connect gateway.
    DirectConnectGateway,
    /// Another transit gateway.
    Peering,
    /// A Connect attachment over one of the others.
    Connect,
    /// Any other, by the API's name for it.
    Other(CompactString),
}

impl AttachmentKind {
    /// Whether it propagates routes that it learned and that no describe call shows (S12.13).
    pub fn learns(&self) -> bool {
        !matches!(self, AttachmentKind::Vpc | AttachmentKind::Peering)
    }

    /// In words.
    pub fn words(&self) -> &str {
        match self {
            AttachmentKind::Vpc => "VPC attachment",
            AttachmentKind::Vpn => "VPN attachment",
            AttachmentKind::DirectConnectGateway => "Direct Connect attachment",
            AttachmentKind::Peering => "transit gateway peering attachment",
            AttachmentKind::Connect => "Connect attachment",
            AttachmentKind::Other(_) => "attachment of another kind",
        }
    }
}
