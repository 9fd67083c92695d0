//! With the real AWS CLI, and moto in the place of AWS: shapes and ids that no stand-in makes up.

use crate::emulator::{Moto, credentials, has};
use crate::{Stage, error, portcullis, text};

#[test]
fn what_the_aws_cli_says_about_an_emulator_can_be_explained() {
    if !has("what_the_aws_cli_says_about_an_emulator_can_be_explained", &["aws", "moto_server"]) {
        return;
    }
    let stage = Stage::new();
    let moto = Moto::start(&stage.path("moto.log"));
    let vpc = moto.aws("ec2 create-vpc --cidr-block 10.20.0.0/16", "Vpc.VpcId");
    let subnet = |cidr: &str, zone: &str| {
        let line = format!(
            "ec2 create-subnet --vpc-id {vpc} --cidr-block {cidr} --availability-zone eu-west-1{zone}"
        );
        moto.aws(&line, "Subnet.SubnetId")
    };
    let (a, b) = (subnet("10.20.0.0/24", "a"), subnet("10.20.1.0/24", "b"));
    let group = moto.aws(
        &format!("ec2 create-security-group --vpc-id {vpc} --group-name web --description web"),
        "GroupId",
    );
    moto.aws(
        &format!("ec2 authorize-security-group-ingress --group-id {group} --protocol tcp --port 443 --cidr 10.20.0.0/16"),
        "Return",
    );
    let instance = |subnet: &str, name: &str| {
        let tag = format!("ResourceType=instance,Tags=[{{Key=Name,Value={name}}}]");
        let line = format!(
            "ec2 run-instances --image-id ami-12345678 --subnet-id {subnet} --security-group-ids {group} --tag-specifications {tag}"
        );
        moto.aws(&line, "Instances[0].InstanceId")
    };
    let web = instance(&a, "web-1");
    instance(&b, "app-1");
    let address = moto.aws("ec2 allocate-address --domain vpc", "AllocationId");
    moto.aws(
        &format!("ec2 create-nat-gateway --subnet-id {a} --allocation-id {address}"),
        "NatGateway.NatGatewayId",
    );
    let balancer = moto.aws(
        &format!("elbv2 create-load-balancer --name shop --subnets {a} {b} --security-groups {group}"),
        "LoadBalancers[0].LoadBalancerArn",
    );
    let targets = moto.aws(
        &format!("elbv2 create-target-group --name web --protocol HTTP --port 80 --vpc-id {vpc}"),
        "TargetGroups[0].TargetGroupArn",
    );
    moto.aws(&format!("elbv2 register-targets --target-group-arn {targets} --targets Id={web}"), "x");
    moto.aws(
        &format!(
            "elbv2 create-listener --load-balancer-arn {balancer} --protocol HTTP --port 80 --default-actions Type=forward,TargetGroupArn={targets}"
        ),
        "Listeners[0].ListenerArn",
    );
    let data = format!("{{\"UserData\":\"c2VjcmV0\",\"SecurityGroupIds\":[\"{group}\"]}}");
    moto.aws(
        &format!("ec2 create-launch-template --launch-template-name web --launch-template-data {data}"),
        "x",
    );

    let mut command = portcullis();
    command.args(["snapshot", "--endpoint-url", &moto.endpoint, "--region", "eu-west-1", "-o"]);
    let run = credentials(&mut command).arg(stage.path("export")).output().unwrap();
    let said = error(&run);
    // moto does not know every call; that is named, and stops nothing.
    assert!(matches!(run.status.code(), Some(0 | 1)), "{said}");
    assert!(!said.contains("Unknown options") && !said.contains("Bad value for --query"), "{said}");
    let files = stage.files("export").join("\n");
    for (id, folder) in [
        (&balancer, "elbv2-describe-listeners"),
        (&targets, "elbv2-describe-target-health"),
        (&targets, "elbv2-describe-target-group-attributes"),
    ] {
        let name = id.rsplit(':').next().unwrap().replace('/', "-");
        assert!(
            files.contains(&format!("123456789012/eu-west-1/{folder}/{name}.json")),
            "{folder}: {files}\n{said}"
        );
    }
    for call in ["describe-nat-gateways", "describe-vpn-connections", "describe-launch-template-versions/lt-"]
    {
        assert!(files.contains(call), "{call}: {files}\n{said}");
    }
    for file in files.lines().filter(|file| file.contains("describe-launch-template-versions/")) {
        let answer = std::fs::read_to_string(stage.path("export").join(file)).unwrap();
        assert!(answer.contains(&group) && !answer.contains("c2VjcmV0"), "{answer}");
    }

    let explained = |question: &str| {
        portcullis().args(["explain", question, "-i"]).arg(stage.path("export")).output().unwrap()
    };
    let works = explained("app-1 -> web-1:443");
    assert_eq!(works.status.code(), Some(0), "{}{}", text(&works), error(&works));
    let blocked = explained("app-1 -> web-1:80");
    assert_eq!(blocked.status.code(), Some(1), "{}{}", text(&blocked), error(&blocked));
}
