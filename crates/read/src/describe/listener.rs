//! `elbv2 describe-listeners` (S9.14), and what listeners, rules and target groups say alike.

use model::{Application, Id, Listener, ListenerAction, ListenerProtocol};

use crate::object::{Object, shown};
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let errors = object.errors();
    let listener = listener(object);
    // What a load balancer drops because no listener takes it (S12.3) is known only with all of them.
    if object.errors() > errors {
        context.incomplete_balancer(object.id("LoadBalancerArn"), object.origin());
    }
    if let Some(listener) = listener {
        context.insert(|snapshot| &mut snapshot.listeners, listener);
    }
}

fn listener(object: Object<'_>) -> Option<Listener> {
    let (id, load_balancer) = (object.required_id("ListenerArn"), object.required_id("LoadBalancerArn"));
    // A Gateway Load Balancer's listener has neither port nor protocol: it takes every packet.
    let protocol = if object.has("Protocol") { protocol(object) } else { Some(ListenerProtocol::Geneve) };
    let port = match object.get("Port") {
        None => {
            if protocol != Some(ListenerProtocol::Geneve) {
                object.error("expected `Port` in this object, found none");
                return None;
            }
            None
        }
        Some(port) => Some(port.bounded("a port")?),
    };
    let default = action(object, "DefaultActions");
    Some(Listener {
        id: id?,
        load_balancer: load_balancer?,
        port: port.filter(|_| protocol != Some(ListenerProtocol::Geneve)),
        protocol: protocol?,
        application: object.text("Protocol").map_or(Application::Any, application),
        default: default?,
        rules: None,
        tags: object.tags("Tags"),
        origin: object.origin(),
    })
}

/// `Protocol` of listeners and target groups.
pub(super) fn protocol(object: Object<'_>) -> Option<ListenerProtocol> {
    let text = object.required_text("Protocol")?;
    let protocol = match text {
        "TCP" | "TLS" | "HTTP" | "HTTPS" => ListenerProtocol::Tcp,
        // QUIC is treated as UDP (S4.6).
        "UDP" | "QUIC" => ListenerProtocol::Udp,
        "TCP_UDP" | "TCP_QUIC" => ListenerProtocol::TcpUdp,
        "GENEVE" => ListenerProtocol::Geneve,
        other => {
            object.error(format!(
                "expected a protocol such as `HTTPS` or `TCP` for `Protocol`, found `{}`",
                shown(other)
            ));
            return None;
        }
    };
    Some(protocol)
}

/// What a load balancer understands of a protocol, by the word for it.
pub(super) fn application(protocol: &str) -> Application {
    match protocol {
        "TLS" | "SSL" => Application::Tls,
        "HTTP" => Application::Http,
        "HTTPS" => Application::Https,
        _ => Application::Any,
    }
}

/// What the actions under a key come to. `None` where one of them is not understood.
pub(super) fn action(object: Object<'_>, key: &'static str) -> Option<ListenerAction> {
    let errors = object.errors();
    let mut forward = Vec::new();
    for action in object.required_objects(key) {
        match action.required_text("Type") {
            Some("forward") => forward.extend(forwarded(action)),
            // The load balancer answers by itself, at least until somebody has logged in.
            Some(
                "redirect"
                | "fixed-response"
                | "authenticate-oidc"
                | "authenticate-cognito"
                | "jwt-validation",
            ) => {}
            Some(other) => {
                action.error(format!("`{}` is no known action of a listener", shown(other)));
            }
            None => {}
        }
    }
    (object.errors() == errors).then_some(ListenerAction { forward })
}

fn forwarded(action: Object<'_>) -> Vec<Id> {
    let config = action.object("ForwardConfig").filter(|config| config.has("TargetGroups"));
    let Some(config) = config else {
        return action.required_id("TargetGroupArn").into_iter().collect();
    };
    let weighty = |group: &Object<'_>| group.number("Weight").is_none_or(|weight| weight > 0);
    let groups = config.objects("TargetGroups").filter(weighty);
    groups.filter_map(|group| group.required_id("TargetGroupArn")).collect()
}

#[cfg(test)]
mod tests {
    use model::ListenerProtocol;

    use crate::testing::{only, problems, read, sound};

