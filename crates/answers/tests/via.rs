//! `via X` and `not via X`: only what takes such a way counts.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

use answers::explain::{Explainer, Explanation, Options};
use answers::question::{self, QuestionError};
use engine::{Network, Verdict};
use model::Change;

fn ask(network: &Network, question: &str) -> Result<Explanation, QuestionError> {
    let options = Options { fix: true, ..Options::default() };
    let question = question::parse(question).unwrap();
    Explainer::new(network, None, options).explain(&question)
}

fn explain(network: &Network, question: &str) -> Explanation {
    ask(network, question).unwrap_or_else(|error| panic!("{question}: {error:?}"))
}

/// Verdicts of questions, one a row.
fn check(network: &Network, rows: &[(&str, Verdict)]) {
    for (question, verdict) in rows {
        let answer = explain(network, question);
        assert_eq!(answer.verdict, *verdict, "{question}: {:?}", answer.reasons);
        let other_way = answer.reasons.iter().any(|reason| reason.contains("another way"));
        assert_eq!(other_way, *verdict != Verdict::Allowed, "{question}: {:?}", answer.reasons);
    }
}

const OUT: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    table rtb-app: 0.0.0.0/0 nat-1
    subnet pub 10.20.0.0/24 table=rtb-pub
    subnet app 10.20.1.0/24 table=rtb-app
    nat nat-1 pub 10.20.0.30 public=198.51.100.30
    nat nat-spare pub 10.20.0.31 public=198.51.100.31
    eni A app 10.20.1.10 groups=sg-app
    sg sg-app out: all 0.0.0.0/0
";

#[test]
fn over_a_nat_gateway_or_not() {
    let network = testkit::network(&[OUT]);
    check(
        &network,
        &[
            ("A -> internet:443 via nat-1", Verdict::Allowed),
            // A NAT gateway sends on by the internet gateway (S3.21): the way passes both.
            ("A -> internet:443 via igw-1", Verdict::Allowed),
            ("A -> internet:443 via (nat-1 & igw-1)", Verdict::Allowed),
            ("A -> internet:443 via nat:nat-*", Verdict::Allowed),
            ("A -> internet:443 via nat-spare", Verdict::Blocked),
            ("A -> internet:443 via (nat-1 | nat-spare)", Verdict::Allowed),
            ("A -> internet:443 via (nat:* - nat-1)", Verdict::Blocked),
            ("A -> internet:443 not via nat-1", Verdict::Blocked),
            ("A -> internet:443 not via nat-spare", Verdict::Allowed),
            ("A -> internet:443 via igw-1 not via nat-1", Verdict::Blocked),
        ],
    );
}

/// Parts of the destinations over each: only their share counts.
#[test]
fn the_share_of_what_takes_the_way() {
    let halves = OUT.replace(
        "table rtb-app: 0.0.0.0/0 nat-1",
        "table rtb-app: 0.0.0.0/0 nat-1 | 203.0.113.128/25 nat-spare",
    );
    let network = testkit::network(&[&halves]);
    for question in ["A -> 203.0.113.0/24:443 via nat-1", "A -> 203.0.113.0/24:443 not via nat-spare"] {
        let answer = explain(&network, question);
        assert_eq!(answer.verdict, Verdict::Partial, "{question}");
        assert!((answer.share - 0.5).abs() < 1e-9, "{question}: {}", answer.share);
    }
    assert_eq!(explain(&network, "A -> 203.0.113.0/24:443").verdict, Verdict::Allowed);
}

const TWO_VPCS: &str = "
    vpc vpc-1 10.20.0.0/16
    table rtb-app: 10.30.0.0/16 pcx-1
    subnet app 10.20.1.0/24 table=rtb-app az=az1
    eni A app 10.20.1.10 groups=sg-app
    sg sg-app out: all 0.0.0.0/0
    vpc vpc-2 10.30.0.0/16
    table rtb-db: 10.20.0.0/16 pcx-1
    subnet db 10.30.1.0/24 table=rtb-db az=az1
    eni D db 10.30.1.10 groups=sg-db
    sg sg-db in: tcp 5432 10.20.0.0/16
    peering pcx-1 vpc-1 vpc-2
    tgw tgw-1
    attachment tgw-attach-a tgw-1 vpc-1 subnets=app
    attachment tgw-attach-b tgw-1 vpc-2 subnets=db
    tgwtable hub tgw-1 all assoc=tgw-attach-a,tgw-attach-b propagate=tgw-attach-a,tgw-attach-b: 10.20.0.0/16 tgw-attach-a propagated | 10.30.0.0/16 tgw-attach-b propagated
";

