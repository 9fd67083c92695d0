//! NAT64: IPv6 clients reach IPv4 through a NAT gateway (S3.26). 203.0.113.9 is 64:ff9b::cb00:7109.

use engine::Network;
use testkit::{check, network};

/// An IPv6 client in `app`, a NAT gateway in `pub`; lists as given.
fn with(lists: &str) -> Network {
    network(&[
        "vpc vpc-1 10.20.0.0/16 2001:db8::/56
         igw igw-1
         table rtb-pub: 0.0.0.0/0 igw-1
         table rtb-app: 64:ff9b::/96 nat-1 | ::/0 igw-1
         subnet pub 10.20.0.0/24 table=rtb-pub acl=acl-pub
         subnet app 10.20.1.0/24 2001:db8::/64 table=rtb-app acl=acl-app
         sg sg-out out: all 64:ff9b::/96
         nat nat-1 pub 10.20.0.30 public=198.51.100.30
         eni A app 10.20.1.10 2001:db8::10 groups=sg-out",
        lists,
    ])
}

const OPEN: &str = "acl acl-pub in: 100 allow all 0.0.0.0/0 | 110 allow all ::/0
    acl acl-pub out: 100 allow all 0.0.0.0/0 | 110 allow all ::/0
    acl acl-app in: 100 allow all ::/0
    acl acl-app out: 100 allow all ::/0";

#[test]
fn s3_26_tcp_and_udp_reach_the_address_that_is_embedded() {
    let net = with(OPEN);
    check(&net, "A.6 -> 64:ff9b::cb00:7109:tcp/443", "allowed");
    check(&net, "A.6 -> 64:ff9b::cb00:7109:udp/53", "allowed");
}

#[test]
fn s3_26_private_addresses_stay_out_of_reach() {
    // 10.99.0.1: behind the gateway it is an IPv4 packet to a private address (S12.10).
    check(&with(OPEN), "A.6 -> 64:ff9b::a63:1:tcp/443", "blocked: request igw-out private destination");
}

#[test]
fn s3_26_lists_behind_the_gateway_see_ipv4_and_those_before_it_ipv6() {
    let lists = |inner: &str, outer: &str| {
        with(&format!(
            "acl acl-pub in: 90 deny tcp 1024-65535 {outer} | 100 allow all 0.0.0.0/0 | 110 allow all ::/0
             acl acl-pub out: 100 allow all 0.0.0.0/0 | 110 allow all ::/0
             acl acl-app in: 90 deny tcp 1024-65535 {inner} | 100 allow all ::/0
             acl acl-app out: 100 allow all ::/0"
        ))
    };
    let question = "A.6 -> 64:ff9b::cb00:7109:tcp/443";
    check(&lists("2001:db8:1::/48", "203.0.113.9/32"), question, "blocked: reply nacl-in acl-pub 90");
    check(&lists("64:ff9b::cb00:7109/128", "192.0.2.0/24"), question, "blocked: reply nacl-in acl-app 90");
    check(&lists("2001:db8:1::/48", "192.0.2.0/24"), question, "allowed");
    // The list of the gateway's subnet sees the request's IPv6 source.
    check(&lists("2001:db8:1::/48", "64:ff9b::/96"), question, "allowed");
}

#[test]
fn s3_26_icmp_is_not_decided() {
    check(&with(OPEN), "A.6 -> 64:ff9b::cb00:7109:icmpv6/128/0", "undecided: request nat nat-1 unknown");
}
