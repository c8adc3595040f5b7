//! What figures are called, what they mean, and numbers as people read them.

use throughline_domain::graph::{Graph, NodeId};
use throughline_domain::queries::flow::{Figure, Measure, Milestone, Number};
use throughline_domain::time::Timestamp;

use crate::plain;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;

/// The longest name of an environment in a title, in characters.
const MAX_NAME: usize = 40;

/// What a figure is called, and what it means.
pub(super) struct Words {
    /// A few words.
    pub(super) title: String,
    /// A sentence.
    pub(super) meaning: String,
}

/// The words for a figure.
pub(super) fn of(graph: &Graph, number: Number) -> Words {
    let name = |node: NodeId| {
        let name = graph.node(node).map(|record| record.key.parts().resource).unwrap_or_default();
        plain::clip(&plain::line(&name), MAX_NAME)
    };
    let words = |title: &str, meaning: &str| Words { title: title.to_owned(), meaning: meaning.to_owned() };
    match number {
        Number::Deployments => words("Deployments", "Deployments that brought at least one commit."),
        Number::Rollbacks => words("Rollbacks", "Deployments that went back to something that had run before."),
        Number::Redeployments => words("Redeployments", "Deployments of the very same commits again."),
        Number::LeadTime => words("Lead time", "From each commit until the deployment that made it live."),
        Number::MergeToLive => {
            words("Merge to live", "From the merge of each pull request until the deployment that made it live.")
        }
        Number::FailureRate => words(
            "Change failure rate",
            "Deployments with trouble that was mended or stated to be theirs, of those that brought something.",
        ),
        Number::TimeToRestore => {
            words("Time to restore", "From the beginning of each incident of the period until it was resolved.")
        }
        Number::WholeWay => {
            words("Ticket to live", "From the opening of a pull request's first ticket until the request was live.")
        }
        Number::Stage(start, end) => Words {
            title: format!("{} to {}", capital(&milestone(start, &name)), milestone(end, &name)),
            meaning: format!(
                "Of each pull request that went live: from {} to {}.",
                milestone_long(start, &name),
                milestone_long(end, &name)
            ),
        },
        Number::OpenChanges => {
            words("Open pull requests", "Pull requests that are open at the end of the period, with their age.")
        }
        Number::MergedWaiting => words(
            "Merged, not live",
            "Pull requests that were merged in the period and are not live at its end, in repositories of which something runs.",
        ),
        Number::Waiting { from, environment, .. } => Words {
            title: format!("In {}, not in {}", name(from), name(environment)),
            meaning: format!(
                "Pull requests, and commits without one, that run in {} and not in {} at the end of the period.",
                name(from),
                name(environment)
            ),
        },
        Number::BatchChanges => words("Pull requests a deployment", "How many pull requests each deployment brought."),
        Number::BatchCommits => words("Commits a deployment", "How many commits each deployment brought."),
        Number::Rework => {
            words("Rework", "Deployments that go back, or that bring a revert or a fix, of all that changed something.")
        }
        Number::Reverts => {
            words("Reverts", "Pull requests, and commits without one, that revert others and went live.")
        }
        Number::Fixes => words(
            "Fixes",
            "Pull requests, and commits without one, that fix what an earlier commit broke and went live.",
        ),
    }
}

/// A milestone in a title.
fn milestone(milestone: Milestone, name: &impl Fn(NodeId) -> String) -> String {
    match milestone {
        Milestone::TicketOpened => "ticket".to_owned(),
        Milestone::FirstCommit => "first commit".to_owned(),
        Milestone::ChangeOpened => "pull request".to_owned(),
        Milestone::Merged => "merged".to_owned(),
        Milestone::Built => "built".to_owned(),
        Milestone::Reached { environment, .. } => name(environment),
        Milestone::Live => "live".to_owned(),
    }
}

