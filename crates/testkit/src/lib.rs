//! Networks and packets written as text, so that a test reads like the row of the specification that it checks.
//!
//! ```
//! let network = testkit::network(&["
//!     vpc vpc-1 10.20.0.0/16
//!     igw igw-1
//!     table rtb-pub: 0.0.0.0/0 igw-1
//!     subnet pub 10.20.0.0/24 table=rtb-pub acl=acl-pub
//!     acl acl-pub in: 100 allow tcp 80 0.0.0.0/0
//!     acl acl-pub out: 100 allow tcp 32768-61000 0.0.0.0/0
//!     sg sg-web in: tcp 80 0.0.0.0/0
//!     eni W pub 10.20.0.10 public=198.51.100.10 groups=sg-web
//! "]);
//! testkit::check(&network, "203.0.113.9 -> @W:tcp/80 windows", "partial 11849/16384: reply nacl-out acl-pub *");
//! ```
#![expect(clippy::expect_used, clippy::panic, reason = "a test that is written wrongly has to fail loudly")]

mod answer;
pub mod generate;
mod line;
mod network;
mod question;
mod seeds;

pub use answer::{Answer, ask, check};
pub use line::{entry, rule};
pub use network::{network, snapshot};
pub use question::{Question, question};
pub use seeds::seeds;
