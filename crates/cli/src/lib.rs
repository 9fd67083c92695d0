//! What the command shares with the commands beside it, such as `portcullis-lab`: how inputs are read and shown, where
//! `portcullis.yaml` is, how text may look, how files are waited for, how the AWS CLI is asked.

pub mod collect;
pub mod config;
pub mod input;
pub mod output;
pub mod watch;
