//! Endpoints, and what answers beyond the export: S3.35, S3.36, S12.6, S12.8, S1.14, T73. No measured row turns on
//! prefix lists (S12): these tests carry them.

use crate::common::rows;

/// S3.36: an endpoint's interface is an end like others; S12.8: it answers its service's port and nothing else.
#[test]
fn s3_36_an_interface_endpoint() {
    let network = |group: &str| {
        format!(
            "
            vpc vpc-1 10.20.0.0/16
            subnet app 10.20.1.0/24 acl=acl-app
            subnet endpoints 10.20.4.0/24 acl=acl-e
            acl acl-app in: 100 allow all 0.0.0.0/0
            acl acl-app out: 100 allow all 0.0.0.0/0
            acl acl-e in: 100 allow all 0.0.0.0/0
            acl acl-e out: 100 allow all 0.0.0.0/0
            sg sg-web out: all 0.0.0.0/0
            eni W app 10.20.1.10 groups=sg-web
            endpoint vpce-1 service=com.amazonaws.eu-west-1.ssm interface enis=E groups=sg-e
            sg sg-e in: {group}
            eni E endpoints 10.20.4.9 groups=sg-e
            "
        )
    };
    // T73: the default group admits its own members.
    rows(&[&network("all sg-e")], &[("W -> E:tcp/443", "blocked: request sg-in E none")]);
    rows(
        &[&network("tcp 443 sg-web")],
        &[("W -> E:tcp/443", "allowed"), ("W -> E:tcp/80", "blocked: request sg-in E none")],
    );
    rows(
        &[&network("all 0.0.0.0/0")],
        &[
            ("W -> E:tcp/443", "allowed"),
            ("W -> E:tcp/80", "blocked: request endpoint vpce-1 not answered"),
            ("W -> E:udp/443", "blocked: request endpoint vpce-1 not answered"),
            ("W -> E:icmp/8/0", "blocked: request endpoint vpce-1 not answered"),
        ],
    );
    for (broken, blocker) in [
        ("acl-app out: 90 deny tcp 443 10.20.4.0/24", "request nacl-out acl-app 90"),
        ("acl-e in: 90 deny tcp 443 10.20.1.0/24", "request nacl-in acl-e 90"),
        ("acl-e out: 90 deny tcp 1024-65535 10.20.1.0/24", "reply nacl-out acl-e 90"),
        ("acl-app in: 90 deny tcp 1024-65535 10.20.4.0/24", "reply nacl-in acl-app 90"),
    ] {
        rows(
            &[&network("tcp 443 sg-web"), &format!("acl {broken}")],
            &[("W -> E:tcp/443", &format!("blocked: {blocker}"))],
        );
    }
}

/// S3.35: only the VPC's own hosts use a gateway endpoint; a list without the service's addresses leads nowhere.
#[test]
fn s3_35_no_peer_uses_a_gateway_endpoint() {
    let network = "
        peering pcx-1 vpc-1 vpc-2
        endpoint vpce-1 service=com.amazonaws.eu-west-1.s3
        pl pl-s3 name=com.amazonaws.eu-west-1.s3: 3.5.0.0/20
        vpc vpc-1 10.20.0.0/16
        table rtb-1 main: pl-s3 vpce-1 | 10.30.0.0/16 pcx-1
        subnet app 10.20.1.0/24
        sg sg-a out: tcp 443 pl-s3
        eni A app 10.20.1.10 groups=sg-a
        vpc vpc-2 10.30.0.0/16
        table rtb-2 main: pl-s3 pcx-1 | 10.20.0.0/16 pcx-1
        subnet b 10.30.1.0/24
        sg sg-b out: all 0.0.0.0/0
        eni B b 10.30.1.10 groups=sg-b
    ";
    rows(
        &[network],
        &[
            ("A -> 3.5.1.1:tcp/443", "allowed"),
            ("A -> 3.5.16.1:tcp/443", "blocked: request sg-out A none"),
            ("B -> 3.5.1.1:tcp/443", "blocked: request peering pcx-1 not transitive"),
        ],
    );
}

const BEYOND: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    vgw vgw-1
    vpn vpn-1 vgw-1 outside=198.51.100.200,198.51.100.201
    pl pl-s3 name=com.amazonaws.eu-west-1.s3: 3.5.0.0/20
    pl pl-own name=partners: 192.0.2.0/24
    table rtb-1 main: 0.0.0.0/0 igw-1
    subnet pub 10.20.0.0/24
    sg sg-web out: all 0.0.0.0/0
    eni W pub 10.20.0.10 public=198.51.100.10 groups=sg-web
";

/// S12.6: what lies beyond the export answers, except what is known not to.
#[test]
fn s12_06_what_answers_beyond_the_export() {
    let silent = "blocked: request host not answered";
    rows(
        &[BEYOND],
        &[
            ("W -> 203.0.113.9:tcp/5432", "allowed"),
            ("W -> 203.0.113.9:udp/53", "allowed"),
            // AWS's ends of tunnels.
            ("W -> 198.51.100.200:tcp/443", silent),
            ("W -> 198.51.100.201:tcp/22", silent),
            ("W -> 198.51.100.200:icmp/8/0", "allowed"),
            ("W -> 198.51.100.202:tcp/443", "allowed"),
            // AWS's own prefix lists.
            ("W -> 3.5.1.1:tcp/443", "allowed"),
            ("W -> 3.5.1.1:tcp/80", "allowed"),
            ("W -> 3.5.1.1:icmp/8/0", "allowed"),
            ("W -> 3.5.1.1:tcp/22", silent),
            ("W -> 3.5.1.1:udp/443", silent),
            ("W -> 3.5.16.1:tcp/22", "allowed"),
            // A customer's list says nothing of the kind.
            ("W -> 192.0.2.1:tcp/22", "allowed"),
        ],
    );
}

/// S1.14: a list as a peer of rules matches its entries, in its own family; without entries nothing.
#[test]
fn s1_14_prefix_lists_as_peers() {
    let rule = BEYOND.replace("sg sg-web out: all 0.0.0.0/0", "sg sg-web out: tcp 443 pl-own");
    let question = "W -> 192.0.2.1:tcp/443";
    rows(
        &[&rule],
        &[
            (question, "allowed"),
            ("W -> 192.0.2.1:tcp/80", "blocked: request sg-out W none"),
            ("W -> 203.0.113.9:tcp/443", "blocked: request sg-out W none"),
        ],
    );
    let empty = rule.replace("name=partners: 192.0.2.0/24", "name=partners:");
    rows(&[&empty], &[(question, "blocked: request sg-out W none")]);
    let other = rule.replace("name=partners: 192.0.2.0/24", "name=partners: ::/0");
    rows(&[&other], &[(question, "blocked: request sg-out W none")]);
    let unknown = rule.replace("name=partners: 192.0.2.0/24", "name=partners unknown");
    rows(&[&unknown], &[(question, "undecided: request sg-out W unknown")]);
}
