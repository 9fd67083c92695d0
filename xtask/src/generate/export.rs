//! Files as the AWS CLI prints them, in memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;

/// What a folder of answers holds: a file a call, under the names that `portcullis snapshot` gives them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Export {
    answers: BTreeMap<String, Answer>,
}

/// A list under a key.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answer {
    key: &'static str,
    elements: String,
    count: usize,
}

impl Export {
    /// The files: names, and texts as the CLI formats them.
    pub fn files(&self) -> impl Iterator<Item = (String, String)> + '_ {
        self.answers.iter().map(|(call, answer)| {
            let Answer { key, elements, .. } = answer;
            let end = if elements.is_empty() { "" } else { "\n    " };
            (format!("{call}.json"), format!("{{\n    \"{key}\": [{elements}{end}]\n}}\n"))
        })
    }

    /// How many elements the answer of a call has: `describe-network-interfaces`.
    pub fn count(&self, call: &str) -> usize {
        self.answers.get(call).map_or(0, |answer| answer.count)
    }

    /// Writes the files, and says how many bytes that were.
    ///
    /// # Errors
    /// If a folder or file cannot be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<usize> {
        let mut bytes = 0;
        for (name, text) in self.files() {
            let path = folder.join(name);
            bytes += text.len();
            let parent = path.parent().unwrap_or(folder);
            fs::create_dir_all(parent)
                .and_then(|()| fs::write(&path, text))
                .with_context(|| format!("{} could not be written", path.display()))?;
        }
        Ok(bytes)
    }

    /// An answer, though it may stay empty.
    pub(super) fn answer(&mut self, call: &str, key: &'static str) {
        self.answers.entry(call.to_owned()).or_default().key = key;
    }

    /// Leaves out the answer of a call, as if nobody had asked.
    pub(super) fn leave_out(&mut self, call: &str) {
        self.answers.remove(call);
    }

    /// Adds an element to the answer of a call.
    pub(super) fn push(&mut self, call: &str, key: &'static str, element: &Value) {
        if !self.answers.contains_key(call) {
            self.answer(call, key);
        }
        let Some(answer) = self.answers.get_mut(call) else { return };
        let comma = if answer.count > 0 { "," } else { "" };
        answer.elements.push_str(comma);
        answer.count += 1;
        line(&mut answer.elements, 2);
        print(&mut answer.elements, element, 2);
    }
}

/// A value as the CLI prints it: four columns a level, lists and objects over several lines unless they are empty.
fn print(text: &mut String, value: &Value, depth: usize) {
    let elements: Vec<(Option<&String>, &Value)> = match value {
        Value::Array(list) => list.iter().map(|value| (None, value)).collect(),
        Value::Object(object) => object.iter().map(|(key, value)| (Some(key), value)).collect(),
        _ => return text.push_str(&value.to_string()),
    };
    let (start, end) = if value.is_array() { ('[', ']') } else { ('{', '}') };
    text.push(start);
    for (position, (key, value)) in elements.iter().enumerate() {
        text.push_str(if position > 0 { "," } else { "" });
        line(text, depth + 1);
        if let Some(key) = key {
            text.push('"');
            text.push_str(key);
            text.push_str("\": ");
        }
        print(text, value, depth + 1);
    }
    if !elements.is_empty() {
        line(text, depth);
    }
    text.push(end);
}

fn line(text: &mut String, depth: usize) {
    text.push('\n');
    (0..depth).for_each(|_| text.push_str("    "));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Export;

    #[test]
    fn answers_look_as_the_cli_prints_them() {
        let mut export = Export::default();
        let value = json!({"VpcId": "vpc-1", "IsDefault": false, "Tags": [], "Set": [{"Key": "a"}]});
        export.push("describe-vpcs", "Vpcs", &value);
        export.push("describe-vpcs", "Vpcs", &json!({}));
        export.answer("describe-subnets", "Subnets");
        let files: Vec<_> = export.files().collect();
        assert_eq!(files[0], ("describe-subnets.json".into(), "{\n    \"Subnets\": []\n}\n".into()));
        let whole = json!({"Vpcs": [value, {}]});
        let mut bytes = Vec::new();
        let format = serde_json::ser::PrettyFormatter::with_indent(b"    ");
        let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, format);
        serde::Serialize::serialize(&whole, &mut serializer).unwrap();
        assert_eq!(files[1].1.trim_end(), String::from_utf8(bytes).unwrap());
    }
}
