//! Two VPCs with ways between them and out of them.

use proptest::prelude::*;
use proptest::sample::select;

use super::{generous, half_open};

/// Tables of the first VPC: to the other by peering or transit gateway, out by NAT or internet gateway.
const NEAR: [&str; 10] = [
    "10.21.0.0/16 pcx-1 | 2001:db8:21::/56 pcx-1 | 0.0.0.0/0 nat-1 | ::/0 igw-1",
    "10.21.0.0/16 tgw-1 | 2001:db8:21::/56 tgw-1 | 0.0.0.0/0 nat-1",
    "10.21.0.0/16 pcx-1 | 0.0.0.0/0 igw-1 | ::/0 igw-1",
    "10.21.0.0/16 pcx-1 | 0.0.0.0/0 nat-1 | ::/0 nat-1",
    "10.21.0.0/16 pcx-1 | 0.0.0.0/0 nat-1 | ::/0 eigw-1",
    "0.0.0.0/0 tgw-1 | ::/0 tgw-1",
    "10.21.0.0/16 tgw-1 | 0.0.0.0/0 nat-2",
    "10.21.0.0/24 pcx-1 | 10.21.1.0/24 tgw-1 | 203.0.113.0/24 nat-1 | 198.51.100.0/24 igw-1 | ::/0 igw-1",
    "10.21.0.0/16 nat-2 | 203.0.113.0/25 nat-1 | 203.0.113.128/25 igw-1",
    "10.21.0.0/16 tgw-1 blackhole | 2001:db8:21::/56 pcx-1 | 0.0.0.0/0 nat-1",
];
/// Of the subnet that the NAT gateways and an interface with a public address are in.
const OPEN: [&str; 3] = [
    "10.21.0.0/16 tgw-1 | 2001:db8:21::/56 tgw-1 | 0.0.0.0/0 igw-1 | ::/0 igw-1",
    "10.21.0.0/16 pcx-1 | 2001:db8:21::/56 pcx-1 | 0.0.0.0/0 igw-1 | ::/0 igw-1",
    "0.0.0.0/0 igw-1 | 10.0.0.0/8 tgw-1",
];
/// Tables of the other VPC.
const FAR: [&str; 7] = [
    "10.20.0.0/16 pcx-1 | 2001:db8:20::/56 pcx-1 | 0.0.0.0/0 igw-2 | ::/0 igw-2",
    "10.20.0.0/16 tgw-1 | 2001:db8:20::/56 tgw-1 | 0.0.0.0/0 igw-2",
    "0.0.0.0/0 tgw-1 | ::/0 tgw-1",
    "10.20.0.0/16 tgw-1 | 2001:db8:20::/56 pcx-1 | 0.0.0.0/0 tgw-1",
    "10.20.0.0/23 pcx-1 | 10.20.2.0/24 tgw-1 | 198.51.100.0/24 igw-2 | ::/0 igw-2 | 203.0.113.0/24 tgw-1",
    "10.20.0.0/16 pcx-1 | 198.51.100.0/24 pcx-1 | 0.0.0.0/0 igw-2",
    "10.20.0.0/16 tgw-1 | 0.0.0.0/0 igw-2 | ::/0 eigw-2",
];
/// Tables of the transit gateway.
const BETWEEN: [&str; 5] = [
    "10.20.0.0/16 at-1 propagated | 10.21.0.0/16 at-2 propagated | 2001:db8:20::/56 at-1 propagated | \
     2001:db8:21::/56 at-2 propagated",
    "10.20.0.0/16 at-1 propagated | 10.21.0.0/16 at-2 propagated | 0.0.0.0/0 at-1 | ::/0 at-1",
    "10.20.0.0/16 at-1 | 10.21.0.0/16 at-2 | 10.21.1.0/24 blackhole | 2001:db8:20::/56 at-1",
    "0.0.0.0/0 at-1 | 10.21.0.0/16 at-2 | 2001:db8::/32 at-2 | 2001:db8:20::/56 at-1",
    "10.21.0.0/16 at-2 | 10.20.0.0/16 blackhole | 2001:db8:20::/56 at-1 | 2001:db8:21::/56 at-2",
];

