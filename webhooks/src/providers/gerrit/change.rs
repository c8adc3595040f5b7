//! What happens to a change: new patch sets, and how it ends.

use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;

use crate::code_host::nothing;
use crate::draft::by;
use crate::provider::{Content, ParseError};

use super::payload::{Account, Event};
use super::reading::{Reading, called};

/// Reads an event of a change that is no review.
pub(super) fn read(kind: &str, event: &Event) -> Result<Content, ParseError> {
    let Some((mut reading, key)) = Reading::of_change(kind, event)? else { return nothing(NO_CHANGE) };
    link_revision(&mut reading, &key, (kind, event))?;
    if kind == "change-merged"
        && let Some(commit) = reading.draft.commit_by_id(&reading.repository, event.new_rev.as_deref())?
    {
        reading.draft.link(&commit, LinkKind::PartOf, &key, "the change was merged as this commit");
    }
    let (what, actor, summary) = told(kind, event);
    let actor = called(actor);
    reading.draft.event(&key, None, what, actor, &by(&summary, actor));
    reading.finish()
}

/// Why an event of a change says nothing.
pub(super) const NO_CHANGE: &str =
    "the event names no change with number, project and address; is gerrit.canonicalWebUrl set?";

/// States the commit of the event's patch set, and that it belongs to the change.
pub(super) fn link_revision(reading: &mut Reading, key: &Key, (kind, event): (&str, &Event)) -> Result<(), KeyError> {
    let Some(patch_set) = &event.patch_set else { return Ok(()) };
    // The message of the change is that of its newest patch set, which only these events are about for certain.
    let is_newest = matches!(kind, "patchset-created" | "change-merged");
    let message = event.change.as_ref().and_then(|change| change.commit_message.as_deref()).filter(|_| is_newest);
    if let Some(commit) = reading.revision(patch_set, message)? {
        reading.draft.link(&commit, LinkKind::PartOf, key, "it is a patch set of the change");
    }
    Ok(())
}

fn told<'a>(kind: &str, event: &'a Event) -> (&'static str, Option<&'a Account>, String) {
    let number = event.patch_set.as_ref().and_then(|patch_set| patch_set.number.as_ref());
    let number = number.map_or("", String::as_str);
    let owner = event.change.as_ref().and_then(|change| change.owner.as_ref());
    match kind {
        "patchset-created" if number == "1" => {
            ("opened", event.uploader.as_ref().or(owner), "Change opened".to_owned())
        }
        "patchset-created" => ("pushed", event.uploader.as_ref(), format!("Patch set {number} pushed")),
        "change-merged" => ("merged", event.submitter.as_ref(), "Change merged".to_owned()),
        "change-abandoned" => ("closed", event.abandoner.as_ref(), "Change abandoned".to_owned()),
        "change-restored" => ("reopened", event.restorer.as_ref(), "Change restored".to_owned()),
        "reviewer-added" => {
            let reviewer = called(event.reviewer.as_ref()).unwrap_or("somebody");
            ("requested", event.adder.as_ref(), format!("Review asked of {reviewer}"))
        }
        "wip-state-changed" if event.change.as_ref().is_some_and(|change| change.wip == Some(true)) => {
            ("drafted", event.changer.as_ref(), "Marked as work in progress".to_owned())
        }
        "wip-state-changed" => ("readied", event.changer.as_ref(), "Marked as ready for review".to_owned()),
        _ => ("edited", event.changer.as_ref().or(event.editor.as_ref()), "Topic or hashtags changed".to_owned()),
    }
}
