//! Tools for working on portcullis. The command is `cargo xtask`; what it does is here, so that tests and benchmarks
//! can do it too.

pub mod generate;
pub mod growth;
