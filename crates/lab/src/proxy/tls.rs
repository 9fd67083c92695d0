//! TLS as a load balancer ends it: with a certificate that nobody has signed, for its own is not in an export.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::error::LabError;

/// The name in the certificate: one that nobody can have (RFC 6761).
const NAME: &str = "load-balancer.invalid";

/// Speaks TLS 1.2 and 1.3 with a new key.
///
/// # Errors
/// If no key can be made.
pub(super) fn acceptor() -> Result<TlsAcceptor, LabError> {
    let failed = |why: &dyn std::fmt::Display| LabError::State(format!("no certificate can be made: {why}"));
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([NAME.to_owned()]).map_err(|error| failed(&error))?;
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![cert.der().clone()], key.into());
    Ok(TlsAcceptor::from(Arc::new(config.map_err(|error| failed(&error))?)))
}
