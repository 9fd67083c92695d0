//! What a snapshot is made of: the calls of the AWS CLI whose answers explain a network, and who makes them.
//!
//! All of them only read. Whoever makes them, the script or the program, goes by the one table in `calls`.

mod aws;
mod calls;
mod failure;
mod folder;
mod names;
mod progress;
mod queue;
mod report;
pub mod run;
pub mod script;

use calls::CALLS;

/// A region is an argument, a word of the script and a folder.
///
/// # Errors
/// With what was expected, if it is none.
pub fn parse_region(text: &str) -> Result<String, String> {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let is_region = text.starts_with(|letter: char| letter.is_ascii_lowercase()) && text.chars().all(plain);
    if is_region { Ok(text.to_owned()) } else { Err("expected a region such as eu-west-1".into()) }
}

/// One call of the AWS CLI.
struct Call {
    service: &'static str,
    operation: &'static str,
    /// What is undecided without its answer, for people.
    about: &'static str,
    /// Arguments that are always the same.
    fixed: &'static [&'static str],
    /// What to take of the answer, as JMESPath, where the rest of it is not for us.
    only: Option<&'static str>,
    /// What it is repeated over; a call without is made once a region.
    each: Option<Each>,
}

/// What a call is repeated over: the answer of an earlier call of the table.
#[derive(PartialEq, Eq)]
struct Each {
    ids: Ids,
    /// The options that the fields are given to, in their order. The first names the file.
    options: &'static [&'static str],
}

/// Where the ids are in an answer.
#[derive(PartialEq, Eq)]
struct Ids {
    /// The earlier call, by its file.
    of: &'static str,
    /// The key of the list.
    list: &'static str,
    /// The fields of each element.
    fields: &'static [&'static str],
}

impl Ids {
    /// As JMESPath: rows of as many columns as there are fields.
    fn query(&self) -> String {
        format!("{}[].[{}]", self.list, self.fields.join(","))
    }
}

impl Call {
    /// The file that holds the answer, or the folder that holds the answers of a repeated call; without its ending.
    fn file(&self) -> String {
        match self.service {
            "ec2" => self.operation.to_owned(),
            service => format!("{service}-{}", self.operation),
        }
    }

    /// The words of the command line that are always the same, without `only`.
    fn words(&self) -> impl Iterator<Item = &'static str> {
        [self.service, self.operation].into_iter().chain(self.fixed.iter().copied())
    }

    /// The calls that are repeated over the answer of this one.
    fn followers(&self) -> impl Iterator<Item = (&'static Call, &'static Each)> {
        let file = self.file();
        CALLS
            .iter()
            .filter_map(|call| Some((call, call.each.as_ref()?)))
            .filter(move |(_, each)| each.ids.of == file)
    }
}
