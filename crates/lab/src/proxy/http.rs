//! Requests of HTTP/1, from a client to a target and back. Neither HTTP/2 nor protocols that a connection is upgraded to.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri, Version};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::serve::{CONNECTING, Node};

/// How long a target has for its answer: the idle timeout that load balancers have where nobody sets another.
const IDLE: Duration = Duration::from_secs(60);
/// What is between two machines only (RFC 9110, 7.6.1).
const BETWEEN_TWO: [HeaderName; 5] = [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

type Answer = Response<Either<Incoming, Full<Bytes>>>;

/// Serves one client on a listener's port, until it hangs up.
pub(super) async fn serve<C: AsyncRead + AsyncWrite + Unpin + 'static>(
    node: Rc<Node>,
    port: u16,
    tls: bool,
    stream: C,
    client: IpAddr,
) {
    let service = service_fn(|request| {
        let node = Rc::clone(&node);
        async move { Ok::<_, Infallible>(answer(&node, (port, tls), client, request).await) }
    });
    // A client that breaks off is its own affair.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// The target's answer, or the load balancer's own where there is none: 503 without a target, 502 where the target
/// refuses or breaks off, 504 where it does not answer.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html>
async fn answer(node: &Node, (port, tls): (u16, bool), client: IpAddr, request: Request<Incoming>) -> Answer {
    let Some(target) = node.pick(port, client) else { return own(StatusCode::SERVICE_UNAVAILABLE) };
    let stream = match timeout(CONNECTING, TcpStream::connect(target)).await {
        Err(_) => return own(StatusCode::GATEWAY_TIMEOUT),
        Ok(Err(_)) => return own(StatusCode::BAD_GATEWAY),
        Ok(Ok(stream)) => stream,
    };
    match timeout(IDLE, passed_on(stream, (port, tls), client, target, request)).await {
        Err(_) => own(StatusCode::GATEWAY_TIMEOUT),
        Ok(None) => own(StatusCode::BAD_GATEWAY),
        Ok(Some(answer)) => answer,
    }
}

async fn passed_on(
    stream: TcpStream,
    asked: (u16, bool),
    client: IpAddr,
    target: SocketAddr,
    mut request: Request<Incoming>,
) -> Option<Answer> {
    // Whatever form the request names its resource in, a server is asked for the path.
    *request.uri_mut() =
        request.uri().path_and_query().map_or(Uri::from_static("/"), |path| path.clone().into());
    let headers = request.headers_mut();
    without_what_is_between_two(headers);
    forwarded(headers, client, asked)?;
    if !headers.contains_key(hyper::header::HOST) {
        headers.insert(hyper::header::HOST, HeaderValue::from_str(&target.to_string()).ok()?);
    }
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    // It ends with the request's answer, as the sender goes then.
    tokio::task::spawn_local(connection);
    let mut answer = sender.send_request(request).await.ok()?;
    without_what_is_between_two(answer.headers_mut());
    *answer.version_mut() = Version::HTTP_11;
    Some(answer.map(Either::Left))
}

/// Takes away the headers that are for the next machine only, and those that `Connection` names.
fn without_what_is_between_two(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&BETWEEN_TWO) {
        headers.remove(name);
    }
}

/// Says who asks: the client's address at the right end of what others said (S4.15).
fn forwarded(headers: &mut HeaderMap, client: IpAddr, (port, tls): (u16, bool)) -> Option<()> {
    let before = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let all: Vec<String> = before.map(str::to_owned).chain([client.to_string()]).collect();
    headers.insert(FORWARDED_FOR, HeaderValue::from_str(&all.join(", ")).ok()?);
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static(if tls { "https" } else { "http" }));
    headers.insert(FORWARDED_PORT, HeaderValue::from(port));
    Some(())
}

/// An answer of the load balancer itself.
fn own(status: StatusCode) -> Answer {
    let mut answer = Response::new(Either::Right(Full::from(format!("{status}\n"))));
    *answer.status_mut() = status;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_for_the_next_machine_go_and_the_client_is_named_at_the_right_end() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, x-private"),
            ("x-private", "1"),
            ("upgrade", "h2c"),
            ("cookie", "a=b"),
            ("x-forwarded-for", "192.0.2.1"),
            ("x-forwarded-for", "192.0.2.2"),
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        without_what_is_between_two(&mut headers);
        forwarded(&mut headers, "198.51.100.7".parse().unwrap(), (80, false)).unwrap();
        let mut left: Vec<_> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        left.sort();
        assert_eq!(
            left,
            [
                "cookie: a=b",
                "x-forwarded-for: 192.0.2.1, 192.0.2.2, 198.51.100.7",
                "x-forwarded-port: 80",
                "x-forwarded-proto: http",
            ]
        );
    }
}
