//! How good the link rules are: precision and recall on labelled commits, by project and form of reference.
//!
//! A row is a JSON object with `repo`, `sha`, `message` and `expected`. The catalog says what an operator would: which
//! trackers, keys and words there are, and where the repository is. What a message refers to is found by the rules and
//! names that the server uses; what a name stands for is told by the catalog alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;
use serde_json::Value;
use throughline_domain::catalog::Catalog;
use throughline_domain::fact::{Field, Mention};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::repository::Repository;
use throughline_domain::rules::{self, Reference};

/// The arguments of `links`.
#[derive(Debug, Args)]
pub struct LinksCall {
    /// The labelled commits, one JSON object in each line.
    rows: Vec<PathBuf>,
    /// The catalog of the trackers and repositories.
    #[arg(long)]
    config: PathBuf,
}

/// A labelled commit.
#[derive(Deserialize)]
struct Row {
    repo: String,
    sha: String,
    message: String,
    #[serde(default)]
    expected: BTreeMap<String, Value>,
}

/// The forms of references that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Ticket,
    Number,
    Merged,
    Reverted,
    CherryPicked,
    Fixed,
    ChangeId,
}

impl Form {
    const ALL: [Form; 7] =
        [Form::Ticket, Form::Number, Form::Merged, Form::Reverted, Form::CherryPicked, Form::Fixed, Form::ChangeId];

    const fn title(self) -> &'static str {
        match self {
            Form::Ticket => "tickets",
            Form::Number => "changes and issues by number",
            Form::Merged => "change that the commit is the merge of",
            Form::Reverted => "reverted commits",
            Form::CherryPicked => "cherry-picked commits",
            Form::Fixed => "fixed commits",
            Form::ChangeId => "change-ids",
        }
    }

    /// The members of `expected` that hold references of the form.
    const fn members(self) -> &'static [&'static str] {
        match self {
            Form::Ticket => &["tickets"],
            Form::Number => &["prs", "issues", "refs"],
            Form::Merged => &["merged_prs"],
            Form::Reverted => &["reverts_sha"],
            Form::CherryPicked => &["cherry_picked_from_sha"],
            Form::Fixed => &["fixes_sha"],
            Form::ChangeId => &["change_ids"],
        }
    }
}

/// What was found and what should have been.
#[derive(Default)]
struct Count {
    right: usize,
    wrong: usize,
    missed: usize,
}

/// What the catalog makes known.
struct Known {
    names: BTreeMap<Name, BTreeSet<Key>>,
    /// The name of a tracker by the tool and host of its tickets.
    trackers: BTreeMap<(String, String), String>,
    repositories: Vec<Repository>,
}

/// Measures every file of rows, and prints every miss.
///
/// # Errors
/// A message where a file cannot be read.
pub fn run(call: &LinksCall) -> Result<(), String> {
    let text = fs::read_to_string(&call.config).map_err(|error| format!("{}: {error}", call.config.display()))?;
    let known = Known::of(&Catalog::read(&text).map_err(|error| error.to_string())?)?;
    if call.rows.is_empty() {
        return Err("name one or more files of labelled commits".to_owned());
    }
    let mut counts: BTreeMap<(String, Form), Count> = BTreeMap::new();
    for path in &call.rows {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let row: Row = serde_json::from_str(line)
                .map_err(|error| format!("{} line {}: {error}", path.display(), index + 1))?;
            measure(&known, &row, &mut counts)?;
        }
    }
    print_table(&counts);
    Ok(())
}

impl Known {
    fn of(catalog: &Catalog) -> Result<Self, String> {
        let mut names: BTreeMap<Name, BTreeSet<Key>> = BTreeMap::new();
        let mut trackers = BTreeMap::new();
        for announcement in catalog.facts(None).map_err(|error| error.to_string())?.announcements {
            let target = announcement.target().map_err(|error| error.to_string())?;
            for name in announcement.name.implied(&target).into_iter().chain([announcement.name]) {
                names.entry(name).or_default().insert(target.clone());
            }
        }
        for tracker in &catalog.trackers {
            let host = Repository::from_address(&format!("{}/x", tracker.address.trim_end_matches('/')));
            let host = host.map(|address| address.host().to_owned()).unwrap_or_default();
            trackers.insert((tracker.kind.clone(), host), tracker.name.clone());
        }
        let repositories =
            catalog.repositories.iter().filter_map(|entry| Repository::from_address(&entry.address)).collect();
        Ok(Self { names, trackers, repositories })
    }

    /// Whether the bare numbers of a repository are those of a tracker elsewhere.
    fn counts_elsewhere(&self, number: &str) -> bool {
        number.split_once('#').is_some_and(|(place, _)| self.names.contains_key(&Name::tracker(&format!("{place}#"))))
    }

    /// The repository of a row: the one of the catalog whose path it is.
    fn repository(&self, path: &str) -> Result<Repository, String> {
        let path = path.to_lowercase();
        let found = self.repositories.iter().find(|repository| repository.path() == path);
        found.cloned().ok_or_else(|| {
            format!("the catalog has no repository '{path}'; add [[repository]] address = \"https://<host>/{path}\"")
        })
    }
}

