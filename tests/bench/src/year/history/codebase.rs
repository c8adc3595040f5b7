//! The life of one codebase, event by event: work lands, is shipped, breaks things, and is mended.

use std::collections::BTreeMap;

use throughline_domain::time::Timestamp;

use super::pieces::{Alert, Build, Commit, Deployment, Landing, Text};
use super::{History, Period, at_work, is_workday};
use crate::year::chance::Chance;
use crate::year::company::{Codebase, Service};
use crate::year::table::Id;

/// How many pieces of work of a service land on a working day.
const A_DAY: [(usize, usize); 4] = [(55, 0), (35, 1), (8, 2), (2, 3)];

/// How many pieces of work go to production together.
const TOGETHER: [(usize, usize); 4] = [(94, 1), (4, 2), (1, 3), (1, 4)];

/// What happens next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// A piece of work lands.
    Land(Id<Service>, Purpose),
    /// It has waited for company long enough.
    Flush(Id<Service>, Id<Landing>),
    /// Something is to go to production.
    Release(Id<Service>, Plan),
    /// A deployment to production has gone live.
    Live(Id<Deployment>, Plan),
    /// A defect is noticed.
    Fire(Id<Deployment>, Id<Landing>),
    /// Somebody does something about it.
    Respond(Id<Alert>, Id<Deployment>, Id<Landing>),
}

/// Why a piece of work is done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// It was planned.
    Planned,
    /// It mends what is broken.
    Mending {
        /// By taking it back; else by something new.
        takes_back: Option<Id<Landing>>,
        /// Of the service's part.
        area: &'static str,
        /// By a hotfix, because other work waits that nobody wants to ship now.
        as_hotfix: bool,
    },
}

/// What goes to production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// The newest of what waits, with everything before it.
    Newest,
    /// What ran before, as this deployment brought it.
    Back(Id<Deployment>),
    /// A hotfix.
    Picked(Id<Build>),
}

/// What is known of a service on its way to production.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// What has landed and is not in production, the oldest first, with its image.
    pub(super) waiting: Vec<(Id<Landing>, Id<Build>)>,
    /// How many are to go together next.
    pub(super) together: usize,
    /// The deployments that went live in production, in order.
    pub(super) live: Vec<Id<Deployment>>,
    /// When the last deployment to production ends.
    pub(super) busy_until: Timestamp,
    /// Whether nothing new goes out until something is mended.
    pub(super) is_frozen: bool,
    /// Whether something that is live is broken.
    pub(super) is_broken: bool,
    /// What is broken and will show only after the next deployment.
    pub(super) hidden: Option<(Id<Deployment>, Id<Landing>)>,
    /// What has fired of it.
    pub(super) alert: Option<Id<Alert>>,
    /// Whether what mends it has landed.
    pub(super) is_mended: bool,
    /// The number of the last version.
    pub(super) version: u32,
}

/// One codebase while it is lived through.
pub(super) struct Life<'h> {
    pub(super) history: &'h mut History,
    pub(super) chance: Chance,
    pub(super) codebase: Id<Codebase>,
    /// The heads of the main branch, and since when each was it.
    pub(super) heads: Vec<(Timestamp, Id<Commit>)>,
    pub(super) lines: BTreeMap<Id<Service>, Line>,
    queue: BTreeMap<(Timestamp, u64), Event>,
    count: u64,
}

