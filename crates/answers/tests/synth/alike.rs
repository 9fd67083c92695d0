//! What is made alike has the same groups.

use super::*;

/// The nodes of a load balancer and what an Auto Scaling group starts, before a database.
fn makers() -> Network {
    testkit::network(&["
        vpc vpc-1 10.20.0.0/16
        igw igw-1
        table rtb-pub: 0.0.0.0/0 igw-1
        subnet pub-a 10.20.0.0/24 table=rtb-pub
        subnet pub-b 10.20.1.0/24 table=rtb-pub
        subnet app-a 10.20.2.0/24
        subnet app-b 10.20.3.0/24
        subnet db 10.20.4.0/24
        sg sg-old
        lb lb-1 application subnets=pub-a,pub-b groups=sg-old
        eni N1 pub-a 10.20.0.10 public=198.51.100.10 groups=sg-old elb=lb-1
        eni N2 pub-b 10.20.1.10 public=198.51.100.11 groups=sg-old elb=lb-1
        asg asg-web subnets=app-a,app-b groups=sg-old: i-1
        instance i-1
        eni W app-a 10.20.2.10 groups=sg-old instance=i-1
        eni D db 10.20.4.10 groups=sg-old
    "])
}

/// All nodes have the groups of their load balancer (S4.1), and every instance those of its launch template (S4.19):
/// lines that mean some of them give all of them one group, where that lets no more pass.
#[test]
fn what_is_made_alike_has_one_group() {
    let network = makers();
    let both = ["N1 -> D:5432", "N2 -> D:5432"];
    let found = of(&network, &both, Closeness::Full);
    assert!(found.proof.holds(), "{:?}", found.proof);
    let members: Vec<usize> = found.groups.iter().map(|planned| planned.members.len()).collect();
    assert_eq!(members, [2, 1], "{:#?}", table(&found));
    let found =
        of(&network, &["asg:asg-web -> D:5432", "D -> W:ssh", "D -> asg:asg-web:ssh"], Closeness::Full);
    assert!(found.proof.holds(), "{:?}", found.proof);
    let makers: Vec<usize> = found.groups.iter().map(|planned| planned.makers.len()).collect();
    assert_eq!(makers, [1, 0], "{:#?}", table(&found));
}

/// Where it would let more pass, there are no rules for it, and the lines are named. Lists may keep it closed.
#[test]
fn what_is_made_alike_cannot_be_parted() {
    let network = makers();
    let of_nodes: &[&str] = &["internet -> N1:443", "internet -> N2:443", "N1 -> D:5432"];
    let of_instances: &[&str] = &["asg:asg-web -> D:5432", "W -> D:ssh"];
    for (lines, maker, parting) in [
        (of_nodes, "the Application Load Balancer lb-1", 2),
        (of_instances, "the Auto Scaling group asg-web with the launch template lt-asg-web", 1),
    ] {
        let names = Names::new(&network, None);
        let found = synth(&names, &declared(lines), &[], options(Closeness::None)).map(|found| table(&found));
        let expected = Impossible::Alike { maker: maker.to_owned(), lines: vec![lines[parting].to_owned()] };
        assert_eq!(found, Err(vec![expected]), "{lines:?}");
        assert!(of(&network, lines, Closeness::Full).proof.undeclared.is_empty(), "{lines:?}");
    }
}
