//! One question, answered gate by gate, there and back.

mod asked;
pub(crate) mod causes;
pub(crate) mod data;
mod flow_log;
pub(crate) mod gates;
mod health;
mod legs;
mod pair;
mod pairs;
pub(crate) mod places;
pub(crate) mod rules;
mod targets;
pub(crate) mod via;
pub(crate) mod warnings;
pub(crate) mod words;

use std::net::IpAddr;

use engine::ephemeral::ClientKind;
use engine::{Judgement, Network, Verdict};
use model::Holder;
use space::{Diagrams, Family, Set};

pub(crate) use asked::connections;
pub use data::{
    Changes, End, Explanation, Fix, FlowLogRecord, Gate, KindShare, Leg, Outcome, Pair, RuleUse, Segment,
    TargetOutcome, Tried, Way, verdict_word,
};
pub use health::{HealthCheck, HealthRow};
pub(crate) use health::{pairs_of_checks, target_groups_on};
pub(crate) use pairs::{AskedPair, pair_between, pairs_of};
pub use rules::rule_use;
pub(crate) use words::{blocks, protocol_name, ranges};

use crate::ends::{Names, resolve};
use crate::fix::Means;
use crate::question::{Question, QuestionError};

/// The largest number of pairs of ends that one question may mean.
pub(crate) const MOST_PAIRS: usize = 20_000;

/// How to answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The kind of client, where the question should not go by what the client is.
    pub client: Option<&'static ClientKind>,
    /// List every rule that was tried.
    pub rules: bool,
    /// Search for the smallest fix.
    pub fix: bool,
    /// What the fix may do.
    pub means: Means,
}

/// Answers questions about one network, one after the other.
pub struct Explainer<'n> {
    names: Names<'n>,
    options: Options,
}

