//! Disagreements of model and kernel that were met, each with who was wrong.

use engine::judge;
use lab::probe::Prober;
use lab::verify::{Outcome, Probe, verify};
use space::Connection;

use crate::support::{Standing, possible};

/// Met with protocol 132. An instance sends to its own public address and gets the packet back as if from that address.
/// By S1.31 whatever host H it sent protocol P to may send P back without a rule, and H is that address. The kernel does
/// so and delivers it; the model asks the inbound rules, as it does not see that the request meets its own state. The
/// same happens with TCP from the port that it asks, whose 5-tuple is its own answer's. The model is wrong, about packets
/// that nobody sends.
#[test]
fn an_instance_that_asks_itself_by_its_public_address_is_its_own_answer() {
    if !possible("an_instance_that_asks_itself_by_its_public_address_is_its_own_answer") {
        return;
    }
    let network = testkit::network(&["
        vpc vpc-1 10.20.0.0/16
        igw igw-1
        table rtb-1: 0.0.0.0/0 igw-1
        subnet a 10.20.0.0/24 table=rtb-1
        sg sg-out out: all 0.0.0.0/0
        eni c a 10.20.0.10 public=198.51.100.10 groups=sg-out
    "]);
    let flow = testkit::question(&network, "c -> @c:132").flow;
    let standing = Standing::up(&network);
    let (lab, marks) = (&standing.lab, &standing.lab.rules().marks);
    let mut prober = Prober::new(lab.topology(), lab.names()).unwrap();
    let mut disagrees = |point: Connection| {
        let probe = Probe { flow, point };
        let outcomes = verify(&network, lab.topology(), marks, &mut prober, &[probe]).unwrap();
        assert!(judge(&network, &flow, Some(point), &mut ()).works.is_none(), "the model asks the rules");
        matches!(outcomes.as_slice(), [Outcome::Disagree(why)] if why.contains("known to security groups, in"))
    };
    assert!(disagrees(Connection { protocol: 132, ..Connection::default() }));
    assert!(disagrees(Connection { protocol: 6, client: 80, server: 80, ..Connection::default() }));
    let other_port = Connection { protocol: 6, client: 40000, server: 80, ..Connection::default() };
    assert!(!disagrees(other_port));
}

/// Met between VPCs. An interface with DenyAllIgwTraffic asks over a peering connection, and the answer comes back over the
/// internet, as the other VPC's table says. The lab's gateway drops it, as it did not see the request leave; the model let it
/// in, as it does every answer. S3.16 speaks of what the internet starts, so both guessed: the model says now that it does
/// not know. Answers to what left by the gateway are let in by both.
#[test]
fn whether_a_denying_interface_takes_an_answer_that_comes_another_way_is_not_known() {
    if !possible("whether_a_denying_interface_takes_an_answer_that_comes_another_way_is_not_known") {
        return;
    }
    let network = testkit::network(&["
        vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
        igw igw-1
        table rtb-1: 2001:db8:21::/64 pcx-1 | ::/0 igw-1
        subnet a 10.20.0.0/24 2001:db8:20::/64 table=rtb-1
        sg sg-a in: all ::/0
        sg sg-a out: all ::/0
        eni shy a 10.20.0.10 2001:db8:20::10 groups=sg-a deny-igw
        eni open a 10.20.0.11 2001:db8:20::11 groups=sg-a
        vpc vpc-2 10.21.0.0/16 2001:db8:21::/56
        igw igw-2
        table rtb-2: ::/0 igw-2
        subnet b 10.21.0.0/24 2001:db8:21::/64 table=rtb-2
        subnet c 10.21.1.0/24 2001:db8:21:1::/64 table=rtb-2
        sg sg-b in: all ::/0
        sg sg-b out: all ::/0
        eni peered b 10.21.0.10 2001:db8:21::10 groups=sg-b
        eni outside c 10.21.1.10 2001:db8:21:1::10 groups=sg-b
        peering pcx-1 vpc-1 vpc-2
    "]);
    let standing = Standing::up(&network);
    let (lab, marks) = (&standing.lab, &standing.lab.rules().marks);
    let mut prober = Prober::new(lab.topology(), lab.names()).unwrap();
    let mut outcome = |question| {
        let flow = testkit::question(&network, question).flow;
        let point = Connection { protocol: 6, client: 40000, server: 443, ..Connection::default() };
        let mut outcomes =
            verify(&network, lab.topology(), marks, &mut prober, &[Probe { flow, point }]).unwrap();
        outcomes.pop().unwrap()
    };
    assert!(matches!(outcome("shy.6 -> peered.6:tcp/443"), Outcome::Undecided(_)));
    for question in ["open.6 -> peered.6:tcp/443", "shy.6 -> outside.6:tcp/443"] {
        let outcome = outcome(question);
        assert!(matches!(outcome, Outcome::Agree { works: true, .. }), "{question}: {outcome:?}");
    }
}

/// Met between VPCs, with a VPC into which Block Public Access lets nothing. What a NAT gateway sends from inside leaves it
/// (S3.43), and the model took the same packet for one that starts inside where it comes in by the gateway again; the kernel
/// dropped it there. The model was wrong: in comes nothing but answers.
#[test]
fn what_leaves_by_a_nat_gateway_does_not_get_in_where_public_access_is_blocked() {
    if !possible("what_leaves_by_a_nat_gateway_does_not_get_in_where_public_access_is_blocked") {
        return;
    }
    let network = testkit::network(&["
        vpc vpc-1 10.20.0.0/16 bpa=ingress
        igw igw-1
        table rtb-pub: 0.0.0.0/0 igw-1
        table rtb-app: 0.0.0.0/0 nat-1
        subnet pub 10.20.0.0/24 table=rtb-pub
        subnet app 10.20.1.0/24 table=rtb-app
        nat nat-1 pub 10.20.0.30 public=198.51.100.30
        sg sg-a in: all 0.0.0.0/0
        sg sg-a out: all 0.0.0.0/0
        eni inside app 10.20.1.10 groups=sg-a
        eni public pub 10.20.0.10 public=198.51.100.10 groups=sg-a
        vpc vpc-2 10.21.0.0/16
        igw igw-2
        table rtb-2: 0.0.0.0/0 nat-2
        table rtb-3: 0.0.0.0/0 igw-2
        subnet app-2 10.21.0.0/24 table=rtb-2
        subnet pub-2 10.21.1.0/24 table=rtb-3
        nat nat-2 pub-2 10.21.1.30 public=198.51.100.31
        eni beside app-2 10.21.0.10 groups=sg-a
    "]);
    Standing::up(&network).expect(&[
        ("inside -> 203.0.113.9:udp/53", true),
        ("inside -> @public:udp/53", false),
        ("inside -> @public:tcp/80", false),
        ("beside -> @public:udp/53", false),
        ("beside -> @public:tcp/80", false),
    ]);
}

/// Met between VPCs, in IPv6. A transit gateway that carries references hands what is for another VPC back to the sender's
/// own, whose table sends it over the internet. References match over the transit gateway (S1.19); who comes by the internet
/// is known by its address, so they match if the VPCs are peered (S1.18) and not else. The lab looked at the gateway that the
/// sender asks and not at whom that hands it to. The lab was wrong.
#[test]
fn a_transit_gateway_carries_references_to_whom_it_hands_packets() {
    if !possible("a_transit_gateway_carries_references_to_whom_it_hands_packets") {
        return;
    }
    let network = |handed_to: &str, peering: &str| {
        let text = "
            vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
            igw igw-1
            table rtb-1: 2001:db8:21::/56 tgw-1
            table rtb-2: ::/0 igw-1
            subnet asks 10.20.1.0/24 2001:db8:20:1::/64 table=rtb-1
            subnet attached 10.20.2.0/24 2001:db8:20:2::/64 table=rtb-2
            sg sg-a out: all ::/0
            eni client asks 10.20.1.10 2001:db8:20:1::10 groups=sg-a
            vpc vpc-2 10.21.0.0/16 2001:db8:21::/56
            igw igw-2
            table rtb-3: 2001:db8:20::/56 tgw-1
            subnet q 10.21.0.0/24 2001:db8:21::/64 table=rtb-3
            sg sg-b in: udp 53 sg-a | udp 54 ::/0
            eni server q 10.21.0.10 2001:db8:21::10 groups=sg-b
            tgw tgw-1 sgref
            attachment at-1 tgw-1 vpc-1 subnets=attached ipv6
            attachment at-2 tgw-1 vpc-2 subnets=q ipv6
            tgwtable tgw-rtb-1 tgw-1 all assoc=at-1,at-2: 2001:db8:20::/56 at-1 | 2001:db8:21::/56 HANDED
            peering pcx-1 vpc-1 vpc-2 PEERING
        ";
        testkit::network(&[&text.replace("HANDED", handed_to).replace("PEERING", peering)])
    };
    for (handed_to, peering, refers) in
        [("at-2", "pending", true), ("at-1", "pending", false), ("at-1", "", true)]
    {
        Standing::up(&network(handed_to, peering))
            .expect(&[("client.6 -> server.6:udp/53", refers), ("client.6 -> server.6:udp/54", true)]);
    }
}
