//! Gateway Load Balancer endpoints as targets of routes (S3.37, S4.17): W's ways to and from the internet lead through an
//! endpoint in a subnet of its own, both of them.

use engine::Network;
use testkit::{check, network};

const VPC: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-edge gateway=igw-1: 10.20.1.0/24 vpce-g
    table rtb-w: 0.0.0.0/0 vpce-g
    table rtb-e: 0.0.0.0/0 igw-1
    subnet w 10.20.1.0/24 table=rtb-w
    subnet e 10.20.2.0/24 table=rtb-e acl=acl-e
    subnet g 10.20.3.0/24
    subnet f 10.20.4.0/24 acl=acl-f
    sg sg-w in: tcp 443 0.0.0.0/0
    sg sg-w out: all 0.0.0.0/0
    eni W w 10.20.1.10 public=198.51.100.10 groups=sg-w
    eni E e 10.20.2.10 type=gateway_load_balancer_endpoint
    eni N g 10.20.3.10 elb=lb-g
    instance i-fw
    eni F f 10.20.4.10 groups=sg-f instance=i-fw
    lb lb-g gateway internal subnets=g
    tg tg-g geneve 6081 instance: i-fw healthy
    listener l-g lb-g geneve 6081 tg-g
    service vpce-svc-1 com.example.fw lb-g
    endpoint vpce-g service=com.example.fw gwlb enis=E
";

const OPEN: &str = "
    sg sg-f in: udp 6081 10.20.3.0/24
    acl acl-e in: 100 allow all 0.0.0.0/0
    acl acl-e out: 100 allow all 0.0.0.0/0
    acl acl-f in: 100 allow all 0.0.0.0/0
    acl acl-f out: 100 allow all 0.0.0.0/0
";

fn with(pieces: &str) -> Network {
    network(&[VPC, pieces])
}

#[test]
fn s3_37_both_directions_pass_the_appliances_of_one_load_balancer() {
    let net = with(OPEN);
    check(&net, "W -> 203.0.113.9:tcp/443", "allowed");
    check(&net, "203.0.113.9 -> @W:tcp/443", "allowed");
    check(&net, "203.0.113.9 -> @W:tcp/22", "blocked: request sg-in W none");
}

#[test]
fn s3_37_the_list_of_the_endpoints_subnet_judges_what_passes() {
    let closed =
        OPEN.replace("acl acl-e in: 100 allow all 0.0.0.0/0", "acl acl-e in: 100 deny tcp 443 0.0.0.0/0");
    check(&with(&closed), "203.0.113.9 -> @W:tcp/443", "blocked: request nacl-in acl-e 100");
    // On the way out it is crossed from W, into the endpoint and out of it.
    let closed =
        OPEN.replace("acl acl-e out: 100 allow all 0.0.0.0/0", "acl acl-e out: 100 allow tcp 80 0.0.0.0/0");
    check(&with(&closed), "W -> 203.0.113.9:tcp/443", "blocked: request nacl-out acl-e *");
}

#[test]
fn s4_17_appliances_have_to_admit_geneve() {
    let refused = OPEN.replace("udp 6081 10.20.3.0/24", "udp 6081 10.20.9.0/24");
    let text = "blocked: request lb lb-g geneve";
    check(&with(&refused), "W -> 203.0.113.9:tcp/443", text);
    let list = OPEN.replace("acl acl-f in: 100 allow all", "acl acl-f in: 100 deny udp 6081");
    check(&with(&list), "W -> 203.0.113.9:tcp/443", text);
}

#[test]
fn s4_13_without_targets_nothing_passes() {
    let net = network(&[&VPC.replace("i-fw healthy", "i-fw unused"), OPEN]);
    check(&net, "W -> 203.0.113.9:tcp/443", "blocked: request lb lb-g no target");
}

#[test]
fn s3_37_what_is_behind_a_service_of_others_is_not_known() {
    let net = network(&[&VPC.replace("service vpce-svc-1 com.example.fw lb-g", ""), OPEN]);
    check(&net, "W -> 203.0.113.9:tcp/443", "undecided: request unmodelled vpce-g unknown");
}
