//! Ways between VPCs and out of them: what works and what does not, by clause, with model and kernel agreeing on every
//! packet.

use std::io::{ErrorKind, Read, Write};
use std::thread;
use std::time::Duration;

use lab::probe::Prober;
use lab::verify::{Outcome, Probe, verify};

use crate::sockets::{self, Echo, answers, dial};
use crate::support::{Standing, possible};

/// Three VPCs in a row, peered; the third's connection to a fourth is not active.
const PEERED: &str = "
    vpc vpc-1 10.1.0.0/16 2001:db8:1::/56
    table rtb-1: 10.2.0.0/16 pcx-12 | 2001:db8:2::/56 pcx-12 | 10.3.0.0/16 pcx-12
    subnet s1 10.1.0.0/24 2001:db8:1::/64 table=rtb-1
    sg sg-1 in: all 10.2.0.0/16 | all ::/0
    sg sg-1 out: all 0.0.0.0/0 | all ::/0
    eni e1 s1 10.1.0.10 2001:db8:1::10 groups=sg-1

    vpc vpc-2 10.2.0.0/16 2001:db8:2::/56
    table rtb-2: 10.1.0.0/16 pcx-12 | 2001:db8:1::/56 pcx-12 | 10.3.0.0/16 pcx-23
    acl acl-2 in: 100 deny tcp 81 10.1.0.0/16 | 200 allow all 0.0.0.0/0 | 201 allow all ::/0
    acl acl-2 out: 100 allow all 0.0.0.0/0 | 101 allow all ::/0
    subnet s2 10.2.0.0/24 2001:db8:2::/64 table=rtb-2 acl=acl-2
    sg sg-2 in: tcp 80-81 sg-1 | udp 53 0.0.0.0/0 | all 10.2.0.0/16
    sg sg-2 out: all 0.0.0.0/0 | all ::/0
    eni e2 s2 10.2.0.10 2001:db8:2::10 groups=sg-2

    vpc vpc-3 10.3.0.0/16
    table rtb-3: 10.2.0.0/16 pcx-23 | 10.4.0.0/16 pcx-34
    subnet s3 10.3.0.0/24 table=rtb-3
    sg sg-3 in: all 0.0.0.0/0
    sg sg-3 out: all 0.0.0.0/0
    eni e3 s3 10.3.0.10 groups=sg-3

    vpc vpc-4 10.4.0.0/16
    table rtb-4: 10.3.0.0/16 pcx-34
    subnet s4 10.4.0.0/24 table=rtb-4
    sg sg-4 in: all 0.0.0.0/0
    eni e4 s4 10.4.0.10 groups=sg-4

    peering pcx-12 vpc-1 vpc-2
    peering pcx-23 vpc-2 vpc-3
    peering pcx-34 vpc-3 vpc-4 pending
";

#[test]
fn peering_joins_two_vpcs_and_no_more() {
    if !possible("peering_joins_two_vpcs_and_no_more") {
        return;
    }
    let network = testkit::network(&[PEERED]);
    let standing = Standing::up(&network);
    assert!(standing.state.not_carried.is_empty(), "{:?}", standing.state.not_carried);
    standing.expect(&[
        // References to groups of the peered VPC match, in both families (S1.18).
        ("e1 -> e2:tcp/80", true),
        ("e1.6 -> e2.6:tcp/80", true),
        // The list of the destination's subnet applies, and nothing in between (S3.30).
        ("e1 -> e2:tcp/81", false),
        ("e1.6 -> e2.6:tcp/81", true),
        ("e1 -> e2:tcp/22", false),
        ("e1 -> e2:udp/53", true),
        ("e2 -> e1:tcp/22", true),
        ("e2 -> e3:udp/53", true),
        // Not transitive, whatever the routes say (T63).
        ("e1 -> e3:tcp/80", false),
        // No connection without an active status; an address that nobody has.
        ("e3 -> e4:tcp/80", false),
        ("e1 -> 10.2.0.99:tcp/80", false),
        ("e1 -> 10.2.9.9:tcp/80", false),
    ]);
}

