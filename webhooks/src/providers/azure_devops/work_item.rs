//! `workitem.…`: tickets that are kept on Azure Boards.

use serde_json::{Map, Value};
use throughline_domain::fact::{Attribute, Field};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use crate::code_host::nothing;
use crate::draft::{by, joined};
use crate::json;
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::payload::{Hook, Identity, WorkItem};
use super::reading::{Reading, called, href, titled};

/// The word before the numbers of work items in texts: `AB#12`.
const WORD: &str = "AB";

/// The relation to the item above.
const PARENT: &str = "System.LinkTypes.Hierarchy-Reverse";

/// The field of the description.
const DESCRIPTION: &str = "System.Description";

/// Reads anything that happens to a work item.
pub(super) fn read(body: &[u8], event: &str) -> Result<Content, ParseError> {
    let hook: Hook<WorkItem> = json::read(body, "a work item of Azure DevOps")?;
    let Some(item) = &hook.resource else { return nothing("the body holds no work item") };
    let Some(number) = number(item, event) else { return nothing("the work item has no number") };
    let html = href(item.links.as_ref().and_then(|links| links.html.as_ref()));
    let mut reading = Reading::open(&hook, "workitem", &[item.url.as_deref(), html]);
    let fields = Fields::of(item);
    // Of a deletion and what takes it back, the delivery tells the time for certain.
    let is_moved = matches!(event, "workitem.deleted" | "workitem.restored");
    let changed = fields.time("System.ChangedDate").filter(|_| !is_moved);
    reading.draft.at = changed.or(hook.created_date);
    let key = state_item(&mut reading, number, &fields, (event, html))?;
    link_parent(&mut reading, &key, item, &fields)?;
    happened(&mut reading, &key, &fields, (event, hook.created_date));
    reading.finish()
}

/// The fields of a work item, of which an update names the changed ones apart.
struct Fields<'a> {
    now: Option<&'a Map<String, Value>>,
    changed: Option<&'a Map<String, Value>>,
}

impl<'a> Fields<'a> {
    fn of(item: &'a WorkItem) -> Self {
        match &item.revision {
            Some(revision) => Self { now: revision.fields.as_ref(), changed: item.fields.as_ref() },
            None => Self { now: item.fields.as_ref(), changed: None },
        }
    }

    /// The field as it is now.
    fn value(&self, name: &str) -> Option<&'a Value> {
        let changed = self.changed.and_then(|fields| fields.get(name)).and_then(|change| change.get("newValue"));
        changed.or(self.now.and_then(|fields| fields.get(name)))
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        filled(self.value(name).and_then(Value::as_str))
    }

    fn time(&self, name: &str) -> Option<Timestamp> {
        self.text(name).and_then(Timestamp::parse)
    }

    fn person(&self, name: &str) -> Option<Identity> {
        self.value(name).and_then(Identity::of)
    }

    /// Whether the update changed the field.
    fn has_changed(&self, name: &str) -> bool {
        self.changed.is_some_and(|fields| fields.contains_key(name))
    }

    /// The state before an update that changed it.
    fn state_before(&self) -> Option<&'a str> {
        let change = self.changed.and_then(|fields| fields.get("System.State"))?;
        change.get("oldValue").and_then(Value::as_str)
    }
}

/// The work item's number. An update has an id of its own, and names the work item beside it or in its address.
fn number<'a>(item: &'a WorkItem, event: &str) -> Option<&'a str> {
    let of_update = filled(item.work_item_id.as_deref()).filter(|id| *id != "0");
    let of_revision = item.revision.as_ref().and_then(|revision| filled(revision.id.as_deref()));
    let in_address = item.url.as_deref().and_then(|address| address.split("/workItems/").nth(1));
    let in_address = in_address.and_then(|rest| rest.split('/').next());
    let of_item = filled(item.id.as_deref()).filter(|_| event != "workitem.updated");
    let is_number = |id: &&str| !id.is_empty() && id.bytes().all(|digit| digit.is_ascii_digit());
    of_update.or(of_revision).or(of_item).or(in_address).filter(is_number)
}

