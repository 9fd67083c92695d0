use std::sync::Arc;

use answers::ends::Names;
use answers::intent::Tested;
use answers::question;
use answers::synth::{Declared, Options, Synthesis, synth};
use engine::Network;
use serde_json::Value;

use super::cloudformation::NOTHING;
use super::*;

/// Two interfaces, one with both families, behind a group without rules.
fn network() -> Network {
    testkit::network(&["
        vpc vpc-1 10.0.0.0/16 2001:db8:1::/56
        igw igw-1
        subnet subnet-a 10.0.0.0/24 2001:db8:1:1::/64 table=rtb-1
        subnet subnet-b 10.0.1.0/24
        table rtb-1: 0.0.0.0/0 igw-1 | ::/0 igw-1
        sg sg-old
        eni eni-app subnet-a 10.0.0.10 2001:db8:1:1::10 groups=sg-old
        eni eni-db subnet-b 10.0.1.10 groups=sg-old
    "])
}

fn declared() -> Vec<Declared> {
    let line = |text: &str, why: &str| Declared {
        id: text.into(),
        question: question::parse(text).unwrap(),
        why: Some(why.into()),
        profiles: Arc::default(),
    };
    vec![
        line("internet6 -> eni:eni-app:443", "visitors; it's \"$(reboot)\" `x`\n${y}"),
        line("eni:eni-app -> eni:eni-db:icmp/echo", "is it there?"),
    ]
}

fn with(test: impl FnOnce(&Synthesised<'_>)) {
    let (before, declared, tested) = (network(), declared(), Tested::default());
    let found: Synthesis = synth(&Names::new(&before, None), &declared, &[], Options::default()).unwrap();
    assert!(found.proof.holds(), "{:?}", found.proof);
    test(&Synthesised {
        before: &before,
        to_be: false,
        declared: &declared,
        found: &found,
        tested: &tested,
        notes: &[],
    });
}

/// A type and a code of ICMP stand where ports would (S1.6), and a list has fields of their own for them.
#[test]
fn templates_have_types_and_both_families() {
    with(|shown| {
        let template: Value = serde_json::from_str(&synth_cloudformation(shown).unwrap()).unwrap();
        let of_type = |name: &str| -> Vec<&Value> {
            let all = template["Resources"].as_object().unwrap().values();
            all.filter(|resource| resource["Type"] == format!("AWS::EC2::{name}")).collect()
        };
        let [app, db] = of_type("SecurityGroup")[..] else { panic!("{template:#}") };
        let ingress = &app["Properties"]["SecurityGroupIngress"][0];
        assert_eq!((&ingress["CidrIpv6"], &ingress["FromPort"]), (&Value::from("::/0"), &Value::from(443)));
        // Rules between groups stand apart, and a group without others still needs one of its own (S9.23).
        for group in [app, db] {
            assert_eq!(group["Properties"]["SecurityGroupEgress"][0]["CidrIp"], NOTHING, "{group:#}");
        }
        let [egress] = of_type("SecurityGroupEgress")[..] else { panic!("{template:#}") };
        let properties = &egress["Properties"];
        assert_eq!(
            (&properties["IpProtocol"], &properties["FromPort"]),
            (&Value::from("icmp"), &Value::from(8))
        );
        assert_eq!(properties["ToPort"], 0);
        assert!(properties["DestinationSecurityGroupId"]["Fn::GetAtt"].is_array(), "{properties:#}");
        let entries = of_type("NetworkAclEntry");
        let echo = entries.iter().find(|entry| entry["Properties"]["Icmp"]["Type"] == 8).unwrap();
        assert_eq!(
            (&echo["Properties"]["Protocol"], &echo["Properties"]["Icmp"]["Code"]),
            (&Value::from(1), &Value::from(0))
        );
        assert!(entries.iter().any(|entry| entry["Properties"]["Ipv6CidrBlock"] == "::/0"), "{entries:#?}");
        let waits = |association: &&Value| !association["DependsOn"].as_array().unwrap().is_empty();
        assert!(of_type("SubnetNetworkAclAssociation").iter().all(waits));
    });
}

/// First what lets pass, then what has it; and first beside the old groups, then alone.
#[test]
fn scripts_cut_nothing_on_the_way() {
    with(|shown| {
        let script = synth_aws_cli(shown);
        let lines: Vec<&str> = script.lines().skip_while(|line| !line.starts_with("# The groups")).collect();
        let first = |word: &str| lines.iter().position(|line| line.contains(word)).unwrap();
        let last = |word: &str| lines.iter().rposition(|line| line.contains(word)).unwrap();
        assert!(last("authorize-") < first("modify-network-interface-attribute"));
        assert!(last("create-network-acl-entry") < first("guard subnet-"));
        let given = lines.iter().filter(|line| line.contains("modify-network-interface-attribute"));
        let beside: Vec<bool> = given.map(|line| line.contains("sg-old")).collect();
        assert_eq!(beside, [true, true, false, false], "{script}");
    });
}

/// What people write goes into descriptions as AWS takes it (S1.2), and nowhere else.
#[test]
fn words_of_people_run_nothing() {
    with(|shown| {
        for text in [synth_aws_cli(shown), synth_terraform(shown)] {
            for line in text.lines().filter(|line| line.contains("reboot")) {
                assert!(!line.contains('`') && !line.contains("\"$(") && !line.contains("it's"), "{line}");
            }
        }
        assert!(synth_terraform(shown).contains("$${y}"));
    });
    assert_eq!(comment("web\nrm -r ~"), "web rm -r ~");
}