/// Two VPCs and a shared one with the way out, all on one transit gateway; a fourth on another, peered with it.
const HUB: &str = "
    vpc vpc-1 10.1.0.0/16 2001:db8:1::/56
    table rtb-1: 10.0.0.0/8 tgw-1 | 2001:db8::/32 tgw-1 | 0.0.0.0/0 tgw-1
    acl acl-1 in: 100 allow all 0.0.0.0/0 | 101 allow all ::/0
    acl acl-1 out: 90 deny tcp 444 10.0.0.0/8 | 100 allow all 0.0.0.0/0 | 101 allow all ::/0
    acl acl-door in: 90 deny udp 5000 0.0.0.0/0 | 100 allow all 0.0.0.0/0 | 101 allow all ::/0
    acl acl-door out: 90 deny tcp 445 0.0.0.0/0 | 100 allow all 0.0.0.0/0 | 101 allow all ::/0
    subnet a1 10.1.0.0/24 2001:db8:1::/64 az=az-1 table=rtb-1 acl=acl-1
    subnet b1 10.1.1.0/24 az=az-2 table=rtb-1
    subnet d1 10.1.2.0/28 2001:db8:1:2::/64 az=az-1 table=rtb-1 acl=acl-door
    sg sg-1 in: all sg-2 | icmp 0.0.0.0/0
    sg sg-1 out: all 0.0.0.0/0 | all ::/0
    eni e1 a1 10.1.0.10 2001:db8:1::10 groups=sg-1
    eni lost b1 10.1.1.10 groups=sg-1

    vpc vpc-2 10.2.0.0/16 2001:db8:2::/56
    table rtb-2: 10.1.0.0/16 tgw-1 | 10.9.0.0/16 tgw-1 | 10.4.0.0/16 tgw-1 | 2001:db8:1::/56 tgw-1 | 10.8.0.0/16 tgw-2
    acl acl-2 in: 100 allow all 0.0.0.0/0 | 101 allow all ::/0
    acl acl-2 out: 90 deny udp 5001 0.0.0.0/0 | 100 allow all 0.0.0.0/0 | 101 allow all ::/0
    subnet a2 10.2.0.0/24 2001:db8:2::/64 az=az-1 table=rtb-2 acl=acl-2
    sg sg-2 in: tcp 443-445 0.0.0.0/0 | udp 5000-5001 sg-1 | tcp 80 10.1.0.0/16 | tcp 443 ::/0
    sg sg-2 out: all 0.0.0.0/0 | all ::/0
    eni e2 a2 10.2.0.10 2001:db8:2::10 groups=sg-2

    vpc vpc-4 10.4.0.0/16
    table rtb-4: 10.0.0.0/8 tgw-2
    subnet a4 10.4.0.0/24 az=az-1 table=rtb-4
    sg sg-4 in: tcp 443 0.0.0.0/0 | udp 0-65535 sg-2
    sg sg-4 out: all 0.0.0.0/0
    eni e4 a4 10.4.0.10 groups=sg-4

    tgw tgw-1 sgref
    tgw tgw-2 sgref
    attachment at-1 tgw-1 vpc-1 subnets=d1 ipv6
    attachment at-2 tgw-1 vpc-2 subnets=a2 ipv6
    attachment at-4 tgw-2 vpc-4 subnets=a4
    attachment at-x tgw-1 peering tgw-2
    tgwtable main tgw-1 all assoc=at-1,at-2,at-x propagate=at-1,at-2: 10.1.0.0/16 at-1 propagated | 2001:db8:1::/56 at-1 propagated | 10.2.0.0/16 at-2 propagated | 2001:db8:2::/56 at-2 propagated | 10.4.0.0/16 at-x | 10.2.3.0/24 blackhole
    tgwtable far tgw-2 all assoc=at-4,at-x propagate=at-4: 10.4.0.0/16 at-4 propagated | 10.1.0.0/16 at-x | 10.2.0.0/16 at-x
";

