//! The story: what happened at the company, laid out in time.

use super::alertmanager::{self, Alert, OTHER_ALERTS, THE_ALERT};
use super::calendar::{Calendar, Moment, at};
use super::cdevents::Build;
use super::changes::{self, Change, Fate, Trouble};
use super::company::{STAGING, service_of};
use super::github::checks::Run;
use super::github::{self, checks, pulls};
use super::jira::{self, Status, Step};
use super::rollouts::{End, RELEASES, ROLLOUTS, Rollout};
use super::tickets::{Course, TICKETS, Ticket};
use super::{Delivery, argocd, facts, ids};

/// When the version that the tickets of the trouble are planned for is planned, and when it is given out.
const VERSION_COURSE: [(&str, Moment); 2] = [("created", at(3, 10, 2)), ("released", at(12, 12, 5))];

/// That version.
const VERSION: &str = "checkout 1.8";

/// Every delivery of the story, in order of time.
pub fn tell(calendar: &Calendar) -> Vec<Delivery> {
    let mut deliveries: Vec<Delivery> = Vec::new();
    deliveries.extend(TICKETS.iter().flat_map(|ticket| ticket_told(calendar, ticket)));
    deliveries.extend(VERSION_COURSE.map(|(event, moment)| jira::version(calendar, VERSION, event, moment)));
    deliveries.extend(changes::all().flat_map(|change| change_told(calendar, change)));
    deliveries.extend(changes::all().filter_map(build_of).flat_map(|build| build.events(calendar)));
    deliveries.extend(changes::all().filter_map(build_of).map(|build| argocd::synced(calendar, &staged(&build))));
    deliveries.extend(RELEASES.iter().map(|release| github::released(calendar, release)));
    deliveries.extend(ROLLOUTS.iter().map(|rollout| argocd::synced(calendar, rollout)));
    deliveries.extend(OTHER_ALERTS.iter().chain([&THE_ALERT]).flat_map(|alert| alert_told(calendar, alert)));
    deliveries.extend(facts::told(calendar));
    // The order of what happens at one moment stays that of telling, so that the story is the same on every run.
    deliveries.sort_by_key(|delivery| delivery.at);
    deliveries
}

fn ticket_told(calendar: &Calendar, ticket: &Ticket) -> Vec<Delivery> {
    let mut told = vec![jira::created(calendar, ticket)];
    told.extend(steps(ticket).into_iter().map(|step| jira::moved(calendar, ticket, step)));
    told
}

fn steps(ticket: &Ticket) -> Vec<Step> {
    match ticket.course {
        Course::StaysOpen => Vec::new(),
        Course::Settled(at) => vec![Step { from: Status::ToDo, to: Status::Done, at }],
        Course::WithChange => changes::of_ticket(ticket.key).map(steps_with).unwrap_or_default(),
    }
}

/// A ticket goes the way of its pull request; those of one reviewer's look are never marked as in review.
fn steps_with(change: &Change) -> Vec<Step> {
    let mut steps = vec![Step { from: Status::ToDo, to: Status::InProgress, at: change.pushed.plus(-35) }];
    let waits = change.fate == Fate::Open || matches!(change.trouble, Trouble::Review(_));
    if waits {
        steps.push(Step { from: Status::InProgress, to: Status::InReview, at: change.opened().plus(1) });
    }
    let from = if waits { Status::InReview } else { Status::InProgress };
    match change.fate {
        Fate::Merged => steps.push(Step { from, to: Status::Done, at: change.merged().plus(1) }),
        Fate::GivenUp => steps.push(Step { from, to: Status::Dropped, at: change.decided.plus(4) }),
        Fate::Open => {}
    }
    steps
}

fn change_told(calendar: &Calendar, change: &Change) -> Vec<Delivery> {
    let mut told = vec![pulls::branch_pushed(calendar, change, change.pushed), pulls::opened(calendar, change)];
    told.extend(change.mended().map(|moment| pulls::branch_pushed(calendar, change, moment)));
    told.extend(runs(change).iter().flat_map(|run| run_told(calendar, change, run)));
    if let (Trouble::Review(text), Some(moment)) = (change.trouble, change.refused()) {
        told.push(pulls::reviewed(calendar, change, moment, "changes_requested", text));
    }
    match change.fate {
        Fate::Merged => {
            told.push(pulls::reviewed(calendar, change, change.decided, "approved", ""));
            told.push(pulls::closed(calendar, change));
            told.push(pulls::main_pushed(calendar, change));
        }
        Fate::GivenUp => told.push(pulls::closed(calendar, change)),
        Fate::Open => {}
    }
    told
}