    fn forward(actions: &str) -> Vec<String> {
        let text = format!(
            r#"{{"Listeners":[{{"ListenerArn":"arn:l","LoadBalancerArn":"arn:lb","Port":443,"Protocol":"HTTPS","DefaultActions":{actions}}}]}}"#
        );
        let snapshot = sound(&text);
        only(&snapshot.listeners).default.forward.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn default_actions() {
        let none: [String; 0] = [];
        assert_eq!(forward(r#"[{"Type":"forward","TargetGroupArn":"arn:a"}]"#), ["arn:a"]);
        assert_eq!(
            forward(
                r#"[{"Type":"authenticate-oidc","Order":1},{"Type":"forward","Order":2,"ForwardConfig":{"TargetGroups":[
                {"TargetGroupArn":"arn:a","Weight":1},{"TargetGroupArn":"arn:b","Weight":0},{"TargetGroupArn":"arn:c"}]}}]"#
            ),
            ["arn:a", "arn:c"]
        );
        assert_eq!(
            forward(r#"[{"Type":"fixed-response","FixedResponseConfig":{"StatusCode":"404"}}]"#),
            none
        );
        assert_eq!(forward(r#"[{"Type":"redirect"}]"#), none);
    }

    #[test]
    fn protocols() {
        for (name, expected) in [
            ("TCP", ListenerProtocol::Tcp),
            ("TLS", ListenerProtocol::Tcp),
            ("HTTP", ListenerProtocol::Tcp),
            ("UDP", ListenerProtocol::Udp),
            ("QUIC", ListenerProtocol::Udp),
            ("TCP_UDP", ListenerProtocol::TcpUdp),
            ("TCP_QUIC", ListenerProtocol::TcpUdp),
        ] {
            let snapshot = sound(&format!(
                r#"{{"Listeners":[{{"ListenerArn":"arn:l","LoadBalancerArn":"arn:lb","Port":53,"Protocol":"{name}","DefaultActions":[]}}]}}"#
            ));
            let listener = only(&snapshot.listeners);
            assert_eq!((listener.protocol, listener.port), (expected, Some(53)), "{name}");
        }
        let gateway = sound(
            r#"{"Listeners":[{"ListenerArn":"arn:l","LoadBalancerArn":"arn:lb","DefaultActions":[{"Type":"forward","TargetGroupArn":"arn:a"}]}]}"#,
        );
        let listener = only(&gateway.listeners);
        assert_eq!((listener.protocol, listener.port), (ListenerProtocol::Geneve, None));
    }

    #[test]
    fn listeners_below_their_load_balancers() {
        let snapshot = sound(
            r#"{"LoadBalancerListeners":[{"LoadBalancerArn":"arn:lb","Listeners":[
            {"ListenerArn":"arn:l","LoadBalancerArn":"arn:lb","Port":80,"Protocol":"TCP","DefaultActions":[]}]},
            {"LoadBalancerArn":"arn:none","Listeners":[]}]}"#,
        );
        assert_eq!(only(&snapshot.listeners).load_balancer, "arn:lb");
        sound(r#"{"LoadBalancerListeners":[]}"#);
    }

    #[test]
    fn a_load_balancer_with_an_unreadable_listener_is_incomplete() {
        let listener = |fields| {
            format!(
                r#"{{"LoadBalancers":[{{"LoadBalancerArn":"arn:lb","VpcId":"vpc-1","Type":"application","AvailabilityZones":[]}}],
                "Listeners":[{{"ListenerArn":"arn:l",{fields}}}]}}"#
            )
        };
        for (fields, problem) in [
            (
                r#""LoadBalancerArn":"arn:lb","Port":80,"Protocol":"SCTP","DefaultActions":[]"#,
                "error a.json:2:30: expected a protocol such as `HTTPS` or `TCP` for `Protocol`, found `SCTP`",
            ),
            (
                r#""LoadBalancerArn":"arn:lb","Port":80,"Protocol":"TCP","DefaultActions":[{"Type":"teleport"}]"#,
                "error a.json:2:125: `teleport` is no known action of a listener",
            ),
            (
                r#""LoadBalancerArn":"arn:lb","Protocol":"TCP","DefaultActions":[]"#,
                "error a.json:2:30: expected `Port` in this object, found none",
            ),
            (
                r#""Port":80,"Protocol":"TCP","DefaultActions":[]"#,
                "error a.json:2:30: expected `LoadBalancerArn` in this object, found none",
            ),
        ] {
            let snapshot = read(&listener(fields));
            assert_eq!(problems(&snapshot), [problem]);
            assert!(snapshot.listeners.is_empty() && only(&snapshot.load_balancers).incomplete, "{fields}");
        }
    }
}
