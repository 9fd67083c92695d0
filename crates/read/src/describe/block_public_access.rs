//! `describe-vpc-block-public-access-options` and `describe-vpc-block-public-access-exclusions` (S3.43, S3.44).

use model::{BlockPublicAccessExclusion, BlockPublicAccessOptions, ExclusionMode, Id, Origin, Snapshot};

use super::vpc::block_public_access;
use crate::object::{Object, shown};
use crate::same::{same_exclusion, same_options};
use crate::snapshot::{Context, Growing};

pub(crate) fn read_options(object: Object<'_>, context: &mut Context<'_>) {
    let origin = object.origin();
    let mode = object.required_text("InternetGatewayBlockMode").and_then(|_| block_public_access(object));
    let mode = mode.unwrap_or(BlockPublicAccessOptions::unreadable(origin).mode);
    let (account, region) = (object.id("AwsAccountId"), object.id("AwsRegion"));
    // Those that do not say whose they are may be of two accounts.
    let name = account.as_ref().zip(region.as_ref());
    let name =
        name.map(|(account, region)| format!("Block Public Access of {account} in {region}").as_str().into());
    let options = BlockPublicAccessOptions { account, region, mode, origin };
    let add = Add {
        list: |snapshot| &mut snapshot.block_public_access_options,
        origin: |options| options.origin,
        is_it: |known, new| (&known.account, &known.region) == (&new.account, &new.region),
        is_same: same_options,
    };
    context.file.add(move |growing| add.to(growing, options, name));
}

pub(crate) fn read_exclusion(object: Object<'_>, context: &mut Context<'_>) {
    let (mode, complete) = (mode(object), complete(object));
    let exclusion = BlockPublicAccessExclusion {
        id: object.id("ExclusionId"),
        resource: resource(object),
        mode: mode.filter(|_| complete.is_some()),
        complete: complete.unwrap_or(true),
        origin: object.origin(),
    };
    let name = exclusion.id.clone();
    let add = Add {
        list: |snapshot| &mut snapshot.block_public_access_exclusions,
        origin: |exclusion| exclusion.origin,
        is_it: |known, new| known.id.is_some() && known.id == new.id,
        is_same: same_exclusion,
    };
    context.file.add(move |growing| add.to(growing, exclusion, name));
}

/// How an element comes to a list: a later layer replaces; within a layer the first counts.
struct Add<T> {
    list: fn(&mut Snapshot) -> &mut Vec<T>,
    origin: fn(&T) -> Origin,
    /// Whether two elements are about the same.
    is_it: fn(&T, &T) -> bool,
    /// Whether they say the same.
    is_same: fn(&T, &T) -> bool,
}

impl<T> Add<T> {
    /// Without a name, an element that says something else is another.
    fn to(self, growing: &mut Growing, new: T, name: Option<Id>) {
        let origin = (self.origin)(&new);
        let list = (self.list)(&mut growing.snapshot);
        let known = list.iter().find(|known| (self.is_it)(known, &new));
        let Some((first, same)) = known.map(|known| ((self.origin)(known), (self.is_same)(known, &new)))
        else {
            return list.push(new);
        };
        if growing.layer(first.file) < growing.layer(origin.file) {
            let mut list = (self.list)(&mut growing.snapshot).iter_mut();
            if let Some(known) = list.find(|known| (self.is_it)(known, &new)) {
                *known = new;
            }
        } else if !same {
            match name {
                Some(name) => growing.contradict(&name, origin, first),
                None => (self.list)(&mut growing.snapshot).push(new),
            }
        }
    }
}

fn mode(object: Object<'_>) -> Option<ExclusionMode> {
    match object.required_text("InternetGatewayExclusionMode")? {
        "allow-bidirectional" => Some(ExclusionMode::Bidirectional),
        "allow-egress" => Some(ExclusionMode::Egress),
        other => {
            let other = shown(other);
            object.error(format!("expected `allow-bidirectional` or `allow-egress`, found `{other}`"));
            None
        }
    }
}

/// Whether it is in force: in `delete-complete` and `disable-complete` it is over.
fn complete(object: Object<'_>) -> Option<bool> {
    match object.required_text("State")? {
        "create-complete" | "update-complete" => Some(true),
        "create-in-progress"
        | "create-failed"
        | "update-in-progress"
        | "update-failed"
        | "delete-in-progress"
        | "delete-complete"
        | "disable-in-progress"
        | "disable-complete" => Some(false),
        other => {
            object.error(format!("`{}` is no known state of an exclusion", shown(other)));
            None
        }
    }
}

