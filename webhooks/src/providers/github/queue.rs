//! `merge_group`: the commits that a merge queue tries before they become part of the branch.

use serde::Deserialize;
use throughline_domain::fact::Facts;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::NodeKind;

use crate::stop::Stop;

use super::delivery::Delivery;
use super::draft::Draft;
use super::payload::{Commit, Repository};

/// A `merge_group` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MergeGroupEvent {
    merge_group: Option<MergeGroup>,
    repository: Option<Repository>,
}

/// A group of pull requests in the queue; it has no id and no time of its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MergeGroup {
    head_sha: Option<String>,
    head_ref: Option<String>,
    head_commit: Option<Commit>,
}

/// Reads that a group was made, or that it is gone: merged or given up, its commit is the same.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: MergeGroupEvent = delivery.read("a GitHub merge_group event")?;
    let group = event.merge_group.as_ref().ok_or_else(|| Stop::nothing("the body holds no merge group"))?;
    let head = group.head_commit.as_ref();
    let mut draft = Draft::open(delivery, event.repository.as_ref(), head.and_then(|head| head.timestamp))?;
    if let Some(head) = head {
        draft.commit(head)?;
    }
    let Some(commit) = draft.commit_by_id(group.head_sha.as_deref())? else { return draft.finish() };
    if let Some(number) = group.head_ref.as_deref().and_then(number) {
        let change = draft.key(NodeKind::Change, number)?;
        let reason = "the merge queue made this commit on a branch that is named after the pull request";
        draft.link_as(LinkClass::Guessed, &commit, LinkKind::PartOf, &change, reason);
    }
    draft.finish()
}

/// The number in the name of a queue's branch: 42 in `refs/heads/gh-readonly-queue/main/pr-42-<base>`.
fn number(reference: &str) -> Option<u64> {
    let (_, name) = reference.split_once("/gh-readonly-queue/")?;
    let (number, _) = name.rsplit('/').next()?.strip_prefix("pr-")?.split_once('-')?;
    number.parse().ok()
}
