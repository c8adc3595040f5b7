//! The history of GitHub's repositories: pull requests, issues, releases, deployments, workflow runs, commits and tags.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use throughline_domain::time::Timestamp;

use super::api::{Api, ApiError};
use super::intake::{Intake, Item};
use super::parts::{at, number, pick, query_time, text};
use super::progress::Progress;
use super::reading::{List, Order, Reader, Tool};
use super::{BackfillError, Login, MAX_PLACES, Plan};
use crate::plain;

mod changes;
mod runs;

/// The longest name of an owner or a repository, in characters.
const MAX_NAME: usize = 100;

/// A list of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Pulls,
    Issues,
    Releases,
    Deployments,
    Runs,
    Commits,
    Tags,
}

/// Every list with its name, the member that holds its rows, and its order.
const LISTS: [(Kind, &str, Option<&str>, Order); 7] = [
    (Kind::Commits, "commits", None, Order::Chosen),
    (Kind::Tags, "tags", None, Order::Chosen),
    (Kind::Issues, "issues", None, Order::Newest("updated_at")),
    (Kind::Pulls, "pulls", None, Order::Newest("updated_at")),
    (Kind::Runs, "runs", Some("workflow_runs"), Order::Newest("created_at")),
    (Kind::Releases, "releases", None, Order::Any("published_at")),
    (Kind::Deployments, "deployments", None, Order::Newest("created_at")),
];

/// What a webhook tells of its repository, apart from what changes all the time.
const REPOSITORY_MEMBERS: [&str; 9] =
    ["id", "name", "full_name", "html_url", "clone_url", "default_branch", "private", "description", "archived"];

/// A repository that is read.
pub(super) struct Repository<'a> {
    api: &'a Api,
    /// Its path in the interface: `/repos/acme/checkout`.
    path: String,
    default_branch: String,
    /// As it stands in the bodies of webhooks.
    body: Value,
}

/// Reads everything of the repositories that were asked for; answers what was left out.
pub(super) async fn read(
    api: &Arc<Api>,
    login: &Login,
    intake: &Intake,
    progress: &Progress,
    plan: &Plan,
) -> Result<Vec<String>, BackfillError> {
    let mut left_out = Vec::new();
    let mut found = BTreeSet::new();
    for (api, names) in reach(api, login, &plan.places).await? {
        let reader = Reader { api: &api, intake, progress, since: plan.since, pages: plan.pages };
        for name in names {
            left_out.extend(read_repository(&reader, &name).await?);
            found.insert(name.to_lowercase());
        }
    }
    for place in plan.places.iter().filter(|place| !found.contains(&place.to_lowercase())) {
        left_out.push(format!("{place} (no installation of the App may read it)"));
    }
    Ok(left_out)
}

async fn read_repository(reader: &Reader<'_>, name: &str) -> Result<Vec<String>, BackfillError> {
    let path = format!("/repos/{name}");
    let answer = match reader.api.get(&path).await {
        Err(error @ ApiError::Status { status: 401 | 403 | 404 | 410 | 451, .. }) => {
            let what = format!("{name} ({error})");
            reader.progress.left_out(&what);
            return Ok(vec![what]);
        }
        answer => answer?,
    };
    let repository = Repository::of(reader.api, path, &answer.body);
    reader.intake.take(repository.branch().into_iter().collect()).await?;
    let mut left_out = Vec::new();
    for (kind, list, member, order) in LISTS {
        let list = List { kind, name: format!("{name}/{list}"), member, order };
        left_out.extend(reader.list(&repository, &list).await?);
    }
    Ok(left_out)
}

/// The repositories that may be read, by the login that may: an App has one for each of its installations.
///
/// # Errors
/// [`BackfillError::Place`] for a name that is none, [`BackfillError::TooManyPlaces`] over the bound.
pub(super) async fn reach(
    api: &Arc<Api>,
    login: &Login,
    places: &[String],
) -> Result<Vec<(Arc<Api>, Vec<String>)>, BackfillError> {
    if let Some(place) = places.iter().find(|place| !is_name(place)) {
        return Err(BackfillError::Place(plain::clip(&plain::line(place), MAX_NAME)));
    }
    let mut reached = Vec::new();
    match login {
        Login::App(..) => {
            for installation in api.all("/app/installations?per_page=100", None).await? {
                let Some(id) = number(&installation, "/id") else { continue };
                let api = Arc::new(api.installation(id)?);
                let rows = api.all("/installation/repositories?per_page=100", Some("repositories")).await?;
                reached.push((api, names(&rows, places)));
            }
        }
        Login::Nobody | Login::Bearer(_) | Login::Header(..) | Login::Basic(..) => {
            let names = match places {
                [] => names(&api.all("/user/repos?per_page=100&sort=full_name", None).await?, places),
                some => some.to_vec(),
            };
            reached.push((Arc::clone(api), names));
        }
    }
    let count: usize = reached.iter().map(|(_, names)| names.len()).sum();
    if count > MAX_PLACES { Err(BackfillError::TooManyPlaces("repositories")) } else { Ok(reached) }
}

/// The full names of repositories: of those that were asked for, or else of all.
fn names(rows: &[Value], places: &[String]) -> Vec<String> {
    let is_asked_for = |name: &&str| places.is_empty() || places.iter().any(|place| place.eq_ignore_ascii_case(name));
    let names = rows.iter().filter_map(|row| text(row, "/full_name")).filter(|name| is_name(name));
    names.filter(is_asked_for).map(str::to_owned).collect()
}

