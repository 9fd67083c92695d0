//! placeholder
use engine::{Judgement, Network};
use space::{Diagrams, Set};
use crate::explain::{AskedPair, Fix};
pub(crate) fn search(_: &Network, _: &[(AskedPair, Judgement<Set>)], _: &mut Diagrams) -> Fix {
    Fix { advice: vec![], changes: vec![], names: vec![], proved: false, also_opens: vec![], also_opens_complete: Ok(()), notes: vec![] }
}
