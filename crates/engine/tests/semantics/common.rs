//! What the rows of S10 stand on: a VPC with a public subnet, an application subnet behind a NAT gateway and a
//! database subnet, W in the public one.

pub(crate) use testkit::{ask, check};

/// Notation of S10. The list `acl-pub` has only its final denies until a piece adds entries.
pub(crate) const VPC: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    table rtb-app: 0.0.0.0/0 nat-1
    table rtb-db
    subnet pub 10.20.0.0/24 table=rtb-pub acl=acl-pub
    subnet app 10.20.1.0/24 table=rtb-app
    subnet db 10.20.2.0/24 table=rtb-db
    eni W pub 10.20.0.10 public=198.51.100.10 groups=sg-web
";

/// The same with IPv6.
pub(crate) const VPC6: &str = "
    vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1 | ::/0 igw-1
    subnet pub 10.20.0.0/24 2001:db8:20::/64 table=rtb-pub acl=acl-pub
    subnet app 10.20.1.0/24 2001:db8:20:1::/64 table=rtb-pub
    eni W pub 10.20.0.10 2001:db8:20::10 public=198.51.100.10 groups=sg-web
";

/// `NACL open`.
pub(crate) const OPEN: &str = "
    acl acl-pub in: 100 allow all 0.0.0.0/0
    acl acl-pub out: 100 allow all 0.0.0.0/0
";

/// `NACL open` for IPv6.
pub(crate) const OPEN6: &str = "
    acl acl-pub in: 101 allow all ::/0
    acl acl-pub out: 101 allow all ::/0
";

/// A group that admits everything.
pub(crate) const SG_OPEN: &str = "
    sg sg-web in: all 0.0.0.0/0 | all ::/0
    sg sg-web out: all 0.0.0.0/0 | all ::/0
";

/// `SG open-out`.
pub(crate) const OPEN_OUT: &str = "sg sg-web out: all 0.0.0.0/0";

/// Rows of a table: questions and what is said of them, all about one network.
#[track_caller]
pub(crate) fn rows(pieces: &[&str], questions: &[(&str, &str)]) {
    let network = testkit::network(pieces);
    for (question, expected) in questions {
        check(&network, question, expected);
    }
}

/// Which share of what is asked works: `50.79 %`.
#[track_caller]
pub(crate) fn share(network: &engine::Network, question: &str) -> String {
    let answer = ask(network, question);
    let (works, asked) = (answer.judgement.works, answer.judgement.asked);
    format!("{:.2} %", 100.0 * answer.sets.count(works) / answer.sets.count(asked))
}

/// What becomes of the connections of a question that are open in `before` when the network becomes `after`.
#[track_caller]
pub(crate) fn fate(before: &engine::Network, after: &engine::Network, question: &str) -> &'static str {
    let mut answer = ask(before, question);
    assert_eq!(answer.line(), "allowed", "{question} has to work before");
    let flow = ask(after, question).question.flow;
    let fate = engine::fate(before, &answer.judgement, after, &flow, &mut answer.sets);
    match (fate.continues == space::Set::EMPTY, fate.cut == space::Set::EMPTY) {
        (false, true) => "goes on",
        (true, false) => "cut",
        _ => "some of both",
    }
}

/// Whether the groups that a question's request meets first at an interface keep track of it.
#[track_caller]
pub(crate) fn tracking(network: &engine::Network, question: &str, interface: &str) -> &'static str {
    let answer = ask(network, question);
    let interface = network.model().network_interfaces.ix(interface);
    let hops = answer.judgement.trips.iter().flat_map(|trip| &trip.request.hops);
    let mut here = hops.filter(|hop| match hop.checkpoint {
        engine::Checkpoint::SecurityGroups { interface: at, .. } => Some(at) == interface,
        _ => false,
    });
    let hop = here.next().unwrap();
    assert_ne!(hop.crossing.passed, space::Set::EMPTY, "{question} has to be admitted");
    match hop.untracked {
        space::Set::EMPTY => "tracked",
        part if part == hop.crossing.passed => "untracked",
        _ => "some of both",
    }
}
