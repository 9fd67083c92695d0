//! `elbv2 describe-target-health` (S9.14), which does not say of which target group it is.

use model::{RegisteredTarget, TargetState};

use crate::detect::next_page;
use crate::nameless::{About, Answer};
use crate::object::{Object, Value, shown};
use crate::snapshot::Context;

pub(crate) fn read(list: Value<'_>, answer: Object<'_>, names: &[&str], context: &mut Context<'_>) {
    let found: Vec<_> = list.elements().map(|element| target(element.object()?)).collect();
    // Of a list that is cut, as of one that cannot be read, the targets are not known.
    let targets: Option<Vec<_>> = found.into_iter().collect();
    if let Some(targets) = targets.filter(|_| next_page(answer).is_none()) {
        let about = About::new(answer.id("TargetGroupArn"), names);
        context.insert_nameless(about, Answer::Health(targets), list.origin());
    }
}

fn target(description: Object<'_>) -> Option<RegisteredTarget> {
    let Some(target) = description.get("Target") else {
        description.error("expected `Target` in this object, found none");
        return None;
    };
    let target = target.object()?;
    let id = target.required_text("Id");
    let port = match target.get("Port") {
        None => None,
        Some(port) => Some(port.bounded("a port")?),
    };
    let health = description.object("TargetHealth");
    let state = match health.and_then(|health| health.text("State")) {
        None => TargetState::Unknown,
        Some("initial") => TargetState::Initial,
        Some("healthy") => TargetState::Healthy,
        Some("unhealthy" | "unhealthy.draining") => TargetState::Unhealthy,
        Some("unused") => TargetState::Unused,
        Some("draining") => TargetState::Draining,
        Some("unavailable") => TargetState::Unavailable,
        Some(other) => {
            description.error(format!("`{}` is no known state of a target", shown(other)));
            TargetState::Unknown
        }
    };
    let reasons = health.map(|health| [health.text("Reason"), health.text("Description")]);
    let reasons: Vec<_> = reasons.into_iter().flatten().flatten().filter(|text| !text.is_empty()).collect();
    Some(RegisteredTarget {
        id: id?.into(),
        port,
        zone: target.id("AvailabilityZone"),
        state,
        reason: (!reasons.is_empty()).then(|| reasons.join(": ")),
        origin: description.origin(),
    })
}

#[cfg(test)]
mod tests {
    use model::{Snapshot, TargetState};

    use crate::testing::{problems, read};

    const GROUPS: &str = r#""TargetGroups":[
        {"TargetGroupArn":"arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web/5f194be3864595ba","TargetGroupName":"web","Protocol":"TCP"},
        {"TargetGroupArn":"arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/shop-web/0123456789abcdef","TargetGroupName":"shop-web","Protocol":"TCP"}]"#;
    const HEALTH: &str = r#""TargetHealthDescriptions":[{"Target":{"Id":"i-1","Port":80},"HealthCheckPort":"80",
        "TargetHealth":{"State":"unhealthy","Reason":"Target.Timeout","Description":"Request timed out"}}]"#;

    fn named(name: &str, health: &str) -> Snapshot {
        let mut reader = crate::Reader::new();
        reader.add(name, format!("{{{health}}}"));
        reader.add("groups.json", format!("{{{GROUPS}}}"));
        reader.finish()
    }

    #[test]
    fn health_finds_its_group() {
        let web = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web/5f194be3864595ba";
        let shop = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/shop-web/0123456789abcdef";
        let beside = format!(r#""TargetGroupArn":"{web}",{HEALTH}"#);
        for (name, health, expected) in [
            ("elbv2-describe-target-health/targetgroup-web-5f194be3864595ba.json", HEALTH, web),
            ("elbv2-describe-target-health-5f194be3864595ba.json", HEALTH, web),
            ("health-web.json", HEALTH, web),
            ("elbv2-describe-target-health-shop-web.json", HEALTH, shop),
            ("all.json", &beside, web),
            ("all.json", &format!(r#""LoadBalancerTargetHealth":[{{{beside}}}]"#), web),
            ("all.json", &format!(r#""account":{{"targetgroup-web-5f194be3864595ba":{{{HEALTH}}}}}"#), web),
        ] {
            let snapshot = named(name, health);
            assert_eq!(problems(&snapshot), Vec::<String>::new(), "{name}");
            let [found] = &snapshot.target_health[..] else { panic!("one group: {name}") };
            assert_eq!(found.group.as_str(), expected, "{name}");
            let [target] = &found.targets[..] else { panic!("one target") };
            assert_eq!(
                (target.id.as_str(), target.port, target.state),
                ("i-1", Some(80), TargetState::Unhealthy)
            );
            assert_eq!(target.reason.as_deref(), Some("Target.Timeout: Request timed out"));
        }
    }

    #[test]
    fn health_of_nobody_knows_which_group_is_named() {
        let snapshot = named("health.json", HEALTH);
        assert!(snapshot.target_health.is_empty());
        assert_eq!(
            problems(&snapshot),
            ["warning health.json:1:29: this answer does not say of which target group it is"]
        );
        assert_eq!(
            snapshot.problems[0].help.as_deref(),
            Some("name the file after the target group, such as `targetgroup-web-0123456789abcdef.json`")
        );
    }

    #[test]
    fn states_of_targets() {
        for (word, state) in [
            ("initial", TargetState::Initial),
            ("healthy", TargetState::Healthy),
            ("unhealthy.draining", TargetState::Unhealthy),
            ("unused", TargetState::Unused),
            ("draining", TargetState::Draining),
            ("unavailable", TargetState::Unavailable),
        ] {
            let snapshot = named("web.json", &HEALTH.replace("\"unhealthy\"", &format!("\"{word}\"")));
            assert_eq!(snapshot.target_health[0].targets[0].state, state);
        }
        let odd = named("web.json", &HEALTH.replace("\"unhealthy\"", "\"sleepy\""));
        assert_eq!(problems(&odd), ["error web.json:1:30: `sleepy` is no known state of a target"]);
        assert_eq!(odd.target_health[0].targets[0].state, TargetState::Unknown);
    }

    #[test]
    fn a_list_with_a_broken_target_is_not_known() {
        let snapshot = read(
            r#"{"TargetGroupArn":"arn:a","TargetHealthDescriptions":[{"Target":{"Id":"i-1"}},{"Target":{}},{},{"Target":{"Id":"i","Port":"x"}}]}"#,
        );
        assert!(snapshot.target_health.is_empty());
        assert_eq!(
            problems(&snapshot),
            [
                "error a.json:1:89: expected `Id` in this object, found none",
                "error a.json:1:93: expected `Target` in this object, found none",
                "error a.json:1:123: expected a number for `Port`, found a string",
            ]
        );
    }
}
