//! The table of calls as a POSIX shell script, for people who hand out no credentials.

use super::calls::CALLS;
use super::{Call, Each};

/// What the script is asked to do.
pub struct Plan<'a> {
    /// The profile of the AWS CLI, unless it is the one that the CLI takes by itself.
    pub profile: Option<&'a str>,
    /// The regions; none means the one that the CLI takes by itself.
    pub regions: &'a [String],
    /// Where to send the calls, unless to AWS.
    pub endpoint: Option<&'a str>,
    /// The folder to fill, unless the script is given another.
    pub folder: &'a str,
}

/// Writes the script.
pub fn script(plan: &Plan<'_>) -> String {
    let mut calls = String::new();
    for call in CALLS.iter().filter(|call| call.each.is_none()) {
        follow(call, &call.file(), &line(call), "    ", &mut calls);
    }
    let settings = [
        format!("folder={}", quoted(plan.folder)),
        format!("regions={}", quoted(&plan.regions.join(" "))),
        format!("profile={}", quoted(plan.profile.unwrap_or_default())),
        format!("endpoint={}", quoted(plan.endpoint.unwrap_or_default())),
    ];
    // The settings come last: what a user gives is never searched for a mark.
    TEMPLATE
        .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
        .replace("@CALLS@", calls.trim_end())
        .replace("@SETTINGS@", &settings.join("\n"))
}

/// A call and, if it succeeds, the calls over its answer.
fn follow(call: &Call, file: &str, line: &str, indent: &str, text: &mut String) {
    let followers: Vec<_> = call.followers().collect();
    if followers.is_empty() {
        text.push_str(&format!("{indent}save {file} {line}\n"));
        return;
    }
    text.push_str(&format!("{indent}if save {file} {line}; then\n"));
    let inner = format!("{indent}        ");
    // Calls over the same ids share a loop.
    for alike in followers.chunk_by(|(_, a), (_, b)| a.ids == b.ids) {
        let Some((first, each)) = alike.first() else { continue };
        let list = format!("\"$work/over-{}\"", first.file());
        let columns: Vec<_> = each.options.iter().map(|option| variable(option)).collect();
        text.push_str(&format!("{indent}    ids {list} {} {line}\n", quoted(&each.ids.query())));
        text.push_str(&format!("{indent}    while IFS=$tab read -r {}; do\n", columns.join(" ")));
        for (call, each) in alike {
            let (file, line) = repeated(call, each);
            follow(call, &file, &line, &inner, text);
        }
        text.push_str(&format!("{indent}    done <{list}\n"));
    }
    text.push_str(&format!("{indent}fi\n"));
}

/// The command line of a call that is made once.
fn line(call: &Call) -> String {
    words(call) + &only(call)
}

/// The file and the command line of a call for one row of ids.
fn repeated(call: &Call, each: &Each) -> (String, String) {
    let first = each.options.first().map(|option| variable(option)).unwrap_or_default();
    let options: String =
        each.options.iter().map(|option| format!(" {option} \"${}\"", variable(option))).collect();
    (format!("\"{}/$(plain \"${first}\")\"", call.file()), words(call) + &options + &only(call))
}

/// The words of a call that are always the same.
fn words(call: &Call) -> String {
    let plain =
        |word: &str| word.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    let words = call.words().map(|word| if plain(word) { word.to_owned() } else { quoted(word) });
    words.collect::<Vec<_>>().join(" ")
}

/// What to take of the answer. It comes last, where the script looks for it.
fn only(call: &Call) -> String {
    call.only.map(|query| format!(" --query {}", quoted(query))).unwrap_or_default()
}

/// The variable that holds the value of an option.
fn variable(option: &str) -> String {
    option.trim_start_matches('-').replace('-', "_")
}

/// A word as the shell takes it literally.
pub(super) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

const TEMPLATE: &str = r#"#!/bin/sh
# Collects what `portcullis explain` reads: the answers of AWS to calls that only read, one JSON file each.
# It changes nothing in AWS and sends nothing anywhere. Read it before you run it:
#
#     sh collect.sh [FOLDER]
#
# It needs the AWS CLI, and permissions such as those of the managed policy ReadOnlyAccess. A call that fails is named
# at the end and in not-collected.json; what depends on its answer will be undecided. Answers go to
# FOLDER/ACCOUNT/REGION. Keys of VPN tunnels and user data of launch templates are not asked for.
#
# Exit codes: 0 all was collected, 1 some calls failed, 2 it could not begin or go on.
#
# Written by `portcullis snapshot --script`, version @VERSION@.

set -u
umask 077
export AWS_PAGER=''

# No region means the one that the AWS CLI takes by itself; the same for the profile. No endpoint means AWS.
@SETTINGS@

# Every call goes through here.
call() {
    aws ${profile:+--profile "$profile"} ${region:+--region "$region"} ${endpoint:+--endpoint-url "$endpoint"} \
        "$@" </dev/null
}

