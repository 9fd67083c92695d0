//! The table of calls as a POSIX shell script, for people who hand out no credentials.

use super::{CALLS, Call, Each};

/// What the script is asked to do.
pub(crate) struct Plan<'a> {
    /// The profile of the AWS CLI, unless it is the one that the CLI takes by itself.
    pub(crate) profile: Option<&'a str>,
    /// The regions; none means the one that the CLI takes by itself.
    pub(crate) regions: &'a [String],
    /// The folder to fill, unless the script is given another.
    pub(crate) folder: &'a str,
}

/// Writes the script.
pub(crate) fn script(plan: &Plan<'_>) -> String {
    let profile = plan.profile.map(|profile| format!(" --profile {}", quoted(profile))).unwrap_or_default();
    let regions = quoted(&plan.regions.join(" "));
    let mut calls = String::new();
    for call in CALLS.iter().filter(|call| call.each.is_none()) {
        let words = std::iter::once(call.file()).chain(words(call)).collect::<Vec<_>>().join(" ");
        follow(call, &words, "    ", &mut calls);
    }
    TEMPLATE
        .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
        .replace("@CALLS@", calls.trim_end())
        .replace("@REGIONS@", &regions)
        .replace("@PROFILE@", &profile)
        .replace("@FOLDER@", &quoted(plan.folder))
}

/// A call and, if it succeeds, the calls over its answer. `words` are its file and its command line.
fn follow(call: &Call, words: &str, indent: &str, text: &mut String) {
    let followers: Vec<_> = call.followers().collect();
    if followers.is_empty() {
        text.push_str(&format!("{indent}save {words}\n"));
        return;
    }
    text.push_str(&format!("{indent}if save {words}; then\n"));
    let inner = format!("{indent}        ");
    // Calls over the same ids share a loop.
    for alike in followers.chunk_by(|(_, a), (_, b)| a.query == b.query) {
        let Some((first, each)) = alike.first() else { continue };
        let ids = quoted_variable(&format!("ids/{}", first.file()));
        let (_, line) = words.split_once(' ').unwrap_or_default();
        let columns: Vec<_> = each.options.iter().map(|option| variable(option)).collect();
        text.push_str(&format!("{indent}    ids {ids} {} {line}\n", quoted(each.query)));
        text.push_str(&format!("{indent}    while IFS=\"$tab\" read -r {}; do\n", columns.join(" ")));
        for (call, each) in alike {
            follow(call, &repeated(call, each), &inner, text);
        }
        text.push_str(&format!("{indent}    done <{ids}\n"));
    }
    text.push_str(&format!("{indent}fi\n"));
}

/// The file and the command line of a call for one row of ids.
fn repeated(call: &Call, each: &Each) -> String {
    let first = each.options.first().map(|option| variable(option)).unwrap_or_default();
    let mut all = vec![format!("\"{}/$(plain \"${first}\")\"", call.file())];
    all.extend(words(call));
    all.extend(each.options.iter().map(|option| format!("{option} \"${}\"", variable(option))));
    all.join(" ")
}

fn words(call: &Call) -> impl Iterator<Item = String> {
    let fixed = call.fixed.iter().map(|word| if word.contains('=') { quoted(word) } else { (*word).to_owned() });
    [call.service.to_owned(), call.operation.to_owned()].into_iter().chain(fixed)
}

/// The variable that holds the value of an option.
fn variable(option: &str) -> String {
    option.trim_start_matches('-').replace('-', "_")
}

fn quoted_variable(path: &str) -> String {
    format!("\"$work/{}\"", path.replace('/', "-"))
}

/// A word as the shell takes it literally.
pub(crate) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

const TEMPLATE: &str = r#"#!/bin/sh
# Collects what `portcullis explain` reads: the answers of AWS to calls that only read, one JSON file each.
# It changes nothing in AWS, and sends nothing anywhere. Read it before you run it:
#
#     sh collect.sh [FOLDER]
#
# It needs the AWS CLI and permissions such as the managed policy ReadOnlyAccess gives. What it may not read is named
# at the end and left out; what depends on that will be undecided. Answers go to FOLDER/ACCOUNT/REGION.
#
# Exit codes: 0 all was collected, 1 some calls failed, 2 nothing was collected.
#
# Written by `portcullis snapshot --script`, version @VERSION@.

