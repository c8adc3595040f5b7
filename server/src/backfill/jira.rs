//! The history of a Jira site: its projects, and their issues with changelog and comments.

use serde_json::{Value, json};
use throughline_domain::time::Timestamp;

use super::api::{Answer, Api, ApiError, encoded, rows_of};
use super::intake::Item;
use super::parts::{at, moment, number, pick, state, text};
use super::reading::{List, Order, Reader, Tool};
use super::{BackfillError, MAX_PLACES};
use crate::clock;
use crate::plain;

/// The issues of one page. With changelog and comments each may be large.
const PAGE: u64 = 50;

/// The most pages of one issue's changelog.
const MAX_HISTORY_PAGES: u64 = 100;

/// The longest key of a project, in characters.
const MAX_PROJECT: usize = 50;

/// A site that is read.
struct Site<'a> {
    api: &'a Api,
    /// Jira Cloud pages by a token, Jira Data Center by a number.
    is_cloud: bool,
    /// Only these projects; all where empty.
    projects: Vec<String>,
}

/// Reads the projects and issues of a site; answers what was left out.
pub(super) async fn read(reader: &Reader<'_>, places: &[String]) -> Result<Vec<String>, BackfillError> {
    if let Some(place) = places.iter().find(|place| !is_project(place)) {
        return Err(BackfillError::Place(plain::clip(&plain::line(place), MAX_PROJECT)));
    }
    let server = reader.api.get("/rest/api/2/serverInfo").await?;
    let is_cloud = text(&server.body, "/deploymentType").is_some_and(|kind| kind.eq_ignore_ascii_case("cloud"));
    let projects: Vec<String> = places.iter().map(|place| place.to_uppercase()).collect();
    read_projects(reader, &projects).await?;
    let site = Site { api: reader.api, is_cloud, projects };
    let name = match site.projects.as_slice() {
        [] => "issues".to_owned(),
        some => format!("issues of {}", some.join(", ")),
    };
    let list = List { kind: (), name, member: Some("issues"), order: Order::Chosen };
    reader.list(&site, &list).await
}

/// Projects come first: they make it known that a text such as PAY-12 names a ticket.
async fn read_projects(reader: &Reader<'_>, projects: &[String]) -> Result<(), BackfillError> {
    let rows = rows_of(reader.api.get("/rest/api/2/project").await?.body, None, "/rest/api/2/project")?;
    if rows.len() > MAX_PLACES {
        return Err(BackfillError::TooManyPlaces("projects"));
    }
    let is_asked_for = |key: &str| projects.is_empty() || projects.iter().any(|project| project == key);
    let told = |row: &Value| {
        let key = text(row, "/key").filter(|key| is_asked_for(key))?;
        let project = pick(row, &["self", "id", "key", "name"]);
        let body = json!({ "webhookEvent": "project_created", "project": project });
        Some(item("project_created", key, "", body))
    };
    reader.intake.take(rows.iter().filter_map(told).collect()).await
}

fn item(event: &str, subject: &str, state: &str, body: Value) -> Item {
    Item {
        id: format!("backfill/{event}/{subject}/{state}"),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body,
    }
}

impl Site<'_> {
    /// The rest of a changelog that did not come with its issue. Jira Data Center always sends all of it.
    async fn histories(&self, issue: &Value) -> Result<Vec<Value>, BackfillError> {
        let came = issue.pointer("/changelog/histories").and_then(Value::as_array).cloned().unwrap_or_default();
        let total = number(issue, "/changelog/total").unwrap_or_default();
        let count = u64::try_from(came.len()).unwrap_or(u64::MAX);
        let Some(id) = text(issue, "/id").filter(|id| self.is_cloud && total > count && is_number(id)) else {
            return Ok(came);
        };
        let mut histories = Vec::new();
        for page in 0..MAX_HISTORY_PAGES {
            let path = format!("/rest/api/2/issue/{id}/changelog?startAt={}&maxResults=100", page * 100);
            let answer = self.api.get(&path).await?;
            let is_last = answer.body.get("isLast").and_then(Value::as_bool).unwrap_or(true);
            histories.extend(rows_of(answer.body, Some("values"), &path)?);
            if is_last {
                return Ok(histories);
            }
        }
        let cause = format!("its changelog has more than {MAX_HISTORY_PAGES} pages");
        Err(ApiError::Unreadable { path: format!("issue {id}"), cause }.into())
    }
}

