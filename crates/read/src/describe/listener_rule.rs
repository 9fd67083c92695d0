//! `elbv2 describe-rules` (S9.14): what an Application Load Balancer's listener does before its default action.

use model::{Id, ListenerRule};

use super::cidr::Family;
use super::listener::action;
use crate::object::{Object, shown};
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let id = object.required_id("RuleArn");
    let listener = id.as_ref().and_then(|id| listener(id.as_str()));
    let Some((id, listener)) = id.zip(listener) else {
        if object.has("RuleArn") {
            object.error("expected the ARN of a listener's rule for `RuleArn`, found another");
        }
        context.incomplete_listener(None, object.origin());
        return;
    };
    // The default rule repeats the listener's default action; that it is here says that the others are too.
    if object.flag("IsDefault") == Some(true) || is_default(object) {
        context.insert_listener_rule(listener, None, object.origin());
        return;
    }
    match rule(object, id) {
        Some(rule) => context.insert_listener_rule(listener, Some(rule), object.origin()),
        None => context.incomplete_listener(Some(listener), object.origin()),
    }
}

/// The listener's ARN, which the rule's contains: `…:listener-rule/app/NAME/BALANCER/LISTENER/RULE`.
fn listener(rule: &str) -> Option<Id> {
    let (start, rest) = rule.split_once(":listener-rule/")?;
    let (listener, _) = rest.rsplit_once('/')?;
    Some(Id::from(format!("{start}:listener/{listener}").as_str()))
}

fn is_default(object: Object<'_>) -> bool {
    object.get("Priority").is_some_and(|value| !value.is_number() && value.text() == Some("default"))
}

fn rule(object: Object<'_>, id: Id) -> Option<ListenerRule> {
    let errors = object.errors();
    let priority = match object.get("Priority") {
        None => {
            object.error("expected `Priority` in this object, found none");
            None
        }
        Some(value) if value.is_number() => value.bounded("a priority"),
        Some(value) => value.parsed("a priority such as `10`"),
    };
    let mut rule = ListenerRule {
        id,
        priority: priority?,
        source_ips: Vec::new(),
        looks_at_request: false,
        action: action(object, "Actions")?,
        origin: object.origin(),
    };
    for condition in object.objects("Conditions") {
        match condition.required_text("Field")? {
            "source-ip" if rule.source_ips.is_empty() => rule.source_ips = source_ips(condition)?,
            // All conditions must match (S4.14), and a rule may have one of this kind only.
            "source-ip" => condition.error("expected one `source-ip` condition in a rule, found two"),
            "host-header" | "path-pattern" | "http-header" | "http-request-method" | "query-string" => {
                rule.looks_at_request = true;
            }
            other => condition.error(format!("`{}` is no known condition of a rule", shown(other))),
        }
    }
    (object.errors() == errors).then_some(rule)
}

/// The blocks of a `source-ip` condition: of several, one must match.
fn source_ips(condition: Object<'_>) -> Option<Vec<ipnet::IpNet>> {
    // Older answers have the values in the condition itself.
    let config = condition.object("SourceIpConfig").unwrap_or(condition);
    let blocks: Option<Vec<_>> = config.list("Values").map(|value| value.cidr(Family::Either)).collect();
    if blocks.as_ref().is_some_and(Vec::is_empty) {
        condition.error("expected blocks in a `source-ip` condition, found none");
        return None;
    }
    blocks
}

#[cfg(test)]
mod tests {
    use crate::testing::{problems, read, sound};

    const ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:listener-rule/app/shop/50dc/1";

    fn rules(elements: &str) -> String {
        format!(r#"{{"Rules":[{}]}}"#, elements.replace("ARN", ARN))
    }

    #[test]
    fn rules_and_their_listener() {
        let snapshot = sound(&rules(
            r#"{"RuleArn":"ARN/2","Priority":"10","Conditions":[{"Field":"path-pattern","Values":["/admin*"]},
             {"Field":"source-ip","SourceIpConfig":{"Values":["203.0.113.0/26","2001:db8::/32"]}}],
             "Actions":[{"Type":"forward","TargetGroupArn":"arn:a"}],"IsDefault":false},
            {"RuleArn":"ARN/3","Priority":"5","Conditions":[],"Actions":[{"Type":"redirect"}]},
            {"RuleArn":"ARN/4","Priority":"default","Conditions":[],"Actions":[],"IsDefault":true}"#,
        ));
        let [(listener, rules)] = &snapshot.listener_rules[..] else { panic!("one listener") };
        assert_eq!(listener.as_str(), "arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/shop/50dc/1");
        let [first, second] = &rules[..] else { panic!("two rules") };
        assert_eq!((first.priority, first.source_ips.len(), first.looks_at_request), (10, 2, true));
        assert_eq!(first.action.forward.len(), 1);
        assert_eq!((second.priority, second.looks_at_request, second.action.forward.len()), (5, false, 0));
    }

    #[test]
    fn a_listener_with_its_default_rule_alone_has_no_other() {
        let snapshot = sound(&rules(
            r#"{"RuleArn":"ARN/4","Priority":"default","Conditions":[],"Actions":[],"IsDefault":true}"#,
        ));
        let [(_, rules)] = &snapshot.listener_rules[..] else { panic!("one listener") };
        assert!(rules.is_empty());
    }

    #[test]
    fn the_rules_of_a_listener_are_known_only_if_all_are_read() {
        for (broken, problem) in [
            (
                r#"{"RuleArn":"ARN/3","Priority":"1","Conditions":[{"Field":"mood"}],"Actions":[]}"#,
                "error a.json:2:128: `mood` is no known condition of a rule",
            ),
            (
                r#"{"RuleArn":"ARN/3","Priority":"1","Conditions":[{"Field":"source-ip","Values":[]}],"Actions":[]}"#,
                "error a.json:2:128: expected blocks in a `source-ip` condition, found none",
            ),
            (
                r#"{"RuleArn":"ARN/3","Priority":"first","Conditions":[],"Actions":[]}"#,
                "error a.json:2:110: expected a priority such as `10` for `Priority`, found `first`",
            ),
            (
                r#"{"Priority":"1","Conditions":[],"Actions":[]}"#,
                "error a.json:2:13: expected `RuleArn` in this object, found none",
            ),
            (
                r#"{"RuleArn":"arn:else","Conditions":[]}"#,
                "error a.json:2:13: expected the ARN of a listener's rule for `RuleArn`, found another",
            ),
        ] {
            let sound = r#"{"RuleArn":"ARN/2","Priority":2,"Conditions":[],"Actions":[{"Type":"redirect"}]}"#;
            let snapshot = read(&rules(&format!("{sound},\n            {broken}")));
            assert!(snapshot.listener_rules.is_empty(), "{broken}");
            assert_eq!(problems(&snapshot), [problem]);
        }
    }
}
