//! The year as it really was, which nobody at the company ever sees as a whole.
//!
//! Every codebase lives by itself ([`codebase`]); flags, infrastructure and the alerts that no change has caused come
//! from [`outside`]. Numbers are given at the end, when everything is known ([`numbers`]).

use throughline_domain::time::Timestamp;

use super::company::{Codebase, Company, Person, Service};
use super::table::{Id, Table};

mod alerting;
mod branches;
mod codebase;
mod numbers;
mod outside;
mod pieces;
mod responses;
mod rollouts;
mod texts;
mod words;

pub use pieces::*;

/// The end of every simulated time: 2026-03-01T00:00:00Z.
const END: Timestamp = Timestamp::from_seconds(1_772_323_200);

/// The seconds of a day.
const DAY_SECONDS: i64 = 86_400;

/// The most days that are simulated.
pub const MAX_DAYS: u32 = 3_660;

/// Everything that happened.
#[derive(Debug)]
pub struct History {
    /// Who and what there is.
    pub company: Company,
    /// Tickets.
    pub tickets: Table<Ticket>,
    /// Commits on all branches.
    pub commits: Table<Commit>,
    /// Pushes.
    pub pushes: Table<Push>,
    /// Pull requests.
    pub changes: Table<Change>,
    /// What came onto main branches.
    pub landings: Table<Landing>,
    /// Workflow runs.
    pub runs: Table<Run>,
    /// Images.
    pub builds: Table<Build>,
    /// Deployments.
    pub deployments: Table<Deployment>,
    /// Flags and infrastructure.
    pub settings: Table<Setting>,
    /// Alerts.
    pub alerts: Table<Alert>,
}

/// The time that is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    /// Midnight before the first day.
    pub from: Timestamp,
    /// Midnight after the last day.
    pub until: Timestamp,
}

impl Period {
    /// So many days, the last of which ends at a fixed date.
    pub fn of_days(days: u32) -> Self {
        Self { from: END.plus_seconds(-i64::from(days) * DAY_SECONDS), until: END }
    }

    /// Midnight before each day.
    pub fn days(self) -> impl Iterator<Item = Timestamp> {
        let days = (self.until.seconds() - self.from.seconds()) / DAY_SECONDS;
        (0..days).map(move |day| self.from.plus_seconds(day * DAY_SECONDS))
    }
}

impl History {
    /// Lives through a period.
    pub fn of(seed: u64, services: usize, period: Period) -> Self {
        let mut history = Self {
            company: Company::of(seed, services),
            tickets: Table::new(),
            commits: Table::new(),
            pushes: Table::new(),
            changes: Table::new(),
            landings: Table::new(),
            runs: Table::new(),
            builds: Table::new(),
            deployments: Table::new(),
            settings: Table::new(),
            alerts: Table::new(),
        };
        for codebase in history.company.codebases.ids() {
            codebase::live(&mut history, seed, codebase, period);
        }
        outside::live(&mut history, seed, period);
        numbers::give(&mut history);
        history
    }

    /// The codebase of a service.
    pub fn codebase_of(&self, service: Id<Service>) -> &Codebase {
        self.company.codebases.at(self.company.services.at(service).codebase)
    }

    /// The codebase of a change.
    pub fn codebase_of_change(&self, change: &Change) -> &Codebase {
        self.codebase_of(self.landings.at(change.landing).service)
    }

    /// The commit that a deployment brings its service to.
    pub fn commit_of(&self, deployment: &Deployment) -> Id<Commit> {
        self.builds.at(deployment.build).commit
    }

    /// The members of the team that answers for a service.
    fn people_of(&self, service: Id<Service>) -> Vec<Id<Person>> {
        self.company.team_of(service).people.clone()
    }
}

/// Whether people work on the day that begins at midnight.
fn is_workday(midnight: Timestamp) -> bool {
    // The first of January 1970 was a Thursday, the fourth day of the week.
    let weekday = (midnight.seconds().div_euclid(DAY_SECONDS) + 3).rem_euclid(7);
    weekday < 5
}

/// The first moment from the given one on at which people are at work.
fn at_work(moment: Timestamp) -> Timestamp {
    const BEGINS: i64 = 8 * 3_600;
    const ENDS: i64 = 18 * 3_600;
    let mut midnight = moment.seconds().div_euclid(DAY_SECONDS) * DAY_SECONDS;
    if moment.seconds() - midnight >= ENDS {
        midnight += DAY_SECONDS;
    }
    while !is_workday(Timestamp::from_seconds(midnight)) {
        midnight += DAY_SECONDS;
    }
    moment.max(Timestamp::from_seconds(midnight + BEGINS))
}

#[cfg(test)]
mod tests {
    use super::{Cause, History, Period, Timestamp, Way, at_work};

    #[test]
    fn nobody_works_at_night_or_on_a_sunday() {
        for (moment, expected) in [
            ("2026-02-27T10:00:00Z", "2026-02-27T10:00:00Z"),
            ("2026-02-27T03:00:00Z", "2026-02-27T08:00:00Z"),
            ("2026-02-27T19:00:00Z", "2026-03-02T08:00:00Z"),
            ("2026-02-28T12:00:00Z", "2026-03-02T08:00:00Z"),
        ] {
            assert_eq!(at_work(Timestamp::parse(moment).unwrap()), Timestamp::parse(expected).unwrap(), "{moment}");
        }
    }

    #[test]
    fn a_seed_gives_one_history() {
        let of = |seed| format!("{:?}", History::of(seed, 12, Period::of_days(40)));
        assert_eq!(of(3), of(3));
        assert_ne!(of(3), of(4));
    }

    #[test]
    fn causes_come_before_their_alerts() {
        let history = History::of(5, 20, Period::of_days(700));
        let mut ways = std::collections::BTreeSet::new();
        for (_, alert) in history.alerts.iter() {
            let Cause::Deployed { deployment, landing, way } = alert.cause else { continue };
            let deployed = history.deployments.at(deployment);
            assert!(deployed.succeeded && deployed.ended <= alert.starts, "{alert:?}");
            assert!(deployed.brings.contains(&landing), "{alert:?}");
            assert_eq!(alert.service == deployed.service, way != Way::Caller);
            ways.insert(way);
        }
        assert_eq!(ways.len(), 3, "{ways:?}");
    }
}