impl Tool for Site<'_> {
    type Kind = ();

    fn first(&self, _list: &List<()>, since: Timestamp) -> String {
        // Jira reads a time in its user's own zone; a distance from now is the same everywhere.
        let minutes = clock::now().seconds().saturating_sub(since.seconds()).max(0) / 60 + 1;
        let projects = match self.projects.as_slice() {
            [] => String::new(),
            some => {
                let quoted: Vec<String> = some.iter().map(|project| format!("\"{project}\"")).collect();
                format!("project in ({}) AND ", quoted.join(","))
            }
        };
        let query = encoded(&format!("{projects}updated >= \"-{minutes}m\" ORDER BY updated DESC"));
        let rest = format!("jql={query}&maxResults={PAGE}&fields=*all&expand=changelog");
        if self.is_cloud {
            format!("/rest/api/2/search/jql?{rest}")
        } else {
            format!("/rest/api/2/search?{rest}&startAt=0")
        }
    }

    fn next(&self, _list: &List<()>, path: &str, answer: &Answer) -> Option<String> {
        if self.is_cloud {
            let token = text(&answer.body, "/nextPageToken")?;
            let first = path.split_once("&nextPageToken=").map_or(path, |(first, _)| first);
            return Some(format!("{first}&nextPageToken={}", encoded(token)));
        }
        let (start, total) = (number(&answer.body, "/startAt")?, number(&answer.body, "/total")?);
        let count = answer.body.get("issues").and_then(Value::as_array).map_or(0, Vec::len);
        let next = start.checked_add(u64::try_from(count).ok()?)?;
        let (first, _) = path.split_once("&startAt=")?;
        (count > 0 && next < total).then(|| format!("{first}&startAt={next}"))
    }

    /// The query names its time by the distance from now: as it was, it would pass over what lies as far back as the reading
    /// was interrupted.
    fn resumed(&self, list: &List<()>, since: Timestamp, page: &str) -> String {
        let first = self.first(list, since);
        let mark = if self.is_cloud { "&nextPageToken=" } else { "&startAt=" };
        match page.split_once(mark) {
            Some((_, place)) => format!("{}{mark}{place}", first.split_once(mark).map_or(&*first, |(first, _)| first)),
            None => first,
        }
    }

    async fn items(&self, _list: &List<()>, row: Value) -> Result<Vec<Item>, BackfillError> {
        let Some(key) = text(&row, "/key").map(str::to_owned) else { return Ok(Vec::new()) };
        let id = text(&row, "/id").unwrap_or(&key).to_owned();
        let histories = self.histories(&row).await?;
        // What happened names the issue and says no more of it: how it was then is not known any more.
        let named = json!({ "self": at(&row, "/self"), "id": id, "key": key, "fields": {} });
        let mut items: Vec<Item> = histories.iter().filter_map(|history| changed(&id, &named, history)).collect();
        let comments = row.pointer("/fields/comment/comments").and_then(Value::as_array);
        items.extend(comments.into_iter().flatten().filter_map(|comment| commented(&id, &named, comment)));
        items.push(created(&id, row));
        Ok(items)
    }
}

/// The issue as it is now, with the event that it was created.
fn created(id: &str, mut issue: Value) -> Item {
    if let Some(members) = issue.as_object_mut() {
        members.remove("changelog");
        members.remove("expand");
    }
    if let Some(fields) = issue.get_mut("fields").and_then(Value::as_object_mut) {
        // Comments are told by themselves; the others name what is not read, and change without the issue.
        for member in ["comment", "worklog", "attachment", "watches", "votes"] {
            fields.remove(member);
        }
    }
    let state = state(&issue, &["/fields/updated", "/fields/created"]);
    let body = json!({
        "webhookEvent": "jira:issue_created",
        "timestamp": millis(&issue, &["/fields/updated", "/fields/created"]),
        "user": at(&issue, "/fields/creator"),
        "issue": issue,
    });
    item("issue_created", id, &state, body)
}

fn changed(id: &str, issue: &Value, history: &Value) -> Option<Item> {
    let number = text(history, "/id").map(str::to_owned).or_else(|| Some(number(history, "/id")?.to_string()))?;
    let body = json!({
        "webhookEvent": "jira:issue_updated",
        "timestamp": millis(history, &["/created"]),
        "user": at(history, "/author"),
        "issue": issue,
        "changelog": { "id": number, "items": at(history, "/items") },
    });
    Some(item("issue_updated", &format!("{id}/{number}"), &state(history, &["/created"]), body))
}

