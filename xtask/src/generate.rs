//! Networks made up from a seed, written as the AWS CLI prints them: to measure on, and to find what only size shows.
//!
//! Ids and names say what they are of (`i-web-00012-3`); they have AWS's prefixes, and AWS's letters where readers
//! look at them. Other people's addresses are those of documentation (RFC 5737, RFC 3849). Those are too few for public
//! addresses of the network itself, which come from where AWS takes them.
//! The bytes depend on the size and the seed alone: not on the machine, the time, or the order of a hash map.

mod alike;
mod export;
mod gateways;
mod interface;
mod network_acl;
mod random;
mod random_network;
mod realistic;
mod security_group;
mod three_tier;
mod vpc;

pub use alike::alike;
pub use export::Export;
pub use random_network::random;
pub use realistic::realistic;
pub use three_tier::{SERVICE, three_tier};

/// The account that all is in.
const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";
/// Blocks for documentation, without the last number: other people.
const DOCUMENTATION: [&str; 3] = ["192.0.2", "198.51.100", "203.0.113"];
/// The letters of the zones.
const ZONES: [char; 3] = ['a', 'b', 'c'];

/// `Tags` with a name.
fn name(name: &str) -> serde_json::Value {
    serde_json::json!([{"Key": "Name", "Value": name}])
}

/// Sets a field of an object.
fn set(object: &mut serde_json::Value, key: &str, value: impl Into<serde_json::Value>) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.into(), value.into());
    }
}