stop() {
    printf 'collect: %s\n' "$1" >&2
    exit 2
}

# failed MESSAGE CALL...: remembers a call that failed, with the line that says why.
failed() {
    why=$(printf '%s\n' "$1" | sed -n '/rror/{p;q;}')
    [ -n "$why" ] || why=$(printf '%s\n' "$1" | sed -n '/[^ ]/{p;q;}')
    shift
    # What to take of the answer names no call.
    line="$*"
    line=${line%% --query *}
    printf '  %s: aws %s\n      %s\n' "$region" "$line" "${why:-no message}" >>"$failures"
    printf '{"call": "%s", "error": "%s"}\n' "$(json "$line")" "$(json "${why:-no message}")" >>"$work/missing"
}

# json TEXT: as it stands between the quotes of a JSON string.
json() {
    printf '%s' "$1" | tr '\000-\037' ' ' | sed 's/[\\"]/\\&/g'
}

# save FILE CALL...: one answer, one file. A call that fails leaves no file.
save() {
    file=$target/$1.json
    shift
    if message=$(call "$@" --output json 2>&1 >"$work/answer"); then
        # `aws` prints nothing at all where there is nothing to say.
        [ -s "$work/answer" ] || return 0
        mkdir -p "${file%/*}"
        mv "$work/answer" "$file" || stop "$file cannot be written"
        return 0
    fi
    failed "$message" "$@"
    return 1
}

# ids LIST QUERY CALL...: what to repeat a call over, one row a line.
ids() {
    list=$1
    query=$2
    shift 2
    message=$(call "$@" --query "$query" --output text 2>&1 >"$work/answer") || {
        failed "$message" "$@" --query "$query"
        : >"$work/answer"
    }
    sed '/^None/d' "$work/answer" >"$list"
}

# plain ID: the last part of an id, as a file may be called.
plain() {
    printf '%s' "${1##*:}" | tr -c 'A-Za-z0-9._-' '-'
}

collect() {
@CALLS@
}

[ -z "${1:-}" ] || folder=$1
case $folder in
    -*) folder=./$folder ;;
esac
command -v aws >/dev/null || stop 'this needs the AWS CLI, and there is no command aws'
region=
[ -n "$regions" ] || regions=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(call configure get region)}}
[ -n "$regions" ] || stop 'which region? set AWS_REGION, or write this script with --region'
region=${regions%% *}
account=$(call sts get-caller-identity --query Account --output text) || stop 'no credentials that AWS knows'
for region in $regions; do
    target=$folder/$account/$region
    if [ -e "$target" ] && [ -n "$(ls -A "$target" 2>&1)" ]; then
        stop "$target is not empty; give another folder"
    fi
done

# A region comes to its place when it is complete: what is interrupted leaves nothing behind.
work=$folder/.collecting.$$
mkdir -p "$work" || stop "$folder cannot be written"
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
failures=$work/failures
: >"$failures"
tab=$(printf '\t')
example=
for region in $regions; do
    printf 'collecting %s of account %s\n' "$region" "$account" >&2
    target=$work/$region
    : >"$work/missing"
    collect
    if [ -s "$work/missing" ]; then
        mkdir -p "$target"
        { echo '{"NotCollected": ['; sed '$!s/$/,/' "$work/missing"; echo ']}'; } >"$target/not-collected.json"
    fi
    [ -d "$target" ] || continue
    mkdir -p "$folder/$account/$region"
    mv "$target"/* "$folder/$account/$region" || stop "$folder cannot be written"
    [ -n "$example" ] ||
        example=$(call ec2 describe-instances --query 'Reservations[].Instances[].[InstanceId]' --output text 2>/dev/null |
            sed '/^None/d;1q')
done

if [ -s "$failures" ]; then
    printf '\nnot collected:\n' >&2
    cat "$failures" >&2
fi
shown=$(printf '%s' "$folder" | sed "s/'/'\\\\''/g")
printf "\nnow try\n  portcullis explain -i '%s' 'internet -> %s:443'\n" "$shown" "${example:-NAME}"
[ ! -s "$failures" ]
"#;

#[cfg(test)]
mod tests {
    use super::{Plan, quoted, script};

    #[test]
    fn nothing_escapes_its_quotes() {
        assert_eq!(quoted("a'b $(c)"), r"'a'\''b $(c)'");
        let regions = &["eu-west-1".into()];
        let plan = Plan { profile: Some("it's"), regions, endpoint: None, folder: "a b" };
        let text = script(&plan);
        assert!(text.contains("folder='a b'\nregions='eu-west-1'\n"));
        assert!(text.contains(r"profile='it'\''s'"));
        assert!(!["@CALLS@", "@SETTINGS@", "@VERSION@"].iter().any(|mark| text.contains(mark)));
    }
}
