//! The history of a Jenkins: the builds of its jobs, as the Notification plugin would have told them.

use serde_json::{Map, Value, json};
use throughline_domain::time::Timestamp;

use super::api::{Answer, Api, encoded};
use super::intake::Item;
use super::parts::{at, number, text};
use super::reading::{List, Order, Reader, Tool};
use super::{BackfillError, MAX_PLACES};
use crate::plain;

/// The builds of one page.
const PAGE: u64 = 100;

/// The jobs of one page of a folder.
const FOLDER_PAGE: u64 = 500;

/// How deep folders may lie within each other.
const MAX_DEPTH: usize = 20;

/// The most files of one build that are named.
const MAX_FILES: usize = 200;

/// What is asked for of each build.
const BUILD: &str = "number,url,result,building,timestamp,duration,artifacts[fileName,relativePath],\
                     actions[remoteUrls,lastBuiltRevision[SHA1,branch[name]],totalCount,failCount,skipCount]";

/// A job that is read.
struct Job {
    /// Its name with its folders.
    names: Vec<String>,
    display_name: Value,
}

/// Reads the builds of the jobs that were asked for, or of all; answers what was left out.
pub(super) async fn read(reader: &Reader<'_>, places: &[String]) -> Result<Vec<String>, BackfillError> {
    let mut left_out = Vec::new();
    for job in jobs(reader.api, places).await? {
        let list = List {
            kind: (),
            name: format!("{}/builds", job.names.join("/")),
            member: Some("allBuilds"),
            order: Order::Newest("timestamp"),
        };
        left_out.extend(reader.list(&job, &list).await?);
    }
    Ok(left_out)
}

/// Every job below the folders; a folder that is asked for stands for all of its jobs.
async fn jobs(api: &Api, places: &[String]) -> Result<Vec<Job>, BackfillError> {
    let mut found = Vec::new();
    let mut folders: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(folder) = folders.pop() {
        for row in children(api, &folder).await? {
            let Some(name) = text(&row, "/name").filter(|name| is_name(name)) else { continue };
            let names: Vec<String> = folder.iter().cloned().chain([name.to_owned()]).collect();
            let path = names.join("/");
            let is_within = |place: &String| path == *place || path.starts_with(&format!("{place}/"));
            let is_above = |place: &String| place.starts_with(&format!("{path}/"));
            let is_folder = row.get("jobs").is_some_and(Value::is_array);
            if is_folder && (places.is_empty() || places.iter().any(|place| is_within(place) || is_above(place))) {
                if names.len() < MAX_DEPTH {
                    folders.push(names);
                }
            } else if !is_folder && (places.is_empty() || places.iter().any(is_within)) {
                found.push(Job { names, display_name: at(&row, "/displayName") });
            }
            if found.len() + folders.len() > MAX_PLACES {
                return Err(BackfillError::TooManyPlaces("jobs"));
            }
        }
    }
    let missing = places.iter().find(|place| {
        !found.iter().any(|job| {
            let path = job.names.join("/");
            path == **place || path.starts_with(&format!("{place}/"))
        })
    });
    match missing {
        Some(place) => Err(BackfillError::Place(plain::clip(&plain::line(place), 100))),
        None => Ok(found),
    }
}

/// What lies in a folder. A row with a list of jobs is a folder itself; of that list only its existence is asked for.
async fn children(api: &Api, folder: &[String]) -> Result<Vec<Value>, BackfillError> {
    let mut rows = Vec::new();
    let most = u64::try_from(MAX_PLACES).unwrap_or(u64::MAX);
    let mut start = 0;
    while start <= most {
        let tree = encoded(&format!("jobs[name,displayName,jobs[name]{{0,1}}]{{{start},{}}}", start + FOLDER_PAGE));
        let path = format!("{}/api/json?tree={tree}", path_of(folder));
        let answer = api.get(&path).await?;
        let page = super::api::rows_of(answer.body, Some("jobs"), &path)?;
        let count = u64::try_from(page.len()).unwrap_or(u64::MAX);
        rows.extend(page);
        if count < FOLDER_PAGE {
            return Ok(rows);
        }
        start += FOLDER_PAGE;
    }
    Err(BackfillError::TooManyPlaces("jobs"))
}

/// The path of a folder or job: `/job/acme/job/checkout`. It is made of names and never taken from an answer.
fn path_of(names: &[String]) -> String {
    names.iter().map(|name| format!("/job/{}", encoded(name))).collect()
}

fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains('/')
}

impl Job {
    fn body(&self, row: &Value, number: u64) -> Value {
        let path = path_of(&self.names);
        let path = path.trim_start_matches('/');
        let is_building = row.get("building").and_then(Value::as_bool).unwrap_or_default();
        let began = row.get("timestamp").and_then(Value::as_i64).unwrap_or_default();
        let duration = row.get("duration").and_then(Value::as_i64).unwrap_or_default().max(0);
        let address = text(row, "/url");
        let mut build = Map::new();
        let (phase, at_phase) =
            if is_building { ("STARTED", began) } else { ("COMPLETED", began.saturating_add(duration)) };
        for (member, value) in [
            ("full_url", json!(address)),
            ("number", json!(number)),
            ("phase", json!(phase)),
            ("status", at(row, "/result")),
            ("url", json!(format!("{path}/{number}/"))),
            ("timestamp", json!(at_phase)),
            ("duration", json!(if is_building { 0 } else { duration })),
            ("scm", scm(row)),
            ("test_summary", tests(row)),
            ("artifacts", files(row, address)),
        ] {
            if !value.is_null() {
                build.insert(member.to_owned(), value);
            }
        }
        json!({
            "name": self.names.last(),
            "display_name": self.display_name,
            "url": format!("{path}/"),
            "build": build,
        })
    }
}