#[test]
fn by_peering_or_by_transit_gateway() {
    check(
        &testkit::network(&[TWO_VPCS]),
        &[
            ("A -> D:5432 via pcx-1", Verdict::Allowed),
            ("A -> D:5432 not via pcx-1", Verdict::Blocked),
            ("A -> D:5432 via tgw-1", Verdict::Blocked),
            ("A -> D:5432 not via tgw:*", Verdict::Allowed),
        ],
    );
    check(
        &testkit::network(&[&TWO_VPCS.replace("/16 pcx-1", "/16 tgw-1")]),
        &[
            ("A -> D:5432 via tgw-1", Verdict::Allowed),
            ("A -> D:5432 via tgw-attach-b", Verdict::Allowed),
            ("A -> D:5432 not via tgw-1", Verdict::Blocked),
            ("A -> D:5432 via pcx:*", Verdict::Blocked),
        ],
    );
}

#[test]
fn through_a_load_balancer_or_an_appliance() {
    let network = testkit::network(&["
        vpc vpc-1 10.20.0.0/16
        table rtb-app: 10.20.2.0/24 eni-fw
        table rtb-db: 10.20.1.0/24 eni-fw
        subnet app 10.20.1.0/24 table=rtb-app
        subnet db 10.20.2.0/24 table=rtb-db
        subnet fw 10.20.5.0/24
        instance i-db
        instance i-fw
        eni A app 10.20.1.10 groups=sg-all
        eni D db 10.20.2.10 instance=i-db groups=sg-all
        eni eni-fw fw 10.20.5.5 instance=i-fw groups=sg-all forwards
        sg sg-all in: all 0.0.0.0/0
        sg sg-all out: all 0.0.0.0/0
        lb lb-1 network internal subnets=fw
        eni N fw 10.20.5.20 elb=lb-1
        listener l-1 lb-1 tcp 443 tg-1
        tg tg-1 tcp 3306 instance: i-db
    "]);
    check(
        &network,
        &[
            ("A -> D:3306 via eni-fw", Verdict::Allowed),
            ("A -> D:3306 via i:i-fw", Verdict::Allowed),
            ("A -> D:3306 not via i-fw", Verdict::Blocked),
            ("A -> D:3306 via lb:lb-1", Verdict::Blocked),
            ("A -> lb:lb-1:443 via lb:lb-1", Verdict::Allowed),
            ("A -> lb:lb-1:443 not via i-fw", Verdict::Allowed),
        ],
    );
}

/// What is no device, or is called nothing, is an error at its place.
#[test]
fn names_of_no_device_are_refused() {
    let network = testkit::network(&[OUT]);
    let refused = |question: &str| ask(&network, question).err().unwrap_or_else(|| panic!("{question}"));
    for (question, word, help) in [
        ("A -> internet:443 via nat-2", "nat-2", "did you mean `nat-1`?"),
        ("A -> internet:443 not via igw-l", "igw-l", "did you mean `igw-1`?"),
        // A group is there, and nothing passes it.
        ("A -> internet:443 via nowhere-near", "nowhere-near", "name a gateway, a load balancer"),
        ("A -> internet:443 via sg:sg-app", "sg:sg-app", "name a gateway, a load balancer"),
        ("A -> internet:443 via (nat-1 | pcx:none)", "pcx:none", "name a gateway, a load balancer"),
    ] {
        let error = refused(question);
        assert_eq!(question.get(error.span.clone()), Some(word), "{error:?}");
        assert!(error.message.contains("no device that a way can pass"), "{error:?}");
        assert!(error.help.as_deref().is_some_and(|text| text.starts_with(help)), "{error:?}");
    }
}

/// Rules do not choose ways: a fix that opens them is no fix of a way that routes do not take.
#[test]
fn no_fix_is_proved_on_another_way() {
    let closed = TWO_VPCS.replace("sg sg-db in: tcp 5432 10.20.0.0/16", "sg sg-db");
    let network = testkit::network(&[&closed]);
    let by_peering = explain(&network, "A -> D:5432 via pcx-1").fix.unwrap();
    let changes: Vec<_> = by_peering.changes.iter().map(Change::to_string).collect();
    assert!(by_peering.proved);
    assert_eq!(changes, ["sg-db in  + allow tcp 5432 from sg-app"]);
    let by_gateway = explain(&network, "A -> D:5432 via tgw-1").fix.unwrap();
    assert!(!by_gateway.proved, "{by_gateway:?}");
    // Nor where nothing but the way is wrong; that routes would have to change is said.
    let open = testkit::network(&[TWO_VPCS]);
    let fix = explain(&open, "A -> D:5432 via tgw-1").fix.unwrap();
    assert!(!fix.proved && fix.changes.is_empty(), "{fix:?}");
    assert!(fix.advice.iter().any(|advice| advice.contains("route")), "{fix:?}");
}
