//! What `synth` prints, taken by the tools that it is for: the AWS CLI and Terraform make it in an emulator, from which
//! it is read back and tested; cfn-lint reads the template.
//!
//! Where moto is not AWS: its load balancers have no interfaces, so that stand-ins take their place; it lists no final
//! deny of new lists; and it filters nothing, so that what passes is what portcullis says of what was read back. Its
//! CloudFormation knows neither network ACLs nor outbound rules in resources of their own: templates are not deployed.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

#[path = "../emulator/mod.rs"]
mod emulator;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use emulator::{Moto, credentials, has, skip};
use serde_json::Value;
use tempfile::TempDir;

/// Three tiers, of which nothing is said by the groups' names: these change.
const INTENT: &str = "\
version: 1
names:
  lb: lb:shop
  web: i:web-*
  db: i:db-*
allow:
  - internet -> lb:80    # why: visitors, pages & pictures
  - lb -> web:80         # why: pages and health checks
  - web -> db:mysql      # why: orders (and returns)
  - 203.0.113.0/24 -> web:ssh    # why: repairs
deny:
  - { flow: \"internet -> db\", layers: 2 }
closed: [lb, web, db]
";

/// A network in an emulator, and what `synth` is asked about it.
struct Stage {
    folder: TempDir,
    moto: Moto,
}

impl Stage {
    fn new() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let moto = Moto::start(&folder.path().join("moto.log"));
        build(&moto);
        std::fs::write(folder.path().join("portcullis.yaml"), INTENT).unwrap();
        let stage = Stage { folder, moto };
        stage.snapshot("before");
        assert_eq!(stage.test("before").status.code(), Some(1), "the new network has open groups");
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Reads the network back.
    fn snapshot(&self, name: &str) {
        let mut command = portcullis();
        command.args([
            "snapshot",
            "--endpoint-url",
            &self.moto.endpoint,
            "--region",
            "eu-west-1",
            "--force",
            "-o",
        ]);
        let output = credentials(&mut command).arg(self.path(name)).output().unwrap();
        // moto does not know every call; that is named, and stops nothing.
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", said(&output));
    }

    fn test(&self, name: &str) -> Output {
        let intent = self.path("portcullis.yaml");
        portcullis().args(["test", "-q", "-i"]).arg(self.path(name)).arg(intent).output().unwrap()
    }

    fn synth(&self, format: &str) -> String {
        self.synth_with(format, &[])
    }

    fn synth_with(&self, format: &str, options: &[&str]) -> String {
        let mut command = portcullis();
        command.args(["synth", "-q", "--format", format, "-i"]).arg(self.path("before")).args(options);
        let output = command.arg(self.path("portcullis.yaml")).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The intent holds in what was read back, and nothing else is there than what was printed.
    fn check(&self) {
        self.snapshot("after");
        let tested = self.test("after");
        assert_eq!(tested.status.code(), Some(0), "{}", said(&tested));
        let made: Value = serde_json::from_str(&self.synth("json")).unwrap();
        for group in made["groups"].as_array().unwrap() {
            let name = group["name"].as_str().unwrap();
            let rules = group["rules"].as_array().unwrap();
            let of_group = format!("ec2 describe-security-groups --filters Name=group-name,Values={name}");
            let count = "length(SecurityGroups[0].[IpPermissions,IpPermissionsEgress][].[IpRanges,UserIdGroupPairs][][])";
            assert_eq!(self.moto.aws(&of_group, count), rules.len().to_string(), "{name}");
            let descriptions = "SecurityGroups[0].[IpPermissions,IpPermissionsEgress][].[IpRanges,UserIdGroupPairs][][].Description";
            let descriptions = self.moto.aws(&of_group, descriptions);
            for rule in rules {
                let description = rule["description"].as_str().unwrap();
                assert!(descriptions.contains(description), "{name}: {description}: {descriptions}");
            }
        }
        for list in made["lists"].as_array().unwrap() {
            let name = list["name"].as_str().unwrap();
            let of_list = format!("ec2 describe-network-acls --filters Name=tag:Name,Values={name}");
            let count =
                "[length(NetworkAcls[0].Entries[?RuleNumber<`32767`]), length(NetworkAcls[0].Associations)]";
            let [entries, subnets] = ["entries", "subnets"].map(|key| list[key].as_array().unwrap().len());
            assert_eq!(self.moto.aws(&of_list, count), format!("{entries}\t{subnets}"), "{name}");
        }
    }
}

/// A load balancer before two web servers, and two databases, with groups and lists that let everything through.
fn build(moto: &Moto) {
    let vpc = moto.aws("ec2 create-vpc --cidr-block 10.20.0.0/16", "Vpc.VpcId");
    let subnet = |number: u8, zone: &str| {
        let line = format!(
            "ec2 create-subnet --vpc-id {vpc} --cidr-block 10.20.{number}.0/24 --availability-zone eu-west-1{zone}"
        );
        moto.aws(&line, "Subnet.SubnetId")
    };
    let gateway = moto.aws("ec2 create-internet-gateway", "InternetGateway.InternetGatewayId");
    moto.aws(&format!("ec2 attach-internet-gateway --vpc-id {vpc} --internet-gateway-id {gateway}"), "x");
    let table = moto.aws(&format!("ec2 create-route-table --vpc-id {vpc}"), "RouteTable.RouteTableId");
    let route = format!(
        "ec2 create-route --route-table-id {table} --destination-cidr-block 0.0.0.0/0 --gateway-id {gateway}"
    );
    moto.aws(&route, "x");
    let group = moto.aws(
        &format!("ec2 create-security-group --vpc-id {vpc} --group-name open --description open"),
        "GroupId",
    );
    moto.aws(
        &format!("ec2 authorize-security-group-ingress --group-id {group} --protocol -1 --cidr 0.0.0.0/0"),
        "x",
    );
    let mut public = Vec::new();
    for (number, zone) in [(0, "a"), (1, "b")] {
        let id = subnet(number, zone);
        moto.aws(&format!("ec2 associate-route-table --route-table-id {table} --subnet-id {id}"), "x");
        public.push(id);
    }
    let mut web = Vec::new();
    for (name, number, zone) in [("web-1", 0, "a"), ("web-2", 1, "b"), ("db-1", 10, "a"), ("db-2", 11, "b")] {
        let is_web = number < 10;
        let subnet = if is_web { public[number as usize].clone() } else { subnet(number, zone) };
        let interface = format!(
            "DeviceIndex=0,SubnetId={subnet},Groups={group},AssociatePublicIpAddress={is_web},DeleteOnTermination=true"
        );
        let tag = format!("ResourceType=instance,Tags=[{{Key=Name,Value={name}}}]");
        let line = format!(
            "ec2 run-instances --image-id ami-12345678 --network-interfaces {interface} --tag-specifications {tag}"
        );
        let id = moto.aws(&line, "Instances[0].InstanceId");
        web.extend(is_web.then_some(id));
    }
    moto.aws(
        &format!(
            "elb create-load-balancer --load-balancer-name shop --subnets {} --security-groups {group} --listeners Protocol=HTTP,LoadBalancerPort=80,InstanceProtocol=HTTP,InstancePort=80",
            public.join(" ")
        ),
        "DNSName",
    );
    moto.aws(
        "elb configure-health-check --load-balancer-name shop --health-check Target=HTTP:80/,Interval=30,Timeout=5,UnhealthyThreshold=2,HealthyThreshold=2",
        "x",
    );
    moto.aws(
        &format!(
            "elb register-instances-with-load-balancer --load-balancer-name shop --instances {}",
            web.join(" ")
        ),
        "x",
    );
}

fn portcullis() -> Command {
    Command::new(env!("CARGO_BIN_EXE_portcullis"))
}

/// All that a command said.
fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

/// Runs a command that must succeed.
fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", said(&output));
}

/// Runs a script of calls of the AWS CLI.
fn apply(stage: &Stage, text: &str) {
    let script = stage.path("apply.sh");
    std::fs::write(&script, text).unwrap();
    let mut command = Command::new("bash");
    command.arg(&script).env("AWS_ENDPOINT_URL", &stage.moto.endpoint).env("AWS_DEFAULT_REGION", "eu-west-1");
    run(credentials(&mut command));
}

#[test]
fn the_aws_cli_makes_what_was_declared() {
    if !has("the_aws_cli_makes_what_was_declared", &["bash", "aws", "moto_server"]) {
        return;
    }
    let stage = Stage::new();
    apply(&stage, &stage.synth("cli"));
    stage.check();
}

/// Step by step from groups and lists that are there: what was made once becomes what another intent means.
#[test]
fn the_aws_cli_changes_what_is_there() {
    if !has("the_aws_cli_changes_what_is_there", &["bash", "aws", "moto_server"]) {
        return;
    }
    let stage = Stage::new();
    apply(&stage, &stage.synth("cli"));
    stage.snapshot("before");
    // Only of blocks of addresses: of a rule about a group moto 5.2 wants the description too, which AWS does not ask for.
    let intent = INTENT.replace("203.0.113.0/24", "203.0.113.64/26");
    std::fs::write(stage.path("portcullis.yaml"), intent).unwrap();
    assert_eq!(stage.test("before").status.code(), Some(1), "more addresses get in than are declared");
    let made: Value = serde_json::from_str(&stage.synth_with("json", &["--keep-existing"])).unwrap();
    let is_new = |kind: &str| made[kind].as_array().unwrap().iter().any(|noun| noun["new"] == true);
    assert!(!is_new("groups") && !is_new("lists"), "{made:#}");
    let calls: Vec<&str> =
        made["steps"].as_array().unwrap().iter().map(|step| step["call"].as_str().unwrap()).collect();
    assert!(calls.contains(&"authorize-rule") && calls.contains(&"delete-entry"), "{calls:?}");
    apply(&stage, &stage.synth_with("cli", &["--keep-existing"]));
    stage.snapshot("after");
    let tested = stage.test("after");
    assert_eq!(tested.status.code(), Some(0), "{}", said(&tested));
    stage.snapshot("before");
    let made: Value = serde_json::from_str(&stage.synth_with("json", &["--keep-existing"])).unwrap();
    assert_eq!(made["steps"], Value::Array(Vec::new()), "what was applied is what was planned");
}

#[test]
fn terraform_makes_what_was_declared() {
    if !has("terraform_makes_what_was_declared", &["terraform", "aws", "moto_server"]) {
        return;
    }
    let stage = Stage::new();
    let folder = stage.path("terraform");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("rules.tf"), stage.synth("tf")).unwrap();
    std::fs::write(folder.join("provider.tf"), provider(&stage.moto.endpoint)).unwrap();
    if !initialise(&folder, "terraform_makes_what_was_declared") {
        return;
    }
    run(terraform(&folder).args(["fmt", "-check", "-diff", "rules.tf"]));
    run(terraform(&folder).arg("validate"));
    run(terraform(&folder).args(["apply", "-input=false", "-auto-approve"]));
    give(&stage);
    stage.check();
}