impl<'n> Explainer<'n> {
    /// For a network; `me` is what the user says their address is.
    pub fn new(network: &'n Network, me: Option<IpAddr>, options: Options) -> Explainer<'n> {
        Explainer::with_names(Names::new(network, me), options)
    }

    /// For names that are known already, those of an intent with them.
    pub fn with_names(names: Names<'n>, options: Options) -> Explainer<'n> {
        Explainer { names, options }
    }

    /// Answers a question.
    ///
    /// # Errors
    /// If it names something that is not there or is several things, or means more pairs than can be listed.
    pub fn explain(&self, question: &Question) -> Result<Explanation, QuestionError> {
        let network = self.names.network;
        let client = resolve(&self.names, &question.source)?;
        let server = resolve(&self.names, &question.destination)?;
        refuse_unsupported(question)?;
        via::check(network, question)?;
        let size = (client.held.len() + 2).saturating_mul(server.held.len() + 2);
        if size > MOST_PAIRS {
            let message = format!("this means some {size} pairs of ends; explain answers up to {MOST_PAIRS}");
            return Err(
                QuestionError::new(0..question.text.len(), message).help("ask about fewer ends at a time")
            );
        }
        let mut sets = Diagrams::new();
        let unmodelled: Vec<String> = client.unmodelled.iter().chain(&server.unmodelled).cloned().collect();
        let mut reasons = unmodelled.clone();
        let asked = pairs_of(network, question, &client, &server, self.options.client, &mut sets);
        if asked.is_empty() && reasons.is_empty() && !server.aws.is_empty() {
            reasons.push("an AWS service is asked for by an interface of the export".into());
        }
        if asked.is_empty() && reasons.is_empty() {
            reasons.push(why_no_pair(&client, &server));
        }
        let mut judged: Vec<(AskedPair, Judgement<Set>)> = Vec::new();
        // That it takes another way is a reason, and none to doubt the verdict.
        let mut other_way = Vec::new();
        for pair in asked {
            let mut judgement = engine::judge(network, &pair.flow, pair.asked, &mut sets);
            other_way.extend(via::narrow(network, question, &mut judgement, &mut sets));
            judged.push((pair, judgement));
        }
        // Ends that have no family in common cannot talk; of two ends beyond the network nobody knows.
        let never =
            judged.is_empty() && !(client.held.is_empty() && server.held.is_empty()) && unmodelled.is_empty();
        let (verdict, share) = match never {
            true => (Verdict::Blocked, 0.0),
            false => overall(&judged, &mut sets, !reasons.is_empty()),
        };
        let mut pairs = Vec::new();
        for (pair, judgement) in &judged {
            let explained = pair::explain(network, pair, judgement, self.options.rules, &mut sets);
            reasons.extend(pair::unknowns(judgement));
            pairs.push(explained);
        }
        reasons.extend(other_way);
        reasons.sort();
        reasons.dedup();
        let works = matches!(verdict, Verdict::Allowed | Verdict::Undecided);
        let fix = (self.options.fix && !works)
            .then(|| crate::fix::search(network, Some(question), &judged, self.options.means, &mut sets));
        Ok(Explanation {
            question: question.to_string(),
            verdict,
            share,
            reasons,
            pairs,
            fix,
            warnings: {
                let mut warnings = warnings::warnings(network, question, &judged, &mut sets);
                if self.options.fix {
                    warnings.extend(self.failing_checks(&judged));
                }
                warnings
            },
            assumptions: warnings::assumptions(network, &judged),
        })
    }
}

/// Judges and explains one pair of ends by their own addresses, whatever is asked of it.
pub(crate) fn explain_pair(
    network: &Network,
    family: Family,
    client: Option<Holder>,
    server: Option<Holder>,
    asked: Set,
    sets: &mut Diagrams,
) -> Pair {
    let asked = pairs::pair_between(network, family, client, server, asked);
    explain_asked(network, &asked, sets)
}

/// Judges and explains one pair of ends.
pub(crate) fn explain_asked(network: &Network, asked: &AskedPair, sets: &mut Diagrams) -> Pair {
    let judgement = engine::judge(network, &asked.flow, asked.asked, sets);
    pair::explain(network, asked, &judgement, false, sets)
}

/// Options of the grammar that explain has no use for.
fn refuse_unsupported(question: &Question) -> Result<(), QuestionError> {
    let Some(within) = &question.within else { return Ok(()) };
    let message = "`within` is understood but cannot be answered by explain";
    Err(QuestionError::new(within.span.clone(), message).help("leave it out"))
}

fn why_no_pair(client: &crate::ends::EndSet, server: &crate::ends::EndSet) -> String {
    match (client.held.is_empty(), server.held.is_empty()) {
        (true, true) => "neither end is an interface of the export".into(),
        _ => "the two ends have no address family, or no connection of the services asked for, in common"
            .into(),
    }
}

/// The verdict and the share over all pairs: allowed is for all, blocked is for none.
fn overall(judged: &[(AskedPair, Judgement<Set>)], sets: &mut Diagrams, unknown: bool) -> (Verdict, f64) {
    let (mut works, mut blocked, mut undecided) = (false, false, unknown);
    let mut shares = Vec::new();
    for (_, judgement) in judged {
        let certain = sets.union(judgement.works, judgement.unknown);
        works |= judgement.works != Set::EMPTY;
        blocked |= sets.subtract(judgement.asked, certain) != Set::EMPTY;
        undecided |= judgement.unknown != Set::EMPTY;
        let asked = sets.count(judgement.asked);
        shares.extend((asked > 0.0).then(|| sets.count(judgement.works) / asked));
    }
    let verdict = match (works, blocked, undecided) {
        (true, true, _) => Verdict::Partial,
        (true, false, false) => Verdict::Allowed,
        (false, true, false) => Verdict::Blocked,
        _ => Verdict::Undecided,
    };
    // Pairs count alike: one with the whole internet would else outweigh all others.
    let share = shares.iter().sum::<f64>() / (shares.len().max(1) as f64);
    (verdict, share)
}