impl Tool for Job {
    type Kind = ();

    fn first(&self, _list: &List<()>, _since: Timestamp) -> String {
        page(&self.names, 0)
    }

    fn next(&self, _list: &List<()>, path: &str, answer: &Answer) -> Option<String> {
        let count = answer.body.get("allBuilds").and_then(Value::as_array).map_or(0, Vec::len);
        let (_, range) = path.rsplit_once("%7B")?;
        let start: u64 = range.split("%2C").next()?.parse().ok()?;
        let is_full = u64::try_from(count).is_ok_and(|count| count >= PAGE);
        is_full.then(|| page(&self.names, start.saturating_add(PAGE)))
    }

    async fn items(&self, _list: &List<()>, row: Value) -> Result<Vec<Item>, BackfillError> {
        let Some(number) = number(&row, "/number") else { return Ok(Vec::new()) };
        let body = self.body(&row, number);
        let phase = text(&body, "/build/phase").unwrap_or_default().to_lowercase();
        let state = at(&body, "/build/timestamp");
        Ok(vec![Item {
            id: format!("backfill/{phase}/{}/{number}/{state}", self.names.join("/")),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body,
        }])
    }
}

fn page(names: &[String], start: u64) -> String {
    let tree = encoded(&format!("allBuilds[{BUILD}]{{{start},{}}}", start.saturating_add(PAGE)));
    format!("{}/api/json?tree={tree}", path_of(names))
}

/// What the build checked out: of several repositories the first, as the plugin does.
fn scm(row: &Value) -> Value {
    let Some(action) = actions(row).find(|action| text(action, "/lastBuiltRevision/SHA1").is_some()) else {
        return Value::Null;
    };
    json!({
        "url": at(action, "/remoteUrls/0"),
        "commit": at(action, "/lastBuiltRevision/SHA1"),
        "branch": at(action, "/lastBuiltRevision/branch/0/name"),
    })
}

fn tests(row: &Value) -> Value {
    let Some((action, total)) = actions(row).find_map(|action| Some((action, number(action, "/totalCount")?))) else {
        return Value::Null;
    };
    let failed = number(action, "/failCount").unwrap_or_default();
    let skipped = number(action, "/skipCount").unwrap_or_default();
    let passed = total.saturating_sub(failed).saturating_sub(skipped);
    json!({ "total": total, "failed": failed, "skipped": skipped, "passed": passed })
}

fn files(row: &Value, address: Option<&str>) -> Value {
    let rows = row.get("artifacts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let place = address.unwrap_or_default();
    let file = |row: &Value| {
        let path = text(row, "/relativePath")?;
        let archive = format!("{place}artifact/{path}");
        Some((text(row, "/fileName")?.to_owned(), json!({ "archive": archive })))
    };
    let files: Map<String, Value> = rows.iter().take(MAX_FILES).filter_map(file).collect();
    if files.is_empty() { Value::Null } else { Value::Object(files) }
}

fn actions(row: &Value) -> impl Iterator<Item = &Value> {
    row.get("actions").and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Job, path_of};
    use crate::backfill::api::Answer;
    use crate::backfill::reading::{List, Order, Tool};

    #[test]
    fn a_build_is_told_as_the_plugin_tells_it() {
        let names = vec!["acme".to_owned(), "check out".to_owned()];
        assert_eq!(path_of(&names), "/job/acme/job/check%20out");
        let job = Job { names, display_name: json!("Checkout") };
        let row = json!({
            "number": 148, "url": "https://ci.acme.example/jenkins/job/acme/job/check%20out/148/", "result": "SUCCESS",
            "building": false, "timestamp": 1_773_480_000_000_i64, "duration": 300_000,
            "artifacts": [{"fileName": "checkout.jar", "relativePath": "target/checkout.jar"}],
            "actions": [{}, {"remoteUrls": ["https://github.com/acme/checkout.git"],
                "lastBuiltRevision": {"SHA1": "6f1c", "branch": [{"name": "origin/main"}]}},
                {"totalCount": 3, "failCount": 1, "skipCount": 1}]
        });
        let body = job.body(&row, 148);
        assert_eq!(body["build"]["timestamp"], json!(1_773_480_300_000_i64));
        assert_eq!(body["build"]["scm"]["branch"], json!("origin/main"));
        assert_eq!(body["build"]["test_summary"]["passed"], json!(1));
        assert_eq!(body["build"]["url"], json!("job/acme/job/check%20out/148/"));
        let running = job.body(&json!({"number": 149, "building": true, "timestamp": 5}), 149);
        assert_eq!((running["build"]["phase"].as_str(), running["build"].get("scm")), (Some("STARTED"), None));
    }

    #[test]
    fn a_full_page_is_followed_by_another() {
        let job = Job { names: vec!["checkout".to_owned()], display_name: json!(null) };
        let list = List { kind: (), name: String::new(), member: Some("allBuilds"), order: Order::Chosen };
        let first = job.first(&list, throughline_domain::time::Timestamp::from_seconds(0));
        assert!(first.ends_with("%7B0%2C100%7D"), "{first}");
        let full = Answer { body: json!({"allBuilds": vec![json!({}); 100]}), next: None };
        assert!(job.next(&list, &first, &full).unwrap().ends_with("%7B100%2C200%7D"));
        let last = Answer { body: json!({"allBuilds": [{}]}), next: None };
        assert_eq!(job.next(&list, &first, &last), None);
    }
}
