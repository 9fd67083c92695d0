//! `TransitGatewayRouteTable` with its routes, associations and propagations, which come from calls of their own.

use crate::{Destination, Id, Origin, RouteState, Tags};

/// A route table of a transit gateway (S3.31).
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TransitGatewayRouteTable.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransitGatewayRouteTable {
    /// `tgw-rtb-…`.
    pub id: Id,
    /// The gateway it belongs to.
    pub transit_gateway: Id,
    /// Its routes, static and propagated, as far as the export has them.
    pub routes: Vec<TransitGatewayRoute>,
    /// Which of its routes the export has.
    pub known: KnownRoutes,
    /// The attachments whose packets it routes (`get-transit-gateway-route-table-associations`).
    pub associations: Vec<Id>,
    /// The attachments that propagate their routes into it (`get-transit-gateway-route-table-propagations`); `None`
    /// where the export does not say.
    pub propagations: Option<Vec<Id>>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}

/// Which routes of a table an export has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KnownRoutes {
    /// None were asked for: propagations are all that is known.
    #[default]
    None,
    /// The static ones; what is propagated follows from the propagations (S12.13).
    Static,
    /// All, learned ones included: `search-transit-gateway-routes` with nothing left out.
    All,
}

/// A route of a transit gateway.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TransitGatewayRoute.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransitGatewayRoute {
    /// Which addresses.
    pub destination: Destination,
    /// `blackhole` drops.
    pub state: RouteState,
    /// `Type` is `propagated`.
    pub propagated: bool,
    /// Where to; several attachments share the load, none is a blackhole.
    pub attachments: Vec<Id>,
    /// Where it was written.
    pub origin: Origin,
}

/// The routes of one table as one answer lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransitGatewayRoutes {
    /// The table.
    pub table: Id,
    /// Which of its routes these are.
    pub known: KnownRoutes,
    /// The routes.
    pub routes: Vec<TransitGatewayRoute>,
    /// Where the list was written.
    pub origin: Origin,
}

/// The attachments of one table as one answer lists them: those associated with it, or those that propagate into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransitGatewayTableAttachments {
    /// The table.
    pub table: Id,
    /// The attachments.
    pub attachments: Vec<Id>,
    /// Where the list was written.
    pub origin: Origin,
}