/// Lives through the period.
pub(super) fn live(history: &mut History, seed: u64, codebase: Id<Codebase>, period: Period) {
    let mut chance = Chance::new(seed, &history.company.codebases.at(codebase).full_name());
    let services = history.company.codebases.at(codebase).services.clone();
    let author = services.first().and_then(|service| history.people_of(*service).first().copied());
    let Some(author) = author else { return };
    let beginning =
        Commit { codebase, sha: chance.hex(40), at: period.from, author, text: Text::Beginning, files: Vec::new() };
    let heads = vec![(period.from, history.commits.add(beginning))];
    let lines = services.iter().map(|service| (*service, Line { together: 1, ..Line::default() })).collect();
    let mut life = Life { history, chance, codebase, heads, lines, queue: BTreeMap::new(), count: 0 };
    for midnight in period.days().filter(|midnight| is_workday(*midnight)) {
        for service in &services {
            for _ in 0..life.chance.weighted(&A_DAY) {
                let at = midnight.plus_seconds(life.chance.between(8 * 3_600, 17 * 3_600));
                life.plan(at, Event::Land(*service, Purpose::Planned));
            }
        }
    }
    while let Some(((at, _), event)) = life.queue.pop_first().filter(|((at, _), _)| *at < period.until) {
        life.happen(at, event);
    }
}

impl Life<'_> {
    /// Puts an event into its time.
    pub(super) fn plan(&mut self, at: Timestamp, event: Event) {
        self.count += 1;
        self.queue.insert((at, self.count), event);
    }

    /// As [`Life::plan`], so many minutes later: from `least` to `most`.
    pub(super) fn plan_after(&mut self, at: Timestamp, (least, most): (i64, i64), event: Event) {
        let seconds = self.chance.between(least * 60, most * 60);
        self.plan(at.plus_seconds(seconds), event);
    }

    /// The service on its way to production.
    pub(super) fn line(&mut self, service: Id<Service>) -> &mut Line {
        self.lines.entry(service).or_default()
    }

    fn happen(&mut self, at: Timestamp, event: Event) {
        match event {
            Event::Land(service, purpose) => {
                let (landing, build) = self.land(at, service, purpose);
                self.landed(service, purpose, landing, build);
            }
            Event::Flush(service, landing) => {
                if self.line(service).waiting.iter().any(|(waiting, _)| *waiting == landing) {
                    self.release(at, service, Plan::Newest);
                }
            }
            Event::Release(service, plan) => self.release(at, service, plan),
            Event::Live(deployment, plan) => self.went_live(at, deployment, plan),
            Event::Fire(deployment, landing) => self.fire(at, deployment, landing),
            Event::Respond(alert, deployment, landing) => self.respond(at, alert, deployment, landing),
        }
    }

    /// Decides when a piece of work that has landed goes to production.
    fn landed(&mut self, service: Id<Service>, purpose: Purpose, landing: Id<Landing>, build: Id<Build>) {
        let (at, head) = {
            let landing = self.history.landings.at(landing);
            (landing.at, landing.head)
        };
        let line = self.line(service);
        line.waiting.push((landing, build));
        let is_full = line.waiting.len() >= line.together;
        match purpose {
            Purpose::Planned if is_full => self.plan_after(at, (12, 30), Event::Release(service, Plan::Newest)),
            Purpose::Planned => {
                let at = at_work(at.plus_seconds(self.chance.between(20 * 3_600, 30 * 3_600)));
                self.plan(at, Event::Flush(service, landing));
            }
            Purpose::Mending { as_hotfix: true, .. } => self.hotfix(service, landing, head),
            Purpose::Mending { .. } => {
                line.is_frozen = false;
                line.is_mended = true;
                self.plan_after(at, (20, 40), Event::Release(service, Plan::Newest));
            }
        }
    }

    /// How many pieces of work are to go together next.
    pub(super) fn draw_together(&mut self) -> usize {
        self.chance.weighted(&TOGETHER)
    }

    /// The head of the main branch.
    pub(super) fn head(&self) -> (Timestamp, Id<Commit>) {
        *self.heads.last().expect("a codebase begins with a commit")
    }

    /// The head of the main branch at a time.
    pub(super) fn head_at(&self, at: Timestamp) -> Id<Commit> {
        let found = self.heads.iter().rev().find(|(since, _)| *since <= at).or(self.heads.first());
        let (_, head) = found.expect("a codebase begins with a commit");
        *head
    }
}
