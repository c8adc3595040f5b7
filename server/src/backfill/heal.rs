//! Fetching what GitHub could not deliver: it keeps each delivery of a webhook for some days, and what came of it.
//!
//! Deliveries that failed, and whose id the ledger does not have, are fetched with their payload and appended under the
//! id that they would have had. What can no longer be fetched is a gap, and is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use throughline_domain::time::Timestamp;
use throughline_store::backfill::Reading;

use super::api::{Answer, Api, ApiError};
use super::gaps::{self, Gap, MAX_NAMED};
use super::intake::{Intake, Item};
use super::parts::{moment, number, text};
use super::{BackfillError, Login, github};
use crate::clock;

/// How long GitHub keeps deliveries, in seconds.
const KEPT_SECONDS: i64 = 3 * 24 * 3_600;

/// The most pages of the deliveries of one webhook; each has a hundred.
const MAX_DELIVERY_PAGES: usize = 500;

/// The most repositories whose webhooks are looked at in one turn.
const MAX_HOOK_REPOSITORIES: usize = 500;

/// What came of looking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Healed {
    /// How many deliveries were fetched.
    pub fetched: u64,
    /// How many are gone for good.
    pub gone: u64,
    /// What could not be looked at.
    pub left_out: Vec<String>,
}

/// A webhook that delivers to the source.
struct Hook {
    api: Arc<Api>,
    /// For people and for the cursor: `the App's webhook`, `acme/checkout, webhook 7`.
    name: String,
    /// The path of its deliveries.
    deliveries: String,
}

/// A delivery that never arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Lost {
    guid: String,
    /// The number of its last attempt, by which it is fetched.
    id: u64,
    at: Timestamp,
}

/// Looks at the deliveries of every webhook that delivers to the source.
///
/// # Errors
/// A [`BackfillError`]; what was fetched before stays.
pub async fn look(address: &str, login: &Login, intake: &Intake, places: &[String]) -> Result<Healed, BackfillError> {
    let api = Arc::new(Api::github(address, login, super::Progress::silent())?);
    heal(&api, login, intake, places).await
}