fn measure(known: &Known, row: &Row, counts: &mut BTreeMap<(String, Form), Count>) -> Result<(), String> {
    let repository = known.repository(&row.repo)?;
    let from = repository.commit(&row.sha).map_err(|error| error.to_string())?;
    let mention = Mention {
        from: from.clone(),
        field: Field::Message,
        text: row.message.clone(),
        at: None,
        repository: Some(repository.clone()),
    };
    let mut found: BTreeMap<Form, BTreeSet<String>> = BTreeMap::new();
    for reference in rules::references(&mention) {
        for (form, text) in read(known, &from, &reference) {
            found.entry(form).or_default().insert(text);
        }
    }
    for form in Form::ALL {
        let expected: BTreeSet<String> = form
            .members()
            .iter()
            .filter_map(|member| row.expected.get(*member)?.as_array())
            .flatten()
            .filter_map(|value| label(form, &repository, value))
            .collect();
        let found = found.remove(&form).unwrap_or_default();
        // Labels of keys name no tracker where a project has but one.
        let found: BTreeSet<String> = found
            .into_iter()
            .map(|text| match text.split_once(' ') {
                Some((_, id)) if expected.contains(id) => id.to_owned(),
                _ => text,
            })
            .collect();
        let count = counts.entry((row.repo.clone(), form)).or_default();
        count.right += expected.intersection(&found).count();
        for text in found.difference(&expected) {
            count.wrong += 1;
            println!("{} {:.8} {}: found and not labelled: {text}", row.repo, row.sha, form.title());
        }
        for text in expected.difference(&found) {
            count.missed += 1;
            println!("{} {:.8} {}: labelled and not found: {text}", row.repo, row.sha, form.title());
        }
    }
    Ok(())
}

/// What a reference says, in the form of the labels.
fn read(known: &Known, from: &Key, reference: &Reference) -> Vec<(Form, String)> {
    let value = reference.awaits.value();
    let commit = |id: &str| match reference.intent {
        LinkKind::Reverts => Some((Form::Reverted, id.to_owned())),
        LinkKind::CherryPickedFrom => Some((Form::CherryPicked, id.to_owned())),
        LinkKind::Fixes => Some((Form::Fixed, id.to_owned())),
        _ => None,
    };
    match reference.awaits.scheme() {
        "commit" => commit(value).into_iter().collect(),
        "commit-prefix" => reference.resource.as_deref().and_then(commit).into_iter().collect(),
        "number" if known.counts_elsewhere(value) => Vec::new(),
        "number" => vec![(Form::Number, value.replace('#', " "))],
        "change" => {
            let number = value.replace('!', " ");
            let mut found = vec![(Form::Number, number.clone())];
            if reference.intent == LinkKind::PartOf {
                found.push((Form::Merged, number));
            }
            found
        }
        "url" => page(value).map(|number| (Form::Number, number)).into_iter().collect(),
        "name" if reference.rule == "change-id" && reference.intent == LinkKind::PartOf => {
            vec![(Form::ChangeId, value.to_owned())]
        }
        _ => {
            let Some(target) = reference.target(from, known.names.get(&reference.awaits)) else { return Vec::new() };
            let parts = target.parts();
            let tracker = known.trackers.get(&(parts.provider, parts.provider_id)).map_or("?", String::as_str);
            vec![(Form::Ticket, format!("{tracker} {}", parts.resource))]
        }
    }
}

/// The host, path and number of the page of a change or an issue.
fn page(address: &str) -> Option<String> {
    let (place, kind_and_number) = ["/-/issues/", "/-/merge_requests/", "/issues/", "/pull/", "/merge_requests/"]
        .iter()
        .find_map(|kind| address.split_once(kind))?;
    let number: u64 = kind_and_number.split(['/', '?']).next()?.parse().ok()?;
    let segments = place.split('/').count();
    let is_repository =
        if address.contains("/-/") || address.contains("/merge_requests/") { segments > 2 } else { segments == 3 };
    is_repository.then(|| format!("{} {number}", place.to_lowercase()))
}

/// A label as [`read`] writes it.
fn label(form: Form, repository: &Repository, value: &Value) -> Option<String> {
    match form {
        Form::Ticket => match value.as_array().map(Vec::as_slice) {
            Some([Value::String(system), Value::String(id), ..]) => Some(format!("{system} {id}")),
            _ => value.as_str().map(str::to_owned),
        },
        Form::Number | Form::Merged => {
            if let Some(number) = value.as_u64() {
                return Some(format!("{}/{} {number}", repository.host(), repository.path()));
            }
            let (place, number) = value.as_str()?.rsplit_once(['#', '!'])?;
            let has_host =
                place.split('/').next().is_some_and(|first| first.contains('.')) && place.matches('/').count() > 1;
            let place =
                if has_host { place.to_lowercase() } else { format!("{}/{}", repository.host(), place.to_lowercase()) };
            Some(format!("{place} {number}"))
        }
        Form::Reverted | Form::CherryPicked | Form::Fixed | Form::ChangeId => value.as_str().map(str::to_lowercase),
    }
}

fn print_table(counts: &BTreeMap<(String, Form), Count>) {
    println!(
        "{:34} {:40} {:>6} {:>6} {:>7} {:>10} {:>7}",
        "project", "form", "right", "wrong", "missed", "precision", "recall"
    );
    for ((project, form), Count { right, wrong, missed }) in counts {
        if right + wrong + missed == 0 {
            continue;
        }
        println!(
            "{project:34} {:40} {right:>6} {wrong:>6} {missed:>7} {:>10} {:>7}",
            form.title(),
            ratio(*right, right + wrong),
            ratio(*right, right + missed)
        );
    }
}

fn ratio(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let thousandths = (part * 1_000 + whole / 2) / whole;
    format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}