/// A milestone in a sentence.
fn milestone_long(milestone: Milestone, name: &impl Fn(NodeId) -> String) -> String {
    match milestone {
        Milestone::TicketOpened => "the opening of its first ticket".to_owned(),
        Milestone::FirstCommit => "its first commit".to_owned(),
        Milestone::ChangeOpened => "its own opening".to_owned(),
        Milestone::Merged => "its merge".to_owned(),
        Milestone::Built => "the moment at which what was deployed was built".to_owned(),
        Milestone::Reached { environment, .. } => format!("its arrival in {}", name(environment)),
        Milestone::Live => "the deployment that made it live".to_owned(),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// The number of a figure for people; none where nothing could be counted.
pub(super) fn value(figure: &Figure, from: Timestamp, to: Timestamp) -> Option<String> {
    let known_from = figure.known_from?;
    let sum = figure.sum;
    match figure.number.measure() {
        Measure::Count if figure.number == Number::Deployments => {
            let seconds = to.seconds().saturating_sub(known_from.max(from).seconds());
            Some(format!("{} ({} a week)", sum.count, tenths(per(sum.count, WEEK, seconds))))
        }
        Measure::Count => Some(sum.count.to_string()),
        Measure::Time => sum.median.map(duration),
        Measure::Size => sum.median.map(|size| size.to_string()),
        Measure::Share => percent(sum.count, sum.of?).map(|percent| format!("{percent} %")),
    }
}

/// How many there are in one unit of time, in tenths; a period shorter than the unit counts as one.
fn per(count: usize, unit: i64, seconds: i64) -> i64 {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let seconds = seconds.max(unit);
    count.saturating_mul(10).saturating_mul(unit).saturating_add(seconds / 2) / seconds
}

/// A share in percent, rounded; none of nothing.
pub(crate) fn percent(count: usize, of: usize) -> Option<usize> {
    (of > 0).then(|| count.saturating_mul(100).saturating_add(of / 2) / of.max(1))
}

/// A number of pieces or seconds, as a table shows it.
pub fn number(measure: &str, value: i64) -> String {
    match measure {
        "time" => duration(value),
        "share" => format!("{value} %"),
        _ => value.to_string(),
    }
}

/// A length of time for people: `42 seconds`, `12 minutes`, `5.3 hours`, `1 day`.
pub fn duration(seconds: i64) -> String {
    let text = spelled(seconds, [" seconds", " minutes", " hours", " days"]);
    match text.strip_prefix("1 ") {
        Some(unit) => format!("1 {}", unit.trim_end_matches('s')),
        None => text,
    }
}

/// The same with the units' symbols: `42 s`, `12 min`, `5.3 h`, `2.4 d`.
pub fn short_duration(seconds: i64) -> String {
    spelled(seconds, [" s", " min", " h", " d"])
}

fn spelled(seconds: i64, [of_seconds, of_minutes, of_hours, of_days]: [&str; 4]) -> String {
    let in_tenths = |unit: i64| tenths(seconds.saturating_mul(10).saturating_add(unit / 2) / unit);
    match seconds {
        seconds if seconds < MINUTE => format!("{seconds}{of_seconds}"),
        seconds if seconds < HOUR => format!("{}{of_minutes}", seconds / MINUTE),
        seconds if seconds < 2 * DAY => format!("{}{of_hours}", in_tenths(HOUR)),
        _ => format!("{}{of_days}", in_tenths(DAY)),
    }
}

fn tenths(tenths: i64) -> String {
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        rest => format!("{}.{rest}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::{duration, per, percent, short_duration, tenths};

    #[test]
    fn lengths_of_time_are_short_and_true() {
        for (seconds, long, short) in [
            (0, "0 seconds", "0 s"),
            (59, "59 seconds", "59 s"),
            (90, "1 minute", "1 min"),
            (3_600, "1 hour", "1 h"),
            (19_080, "5.3 hours", "5.3 h"),
            (172_799, "48 hours", "48 h"),
            (172_800, "2 days", "2 d"),
            (207_360, "2.4 days", "2.4 d"),
        ] {
            assert_eq!((duration(seconds).as_str(), short_duration(seconds).as_str()), (long, short), "{seconds}");
        }
    }

    #[test]
    fn shares_and_rates_are_rounded() {
        assert_eq!([percent(1, 4), percent(1, 3), percent(2, 3), percent(0, 0)], [Some(25), Some(33), Some(67), None]);
        let week = 7 * 86_400;
        assert_eq!(tenths(per(13, week, 3 * week)), "4.3");
        assert_eq!(tenths(per(2, week, 3_600)), "2");
    }
}