#[test]
fn transit_gateways_lead_by_their_own_tables() {
    if !possible("transit_gateways_lead_by_their_own_tables") {
        return;
    }
    let network = testkit::network(&[HUB]);
    let standing = Standing::up(&network);
    assert!(standing.state.not_carried.is_empty(), "{:?}", standing.state.not_carried);
    standing.expect(&[
        ("e1 -> e2:tcp/443", true),
        ("e1.6 -> e2.6:tcp/443", true),
        ("e1 -> e2:tcp/80", true),
        ("e1 -> e2:tcp/22", false),
        // Out of the sender's subnet; into the attachment's, whose other direction is not asked (S3.32).
        ("e1 -> e2:tcp/444", false),
        ("e1 -> e2:tcp/445", true),
        ("e1 -> e2:udp/5000", false),
        // The attachment is in the receiver's own subnet: neither direction is asked on the way in (S3.33). Both are on
        // the way back into the gateway.
        ("e1 -> e2:udp/5001", true),
        ("e2 -> e1:icmp/8/0", true),
        // References over a gateway that carries them, inbound only and not over a peering of gateways (S1.19).
        ("e2 -> e1:tcp/8080", true),
        ("e2 -> e4:udp/53", false),
        ("e2 -> e4:tcp/443", true),
        ("e4 -> e2:tcp/443", true),
        // No subnet of the attachment in this zone (S3.31), no attachment at all, a blackhole, no route.
        ("lost -> e2:tcp/443", false),
        ("e2 -> 10.8.0.1:tcp/443", false),
        ("e1 -> 10.2.3.1:tcp/443", false),
        ("e2 -> 10.9.0.1:tcp/443", false),
    ]);
}

/// Private subnets behind NAT gateways; the public one's list takes half of the ports that a NAT gateway may draw.
const TRANSLATED: &str = "
    vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    table rtb-app: 0.0.0.0/0 nat-1 | ::/0 nat-1
    table rtb-half: 0.0.0.0/0 nat-3
    table rtb-in: 0.0.0.0/0 nat-2 | 10.20.5.0/24 nat-2
    acl acl-pub in: 90 deny tcp 23 10.20.1.0/24 | 91 deny tcp 25 10.20.0.0/16 | 100 allow all 0.0.0.0/0
    acl acl-pub out: 90 deny tcp 26 0.0.0.0/0 | 91 deny udp 40001 10.20.1.0/24 | 100 allow all 0.0.0.0/0
    acl acl-half in: 100 allow tcp 443 0.0.0.0/0 | 110 allow tcp 32768-65535 0.0.0.0/0
    acl acl-half out: 100 allow all 0.0.0.0/0
    acl acl-app in: 90 deny udp 0-65535 203.0.113.8/32 | 91 deny udp 0-65535 10.20.0.0/24 | 100 allow all 0.0.0.0/0
    acl acl-app out: 100 allow all 0.0.0.0/0
    subnet pub 10.20.0.0/24 table=rtb-pub acl=acl-pub
    subnet half 10.20.3.0/24 table=rtb-pub acl=acl-half
    subnet app 10.20.1.0/24 2001:db8:20:1::/64 table=rtb-app acl=acl-app
    subnet app-half 10.20.4.0/24 table=rtb-half
    subnet in 10.20.2.0/24 table=rtb-in
    sg sg-1 in: tcp 80 10.20.0.30/32 | tcp 81 10.20.0.31/32 | icmp 10.20.0.31/32
    sg sg-1 out: all 0.0.0.0/0 | all ::/0
    sg sg-web in: tcp 80 198.51.100.30/32
    sg sg-web out: all 10.0.0.0/8
    eni near pub 10.20.0.10 groups=sg-1
    eni app app 10.20.1.10 2001:db8:20:1::10 groups=sg-1
    eni half app-half 10.20.4.10 groups=sg-1
    eni in in 10.20.2.10 groups=sg-1
    eni web pub 10.20.0.20 public=198.51.100.20 groups=sg-web
    nat nat-1 pub 10.20.0.30 public=198.51.100.30
    nat nat-2 pub 10.20.0.31
    nat nat-3 half 10.20.3.30 public=198.51.100.33
";

