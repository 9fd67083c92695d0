//! `portcullis snapshot`, by itself and as a script, with a stand-in for `aws` and with an emulator of AWS behind the
//! real one; and what it collects, explained.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

#[path = "../emulator/mod.rs"]
mod emulator;
mod moto;
mod program;
mod script;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Answers from the folder `$ANSWERS`, and `{}` to what is not there. It knows no credentials if `$ANSWERS` is empty,
/// refuses the calls of `$DENIED`, does not know those of `$NEW` and hangs at those of `$SLOW`;
/// if `$CUT` is true there are more routes than it says.
const AWS: &str = r#"#!/bin/sh
while :; do
    case $1 in
        --profile) printf '%s\n' "$2" >>"$LOG.profiles"; shift 2 ;;
        --region) region=$2; shift 2 ;;
        --endpoint-url) printf '%s\n' "$2" >>"$LOG.endpoints"; shift 2 ;;
        *) break ;;
    esac
done
printf '%s %s\n' "$region" "$*" >>"$LOG"
if [ -z "$ANSWERS" ]; then
    echo 'An error occurred (ExpiredToken): the security token is expired' >&2
    exit 254
fi
case " $DENIED " in
    *" $2 "*)
        printf '\nAn error occurred (UnauthorizedOperation) when calling the operation: not "permitted"\n\n' >&2
        exit 254
        ;;
esac
case " $SLOW " in
    *" $2 "*) exec sleep 60 ;;
esac
case " $NEW " in
    *" $2 "*) printf 'usage: aws\n\naws: error: argument operation: Invalid choice, valid choices are:\n' >&2; exit 252 ;;
esac
case "$*" in
    'sts get-caller-identity '*) echo 123456789012 ;;
    'configure get region') exit 1 ;;
    'ec2 describe-managed-prefix-lists '*text) printf 'pl-1\npl-2\n' ;;
    'elbv2 describe-load-balancers '*text) printf 'arn:aws:elasticloadbalancing:x:1:loadbalancer/app/shop/1\n' ;;
    'elbv2 describe-listeners '*text) printf 'arn:aws:elasticloadbalancing:x:1:listener/app/shop/1/2\n' ;;
    'elbv2 describe-target-groups '*text) printf 'arn:aws:elasticloadbalancing:x:1:targetgroup/web/3\n' ;;
    'ec2 describe-transit-gateway-route-tables '*text) printf 'tgw-rtb-1\n' ;;
    'wafv2 list-web-acls '*'[ARN]'*text) printf 'arn:aws:wafv2:x:1:webacl/edge/1\n' ;;
    'wafv2 list-web-acls '*'[Name,Id]'*text) printf 'edge\tid-1\nNone\tNone\n' ;;
    'ec2 describe-instances '*text) sed -n 's/.*"InstanceId": "\(.*\)".*/\1/p' "$ANSWERS/describe-instances.json" ;;
    *text) ;;
    'ec2 describe-prefix-lists '*) ;;
    'ec2 describe-managed-prefix-lists '*) echo '{"PrefixLists":[{"PrefixListId":"pl-1"},{"PrefixListId":"pl-2"}]}' ;;
    'elbv2 describe-load-balancers '*)
        echo '{"LoadBalancers":[{"LoadBalancerArn":"arn:aws:elasticloadbalancing:x:1:loadbalancer/app/shop/1",
            "LoadBalancerName":"shop","VpcId":"vpc-00328798097420170","Type":"application","Scheme":"internal","State":{"Code":"active"},
            "AvailabilityZones":[],"SecurityGroups":[]}]}' ;;
    'elbv2 describe-target-groups '*)
        echo '{"TargetGroups":[{"TargetGroupArn":"arn:aws:elasticloadbalancing:x:1:targetgroup/web/3",
            "TargetGroupName":"web","VpcId":"vpc-00328798097420170","Protocol":"HTTP","Port":80,"TargetType":"instance","LoadBalancerArns":[]}]}' ;;
    'elbv2 describe-listeners '*)
        echo '{"Listeners":[{"ListenerArn":"arn:aws:elasticloadbalancing:x:1:listener/app/shop/1/2",
            "LoadBalancerArn":"arn:aws:elasticloadbalancing:x:1:loadbalancer/app/shop/1","Port":80,"Protocol":"HTTP",
            "DefaultActions":[]}]}' ;;
    'wafv2 list-web-acls '*) echo '{"WebACLs":[{"Name":"edge","Id":"id-1","ARN":"arn:aws:wafv2:x:1:webacl/edge/1"}]}' ;;
    'ec2 describe-transit-gateway-route-tables '*)
        echo '{"TransitGatewayRouteTables":[{"TransitGatewayRouteTableId":"tgw-rtb-1",
            "TransitGatewayId":"tgw-1","State":"available"}]}' ;;
    'ec2 describe-transit-gateways '*) echo '{"TransitGateways":[{"TransitGatewayId":"tgw-1","State":"available"}]}' ;;
    'ec2 get-transit-gateway-route-table-associations '*) echo '{"Associations":[]}' ;;
    'ec2 get-transit-gateway-route-table-propagations '*) echo '{"TransitGatewayRouteTablePropagations":[]}' ;;
    'ec2 search-transit-gateway-routes '*)
        printf '{"Routes":[],"AdditionalRoutesAvailable":%s}' "${CUT:-false}" ;;
    'ec2 get-managed-prefix-list-entries --prefix-list-id '*) echo '{"Entries":[{"Cidr":"198.51.100.0/24"}]}' ;;
    ec2*) if [ -e "$ANSWERS/$2.json" ]; then cat "$ANSWERS/$2.json"; else echo '{}'; fi ;;
    *) echo '{}' ;;
esac
"#;

/// A folder with the stand-in in it.
struct Stage {
    folder: TempDir,
}

impl Stage {
    /// With the script in it as well.
    fn with_script(arguments: &[&str]) -> Stage {
        let stage = Stage::new();
        let script = portcullis().args(["snapshot", "--script"]).args(arguments).output().unwrap();
        assert!(script.status.success(), "{}", error(&script));
        fs::write(stage.path("collect.sh"), script.stdout).unwrap();
        stage
    }

    fn new() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        let aws = folder.path().join("bin/aws");
        fs::write(&aws, AWS).unwrap();
        fs::set_permissions(&aws, fs::Permissions::from_mode(0o755)).unwrap();
        Stage { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command in the folder that finds the stand-in and portcullis.
    fn command(&self, program: &str) -> Command {
        let portcullis = Path::new(env!("CARGO_BIN_EXE_portcullis")).parent().unwrap();
        let path = format!("{}:{}:/usr/bin:/bin", self.path("bin").display(), portcullis.display());
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env_clear().env("PATH", path).env("LOG", self.path("log"));
        command.env("ANSWERS", scenario("diagram-a/export"));
        command
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }

    /// Everything below a folder, hidden or not, relative to it.
    fn files(&self, name: &str) -> Vec<String> {
        let (mut files, mut folders) = (Vec::new(), vec![self.path(name)]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push(path.strip_prefix(self.path(name)).unwrap().display().to_string());
                }
            }
        }
        files.sort();
        files
    }
}

fn portcullis() -> Command {
    Command::new(env!("CARGO_BIN_EXE_portcullis"))
}

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name)
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}
