//! A run: of a pipeline, or of a task or custom task, which is a job of its pipeline run.

use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::key::{Key, KeyError, of_tool};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};

use super::hints::Hints;
use super::origin::Origin;
use super::payload::{Condition, Kind, Resource};
use crate::draft::{Draft, Image, object_id, ran};
use crate::pipeline::Times;
use crate::provider::ParseError;

/// The rule that all links are made by; the same for every event, so that a link is one link.
const RULE: &str = "tekton/run";

/// Everything that an event says of a run; `None` where the run has no uid.
pub(super) fn facts(kind: Kind, resource: &Resource) -> Result<Option<Facts>, ParseError> {
    let metadata = &resource.metadata;
    let Some(uid) = metadata.uid.as_deref().filter(|uid| !uid.is_empty()) else { return Ok(None) };
    let node = match kind {
        Kind::Pipeline => NodeKind::PipelineRun,
        Kind::Task | Kind::Custom => NodeKind::Job,
    };
    let key = of_tool(node, "tekton", "", uid)?;
    let status = &resource.status;
    let changed = status.condition().and_then(|condition| condition.last_transition_time);
    let ended = status.completion_time.or(status.start_time).or(metadata.creation_timestamp);
    let mut draft = Draft::new(RULE, changed.or(ended));
    let hints = Hints::of(resource)?;
    let origin = Origin::of(metadata);
    state_run(&mut draft, &key, kind, resource, &origin, &hints);
    let parent = link_parent(&mut draft, &key, kind, resource)?;
    let noted = origin.link(&mut draft, &key)?;
    let commits = link_sources(&mut draft, &key, parent.as_ref(), &hints, noted)?;
    let maker = match kind {
        Kind::Pipeline => Some(&key),
        Kind::Task | Kind::Custom => parent.as_ref(),
    };
    state_products(&mut draft, maker, &commits, &hints);
    Ok(Some(draft.finish()?))
}

fn state_run(draft: &mut Draft, key: &Key, kind: Kind, resource: &Resource, origin: &Origin<'_>, hints: &Hints<'_>) {
    let (metadata, status) = (&resource.metadata, &resource.status);
    let reference = reference(resource);
    let name = name(kind, resource);
    let (title, page) = match kind {
        Kind::Pipeline => (origin.subject.or(name), origin.page),
        // A task run bears the notes of its pipeline run, of which subject and page are.
        Kind::Task | Kind::Custom => (name, None),
    };
    let commit = match hints.sources.as_slice() {
        [] => object_id(origin.commit),
        [source] => object_id(Some(source.commit)),
        _ => None,
    };
    let condition = status.condition();
    let fact = draft
        .fact(key)
        .with(Attribute::Title, title.unwrap_or(&reference))
        .with(Attribute::Reference, reference.as_str())
        .with_some(Attribute::Description, condition.and_then(|condition| condition.message.as_deref()));
    let fact = ran(fact, status.start_time, status.completion_time)
        .with_some(Attribute::Branch, origin.branch)
        .with_some(Attribute::Commit, commit)
        .named(Name::plain(&reference))
        .page(page);
    let outcome = condition.and_then(outcome);
    let state = condition.and_then(|condition| condition.reason.as_deref().or(condition.status.as_deref()));
    draft.state_known(fact, state, outcome);
    let times =
        Times { created: metadata.creation_timestamp, started: status.start_time, finished: status.completion_time };
    times.tell(draft, key, &reference, state, outcome);
}

/// The pipeline run that a task run belongs to.
fn link_parent(draft: &mut Draft, key: &Key, kind: Kind, resource: &Resource) -> Result<Option<Key>, KeyError> {
    let owner = resource.metadata.owner().filter(|_| kind != Kind::Pipeline);
    let parent = owner.map(|uid| of_tool(NodeKind::PipelineRun, "tekton", "", uid)).transpose()?;
    if let Some(parent) = &parent {
        draft.link(key, LinkKind::PartOf, parent, "the pipeline run owns this run");
    }
    Ok(parent)
}

/// Links a run to the commits that it fetched, and gives all commits that it may be of with how sure it is that whatever
/// the run made is of them: only Tekton Chains' names say so, and not what set the run off.
fn link_sources(
    draft: &mut Draft,
    key: &Key,
    parent: Option<&Key>,
    hints: &Hints<'_>,
    noted: Option<Key>,
) -> Result<Vec<(Key, LinkClass)>, KeyError> {
    let mut commits: Vec<(Key, LinkClass)> = noted.into_iter().map(|commit| (commit, LinkClass::Guessed)).collect();
    for source in &hints.sources {
        let Some(commit) = draft.commit_by_id(&source.repository, Some(source.commit))? else { continue };
        draft.link_as(source.class, key, LinkKind::BuiltFrom, &commit, source.reason);
        if let Some(parent) = parent {
            let reason = "a task of the run fetched this commit; other tasks may have fetched others";
            draft.link_as(LinkClass::Guessed, parent, LinkKind::BuiltFrom, &commit, reason);
        }
        match commits.iter_mut().find(|(known, _)| *known == commit) {
            Some((_, class)) => *class = source.class.max(*class),
            None => commits.push((commit, source.class)),
        }
    }
    Ok(commits)
}

/// Artifacts come of the pipeline run, and of the commit where there is only one that they can be of.
fn state_products(draft: &mut Draft, maker: Option<&Key>, commits: &[(Key, LinkClass)], hints: &Hints<'_>) {
    for product in &hints.products {
        let image = Image {
            digest: Some(product.digest),
            package: product.package,
            version: product.version,
            ..Image::default()
        };
        let Some(artifact) = draft.artifact(&image) else { continue };
        if let Some(maker) = maker {
            draft.link(&artifact, LinkKind::ProducedBy, maker, "a result of the run names it as what was made");
        }
        if let [(commit, class)] = commits {
            draft.link_as(*class, &artifact, LinkKind::BuiltFrom, commit, "the run that made it is of this commit");
        }
    }
}

/// What people call the run: `payments/release-x7`.
fn reference(resource: &Resource) -> String {
    let name = resource.metadata.name.as_deref().filter(|name| !name.is_empty()).unwrap_or("run");
    let namespace = resource.metadata.namespace.as_deref().filter(|namespace| !namespace.is_empty());
    namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"))
}

/// The name of what is run; of a task, as the pipeline calls it.
fn name(kind: Kind, resource: &Resource) -> Option<&str> {
    let labels: &[&str] = match kind {
        Kind::Pipeline => &["tekton.dev/pipeline"],
        Kind::Task | Kind::Custom => &["tekton.dev/pipelineTask", "tekton.dev/task"],
    };
    labels.iter().find_map(|label| resource.metadata.label(label)).or_else(|| resource.spec.name())
}

/// What the condition means. Everything but the status itself is in the reason, which controllers may choose.
fn outcome(condition: &Condition) -> Option<Outcome> {
    let reason = condition.reason.as_deref().unwrap_or_default();
    match condition.status.as_deref()? {
        "True" => Some(Outcome::Success),
        "False" if reason.contains("Cancel") || reason.contains("Stopped") => Some(Outcome::Abandoned),
        "False" => Some(Outcome::Failure),
        "Unknown" if matches!(reason, "Pending" | "PipelineRunPending" | "TaskRunPending") => Some(Outcome::Pending),
        "Unknown" => Some(Outcome::Running),
        _ => None,
    }
}