/// A server that is to be: while there is none, its tier is meant.
const TO_BE: &str = "\
version: 1
network:
  site:
    cidrs: 10.0.0.0/16
    public: { public-a: 10.0.0.0/24 }
    tiers: { web: public-a }
names:
  web: i:web-1
allow:
  - internet -> web:80
closed: [web]
";

/// Whoever makes the network hands over what it is called, and takes the groups.
const MADE: &str = r#"
resource "aws_vpc" "site" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "public_a" {
  vpc_id     = aws_vpc.site.id
  cidr_block = "10.0.0.0/24"
}

resource "aws_internet_gateway" "site" {
  vpc_id = aws_vpc.site.id
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.site.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.site.id
  }
}

resource "aws_route_table_association" "public_a" {
  subnet_id      = aws_subnet.public_a.id
  route_table_id = aws_route_table.public.id
}

module "rules" {
  source     = "./rules"
  vpc_ids    = { site = aws_vpc.site.id }
  subnet_ids = { public-a = aws_subnet.public_a.id }
}

resource "aws_instance" "web" {
  ami                         = "ami-12345678"
  instance_type               = "t3.micro"
  subnet_id                   = aws_subnet.public_a.id
  associate_public_ip_address = true
  vpc_security_group_ids      = [module.rules.security_group_ids["web"]]
  tags                        = { Name = "web-1" }
}
"#;