fn state_item(
    reading: &mut Reading,
    number: &str,
    fields: &Fields<'_>,
    (event, html): (&str, Option<&str>),
) -> Result<Key, KeyError> {
    let key = reading.place.key(NodeKind::Ticket, number)?;
    let state = fields.text("System.State");
    let outcome = state.and_then(|state| outcome(state, fields.text("System.Reason")));
    let is_deleted = event == "workitem.deleted";
    let (state, outcome) = if is_deleted { (Some("Deleted"), Some(Outcome::Abandoned)) } else { (state, outcome) };
    let assignee = fields.person("System.AssignedTo");
    let project = fields.text("System.TeamProject").unwrap_or_default();
    let page = reading.place.page(project, &format!("_workitems/edit/{number}"));
    let reference = format!("{WORD}#{number}");
    let ended = fields.time("Microsoft.VSTS.Common.ClosedDate");
    let fact = titled(reading.draft.fact(&key), fields.text("System.Title").unwrap_or_default(), &reference)
        .with_some(Attribute::State, state)
        .with_some(Attribute::Outcome, outcome.map(Outcome::word))
        .moment(Attribute::OccurredAt, fields.time("System.CreatedDate"))
        .moment(Attribute::StartedAt, fields.time("System.CreatedDate"))
        .moment(Attribute::FinishedAt, ended)
        .with_some(Attribute::Category, fields.text("System.WorkItemType"))
        .with_some(Attribute::Severity, fields.text("Microsoft.VSTS.Common.Severity"))
        .with(Attribute::Labels, labels(fields.text("System.Tags")))
        .with_some(Attribute::Assignee, called(assignee.as_ref()))
        .named(Name::ticket(&reference))
        .page(page.as_deref().or(html));
    reading.draft.state(fact);
    reading.draft.announce(Name::tracker(WORD), &key);
    let author = fields.person("System.CreatedBy");
    reading.person(&key, LinkKind::AuthoredBy, author.as_ref(), "created the work item")?;
    reading.mention(&key, Field::Title, fields.text("System.Title"), None);
    match fields.text(DESCRIPTION) {
        None if fields.has_changed(DESCRIPTION) => reading.draft.emptied(&key, Field::Body, None),
        description => reading.mention(&key, Field::Body, description, None),
    }
    Ok(key)
}

fn labels(tags: Option<&str>) -> String {
    joined(tags.unwrap_or_default().split(';').map(str::trim))
}

/// What the states of Microsoft's own processes mean; other states of an organisation's mean nothing here.
fn outcome(state: &str, reason: Option<&str>) -> Option<Outcome> {
    let reason = reason.unwrap_or_default().to_lowercase();
    let for_nothing =
        ["duplicate", "obsolete", "cut", "won't", "as designed", "not a bug", "cannot reproduce", "reject"];
    match state.to_lowercase().as_str() {
        "new" | "to do" | "proposed" | "approved" => Some(Outcome::Pending),
        "active" | "doing" | "in progress" | "committed" | "open" | "resolved" => Some(Outcome::Running),
        "done" | "closed" | "completed" if for_nothing.iter().any(|word| reason.contains(word)) => {
            Some(Outcome::Abandoned)
        }
        "done" | "closed" | "completed" => Some(Outcome::Success),
        "removed" => Some(Outcome::Abandoned),
        _ => None,
    }
}

fn link_parent(reading: &mut Reading, key: &Key, item: &WorkItem, fields: &Fields<'_>) -> Result<(), KeyError> {
    let relations = item.revision.as_ref().and_then(|revision| revision.relations.as_ref()).or(item.relations.as_ref());
    let relation = relations.and_then(Value::as_array).into_iter().flatten();
    let mut parents = relation.filter(|relation| relation.get("rel").and_then(Value::as_str) == Some(PARENT));
    let by_relation = parents.next().and_then(|relation| relation.get("url")).and_then(Value::as_str);
    let by_relation = by_relation.and_then(|address| address.rsplit('/').next()).and_then(|id| id.parse::<u64>().ok());
    let by_field = fields.value("System.Parent").and_then(Value::as_u64);
    if let Some(parent) = by_field.or(by_relation) {
        let parent = reading.place.key(NodeKind::Ticket, &parent.to_string())?;
        reading.draft.link(key, LinkKind::ChildOf, &parent, "the work item names this one as its parent");
    }
    Ok(())
}

fn happened(reading: &mut Reading, key: &Key, fields: &Fields<'_>, (event, sent): (&str, Option<Timestamp>)) {
    let reason = fields.text("System.Reason");
    let is_ended = |state: &str| matches!(outcome(state, reason), Some(Outcome::Success | Outcome::Abandoned));
    let state = fields.text("System.State").unwrap_or_default();
    let before = fields.state_before();
    let (what, at, summary) = match event {
        "workitem.created" => ("opened", fields.time("System.CreatedDate"), "Work item created".to_owned()),
        "workitem.commented" => ("commented", None, "Commented".to_owned()),
        "workitem.deleted" => ("deleted", sent, "Work item deleted".to_owned()),
        "workitem.restored" => ("restored", sent, "Work item restored".to_owned()),
        "workitem.updated" => match before {
            Some(before) if is_ended(state) && !is_ended(before) => ("closed", None, format!("{before} → {state}")),
            Some(before) if is_ended(before) && !is_ended(state) => ("reopened", None, format!("{before} → {state}")),
            Some(before) => ("moved", None, format!("{before} → {state}")),
            None => ("edited", None, "Work item edited".to_owned()),
        },
        _ => return,
    };
    let actor = fields.person("System.ChangedBy");
    let actor = called(actor.as_ref());
    reading.draft.event(key, at, what, actor, &by(&summary, actor));
}