/// One run of the workflow for each push to the branch.
fn runs(change: &Change) -> Vec<Run> {
    let (passed, failed) = match change.trouble {
        Trouble::Tests { passed, failed } => (u64::from(passed), u64::from(failed)),
        Trouble::None | Trouble::Review(_) => (ids::number(&change.reference(), 180, 400), 0),
    };
    let result = if failed == 0 { format!("{passed} passed") } else { format!("{passed} passed, {failed} failed") };
    let first = Run { head: change.first_head(), pushed: change.pushed, result, passed: failed == 0 };
    let second = change.mended().map(|pushed| Run {
        head: change.last_head(),
        pushed,
        result: format!("{} passed", passed + failed),
        passed: true,
    });
    [Some(first), second].into_iter().flatten().collect()
}

fn run_told(calendar: &Calendar, change: &Change, run: &Run) -> Vec<Delivery> {
    let mut told = vec![checks::job_completed(calendar, change, run), checks::run_completed(calendar, change, run)];
    // Only these two have contracts with each other.
    if matches!(change.repository, "checkout" | "payments") {
        told.push(checks::check_completed(calendar, change, run));
    }
    told
}

fn build_of(change: &'static Change) -> Option<Build> {
    let service = service_of(change.repository)?;
    let version = change.version.filter(|_| change.fate == Fate::Merged)?;
    Some(Build { service, version, change })
}

/// A new image is brought to staging by itself.
fn staged(build: &Build) -> Rollout {
    Rollout {
        service: build.service,
        version: build.version,
        environment: STAGING,
        at: build.done().plus(16),
        by: None,
        end: End::Healthy,
        takes_back: None,
    }
}

fn alert_told(calendar: &Calendar, alert: &Alert) -> Vec<Delivery> {
    let mut told = vec![alertmanager::fired(calendar, alert)];
    told.extend(alert.until.map(|until| alertmanager::resolved(calendar, alert, until)));
    told
}

#[cfg(test)]
mod tests {
    use super::{build_of, staged, steps};
    use crate::demo::calendar::{DAYS, at};
    use crate::demo::changes::{self, Fate};
    use crate::demo::rollouts::{RELEASES, ROLLOUTS};
    use crate::demo::tickets::{self, TICKETS};

    #[test]
    fn a_ticket_is_opened_before_anybody_works_on_it() {
        for ticket in &TICKETS {
            let moments: Vec<_> = steps(ticket).iter().map(|step| step.at).collect();
            assert!(moments.iter().all(|moment| *moment > ticket.opened), "{}", ticket.key);
            assert!(moments.is_sorted(), "{}", ticket.key);
        }
    }

    #[test]
    fn every_ticket_of_a_pull_request_is_there() {
        for change in changes::all() {
            assert!(change.ticket.is_none_or(|key| tickets::find(key).is_some()), "{}", change.reference());
            let end = if change.fate == Fate::Merged { change.merged() } else { change.decided };
            let way = [Some(change.opened()), change.refused(), change.mended(), Some(end)];
            let way: Vec<_> = way.into_iter().flatten().collect();
            assert!(way.is_sorted() && end < at(DAYS - 1, 18, 0), "{}", change.reference());
        }
        let without: Vec<u64> =
            changes::all().filter(|change| change.ticket.is_none()).map(|change| change.number).collect();
        assert_eq!(without, [77]);
    }

    #[test]
    fn nothing_is_rolled_out_before_it_is_built() {
        let built = |service: &str, version: &str| changes::of_image(service, version).and_then(build_of);
        for release in &RELEASES {
            assert!(built(release.service.name, release.version).unwrap().done() < release.at, "{}", release.version);
        }
        let mut unknown = Vec::new();
        for rollout in &ROLLOUTS {
            match built(rollout.service.name, rollout.version) {
                Some(build) => assert!(staged(&build).at < rollout.at, "{} {}", rollout.service.name, rollout.version),
                None => unknown.push(rollout.version),
            }
        }
        assert_eq!(unknown, ["3.2.1-hotfix.1"]);
    }
}