#[test]
fn what_is_described_is_made_with_terraform() {
    const NAME: &str = "what_is_described_is_made_with_terraform";
    if !has(NAME, &["terraform", "aws", "moto_server"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let moto = Moto::start(&folder.path().join("moto.log"));
    let stage = Stage { folder, moto };
    let intent = stage.path("portcullis.yaml");
    std::fs::write(&intent, TO_BE).unwrap();
    let terraform_folder = stage.path("terraform");
    std::fs::create_dir_all(terraform_folder.join("rules")).unwrap();
    let rules = terraform_folder.join("rules/rules.tf");
    run(portcullis().args(["synth", "-q", "--format", "tf", "-o"]).arg(&rules).arg(&intent));
    std::fs::write(terraform_folder.join("made.tf"), MADE).unwrap();
    std::fs::write(terraform_folder.join("provider.tf"), provider(&stage.moto.endpoint)).unwrap();
    if !initialise(&terraform_folder, NAME) {
        return;
    }
    run(terraform(&terraform_folder).args(["fmt", "-check", "-diff", "rules"]));
    run(terraform(&terraform_folder).arg("validate"));
    run(terraform(&terraform_folder).args(["apply", "-input=false", "-auto-approve"]));
    stage.snapshot("after");
    let tested = stage.test("after");
    assert_eq!(tested.status.code(), Some(0), "{}", said(&tested));
}

/// What the comments of the Terraform output leave to people: the groups are given to what is to have them.
fn give(stage: &Stage) {
    let made: Value = serde_json::from_str(&stage.synth("json")).unwrap();
    for group in made["groups"].as_array().unwrap() {
        let name = group["name"].as_str().unwrap();
        let of_group = format!("ec2 describe-security-groups --filters Name=group-name,Values={name}");
        let new = stage.moto.aws(&of_group, "SecurityGroups[0].GroupId");
        for place in group["give_to"].as_array().unwrap() {
            let id = place["id"].as_str().unwrap();
            let line = match place["kind"].as_str().unwrap() {
                "network-interface" => {
                    format!(
                        "ec2 modify-network-interface-attribute --network-interface-id {id} --groups {new}"
                    )
                }
                _ => format!(
                    "elb apply-security-groups-to-load-balancer --load-balancer-name {id} --security-groups {new}"
                ),
            };
            stage.moto.aws(&line, "x");
        }
    }
}

fn provider(endpoint: &str) -> String {
    format!(
        r#"
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws" }}
  }}
}}