fn commented(id: &str, issue: &Value, comment: &Value) -> Option<Item> {
    let number = text(comment, "/id")?.to_owned();
    let body = json!({
        "webhookEvent": "comment_created",
        "timestamp": millis(comment, &["/created"]),
        "comment": comment,
        "issue": issue,
    });
    Some(item("comment_created", &format!("{id}/{number}"), &state(comment, &["/updated", "/created"]), body))
}

/// A time as webhooks have it: milliseconds since 1970.
fn millis(value: &Value, places: &[&str]) -> Value {
    let at = places.iter().find_map(|place| moment(value, place));
    at.map_or(Value::Null, |at| json!(at.micros().div_euclid(1_000)))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_project(text: &str) -> bool {
    let is_sound = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.len() <= MAX_PROJECT
        && text.chars().all(is_sound)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use throughline_domain::time::Timestamp;

    use super::{Site, changed, created, is_project};
    use crate::backfill::api::{Answer, Api};
    use crate::backfill::reading::{List, Order, Tool};
    use crate::backfill::{Login, Progress};

    #[test]
    fn each_kind_of_jira_is_paged_in_its_own_way() {
        let api = Api::plain("https://jira.acme.example", &Login::Nobody, Progress::silent()).unwrap();
        let list = List { kind: (), name: "issues".to_owned(), member: Some("issues"), order: Order::Chosen };
        let cloud = Site { api: &api, is_cloud: true, projects: vec!["PAY".to_owned()] };
        let first = cloud.first(&list, Timestamp::from_seconds(0));
        assert!(first.starts_with("/rest/api/2/search/jql?jql=project%20in%20%28%22PAY%22%29"), "{first}");
        let answer = |body| Answer { body, next: None };
        let second = cloud.next(&list, &first, &answer(json!({"issues": [], "nextPageToken": "a/b"}))).unwrap();
        assert!(second.ends_with("&nextPageToken=a%2Fb"), "{second}");
        let third = cloud.next(&list, &second, &answer(json!({"nextPageToken": "c"}))).unwrap();
        assert!(third.ends_with("&nextPageToken=c") && third.matches("nextPageToken").count() == 1, "{third}");
        assert_eq!(cloud.next(&list, &third, &answer(json!({"issues": []}))), None);
        let old = "/rest/api/2/search/jql?jql=old&nextPageToken=c";
        let resumed = cloud.resumed(&list, Timestamp::from_seconds(0), old);
        assert!(resumed.ends_with("&nextPageToken=c") && !resumed.contains("jql=old"), "{resumed}");
        let own = Site { api: &api, is_cloud: false, projects: Vec::new() };
        let first = own.first(&list, Timestamp::from_seconds(0));
        let page = json!({"startAt": 0, "total": 3, "issues": [{}, {}]});
        let second = own.next(&list, &first, &answer(page)).unwrap();
        assert!(second.ends_with("&startAt=2"), "{second}");
        let resumed = own.resumed(&list, Timestamp::from_seconds(0), "/rest/api/2/search?jql=old&startAt=2");
        assert!(resumed.ends_with("&startAt=2") && resumed.matches("startAt").count() == 1, "{resumed}");
        assert_eq!(own.next(&list, &second, &answer(json!({"startAt": 2, "total": 3, "issues": [{}]}))), None);
    }

    #[test]
    fn what_happened_has_its_own_time() {
        let history =
            json!({"id": "71", "created": "2026-03-14T10:26:06.535+0100", "author": {"name": "ada"}, "items": []});
        let told = changed("10013", &json!({"key": "PAY-12"}), &history).unwrap();
        assert_eq!(told.id, "backfill/issue_updated/10013/71/2026-03-14T10:26:06.535+0100");
        assert_eq!(told.body["timestamp"], json!(1_773_480_366_535_i64));
        let issue =
            json!({"key": "PAY-12", "changelog": {}, "fields": {"updated": "2026-03-14T09:26:06Z", "comment": {}}});
        let now = created("10013", issue);
        assert!(now.body.pointer("/issue/changelog").is_none() && now.body.pointer("/issue/fields/comment").is_none());
    }

    #[test]
    fn only_keys_of_projects_are_put_into_a_query() {
        assert!(is_project("PAY") && is_project("pay_2"));
        for text in ["", "2PAY", "PAY-12", "PAY\") OR 1=1", "P Y"] {
            assert!(!is_project(text), "{text}");
        }
    }
}