#[test]
fn nat_gateways_translate_and_their_subnets_lists_are_asked() {
    if !possible("nat_gateways_translate_and_their_subnets_lists_are_asked") {
        return;
    }
    let network = testkit::network(&[TRANSLATED]);
    let standing = Standing::up(&network);
    assert!(standing.state.not_carried.is_empty(), "{:?}", standing.state.not_carried);
    standing.expect(&[
        ("app -> 203.0.113.9:tcp/443", true),
        ("app -> 203.0.113.9:tcp/443 100-1023", true),
        ("app -> 203.0.113.9:icmp/8/0", true),
        // TCP, UDP and ICMP only (S3.20); IPv6 is not translated.
        ("app -> 203.0.113.9:132", false),
        ("app.6 -> 2001:db8:99::9:tcp/443", false),
        // The list of the NAT gateway's subnet, in by the client's address and out by its own (S3.24).
        ("app -> 203.0.113.9:tcp/23", false),
        ("app -> 203.0.113.9:tcp/25", false),
        ("app -> 203.0.113.9:tcp/26", false),
        // The answer out of it again, to the client's port; into the client's subnet from the site's address, not from
        // the NAT gateway's.
        ("app -> 203.0.113.9:udp/53 40001", false),
        ("app -> 203.0.113.9:udp/53 40002", true),
        ("app -> 203.0.113.8:udp/53", false),
        // By its public address and an internet gateway to somebody of the same VPC.
        ("app -> @web:tcp/80", true),
        // A private one stands in front of no internet gateway (S3.21), and answers nothing itself (S12.7).
        ("in -> 203.0.113.9:tcp/443", false),
        ("near -> 10.20.0.30:tcp/443", false),
        ("app -> 10.20.0.30:tcp/443", false),
    ]);
}

/// What port a NAT gateway draws nobody knows: about half of all connections hang (`scenarios/nat-reply`), and which ones
/// model and kernel agree on.
#[test]
fn half_of_what_a_nat_gateway_sends_gets_no_answer() {
    if !possible("half_of_what_a_nat_gateway_sends_gets_no_answer") {
        return;
    }
    const PROBES: u16 = 400;
    let network = testkit::network(&[TRANSLATED]);
    let standing = Standing::up(&network);
    let flow = testkit::question(&network, "half -> 203.0.113.9:tcp/443").flow;
    let remote = space::address_value("203.0.113.9".parse().unwrap());
    let point = |client| space::Connection { protocol: 6, remote, client, server: 443, ..Default::default() };
    let probes: Vec<_> = (0..PROBES).map(|at| Probe { flow, point: point(40_000 + at) }).collect();
    let (lab, marks) = (&standing.lab, &standing.lab.rules().marks);
    let mut prober = Prober::new(lab.topology(), lab.names()).unwrap();
    let outcomes = verify(&network, lab.topology(), marks, &mut prober, &probes).unwrap();
    let works = outcomes.iter().map(|outcome| match outcome {
        Outcome::Agree { works, .. } => usize::from(*works),
        other => panic!("{other:?}"),
    });
    let works: usize = works.sum();
    // 32768 of 64512 ports; the chance of a share further off is less than one in 10^9.
    assert!((140..=270).contains(&works), "{works} of {PROBES}");
}

/// With real sockets: whoever is asked sees the NAT gateway's address and a port from 1024 on, whatever port the client
/// has; nobody outside can begin (S3.20 to S3.22).
#[test]
fn a_site_sees_the_nat_gateway() {
    if !possible("a_site_sees_the_nat_gateway") {
        return;
    }
    let network = testkit::network(&[TRANSLATED]);
    let standing = Standing::up(&network);
    let (world, app) = (standing.namespace("world"), standing.namespace("app"));
    let seen = sockets::Peers::on(&world, 443);
    for port in [0, 1, 500, 1023, 40_000] {
        // A machine under load may take its time.
        let session = (0..5).find_map(|_| dial(&app, &format!("10.20.1.10:{port}"), "203.0.113.9:443").ok());
        assert!(session.is_some(), "from port {port}");
        let peer = seen.next();
        assert_eq!(peer.ip().to_string(), "198.51.100.30");
        assert!(peer.port() >= 1024, "{peer}");
    }
    let _server = Echo::on(&app, 22);
    assert!(dial(&world, "203.0.113.9:0", "198.51.100.30:22").is_err());
}

