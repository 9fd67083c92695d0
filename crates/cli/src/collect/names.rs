//! What the files of a snapshot are called, and what an answer says to repeat a call over.

use std::collections::HashSet;

use serde_json::Value;

use super::Ids;

/// The last part of an id, as a file may be called.
pub(super) fn plain(id: &str) -> String {
    let last = id.rsplit(':').next().unwrap_or(id);
    let keep = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    last.chars().map(|letter| if keep(letter) { letter } else { '-' }).collect()
}

/// Gives out file names: a number is added to one that is taken.
#[derive(Default)]
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    pub(super) fn take(&mut self, wanted: String) -> String {
        let mut name = wanted.clone();
        let mut number = 1;
        // File systems that ignore case must not lose an answer either.
        while !self.taken.insert(name.to_ascii_lowercase()) {
            number += 1;
            name = format!("{wanted}-{number}");
        }
        name
    }
}

impl Ids {
    /// The rows of an answer: of each element of the list the fields, where it has them all.
    pub(super) fn rows(&self, answer: &Value) -> Vec<Vec<String>> {
        let elements = answer.get(self.list).and_then(Value::as_array).into_iter().flatten();
        let field = |element: &Value, key: &&str| Some(element.get(*key)?.as_str()?.to_owned());
        elements.filter_map(|element| self.fields.iter().map(|key| field(element, key)).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Ids, Names, plain};

    #[test]
    fn a_file_is_called_by_the_last_part_of_an_id() {
        assert_eq!(plain("arn:aws:x:eu-west-1:1:loadbalancer/app/shop/1"), "loadbalancer-app-shop-1");
        assert_eq!(plain("pl-1"), "pl-1");
        assert_eq!(plain("../ü b"), "..---b");
        let mut names = Names::default();
        assert_eq!(
            ["a-b", "A-B", "a-b", "c"].map(|name| names.take(name.into())),
            ["a-b", "A-B-2", "a-b-3", "c"]
        );
    }

    #[test]
    fn rows_are_those_that_have_every_field() {
        let ids = Ids { of: "", list: "Sets", fields: &["Name", "Id"] };
        let answer = json!({"Sets": [{"Name": "a", "Id": "1"}, {"Name": "b"}, {"Name": null, "Id": "3"}, 7]});
        assert_eq!(ids.rows(&answer), [["a", "1"]]);
        assert!(ids.rows(&json!({})).is_empty());
        assert_eq!(ids.query(), "Sets[].[Name,Id]");
    }
}
