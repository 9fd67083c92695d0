//! Rules that `synth` found: for people, as JSON, and as what makes them in AWS.

mod aws_cli;
mod cloudformation;
mod json;
mod steps;
mod terraform;
mod text;

use answers::ends::name_of;
use answers::intent::{Status, Tested};
use answers::synth::{Attachment, Declared, Synthesis, Widened};
use engine::Network;
use model::{Id, Noun, SecurityGroup, Tags};

pub use aws_cli::synth_aws_cli;
pub use cloudformation::synth_cloudformation;
pub use json::{SYNTH_SCHEMA, synth_json};
pub use terraform::synth_terraform;
pub use text::synth_text;

/// Rules that were found, and what is said of them.
#[derive(Debug, Clone, Copy)]
pub struct Synthesised<'a> {
    /// The network as it is.
    pub before: &'a Network,
    /// It is described, and not there yet: the ids of its VPCs and subnets are names.
    pub to_be: bool,
    /// The lines that they are for.
    pub declared: &'a [Declared],
    /// The rules, and their proof.
    pub found: &'a Synthesis,
    /// What the intent says beside that, tested with these rules.
    pub tested: &'a Tested,
    /// What is left to whoever applies them, in sentences.
    pub notes: &'a [String],
}

impl Synthesised<'_> {
    /// Whether what passes is what is declared, and all else that the intent says is so too.
    pub fn is_proved(&self) -> bool {
        self.found.proof.holds() && self.not_so() == 0
    }

    /// The verdict in one line: what is proved, or what is not.
    pub fn verdict(&self) -> String {
        let count = |many: usize, one: &str, several: &str| match many {
            1 => format!("1 {one}"),
            _ => format!("{many} {several}"),
        };
        let proof = &self.found.proof;
        let mut lines = count(self.declared.len(), "line", "lines");
        if self.found.health_checks > 0 {
            lines.push_str(" and their health checks");
        }
        if self.is_proved() {
            let pairs = count(proof.pairs, "pair", "pairs");
            let others = match self.tested.lines.len() {
                0 => String::new(),
                others => format!("; {}", count(others, "other line holds", "other lines hold")),
            };
            return format!("PROVED  what passes is what is declared: {pairs} of {lines}{others}");
        }
        let mut wrong = Vec::new();
        if !proof.unmet.is_empty() {
            let [one, several] = ["does", "do"].map(|word| format!("of {lines} {word} not work in full"));
            wrong.push(count(proof.unmet.len(), &one, &several));
        }
        if !proof.undeclared.is_empty() {
            let (one, several) =
                ("pair has flows that no line declares", "pairs have flows that no line declares");
            wrong.push(count(proof.undeclared.len(), one, several));
        }
        if self.not_so() > 0 {
            wrong.push(count(self.not_so(), "other line does not hold", "other lines do not hold"));
        }
        format!("NOT PROVED  {}", wrong.join("; "))
    }

    /// Whether a group has to be made.
    fn is_new_group(&self, id: &Id) -> bool {
        let is_planned = self.found.groups.iter().any(|planned| planned.group.id == *id);
        is_planned && self.before.model().security_groups.get(id.as_str()).is_none()
    }

    /// Whether a list has to be made.
    fn is_new_list(&self, id: &Id) -> bool {
        let is_planned = self.found.lists.iter().any(|planned| planned.list.id == *id);
        is_planned && self.before.model().network_acls.get(id.as_str()).is_none()
    }

    /// How many of the other lines are not so, or not certainly.
    fn not_so(&self) -> usize {
        self.tested.lines.iter().filter(|line| !is_so(line.status)).count()
    }

    /// What a rule is for: why its lines are there, else what they say.
    fn purpose(&self, lines: &[usize]) -> String {
        let mut words: Vec<&str> = Vec::new();
        for line in lines {
            let why = self.declared.get(*line).and_then(|line| line.why.as_deref());
            let word = why.unwrap_or_else(|| self.line(*line));
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words.join("; ")
    }

    /// What people call a line: a declared one, or health checks that one needs.
    fn line(&self, position: usize) -> &str {
        self.found.lines.get(position).map_or("", String::as_str)
    }

    /// What people call an interface.
    fn interface(&self, id: &Id) -> String {
        let network = &self.found.after;
        let ix = network.model().network_interfaces.ix(id.as_str());
        ix.map_or_else(|| id.to_string(), |ix| name_of(network, ix))
    }

    /// What people call a subnet.
    fn subnet(&self, id: &Id) -> String {
        let noun = self.found.after.model().subnets.get(id.as_str());
        noun.and_then(Noun::name).unwrap_or(id.as_str()).to_owned()
    }
}

/// What people call a group or a list that is there, before what it is; a new one's id says it.
fn kept_name(is_new: bool, tags: &Tags, own: Option<&str>) -> String {
    let name = tags.name().or(own).filter(|_| !is_new);
    name.map_or_else(String::new, |name| format!("{name}, "))
}

fn is_so(status: Status) -> bool {
    matches!(status, Status::Ok | Status::Waived)
}

/// A larger block, what it stands for, and what it has besides.
fn larger(widened: &Widened) -> String {
    let Widened { id, egress, blocks, into, extra } = widened;
    let way = if *egress { "out" } else { "in" };
    let blocks = blocks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let more = match extra {
        0 => "no address more".to_owned(),
        1 => "1 address more".to_owned(),
        _ => format!("{extra} addresses more"),
    };
    format!("{id} {way}  {into} for {blocks}: {more}")
}

/// What has to name a group, in words. What is described only has no ids yet.
fn place(attachment: &Attachment, to_be: bool) -> String {
    match attachment {
        Attachment::Launch { group } if to_be => format!("the tier {group}"),
        Attachment::Interface { id, name } if id.as_str() == name => name.clone(),
        Attachment::Interface { id, name } => format!("{name} ({id})"),
        Attachment::LoadBalancer { name, kind, .. } => format!("the {} {name}", kind.words()),
        Attachment::Launch { group } => {
            format!("what the Auto Scaling group {group} starts its instances from")
        }
        Attachment::Endpoint { id, name } => format!("the endpoint {name} ({id})"),
        Attachment::Service { id, name } => {
            format!("{name} ({id}), in the settings of the service that made it")
        }
    }
}

/// What a new group is for, in characters that AWS takes (S1.2).
fn group_description(group: &SecurityGroup) -> String {
    let role = group.id.as_str();
    format!("What portcullis.yaml declares for {}", role.strip_prefix("sg-").unwrap_or(role))
}

/// A text on one line of a comment, whatever an export has in its names.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests;
