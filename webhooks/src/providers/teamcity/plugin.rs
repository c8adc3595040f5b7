//! The plugin tcWebHooks, in its formats with all members below `build`.

use throughline_domain::node::Outcome;
use throughline_domain::time::Timestamp;

use super::build::{Build, Reading};
use super::payload::PluginBuild;
use super::properties;

/// What an event of the plugin says of a build.
pub(super) fn read<'a>(event: &str, build: &'a PluginBuild) -> Reading<'a> {
    let result = build.build_result.as_deref();
    let (outcome, happened) = match told(event, result) {
        Ok(told) => told,
        Err(reason) => return Reading::Nothing(reason),
    };
    let Some(id) = build.build_id.as_deref() else {
        return Reading::Nothing("the build has no buildId; a template of the operator's own left it out");
    };
    let is_end = happened.is_some_and(|what| what != "started");
    let state = match event {
        "buildInterrupted" => Some("canceled"),
        _ if is_end => result,
        _ => Some("running"),
    };
    let names = [&build.build_full_name, &build.build_name];
    let name = names.into_iter().flatten().map(|name| name.trim()).find(|name| !name.is_empty());
    Reading::Build(Box::new(Build {
        id,
        number: build.build_number.as_deref(),
        name: name.unwrap_or("build").to_owned(),
        page: build.build_status_url.as_deref(),
        server: build.root_url.as_deref(),
        at: at(build, is_end),
        state,
        outcome,
        result: build.build_status.as_deref().filter(|_| is_end),
        branch: build.branch_name.as_deref().filter(|name| *name != "<default>").map(short_branch),
        started: build.build_start_time,
        finished: build.build_finish_time.filter(|_| is_end),
        happened,
        sources: properties::source(build.teamcity_properties.as_ref()).into_iter().collect(),
        ..Build::default()
    }))
}

/// When a build came to be as it is. That it runs is so since its start: what is sent a moment before its end, in the same
/// second perhaps, must not outrank the end.
fn at(build: &PluginBuild, is_end: bool) -> Option<Timestamp> {
    let since = if is_end { build.build_finish_time } else { build.build_start_time };
    since.or(build.current_time).or(build.build_start_time)
}

/// How far an event says that a build has come, and the word for the timeline; or why it says nothing of the kind.
fn told(event: &str, result: Option<&str>) -> Result<(Option<Outcome>, Option<&'static str>), &'static str> {
    match event {
        "changesLoaded" | "beforeBuildFinish" => Ok((Some(Outcome::Running), None)),
        "buildStarted" => Ok((Some(Outcome::Running), Some("started"))),
        "buildFinished" => Ok((result.and_then(ended), Some("completed"))),
        "buildSuccessful" | "buildFixed" => Ok((Some(Outcome::Success), Some("completed"))),
        "buildFailed" | "buildBroken" => Ok((Some(Outcome::Failure), Some("completed"))),
        "buildInterrupted" => Ok((Some(Outcome::Abandoned), Some("canceled"))),
        "buildAddedToQueue" | "buildRemovedFromQueue" => {
            Err("the plugin gives a queued build no id; it is told when it starts")
        }
        "responsibilityChanged" | "buildPinned" | "buildUnpinned" | "buildTagged" => {
            Err("the event is about what people note on a build, and not about the build itself")
        }
        _ => Err("this event of tcWebHooks is not read; the delivery is kept and can be replayed later"),
    }
}

fn ended(result: &str) -> Option<Outcome> {
    match result.to_ascii_lowercase().as_str() {
        "success" => Some(Outcome::Success),
        "failure" => Some(Outcome::Failure),
        _ => None,
    }
}

fn short_branch(name: &str) -> &str {
    name.strip_prefix("refs/heads/").unwrap_or(name)
}