/// A network of two VPCs with peering, a transit gateway, NAT gateways, public and private, and egress-only gateways. Its
/// interfaces are called as those of [`super::network`].
pub fn joined() -> impl Strategy<Value = Vec<String>> {
    let zone = || select(&["az-1", "az-1", "az-2"][..]);
    let near = (select(&OPEN[..]), select(&NEAR[..]), select(&NEAR[..]));
    let far = (select(&FAR[..]), select(&FAR[..]));
    let between = (
        select(&BETWEEN[..]),
        select(&["p0", "p1", "p2", "p1,p2", "p0,p1"][..]),
        select(&["q0", "q1", "q0,q1"][..]),
        select(&["", "", "appliance", "nosgref", "pending"][..]),
        select(&["", "sgref", "sgref"][..]),
    );
    let state = (
        select(&["", "", "", "pending"][..]),
        select(&["", "", "", "", "pending"][..]),
        select(&["", "", "", "", "bpa=ingress", "bpa=bidirectional"][..]),
        select(&["igw igw-2", "igw igw-2", "igw igw-2 detached"][..]),
        select(&["", "", "deny-igw"][..]),
    );
    let lists = (half_open("acl-a"), half_open("acl-b"), half_open("acl-c"));
    let chosen = [0; 5].map(|_| prop::bool::weighted(0.5));
    let groups = select(&["sg-a", "sg-b", "sg-a,sg-b"][..]);
    let zones = [zone(), zone(), zone(), zone(), zone()];
    (generous(), lists, chosen, zones, near, far, between, state, groups).prop_map(
        |(mut rules, lists, acls, zones, near, far, between, state, groups)| {
            let acl = |own: bool, name: &str| if own { format!("acl={name}") } else { String::new() };
            let ([acl_0, acl_1, acl_2, acl_3, acl_4], [z0, z1, z2, z3, z4]) = (acls, zones);
            let (table, of_near, of_far, attachment, gateway) = between;
            let (peering, nat, access, internet, deny) = state;
            let mut text = vec![format!(
                "
                vpc vpc-1 10.20.0.0/16 2001:db8:20::/56 {access}
                igw igw-1
                eigw eigw-1
                acl acl-a
                acl acl-b
                sg sg-a
                sg sg-b out: all 10.0.0.0/8 | all ::/0
                pl pl-1: 203.0.113.0/25 | 203.0.113.64/26 | 10.20.1.0/24
                pl pl-6: 2001:db8::/32
                pl pl-empty:
                pl pl-unknown unknown
                table rtb-0: {}
                table rtb-1: {}
                table rtb-2: {}
                subnet p0 10.20.0.0/24 2001:db8:20::/64 az={} table=rtb-0 {}
                subnet p1 10.20.1.0/24 2001:db8:20:1::/64 az={} table=rtb-1 {}
                subnet p2 10.20.2.0/24 2001:db8:20:2::/64 az={} table=rtb-2 {}
                nat nat-1 p0 10.20.0.30 public=198.51.100.30 {nat}
                nat nat-2 p2 10.20.2.31
                eni e0 p0 10.20.0.10 2001:db8:20::10 public=198.51.100.10 groups=sg-a {deny}
                eni e1 p1 10.20.1.11 2001:db8:20:1::11 groups={groups}
                vpc vpc-2 10.21.0.0/16 2001:db8:21::/56
                {internet}
                eigw eigw-2
                acl acl-c
                sg sg-c
                table rtb-3: {}
                table rtb-4: {}
                subnet q0 10.21.0.0/24 2001:db8:21::/64 az={} table=rtb-3 {}
                subnet q1 10.21.1.0/24 2001:db8:21:1::/64 az={} table=rtb-4 {}
                eni e2 q0 10.21.0.12 2001:db8:21::12 public=198.51.100.12 groups=sg-c
                eni e3 q1 10.21.1.13 2001:db8:21:1::13 groups=sg-c
                peering pcx-1 vpc-1 vpc-2 {peering}
                tgw tgw-1 {gateway}
                attachment at-1 tgw-1 vpc-1 subnets={of_near} ipv6 {attachment}
                attachment at-2 tgw-1 vpc-2 subnets={of_far} ipv6
                tgwtable tgw-rtb-1 tgw-1 all assoc=at-1,at-2 propagate=at-1,at-2: {table}
                ",
                near.0,
                near.1,
                near.2,
                z0,
                acl(acl_0, "acl-a"),
                z1,
                acl(acl_1, "acl-b"),
                z2,
                acl(acl_2, "acl-a"),
                far.0,
                far.1,
                z3,
                acl(acl_3, "acl-c"),
                z4,
                acl(acl_4, "acl-c"),
            )];
            text.append(&mut rules);
            text.push("sg sg-c out: all 0.0.0.0/0 | all ::/0\nsg sg-c in: udp sg-a | tcp 0.0.0.0/0".into());
            let (a, b, c) = lists;
            text.extend([a, b, c].into_iter().flatten());
            text
        },
    )
}
