//! With the real AWS CLI, and moto in the place of AWS: shapes and ids that no stand-in makes up.
//!
//! moto is a control plane without packets, so what it holds is collected and explained, and no answer about filtering
//! is taken from it. [.ci/run](../../../../.ci/run) installs both.

use std::fs::File;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Stage, error, portcullis, text};

/// The emulator: it ends with this.
struct Moto {
    process: Child,
    endpoint: String,
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Moto {
    fn start(log: &Path) -> Moto {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("moto_server");
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stdin(Stdio::null());
        let log = File::create(log).unwrap();
        let process = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let moto = Moto { process, endpoint: format!("http://127.0.0.1:{port}") };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(60), "moto_server does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        moto
    }

    /// A call of the AWS CLI; what `--query` takes of its answer.
    fn aws(&self, line: &str, query: &str) -> String {
        let mut command = Command::new("aws");
        credentials(&mut command).args(["--endpoint-url", &self.endpoint, "--region", "eu-west-1"]);
        command.args(line.split(' ')).args(["--query", query, "--output", "text"]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{line}: {}", error(&output));
        text(&output).trim().to_owned()
    }
}

/// Credentials of nobody, and nothing of whoever runs the tests.
fn credentials(command: &mut Command) -> &mut Command {
    for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN"] {
        command.env_remove(name);
    }
    command
        .env("AWS_ACCESS_KEY_ID", "testing")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_MAX_ATTEMPTS", "1")
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[test]
fn what_the_aws_cli_says_about_an_emulator_can_be_explained() {
    for program in ["aws", "moto_server"] {
        if !is_installed(program) {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "no {program} on the PATH; .ci/run installs it"
            );
            // Past the test harness, which shows only what failing tests print.
            let skipped = "skipped: what_the_aws_cli_says_about_an_emulator_can_be_explained";
            writeln!(std::io::stderr(), "{skipped} needs {program}, which .ci/run installs").unwrap();
            return;
        }
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