provider "aws" {{
  region                      = "eu-west-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  endpoints {{
    ec2 = "{endpoint}"
    sts = "{endpoint}"
  }}
}}
"#
    )
}

/// Whether Terraform has its provider; a test that has not is skipped.
fn initialise(folder: &Path, name: &str) -> bool {
    let initialised = terraform(folder).args(["init", "-input=false"]).output().unwrap();
    if !initialised.status.success() {
        let said = said(&initialised);
        skip(name, &format!("needs the provider hashicorp/aws, of which .ci/run names a mirror: {said}"));
    }
    initialised.status.success()
}

/// Terraform in a folder; its providers from the mirror in `TERRAFORM_MIRROR`, where one is given.
fn terraform(folder: &Path) -> Command {
    let mut command = Command::new("terraform");
    let mirror = std::env::var("TERRAFORM_MIRROR").unwrap_or_default();
    let installation = match mirror.as_str() {
        "" => String::new(),
        mirror => format!("provider_installation {{\n  filesystem_mirror {{ path = \"{mirror}\" }}\n}}\n"),
    };
    let settings = folder.join("settings.tfrc");
    std::fs::write(&settings, installation).unwrap();
    credentials(&mut command).current_dir(folder).env("TF_CLI_CONFIG_FILE", settings);
    command
}

/// The linter knows the types, properties and references of CloudFormation.
#[test]
fn cfn_lint_finds_nothing_in_the_template() {
    if !has("cfn_lint_finds_nothing_in_the_template", &["cfn-lint"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    for to_be in ["one-server", "portcullis", "two-tiers"] {
        let template = folder.path().join(format!("{to_be}.json"));
        let mut command = portcullis();
        command
            .args(["synth", "-q", "--format", "cfn"])
            .arg(scenarios.join(format!("synth-to-be/{to_be}.yaml")));
        run(command.arg("-o").arg(&template));
        run(Command::new("cfn-lint").arg("--template").arg(&template));
    }
    for (export, intent) in [
        ("diagram-a", "synth-updates/fetching.yaml"),
        ("diagram-b", "synth-diagram-b/portcullis.yaml"),
        ("two-tier-corrected", "synth-two-tier/portcullis.yaml"),
    ] {
        let template = folder.path().join(format!("{export}.json"));
        let mut command = portcullis();
        command.args(["synth", "-q", "--format", "cfn", "-i"]).arg(scenarios.join(export).join("export"));
        run(command.arg(scenarios.join(intent)).arg("-o").arg(&template));
        run(Command::new("cfn-lint").arg("--template").arg(&template));
    }
}
