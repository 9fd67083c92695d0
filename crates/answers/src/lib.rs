//! Questions and their answers as plain data: explain, and the smallest fix.

pub mod question;
pub mod suggest;
