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