/// Whether a text is of the form `acme/checkout`: it becomes part of a path.
fn is_name(text: &str) -> bool {
    let is_part = |part: &str| {
        let is_sound = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        !part.is_empty() && part.len() <= MAX_NAME && !matches!(part, "." | "..") && part.chars().all(is_sound)
    };
    text.split_once('/').is_some_and(|(owner, name)| is_part(owner) && is_part(name))
}

impl<'a> Repository<'a> {
    fn of(api: &'a Api, path: String, answer: &Value) -> Self {
        let mut body = pick(answer, &REPOSITORY_MEMBERS);
        if let (Some(members), Some(owner)) = (body.as_object_mut(), answer.get("owner")) {
            members.insert("owner".to_owned(), pick(owner, &["login", "id", "html_url", "type"]));
        }
        let default_branch = text(answer, "/default_branch").unwrap_or("main").to_owned();
        Self { api, path, default_branch, body }
    }

    /// A delivery of an event. `subject` and `state` tell which state of which thing it is of.
    fn item(&self, event: &str, subject: &str, state: &str, members: &[(&str, Value)]) -> Item {
        let mut body: Map<String, Value> =
            members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        body.insert("repository".to_owned(), self.body.clone());
        let action = body.get("action").and_then(Value::as_str).map(|action| format!(".{action}")).unwrap_or_default();
        Item {
            id: format!("backfill/{event}{action}/{subject}/{state}"),
            headers: vec![
                ("content-type".to_owned(), "application/json".to_owned()),
                ("x-github-event".to_owned(), event.to_owned()),
            ],
            body: Value::Object(body),
        }
    }

    /// That the default branch exists; nothing of a repository without a name.
    fn branch(&self) -> Option<Item> {
        let name = text(&self.body, "/full_name")?;
        let members = [("ref", json!(self.default_branch)), ("ref_type", json!("branch"))];
        Some(self.item("create", name, &self.default_branch, &members))
    }

    /// A commit as a push tells it, without the branch: which push brought it is not known any more.
    fn commit(&self, row: &Value) -> Option<Item> {
        let (name, sha) = (text(&self.body, "/full_name")?, text(row, "/sha")?);
        let commit = json!({
            "id": sha,
            "message": at(row, "/commit/message"),
            "timestamp": at(row, "/commit/committer/date"),
            "url": at(row, "/html_url"),
            "author": {
                "name": at(row, "/commit/author/name"),
                "email": at(row, "/commit/author/email"),
                "username": at(row, "/author/login"),
            },
        });
        Some(self.item("push", name, sha, &[("commits", json!([commit]))]))
    }

    /// A tag as its push tells it. When it was pushed is not known any more, so that it has no time.
    fn tag(&self, row: &Value) -> Option<Item> {
        let (name, tag, sha) = (text(&self.body, "/full_name")?, text(row, "/name")?, text(row, "/commit/sha")?);
        let members = [
            ("ref", json!(format!("refs/tags/{tag}"))),
            ("after", json!(sha)),
            ("created", json!(true)),
            ("deleted", json!(false)),
            ("commits", json!([])),
            ("head_commit", json!({ "id": sha })),
        ];
        Some(self.item("push", name, &format!("{tag}/{sha}"), &members))
    }
}

impl Tool for Repository<'_> {
    type Kind = Kind;

    fn first(&self, list: &List<Kind>, since: Timestamp) -> String {
        let since = query_time(since);
        let rest = match list.kind {
            Kind::Pulls => "pulls?state=all&sort=updated&direction=desc&per_page=100".to_owned(),
            Kind::Issues => format!("issues?state=all&sort=updated&direction=desc&per_page=100&since={since}"),
            Kind::Releases => "releases?per_page=100".to_owned(),
            Kind::Deployments => "deployments?per_page=100".to_owned(),
            // A filter by time would end after a thousand runs.
            Kind::Runs => "actions/runs?per_page=100".to_owned(),
            Kind::Commits => {
                format!("commits?sha={}&per_page=100&since={since}", super::api::encoded(&self.default_branch))
            }
            Kind::Tags => "tags?per_page=100".to_owned(),
        };
        format!("{}/{rest}", self.path)
    }

    async fn items(&self, list: &List<Kind>, row: Value) -> Result<Vec<Item>, BackfillError> {
        match list.kind {
            Kind::Pulls => self.pull(&row).await,
            Kind::Issues => Ok(self.issue(&row)),
            Kind::Releases => Ok(self.release(&row)),
            Kind::Deployments => self.deployment(&row).await,
            Kind::Runs => self.run(&row).await,
            Kind::Commits => Ok(self.commit(&row).into_iter().collect()),
            Kind::Tags => Ok(self.tag(&row).into_iter().collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{is_name, names};

    #[test]
    fn only_names_of_repositories_become_paths() {
        for name in ["acme/checkout", "acme-inc/check_out.rs", "a/.github"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "acme", "acme/", "/checkout", "acme/..", "acme/a/b", "acme/a b", "acme/a?x=1", "acme/%2e%2e"] {
            assert!(!is_name(name), "{name}");
        }
        let rows = [json!({"full_name": "acme/checkout"}), json!({"full_name": "acme/../x"}), json!({"id": 1})];
        assert_eq!(names(&rows, &[]), ["acme/checkout"]);
        assert_eq!(names(&rows, &["ACME/Checkout".to_owned()]), ["acme/checkout"]);
        assert!(names(&rows, &["acme/payments".to_owned()]).is_empty());
    }
}
