//! The design of seed 001 B: T75 to T77.

use engine::Verdict;

use crate::common::{ask, check, rows};

/// Seed 001 B: the tables of its groups and lists.
const SEED: &str = "
    vpc vpc-1 10.0.0.0/16
    igw igw-1
    table rtb-public: 0.0.0.0/0 igw-1
    table rtb-private
    subnet public-1 10.0.0.0/24 table=rtb-public acl=nacl-2 az=a
    subnet public-2 10.0.1.0/24 table=rtb-public acl=nacl-2 az=b
    subnet private-1 10.0.2.0/24 table=rtb-private acl=nacl-3 az=a
    subnet private-2 10.0.3.0/24 table=rtb-private acl=nacl-3 az=b
    acl nacl-2 in: 100 allow tcp 80 0.0.0.0/0 | 200 allow tcp 1024-65535 10.0.2.0/23
    acl nacl-2 out: 100 allow tcp 80 10.0.2.0/23 | 200 allow tcp 1024-65535 0.0.0.0/0
    acl nacl-3 in: 100 allow tcp 80 10.0.0.0/23
    acl nacl-3 out: 100 allow tcp 1024-65535 10.0.0.0/23
    sg sg-2 in: tcp 80 0.0.0.0/0
    sg sg-2 out: tcp 80 10.0.2.0/23
    lb lb-shop application subnets=public-1,public-2 groups=sg-2
    listener l-80 lb-shop tcp 80 tg-web
    tg tg-web tcp 80 instance health=8081: i-1 | i-2
    eni L1 public-1 10.0.0.20 public=198.51.100.1 elb=lb-shop groups=sg-2
    eni L2 public-2 10.0.1.20 public=198.51.100.2 elb=lb-shop groups=sg-2
    eni E1 private-1 10.0.2.10 instance=i-1 groups=sg-3
    eni E2 private-2 10.0.3.10 instance=i-2 groups=sg-3
    instance i-1
    instance i-2
";

const SEED_SG3: &str = "sg sg-3 in: tcp 80 sg-2";

#[test]
fn t75_the_tables_of_the_seed_are_consistent() {
    rows(
        &[SEED, SEED_SG3],
        &[
            ("203.0.113.9 -> @L1:tcp/80", "allowed"),
            ("203.0.113.9 -> @L2:tcp/80", "allowed"),
            ("L1 -> E1:tcp/80", "allowed"),
            ("L1 -> E2:tcp/80", "allowed"),
            // And open nothing else.
            ("203.0.113.9 -> @L1:tcp/443", "blocked: request nacl-in nacl-2 *"),
            ("L1 -> E1:tcp/22", "blocked: request sg-out L1 none"),
        ],
    );
}

/// S4.5: the check is a flow of its own; by the states that come of it, targets get traffic or none.
#[test]
fn t76_a_blocked_health_check() {
    let network = testkit::network(&[SEED, SEED_SG3]);
    let mut answer = ask(&network, "L1 -> E1:tcp/8081");
    assert_eq!(answer.verdict(), Verdict::Blocked);
    // The rule for replies to clients lets it out of the load balancer's subnets.
    let closed = ["request sg-out L1 none", "request nacl-in nacl-3 *", "request sg-in E1 none"];
    assert_eq!(answer.blockers(true), closed);
    let h = "203.0.113.9 -> @L1:tcp/80";
    let of = |states: &str| SEED.replace("i-1 | i-2", states) + "\nsg sg-3 in: tcp 80 sg-2";
    // The instance that is not healthy gets nothing, else all get it.
    let closed = "acl nacl-3 in: 50 deny tcp 80 10.0.0.0/24";
    check(&testkit::network(&[&of("i-1 unhealthy | i-2")]), h, "allowed");
    check(&testkit::network(&[&of("i-1 unhealthy | i-2 unhealthy")]), h, "allowed");
    check(
        &testkit::network(&[&of("i-1 unhealthy | i-2 unhealthy"), closed]),
        h,
        "blocked: request nacl-in nacl-3 50",
    );
    check(&testkit::network(&[&of("i-1 unused | i-2 draining")]), h, "blocked: request lb lb-shop no target");
}

#[test]
fn t77_the_load_balancers_address_is_in_its_own_subnet() {
    let network = testkit::network(&[SEED, "sg sg-3 in: tcp 80 10.0.2.0/23"]);
    check(&network, "203.0.113.9 -> @L1:tcp/80", "blocked: request sg-in E1 none, request sg-in E2 none");
    check(
        &testkit::network(&[SEED, "sg sg-3 in: tcp 80 10.0.0.0/23"]),
        "203.0.113.9 -> @L1:tcp/80",
        "allowed",
    );
}
