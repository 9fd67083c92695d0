//! What the specification says, row by row and clause by clause: tests are named by the row (`t01`, `row_06`) or the
//! clause (`s3_06`) that they check, and what they expect comes from there.
#![expect(clippy::unwrap_used, reason = "tests")]

mod appliances;
mod block_public_access;
mod common;
mod doors;
mod edge_tables;
mod far_ends;
mod gateways;
mod inspection;
mod inspection_endpoints;
mod live;
mod load_balancers;
mod nacl;
mod nat64;
mod nat_gateway;
mod nat_gateway_rows;
mod network_load_balancers;
mod peering;
mod private_link;
mod requests;
mod routes;
mod rows;
mod security_groups;
mod transit_gateway;
mod transit_routes;
mod transit_unknowns;
mod transit_zones;
mod unfiltered;