pub(super) async fn heal(
    api: &Arc<Api>,
    login: &Login,
    intake: &Intake,
    places: &[String],
) -> Result<Healed, BackfillError> {
    let mut healed = Healed::default();
    for hook in hooks(api, login, intake, places, &mut healed).await? {
        match heal_hook(&hook, intake, &mut healed).await {
            Ok(()) => {}
            // Webhooks are only shown to those who may change them.
            Err(BackfillError::Api(error @ ApiError::Status { .. })) => {
                healed.left_out.push(format!("deliveries of {} ({error})", hook.name));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(healed)
}

/// The webhooks whose address ends in that of the source.
async fn hooks(
    api: &Arc<Api>,
    login: &Login,
    intake: &Intake,
    places: &[String],
    healed: &mut Healed,
) -> Result<Vec<Hook>, BackfillError> {
    let source = intake.source().row.name.as_str();
    if matches!(login, Login::App(..)) {
        let config = api.get("/app/hook/config").await?;
        let is_ours = text(&config.body, "/url").is_some_and(|address| leads_to(address, source));
        let hook = Hook {
            api: Arc::clone(api),
            name: "the App's webhook".to_owned(),
            deliveries: "/app/hook/deliveries".to_owned(),
        };
        return Ok(if is_ours { vec![hook] } else { Vec::new() });
    }
    let mut hooks = Vec::new();
    for (api, names) in github::reach(api, login, places).await? {
        if let Some(more) = names.len().checked_sub(MAX_HOOK_REPOSITORIES).filter(|more| *more > 0) {
            let what = format!("webhooks of {more} repositories: those of {MAX_HOOK_REPOSITORIES} are looked at");
            healed.left_out.push(format!("{what}; an App has one webhook for all of them"));
        }
        for name in names.into_iter().take(MAX_HOOK_REPOSITORIES) {
            match api.all(&format!("/repos/{name}/hooks?per_page=100"), None).await {
                Ok(rows) => hooks.extend(rows.iter().filter_map(|row| hook_of(&api, &name, row, source))),
                Err(ApiError::Status { status: 401 | 403 | 404 | 410 | 451, .. }) if places.is_empty() => {}
                Err(error @ ApiError::Status { .. }) => healed.left_out.push(format!("webhooks of {name} ({error})")),
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(hooks)
}

fn hook_of(api: &Arc<Api>, repository: &str, row: &Value, source: &str) -> Option<Hook> {
    let id = number(row, "/id")?;
    leads_to(text(row, "/config/url")?, source).then(|| Hook {
        api: Arc::clone(api),
        name: format!("{repository}, webhook {id}"),
        deliveries: format!("/repos/{repository}/hooks/{id}/deliveries"),
    })
}

/// Whether a webhook's address is that of the source. The host may be a proxy's, which this server does not know.
fn leads_to(address: &str, source: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| {
        let mut segments = url.path_segments().into_iter().flatten().rev().filter(|segment| !segment.is_empty());
        segments.next() == Some(source) && segments.next() == Some("webhooks")
    })
}

async fn heal_hook(hook: &Hook, intake: &Intake, healed: &mut Healed) -> Result<(), BackfillError> {
    let now = clock::now();
    let list = format!("deliveries of {}", hook.name);
    let kept = intake.reading(&list).await?;
    let looked = kept.as_ref().and_then(|kept| kept.complete).map(|(_, to)| to);
    let since = now.plus_seconds(-KEPT_SECONDS);
    let attempts = attempts(hook, looked.map_or(since, |looked| looked.max(since))).await?;
    let lost = never_arrived(&attempts);
    let known = intake.known(lost.iter().map(|lost| lost.guid.clone()).collect()).await?;
    let list_of_gaps = intake.blocking(|store| store.read(gaps::all)).await?;
    let known_gone = gaps::named(&list_of_gaps, &intake.source().row.name);
    let mut gone = Vec::new();
    for lost in lost.into_iter().filter(|lost| !known.contains(&lost.guid) && !known_gone.contains(&lost.guid)) {
        match fetch(hook, &lost).await? {
            Some(item) => {
                intake.take(vec![item]).await?;
                healed.fetched += 1;
            }
            None => gone.push(lost),
        }
    }
    healed.gone += u64::try_from(gone.len()).unwrap_or(0);
    let unseen = looked.filter(|looked| *looked < since).map(|looked| unseen(hook, intake, looked, since));
    for gap in gap_of(hook, intake, gone).into_iter().chain(unseen) {
        let (draft, size) = gaps::draft(intake.keys(), &gap)?;
        intake.append(draft, size).await?;
    }
    let name = intake.source().row.name.clone();
    // The next look begins an hour before this one: a delivery may still be under way, and is then tried again.
    let to = now.plus_seconds(-3_600);
    let complete = Some((kept.and_then(|kept| kept.complete).map_or(since, |(from, _)| from), to));
    intake.keep(Reading { source: name, list, page: None, since, began: now, complete }).await
}

/// Every attempt since a moment, as the list shows it, the newest first.
async fn attempts(hook: &Hook, since: Timestamp) -> Result<Vec<Value>, BackfillError> {
    let mut attempts = Vec::new();
    let mut path = format!("{}?per_page=100", hook.deliveries);
    for _ in 0..MAX_DELIVERY_PAGES {
        let Answer { body, next } = hook.api.get(&path).await?;
        let rows = super::api::rows_of(body, None, &path)?;
        let is_end = rows.iter().any(|row| moment(row, "/delivered_at").is_some_and(|at| at < since));
        attempts.extend(rows.into_iter().filter(|row| moment(row, "/delivered_at").is_none_or(|at| at >= since)));
        match next {
            Some(next) if !is_end && next != path => path = next,
            Some(_) | None => return Ok(attempts),
        }
    }
    Err(BackfillError::TooManyPages { list: format!("deliveries of {}", hook.name), pages: MAX_DELIVERY_PAGES })
}

/// The deliveries of which no attempt was answered well, in order of their ids.
fn never_arrived(attempts: &[Value]) -> Vec<Lost> {
    let mut lost: BTreeMap<&str, (bool, Lost)> = BTreeMap::new();
    for attempt in attempts {
        let (Some(guid), Some(id)) = (text(attempt, "/guid"), number(attempt, "/id")) else { continue };
        let Some(at) = moment(attempt, "/delivered_at") else { continue };
        let has_arrived = number(attempt, "/status_code").is_some_and(|status| (200..300).contains(&status));
        let (arrived, last) = lost.entry(guid).or_insert_with(|| (false, Lost { guid: guid.to_owned(), id, at }));
        *arrived |= has_arrived;
        if at > last.at {
            (last.id, last.at) = (id, at);
        }
    }
    lost.into_values().filter(|(arrived, _)| !arrived).map(|(_, lost)| lost).collect()
}

/// The delivery with its payload; `None` where GitHub no longer has it.
async fn fetch(hook: &Hook, lost: &Lost) -> Result<Option<Item>, BackfillError> {
    let path = format!("{}/{}", hook.deliveries, lost.id);
    let answer = match hook.api.get(&path).await {
        Ok(answer) => answer,
        Err(ApiError::Status { status: 404 | 410, .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let body = match answer.body.pointer("/request/payload") {
        Some(payload) if payload.is_object() => payload.clone(),
        Some(_) | None => return Ok(None),
    };
    let Some(event) = text(&answer.body, "/event").map(str::to_owned).or_else(|| sent(&answer.body, "x-github-event"))
    else {
        return Ok(None);
    };
    let mut headers = vec![
        // The payload is shown as JSON, whatever form it was sent in.
        ("content-type".to_owned(), "application/json".to_owned()),
        ("x-github-event".to_owned(), event),
        ("x-github-delivery".to_owned(), lost.guid.clone()),
    ];
    for name in ["x-github-hook-id", "x-github-enterprise-host"] {
        headers.extend(sent(&answer.body, name).map(|value| (name.to_owned(), value)));
    }
    Ok(Some(Item { id: lost.guid.clone(), headers, body }))
}

/// The value of a header of the request, whose names are written in any case.
fn sent(delivery: &Value, name: &str) -> Option<String> {
    let headers = delivery.pointer("/request/headers")?.as_object()?;
    let (_, value) = headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name))?;
    value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|number| number.to_string()))
}

fn gap_of(hook: &Hook, intake: &Intake, gone: Vec<Lost>) -> Option<Gap> {
    let first = gone.iter().map(|lost| lost.at).min()?;
    let last = gone.iter().map(|lost| lost.at).max()?;
    Some(Gap {
        source: intake.source().row.name.clone(),
        hook: hook.name.clone(),
        first,
        last,
        count: u64::try_from(gone.len()).ok(),
        reason: "GitHub could not deliver them, and no longer has what they held".to_owned(),
        deliveries: gone.into_iter().map(|lost| lost.guid).take(MAX_NAMED).collect(),
    })
}

/// The time between the last look and what GitHub still shows.
fn unseen(hook: &Hook, intake: &Intake, looked: Timestamp, since: Timestamp) -> Gap {
    Gap {
        source: intake.source().row.name.clone(),
        hook: hook.name.clone(),
        first: looked,
        last: since,
        count: None,
        reason: "nobody looked at the deliveries of this time before GitHub forgot them; some may have failed"
            .to_owned(),
        deliveries: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{leads_to, never_arrived, sent};

    #[test]
    fn a_delivery_is_lost_if_no_attempt_arrived() {
        let attempt = |id: u64, guid: &str, minute: u32, status: u64| json!({"id": id, "guid": guid, "delivered_at": format!("2026-03-14T09:{minute:02}:00Z"), "status_code": status});
        let attempts = [
            attempt(5, "b", 30, 200),
            attempt(4, "a", 20, 503),
            attempt(3, "c", 12, 0),
            attempt(2, "b", 11, 500),
            attempt(1, "a", 10, 502),
            json!({"id": 9}),
        ];
        let lost: Vec<(String, u64)> = never_arrived(&attempts).into_iter().map(|lost| (lost.guid, lost.id)).collect();
        assert_eq!(lost, [("a".to_owned(), 4), ("c".to_owned(), 3)]);
    }

    #[test]
    fn a_webhook_is_told_by_the_end_of_its_address() {
        assert!(leads_to("https://throughline.acme.example/webhooks/github", "github"));
        assert!(leads_to("https://acme.example/tools/webhooks/github/", "github"));
        for other in ["https://acme.example/webhooks/other", "https://acme.example/github", "webhooks/github", ""] {
            assert!(!leads_to(other, "github"), "{other}");
        }
    }

    #[test]
    fn headers_are_found_in_any_case() {
        let delivery = json!({"request": {"headers": {"X-GitHub-Hook-ID": 7, "X-GitHub-Event": "push"}}});
        assert_eq!(sent(&delivery, "x-github-event").as_deref(), Some("push"));
        assert_eq!(sent(&delivery, "x-github-hook-id").as_deref(), Some("7"));
        assert_eq!(sent(&delivery, "accept"), None);
    }
}
