//! `elbv2 describe-target-groups` (S9.14).

use model::{Application, CheckSettings, HealthCheck, ListenerProtocol, TargetGroup, TargetType};

use super::listener::{self, protocol};
use crate::object::{Object, shown};
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let (Some(id), Some(target_type)) = (object.required_id("TargetGroupArn"), target_type(object)) else {
        return;
    };
    let is_lambda = target_type == TargetType::Lambda;
    let group = TargetGroup {
        id,
        name: object.name("TargetGroupName"),
        protocol: if is_lambda { None } else { protocol(object) },
        application: application(object),
        port: object.get("Port").and_then(|port| port.bounded("a port")),
        vpc: object.id("VpcId"),
        target_type,
        load_balancers: object.ids("LoadBalancerArns"),
        health_check: health_check(object, is_lambda),
        preserve_client_ip: None,
        cross_zone: None,
        targets: None,
        tags: object.tags("Tags"),
        origin: object.origin(),
    };
    context.insert(|snapshot| &mut snapshot.target_groups, group);
}

fn target_type(object: Object<'_>) -> Option<TargetType> {
    match object.text("TargetType") {
        // What the API takes it to be where nobody says.
        Some("instance") | None => Some(TargetType::Instance),
        Some("ip") => Some(TargetType::Ip),
        Some("lambda") => Some(TargetType::Lambda),
        Some("alb") => Some(TargetType::Alb),
        Some(other) => {
            object.error(format!(
                "expected `instance`, `ip`, `alb` or `lambda` for `TargetType`, found `{}`",
                shown(other)
            ));
            None
        }
    }
}

/// Checks are over TCP, HTTP or HTTPS whatever the group's protocol (S4.5).
fn health_check(object: Object<'_>, is_lambda: bool) -> HealthCheck {
    if let Some(protocol) = object.get("HealthCheckProtocol")
        && let Some(text) = protocol.text()
        && !matches!(text, "TCP" | "HTTP" | "HTTPS")
    {
        let text = shown(text);
        protocol
            .error(format!("expected `TCP`, `HTTP` or `HTTPS` for `HealthCheckProtocol`, found `{text}`"));
    }
    let port =
        object.get("HealthCheckPort").filter(|port| port.is_number() || port.text() != Some("traffic-port"));
    HealthCheck {
        enabled: object.flag("HealthCheckEnabled").unwrap_or(!is_lambda),
        protocol: ListenerProtocol::Tcp,
        port: port.and_then(|port| {
            if port.is_number() { port.bounded("a port") } else { port.parsed("a port or `traffic-port`") }
        }),
        settings: CheckSettings {
            application: object.text("HealthCheckProtocol").map_or(Application::Any, listener::application),
            path: object.text("HealthCheckPath").map(Into::into),
            codes: object.text_in("Matcher", "HttpCode").map(Into::into),
            interval: count(object, "HealthCheckIntervalSeconds", "seconds"),
            timeout: count(object, "HealthCheckTimeoutSeconds", "seconds"),
            healthy: count(object, "HealthyThresholdCount", "a count"),
            unhealthy: count(object, "UnhealthyThresholdCount", "a count"),
        },
    }
}

/// A number of seconds or of checks.
pub(super) fn count(object: Object<'_>, key: &'static str, expected: &str) -> Option<u32> {
    object.get(key)?.bounded(expected)
}

/// What is spoken with targets.
fn application(object: Object<'_>) -> Application {
    match object.text("ProtocolVersion") {
        Some("HTTP2" | "GRPC") => Application::Http2,
        _ => object.text("Protocol").map_or(Application::Any, listener::application),
    }
}

#[cfg(test)]
mod tests {
    use model::{Application, CheckSettings, Id, ListenerProtocol, TargetType};

    use crate::testing::{only, problems, read, sound};

    #[test]
    fn target_groups() {
        let snapshot = sound(
            r#"{"TargetGroups":[{"TargetGroupArn":"arn:web","TargetGroupName":"web","Protocol":"HTTP","Port":8080,"VpcId":"vpc-1",
             "TargetType":"ip","HealthCheckEnabled":true,"HealthCheckProtocol":"HTTP","HealthCheckPort":"8081","LoadBalancerArns":["arn:lb"],
             "HealthCheckPath":"/healthz","Matcher":{"HttpCode":"200-204"},"HealthCheckIntervalSeconds":10,"HealthCheckTimeoutSeconds":6,
             "HealthyThresholdCount":5,"UnhealthyThresholdCount":2,"ProtocolVersion":"HTTP1"},
            {"TargetGroupArn":"arn:dns","Protocol":"TCP_UDP","Port":53,"HealthCheckProtocol":"TCP","HealthCheckPort":"traffic-port"},
            {"TargetGroupArn":"arn:lambda","TargetType":"lambda"}]}"#,
        );
        let web = snapshot.target_groups.get("arn:web").unwrap();
        assert_eq!((web.target_type, web.protocol), (TargetType::Ip, Some(ListenerProtocol::Tcp)));
        assert_eq!((web.port, web.health_check.port), (Some(8080), Some(8081)));
        assert_eq!((web.name.as_deref(), &web.load_balancers[..]), (Some("web"), &[Id::from("arn:lb")][..]));
        let asked = CheckSettings {
            application: Application::Http,
            path: Some("/healthz".into()),
            codes: Some("200-204".into()),
            interval: Some(10),
            timeout: Some(6),
            healthy: Some(5),
            unhealthy: Some(2),
        };
        assert_eq!((web.application, &web.health_check.settings), (Application::Http, &asked));
        let dns = snapshot.target_groups.get("arn:dns").unwrap();
        assert_eq!((dns.target_type, dns.protocol), (TargetType::Instance, Some(ListenerProtocol::TcpUdp)));
        assert_eq!((dns.application, dns.health_check.settings.path.as_ref()), (Application::Any, None));
        assert_eq!((dns.health_check.enabled, dns.health_check.port), (true, None));
        let lambda = snapshot.target_groups.get("arn:lambda").unwrap();
        assert_eq!((lambda.protocol, lambda.health_check.enabled), (None, false));
    }

    #[test]
    fn words_that_are_not_known_are_named() {
        let snapshot = read(
            r#"{"TargetGroups":[{"TargetGroupArn":"arn:a","Protocol":"SCTP","Port":80,"HealthCheckProtocol":"ICMP","HealthCheckPort":"any"},
            {"TargetGroupArn":"arn:b","Protocol":"TCP","TargetType":"wish"}]}"#,
        );
        assert_eq!(only(&snapshot.target_groups).protocol, None);
        assert_eq!(
            problems(&snapshot),
            [
                "error a.json:1:18: expected a protocol such as `HTTPS` or `TCP` for `Protocol`, found `SCTP`",
                "error a.json:1:94: expected `TCP`, `HTTP` or `HTTPS` for `HealthCheckProtocol`, found `ICMP`",
                "error a.json:1:119: expected a port or `traffic-port` for `HealthCheckPort`, found `any`",
                "error a.json:2:13: expected `instance`, `ip`, `alb` or `lambda` for `TargetType`, found `wish`",
            ]
        );
    }
}