fn resource(object: Object<'_>) -> Option<Id> {
    let arn = object.required_text("ResourceArn")?;
    let parts = [":vpc/", ":subnet/"].into_iter().find_map(|kind| arn.split_once(kind));
    let id = parts.map(|(_, id)| id).filter(|id| !id.is_empty());
    if id.is_none() {
        let arn = shown(arn);
        object.error(format!("expected the ARN of a VPC or subnet for `ResourceArn`, found `{arn}`"));
    }
    id.map(Id::from)
}

#[cfg(test)]
mod tests {
    use model::{BlockMode, ExclusionMode, Id, Snapshot};

    use crate::testing::{problems, read, sound};

    const OPTIONS: &str = r#"{"VpcBlockPublicAccessOptions":{"AwsAccountId":"111122223333","AwsRegion":"eu-west-1",
        "State":"update-complete","InternetGatewayBlockMode":"block-bidirectional","ManagedBy":"account",
        "ExclusionsAllowed":"allowed"}}"#;

    fn exclusion(mode: &str, arn: &str, state: &str) -> String {
        format!(
            r#"{{"VpcBlockPublicAccessExclusions":[{{"ExclusionId":"vpcbpa-exclude-1","InternetGatewayExclusionMode":"{mode}","ResourceArn":"{arn}","State":"{state}","Tags":[]}}]}}"#
        )
    }

    fn layers(texts: &[&str]) -> Snapshot {
        let mut reader = crate::Reader::new();
        for (number, text) in texts.iter().enumerate() {
            if number > 0 {
                reader.next_layer();
            }
            reader.add(&format!("{number}.json"), *text);
        }
        reader.finish()
    }

    const VPC: &str = "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1";

    #[test]
    fn what_an_account_declares() {
        let snapshot = sound(OPTIONS);
        let [options] = &snapshot.block_public_access_options[..] else { panic!("one") };
        assert_eq!(options.account, Some(Id::from("111122223333")));
        assert_eq!(options.region, Some(Id::from("eu-west-1")));
        assert_eq!(options.mode, BlockMode::Bidirectional);
        // Only the inner object.
        let inner = r#"{"AwsAccountId":"1","InternetGatewayBlockMode":"block-ingress"}"#;
        assert_eq!(sound(inner).block_public_access_options[0].mode, BlockMode::Ingress);
    }

    #[test]
    fn what_is_excluded() {
        for (arn, mode, id, expected) in [
            (VPC, "allow-egress", "vpc-1", ExclusionMode::Egress),
            (
                "arn:aws-cn:ec2:r:1:subnet/subnet-1",
                "allow-bidirectional",
                "subnet-1",
                ExclusionMode::Bidirectional,
            ),
        ] {
            let snapshot = sound(&exclusion(mode, arn, "create-complete"));
            let [exclusion] = &snapshot.block_public_access_exclusions[..] else { panic!("one") };
            assert_eq!(exclusion.id, Some(Id::from("vpcbpa-exclude-1")));
            assert_eq!((&exclusion.resource, exclusion.mode), (&Some(Id::from(id)), Some(expected)));
            assert!(exclusion.complete);
        }
        assert!(sound(r#"{"VpcBlockPublicAccessExclusions":[]}"#).block_public_access_exclusions.is_empty());
    }

    #[test]
    fn states_of_an_exclusion() {
        for (state, complete) in [
            ("create-in-progress", false),
            ("create-complete", true),
            ("create-failed", false),
            ("update-in-progress", false),
            ("update-complete", true),
            ("update-failed", false),
            ("delete-in-progress", false),
            ("delete-complete", false),
            ("disable-in-progress", false),
            ("disable-complete", false),
        ] {
            let snapshot = sound(&exclusion("allow-egress", VPC, state));
            assert_eq!(snapshot.block_public_access_exclusions[0].complete, complete, "{state}");
        }
    }

    #[test]
    fn options_without_a_mode_may_be_any() {
        let unknown = |snapshot: &Snapshot| {
            let [options] = &snapshot.block_public_access_options[..] else { panic!("one") };
            assert!(matches!(options.mode, BlockMode::Unknown(_)));
        };
        let snapshot = read(r#"{"VpcBlockPublicAccessOptions":[{"AwsAccountId":"1"}]}"#);
        unknown(&snapshot);
        assert_eq!(
            problems(&snapshot),
            ["error a.json:1:33: expected `InternetGatewayBlockMode` in this object, found none"]
        );
        for text in ["[7]", "7", r#"{"InternetGatewayBlockMode":7}"#, r#"[{"InternetGatewayBlockMode":""}]"#]
        {
            let snapshot = read(&format!(r#"{{"VpcBlockPublicAccessOptions":{text}}}"#));
            unknown(&snapshot);
            assert_eq!(snapshot.problems.len(), 1, "{text}");
        }
    }

    #[test]
    fn an_exclusion_that_cannot_be_read_is_none() {
        for (text, problem) in [
            (
                exclusion("allow", VPC, "create-complete"),
                "expected `allow-bidirectional` or `allow-egress`, found `allow`",
            ),
            (exclusion("allow-egress", VPC, "odd"), "`odd` is no known state of an exclusion"),
            (
                exclusion("allow-egress", "vpc-1", "create-complete"),
                "expected the ARN of a VPC or subnet for `ResourceArn`, found `vpc-1`",
            ),
        ] {
            let snapshot = read(&text);
            assert_eq!(problems(&snapshot), [format!("error a.json:1:36: {problem}")]);
            let [exclusion] = &snapshot.block_public_access_exclusions[..] else { panic!("one") };
            assert!(exclusion.complete && (exclusion.mode.is_none() || exclusion.resource.is_none()));
        }
        for text in ["7", "[7]", r#"[],"NextToken":"more""#] {
            let snapshot = read(&format!(r#"{{"VpcBlockPublicAccessExclusions":{text}}}"#));
            let [exclusion] = &snapshot.block_public_access_exclusions[..] else { panic!("one: {text}") };
            assert_eq!((&exclusion.resource, exclusion.mode), (&None, None));
            assert_eq!(snapshot.problems.len(), 1, "{text}");
        }
    }

    #[test]
    fn a_later_layer_replaces() {
        let later = OPTIONS.replace("block-bidirectional", "off");
        let snapshot = layers(&[OPTIONS, &later]);
        assert_eq!(snapshot.block_public_access_options.len(), 1);
        assert_eq!(snapshot.block_public_access_options[0].mode, BlockMode::Off);
        let first = exclusion("allow-egress", VPC, "create-complete");
        let snapshot = layers(&[&first, &exclusion("allow-egress", VPC, "delete-complete")]);
        assert_eq!(snapshot.block_public_access_exclusions.len(), 1);
        assert!(!snapshot.block_public_access_exclusions[0].complete);
    }

    #[test]
    fn in_one_layer_the_first_counts() {
        let both = |one: &str, two: &str| read(&format!("[{one},{two}]"));
        assert!(both(OPTIONS, OPTIONS).problems.is_empty());
        let other = OPTIONS.replace("block-bidirectional", "off");
        let snapshot = both(OPTIONS, &other);
        assert_eq!(snapshot.block_public_access_options[0].mode, BlockMode::Bidirectional);
        assert_eq!(
            problems(&snapshot),
            [
                "warning a.json:3:72: `Block Public Access of 111122223333 in eu-west-1` is described twice, and differently; the description at a.json:1:33 is used"
            ]
        );
        let of = |state: &str| exclusion("allow-egress", VPC, state);
        assert!(both(&of("create-complete"), &of("create-complete")).problems.is_empty());
        let snapshot = both(&of("create-complete"), &of("delete-complete"));
        assert!(snapshot.block_public_access_exclusions[0].complete);
        assert_eq!(snapshot.problems.len(), 1);
        // Another account's, or another Region's; and nobody knows whose.
        let another = other.replace("eu-west-1", "eu-west-2");
        assert_eq!(both(OPTIONS, &another).block_public_access_options.len(), 2);
        let nameless = |mode: &str| {
            format!(r#"{{"VpcBlockPublicAccessOptions":{{"InternetGatewayBlockMode":"{mode}"}}}}"#)
        };
        let snapshot = both(&nameless("off"), &nameless("block-ingress"));
        assert_eq!((snapshot.block_public_access_options.len(), snapshot.problems.len()), (2, 0));
    }
}
