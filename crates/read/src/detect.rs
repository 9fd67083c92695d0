//! Finds the answers in a file.
//!
//! File names do not matter, nor does how answers are wrapped: by command, by account and region, several in one
//! file, one page each in a list, or only the inner list (`--query 'Vpcs[]'`). What is found nowhere in the tables of
//! `describe` is named to the user, never dropped in silence.

use model::{Origin, Problem};
use rustc_hash::FxHashSet;

use crate::describe::{is_common, is_ignored, of_key, of_object};
use crate::object::{File, Object, Property, Value, shown};
use crate::snapshot::Context;
use crate::tree::{Kind, Tree};

/// How many levels of wrapping are searched.
const MAX_WRAPS: usize = 8;
/// How many unknown keys a note names.
const MAX_NAMED: usize = 8;

/// Whether a file is nothing but one noun.
pub(crate) fn is_noun(tree: &Tree<'_>, file: &File) -> bool {
    Value { tree, file, at: 0, key: "" }.as_object().is_some_and(|root| of_object(root).is_some())
}

/// Reads all answers in a file.
pub(crate) fn read<'a>(name: &'a str, tree: &'a Tree<'a>, file: &'a File) {
    let root = Value { tree, file, at: 0, key: name };
    if !matches!(root.kind(), Kind::Object | Kind::List) {
        file.report(Problem::note(root.origin(), "expected an object or a list in this file; it is ignored"));
        return;
    }
    let mut search = Search { context: Context { file }, names: vec![name], unknown: Vec::new() };
    let known = search.value(root);
    // Beside what is known, a text or number only describes the wrapping; alone, it is worth naming.
    let unknown = search.unknown.iter().filter(|unknown| unknown.holds || !known);
    let (mut keys, mut seen) = (Vec::new(), FxHashSet::default());
    let mut first = None;
    for unknown in unknown {
        first = first.or(Some(unknown.origin));
        if seen.insert(unknown.key) {
            keys.push(unknown.key);
        }
    }
    let shown = listed(&keys);
    file.report(match first {
        None if known => return,
        None => Problem::note(root.origin(), "there is nothing in this file; it is ignored"),
        Some(first) if known => Problem::note(first, format!("not known, and ignored: {shown}")),
        Some(_) => Problem::note(
            root.origin(),
            format!("nothing in this file is known: {shown}; it is ignored"),
        )
        .help("expected what `aws ec2 describe-…` prints, with a key such as `Vpcs` or `SecurityGroups`"),
    });
}

fn listed(keys: &[&str]) -> String {
    let named: Vec<_> = keys.iter().take(MAX_NAMED).map(|key| format!("`{}`", shown(key))).collect();
    let rest = keys.len().saturating_sub(MAX_NAMED);
    let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    named.join(", ") + &rest
}

/// A key under which nothing was known.
struct Unknown<'a> {
    key: &'a str,
    origin: Origin,
    /// Whether a list or an object is under it.
    holds: bool,
}

struct Search<'a, 'g> {
    context: Context<'g>,
    /// The file's name and the keys above the value being searched.
    names: Vec<&'a str>,
    unknown: Vec<Unknown<'a>>,
}

impl<'a> Search<'a, '_> {
    /// Searches a value; says whether anything in it is known.
    fn value(&mut self, value: Value<'a>) -> bool {
        match (value.kind(), value.as_object()) {
            (_, Some(object)) => self.object(object),
            (Kind::List, _) => {
                let mut known = false;
                for element in value.elements() {
                    known |= self.value(element);
                }
                known
            }
            _ => false,
        }
    }

    fn object(&mut self, object: Object<'a>) -> bool {
        if let Some(reader) = of_object(object) {
            reader.one(object, &mut self.context);
            return true;
        }
        let mut known = false;
        for Property { origin, value } in object.properties() {
            if is_ignored(value.key) {
                known = true;
                if next_page(object).is_some_and(|token| token.at == value.at) {
                    cut_answer(object, value, &mut self.context);
                }
            } else if self.known(object, value) {
                known = true;
            } else {
                let before = self.unknown.len();
                self.names.push(value.key);
                let found = self.names.len() <= MAX_WRAPS && self.value(value);
                self.names.pop();
                known |= found;
                if !found {
                    self.unknown.truncate(before);
                    let holds = matches!(value.kind(), Kind::List | Kind::Object);
                    self.unknown.push(Unknown { key: value.key, origin, holds });
                }
            }
        }
        known
    }

    /// Reads what is under a known key, if it is what the key promises.
    ///
    /// At the top of a file a key means what it says, and anything else is an error. Further down the same word may
    /// be somebody else's, as a few words may anywhere: there the elements must look like what the key promises.
    fn known(&mut self, object: Object<'a>, value: Value<'a>) -> bool {
        let Some((ids, reader)) = of_key(value.key) else {
            return false;
        };
        let is_top = self.names.len() == 1 && !is_common(value.key);
        let fits = |object: Object<'_>| ids.iter().any(|id| object.has(id));
        match value.kind() {
            Kind::Null => true,
            Kind::List => {
                let mut elements = value.elements().peekable();
                let ours =
                    is_top || elements.peek().is_none() || elements.filter_map(Value::as_object).any(fits);
                if ours {
                    reader.list(value, object, &self.names, &mut self.context);
                }
                ours
            }
            // A file keyed by the names of files has wrappers of the names of answers.
            Kind::Object => {
                let ours = value.as_object().filter(|&object| fits(object));
                if ours.is_some() {
                    reader.single(value, object, &self.names, &mut self.context);
                }
                ours.is_some()
            }
            _ if is_top => {
                value.unexpected("a list");
                self.context.left_out(value.key, value.origin());
                true
            }
            _ => false,
        }
    }
}

/// A page's mark that another follows.
pub(crate) fn next_page(answer: Object<'_>) -> Option<Value<'_>> {
    let token = ["NextToken", "NextMarker", "Marker"].into_iter().find_map(|key| answer.get(key))?;
    (matches!(token.kind(), Kind::Plain | Kind::Escaped) && !token.is_empty_text()).then_some(token)
}

/// What is on the page that follows was not saved.
fn cut_answer(object: Object<'_>, token: Value<'_>, context: &mut Context<'_>) {
    let answer = object.properties().find(|property| property.value.is_list());
    if let Some(answer) = answer {
        context.left_out(answer.value.key, token.origin());
    }
    let answer = answer.map_or("the answer", |property| property.value.key);
    let message = format!("the answer is cut: only one page of `{}` was saved", shown(answer));
    let help = "save it again without `--no-paginate` and `--max-items`";
    token.file.report(Problem::error(token.origin(), message).help(help));
}