set -u
umask 077
export AWS_PAGER=''

folder=${1:-@FOLDER@}
regions=@REGIONS@
tab=$(printf '\t')

# All calls go through here. Nothing is read from standard input.
call() {
    aws@PROFILE@ ${region:+--region "$region"} "$@" </dev/null
}

stop() {
    printf 'collect: %s\n' "$1" >&2
    exit 2
}

# failed MESSAGE CALL...: remembers a call that failed, with the first line that says why.
failed() {
    why=$(printf '%s\n' "$1" | sed -n '/rror/{p;q;}')
    shift
    printf '%s: aws %s: %s\n' "$region" "$*" "${why:-it failed without a message}" >>"$failures"
}

# save FILE CALL...: one answer, one file. A call that fails leaves no file.
save() {
    file=$target/$1.json
    shift
    mkdir -p "${file%/*}" || stop "${file%/*} cannot be made"
    if message=$(call "$@" --output json 2>&1 >"$work/answer"); then
        # `aws` prints nothing where there is nothing to say.
        [ ! -s "$work/answer" ] || mv "$work/answer" "$file" || stop "$file cannot be written"
        return 0
    fi
    rmdir "${file%/*}" 2>/dev/null
    failed "$message" "$@"
    return 1
}

# ids FILE QUERY CALL...: what to repeat a call over, one row a line.
ids() {
    list=$1
    query=$2
    shift 2
    if ! message=$(call "$@" --query "$query" --output text 2>&1 >"$list"); then
        : >"$list"
        failed "$message" "$@" --query "$query"
    fi
}

# plain ID: the last part of an id, as a file can be named.
plain() {
    printf '%s' "${1##*:}" | tr -c 'A-Za-z0-9._-' '-'
}

collect() {
@CALLS@
}

case $folder in
    /*) ;;
    *) folder=./$folder ;;
esac
region=
command -v aws >/dev/null || stop 'the AWS CLI is needed: there is no `aws` here'
account=$(call sts get-caller-identity --query Account --output text) || stop 'AWS does not know these credentials'
if [ -z "$regions" ]; then
    regions=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(call configure get region)}}
    [ -n "$regions" ] || stop 'which region? Set AWS_REGION, or write the script with --region'
fi
for region in $regions; do
    target=$folder/$account/$region
    if [ -e "$target" ] && [ -n "$(ls -A "$target" 2>&1)" ]; then
        stop "$target is not empty; give another folder"
    fi
done

work=$(mktemp -d) || stop 'no temporary folder can be made'
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
failures=$work/failures
: >"$failures"
example=
for region in $regions; do
    printf 'collecting %s of account %s\n' "$region" "$account" >&2
    target=$folder/$account/$region
    mkdir -p "$target" || stop "$target cannot be made"
    collect
    if [ -z "$example" ]; then
        ids "$work/instances" 'Reservations[].Instances[].[InstanceId]' ec2 describe-instances --max-items 1
        read -r example <"$work/instances"
    fi
done

if [ -s "$failures" ]; then
    printf '\nnot collected:\n' >&2
    cat "$failures" >&2
fi
printf '\nthe answers are in %s; now try\n' "$folder"
printf "  portcullis explain -i '%s' 'internet -> %s:443'\n" "$folder" "${example:-NAME}"
[ ! -s "$failures" ]
"#;

#[cfg(test)]
mod tests {
    use super::{Plan, quoted, script};

    #[test]
    fn nothing_escapes_its_quotes() {
        assert_eq!(quoted("a'b $(c)"), r"'a'\''b $(c)'");
        let plan = Plan { profile: Some("it's"), regions: &["eu-west-1".into()], folder: "a b" };
        let text = script(&plan);
        assert!(text.contains(r"aws --profile 'it'\''s' "));
        assert!(text.contains("folder=${1:-'a b'}"));
        assert!(!text.contains('@'));
    }
}