/// Two VPCs whose subnets have a way out over IPv6: the first by an egress-only gateway and no other.
const EGRESS: &str = "
    vpc vpc-1 10.1.0.0/16 2001:db8:1::/56
    eigw eigw-1
    table rtb-1: ::/0 eigw-1
    acl acl-1 in: 90 deny tcp 40001 ::/0 | 100 allow all ::/0
    acl acl-1 out: 100 allow all ::/0
    subnet s1 10.1.0.0/24 2001:db8:1::/64 table=rtb-1 acl=acl-1
    sg sg-1 in: tcp 22 2001:db8::/32 | tcp 80 ::/0
    sg sg-1 out: all ::/0
    eni a s1 10.1.0.10 2001:db8:1::10 groups=sg-1

    vpc vpc-2 10.2.0.0/16 2001:db8:2::/56
    igw igw-2
    eigw eigw-2
    table rtb-2: ::/0 igw-2
    table rtb-3: ::/0 eigw-2
    subnet s2 10.2.0.0/24 2001:db8:2::/64 table=rtb-2
    subnet s3 10.2.1.0/24 2001:db8:2:1::/64 table=rtb-3
    sg sg-2 in: all ::/0
    sg sg-2 out: all ::/0
    eni b s2 10.2.0.10 2001:db8:2::10 groups=sg-2
    eni shy s2 10.2.0.11 2001:db8:2::11 groups=sg-2 deny-igw
    eni c s3 10.2.1.10 2001:db8:2:1::10 groups=sg-2
";

#[test]
fn an_egress_only_gateway_takes_answers_and_nothing_else() {
    if !possible("an_egress_only_gateway_takes_answers_and_nothing_else") {
        return;
    }
    let network = testkit::network(&[EGRESS]);
    let standing = Standing::up(&network);
    assert!(standing.state.not_carried.is_empty(), "{:?}", standing.state.not_carried);
    standing.expect(&[
        // What starts inside (S3.29), past the list of its subnet both ways.
        ("a.6 -> 2001:db8:99::9:tcp/443 40001", false),
        ("a.6 -> 2001:db8:99::9:tcp/443 40002", true),
        ("a.6 -> 2001:db8:99::9:icmp/128/0", true),
        ("2001:db8:99::9 -> a.6:tcp/22", false),
        // Nor has its VPC another gateway; where there is one, answers of what came by that do not leave here.
        ("b.6 -> a.6:tcp/80", false),
        ("2001:db8:99::9 -> c.6:tcp/80", false),
        ("c.6 -> 2001:db8:99::9:tcp/443", true),
        ("a.6 -> b.6:tcp/80 40002", true),
        ("2001:db8:99::9 -> b.6:tcp/80", true),
        // An interface that takes nothing that the internet begins (S3.16).
        ("2001:db8:99::9 -> shy.6:tcp/80", false),
        ("a.6 -> shy.6:tcp/80 40002", false),
        ("shy.6 -> 2001:db8:99::9:tcp/443", true),
        ("b.6 -> shy.6:tcp/80", true),
    ]);
}

/// The internet knows no way to a private address: whoever asks for one waits.
#[test]
fn a_private_address_is_silent_in_the_world() {
    if !possible("a_private_address_is_silent_in_the_world") {
        return;
    }
    let network = testkit::network(&[EGRESS]);
    let standing = Standing::up(&network);
    let world = standing.namespace("world");
    for address in ["10.1.0.10:80", "192.168.7.7:80"] {
        let error = dial(&world, "0.0.0.0:0", address).unwrap_err();
        assert_ne!(error.kind(), ErrorKind::ConnectionRefused, "{address}");
    }
}

/// S3.25: a NAT gateway forgets what falls idle, and tells whoever goes on with it. Its 350 s are a second here.
#[test]
fn what_falls_idle_is_reset_by_the_nat_gateway() {
    if !possible("what_falls_idle_is_reset_by_the_nat_gateway") {
        return;
    }
    let network = testkit::network(&[TRANSLATED]);
    let standing = Standing::up(&network);
    let nat = standing.lab.names().nat_gateway(0);
    nat.settings(&[("netfilter/nf_conntrack_tcp_timeout_established", "1")]).unwrap();
    let _site = Echo::on(&standing.namespace("world"), 443);
    let mut session = dial(&standing.namespace("app"), "10.20.1.10:0", "203.0.113.9:443").unwrap();
    assert!(answers(&mut session));
    thread::sleep(Duration::from_secs(3));
    session.write_all(b"ping").unwrap();
    let error = session.read(&mut [0; 4]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}
