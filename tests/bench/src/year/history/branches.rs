//! How work comes onto a branch: pull requests with their heads and reviews, merges, direct pushes, repetitions.

use throughline_domain::time::Timestamp;

use super::codebase::{Life, Purpose};
use super::pieces::{Branch, Build, Change, Commit, File, Landing, Push, Review, Run, Text, Ticket, TicketPlace, Work};
use super::words;
use crate::year::company::{Method, Person, Service};
use crate::year::table::Id;

/// How many commits the branch of a change has.
const STEPS: [(usize, usize); 4] = [(55, 1), (25, 2), (15, 3), (5, 4)];

/// At least so far apart are two landings of a codebase, in seconds.
const APART_SECONDS: i64 = 90;

/// The first number of a workflow run.
const FIRST_RUN: u64 = 13_700_000_000;

/// Of a hundred pieces of planned work.
const DIRECT_PERCENT: usize = 4;
const TICKET_PERCENT: usize = 80;
const USUAL_METHOD_PERCENT: usize = 90;

impl Life<'_> {
    /// A piece of work lands, and is built and brought to staging.
    pub(super) fn land(&mut self, at: Timestamp, service: Id<Service>, purpose: Purpose) -> (Id<Landing>, Id<Build>) {
        let at = at.max(self.head().0.plus_seconds(APART_SECONDS));
        let (work, area, subject, takes_back) = self.what(service, purpose);
        let is_planned = matches!(purpose, Purpose::Planned);
        let (before, author) = (self.head().1, self.somebody(service));
        let landing = self.history.landings.add(Landing {
            service,
            work,
            area,
            subject,
            at,
            change: None,
            commits: Vec::new(),
            head: before,
            takes_back,
            is_judged: !is_planned,
        });
        let commits = if is_planned && self.chance.percent(DIRECT_PERCENT) {
            let files = self.files_of(landing, 0);
            vec![self.commit(at, author, Text::Direct(landing), files)]
        } else {
            let change = self.change(landing, author, is_planned);
            self.history.landings.at_mut(landing).change = Some(change);
            self.take_in(at, change)
        };
        let head = *commits.last().expect("every way to land makes a commit");
        let pushed = Push {
            codebase: self.codebase,
            branch: Branch::Main,
            before: Some(before),
            after: head,
            commits: commits.clone(),
            at,
            by: author,
        };
        self.history.pushes.add(pushed);
        self.heads.push((at, head));
        let landed = self.history.landings.at_mut(landing);
        (landed.commits, landed.head) = (commits, head);
        let build = self.build(at, service, head, Branch::Main, author);
        self.bring_to_staging(build, author);
        (landing, build)
    }

    /// Repeats the landing on a branch that begins where production is, and plans its deployment.
    pub(super) fn hotfix(&mut self, service: Id<Service>, landing: Id<Landing>, picked: Id<Commit>) {
        let (at, by) = (self.history.landings.at(landing).at, self.somebody(service));
        let Some(live) = self.lines.get(&service).and_then(|line| line.live.last().copied()) else { return };
        let base = self.history.commit_of(self.history.deployments.at(live));
        let name = format!("hotfix/{}-{}", self.history.company.services.at(service).name, at.seconds() % 1_000_000);
        let files = self.history.commits.at(picked).files.clone();
        let (begun, repeated) = (at.plus_seconds(240), at.plus_seconds(420));
        let commit = self.commit(repeated, by, Text::Picked(picked), files);
        let branch = Branch::Release(name);
        let (codebase, none) = (self.codebase, Vec::new());
        let made = Push { codebase, branch: branch.clone(), before: None, after: base, commits: none, at: begun, by };
        self.history.pushes.add(made);
        let commits = vec![commit];
        let push =
            Push { codebase, branch: branch.clone(), before: Some(base), after: commit, commits, at: repeated, by };
        self.history.pushes.add(push);
        let build = self.build(repeated, service, commit, branch, by);
        self.release_picked(service, build);
    }

    /// Somebody of the service's team.
    pub(super) fn somebody(&mut self, service: Id<Service>) -> Id<Person> {
        let people = self.history.people_of(service);
        *self.chance.pick(&people)
    }

    fn what(&mut self, service: Id<Service>, purpose: Purpose) -> (Work, &'static str, String, Option<Id<Landing>>) {
        match purpose {
            Purpose::Planned => {
                let (work, area, subject) =
                    words::next_work(&mut self.chance, self.history.company.services.at(service));
                (work, area, subject, None)
            }
            Purpose::Mending { takes_back: Some(landing), .. } => {
                let former = self.history.landings.at(landing);
                (Work::Fix, former.area, former.subject.clone(), Some(landing))
            }
            Purpose::Mending { takes_back: None, area, .. } => {
                (Work::Fix, area, words::subject(&mut self.chance, Work::Fix, area), None)
            }
        }
    }

    fn commit(&mut self, at: Timestamp, author: Id<Person>, text: Text, files: Vec<File>) -> Id<Commit> {
        let sha = self.chance.hex(40);
        self.history.commits.add(Commit { codebase: self.codebase, sha, at, author, text, files })
    }

    fn files_of(&mut self, landing: Id<Landing>, step: usize) -> Vec<File> {
        let Landing { service, work, area, takes_back, .. } = self.history.landings.at(landing);
        if let Some(former) = takes_back {
            let former = self.history.landings.at(*former);
            let files = former.commits.iter().map(|commit| self.history.commits.at(*commit).files.as_slice());
            return words::united(files);
        }
        let folder = &self.history.company.services.at(*service).folder;
        words::files(&mut self.chance, *work, area, folder, step)
    }

    /// A pull request up to the moment before its merge.
    fn change(&mut self, landing: Id<Landing>, author: Id<Person>, is_planned: bool) -> Id<Change> {
        let (merged, service, takes_back) = {
            let landing = self.history.landings.at(landing);
            (landing.at, landing.service, landing.takes_back)
        };
        let minutes = if is_planned { self.chance.between(120, 60 * 60) } else { self.chance.between(15, 40) };
        let opened = merged.plus_seconds(-minutes * 60);
        let steps = if is_planned { self.chance.weighted(&STEPS) } else { 1 };
        let first = if steps > 1 && self.chance.percent(40) { 2 } else { 1 };
        let usual = self.history.company.codebases.at(self.codebase).method;
        let is_usual = is_planned && self.chance.percent(USUAL_METHOD_PERCENT);
        let change = Change {
            number: 0,
            landing,
            author,
            reviewer: self.somebody_else(service, author),
            ticket: None,
            ticket_place: self.chance.weighted(&[
                (60, TicketPlace::Title),
                (25, TicketPlace::Body),
                (15, TicketPlace::Branch),
            ]),
            opened,
            base: self.head_at(opened),
            steps: Vec::new(),
            heads: Vec::new(),
            reviews: Vec::new(),
            method: if is_usual { usual } else { Method::Squash },
        };
        let change = self.history.changes.add(change);
        if takes_back.is_none() && self.chance.percent(TICKET_PERCENT) {
            let ticket = self.ticket(landing, author, opened);
            self.history.changes.at_mut(change).ticket = Some(ticket);
        }
        self.walk(change, steps, first);
        self.review(change);
        change
    }

    fn ticket(&mut self, landing: Id<Landing>, assignee: Id<Person>, begun: Timestamp) -> Id<Ticket> {
        let (service, title, work, merged) = {
            let landing = self.history.landings.at(landing);
            (landing.service, landing.subject.clone(), landing.work, landing.at)
        };
        let ticket = Ticket {
            team: self.history.company.services.at(service).team,
            number: 0,
            title,
            is_bug: work == Work::Fix,
            reporter: self.somebody(service),
            assignee,
            opened: begun.plus_seconds(-self.chance.between(3_600, 10 * 86_400)),
            begun: begun.plus_seconds(-self.chance.between(600, 3_000)),
            done: merged.plus_seconds(self.chance.between(600, 20 * 3_600)),
        };
        self.history.tickets.add(ticket)
    }

    /// The commits of a change's branch, the pushes that bring them, and the workflow runs on its heads.
    fn walk(&mut self, change: Id<Change>, steps: usize, first: usize) {
        let (landing, author, opened) = {
            let change = self.history.changes.at(change);
            (change.landing, change.author, change.opened)
        };
        let merged = self.history.landings.at(landing).at;
        let span = merged.seconds() - opened.seconds();
        let mut before = None;
        let mut unpushed: Vec<Id<Commit>> = Vec::new();
        for step in 0..steps {
            let later = i64::try_from(step + 1 - first.min(step + 1)).unwrap_or_default();
            let of = i64::try_from(steps + 1).unwrap_or(1);
            let pushed = if step < first { opened.plus_seconds(-120) } else { opened.plus_seconds(span * later / of) };
            let files = self.files_of(landing, step);
            let at = pushed.plus_seconds(-60);
            let commit = self.commit(at, author, Text::Step(change, step), files);
            unpushed.push(commit);
            self.history.changes.at_mut(change).steps.push(commit);
            if step + 1 < first {
                continue;
            }
            self.history.changes.at_mut(change).heads.push((pushed, commit));
            let codebase = self.codebase;
            let (branch, commits) = (Branch::Of(change), std::mem::take(&mut unpushed));
            self.history.pushes.add(Push {
                codebase,
                branch: branch.clone(),
                before,
                after: commit,
                commits,
                at: pushed,
                by: author,
            });
            before = Some(commit);
            let passed = step + 1 == steps || self.chance.percent(80);
            self.run(pushed, commit, branch, author, passed);
        }
    }

    /// Somebody looks at it; some ask for changes first.
    fn review(&mut self, change: Id<Change>) {
        let (heads, opened, landing) = {
            let change = self.history.changes.at(change);
            (change.heads.clone(), change.opened, change.landing)
        };
        let merged = self.history.landings.at(landing).at;
        let mut reviews = Vec::new();
        if let [(_, first), (second, _), ..] = heads.as_slice()
            && self.chance.percent(40)
        {
            let middle = opened.seconds().midpoint(second.seconds());
            reviews.push(Review { at: Timestamp::from_seconds(middle), is_approval: false, head: *first });
        }
        if let Some((last, head)) = heads.last() {
            let at = last.max(&opened).seconds().midpoint(merged.seconds());
            reviews.push(Review { at: Timestamp::from_seconds(at), is_approval: true, head: *head });
        }
        self.history.changes.at_mut(change).reviews = reviews;
    }

    /// The commits by which a change comes onto the main branch.
    fn take_in(&mut self, at: Timestamp, change: Id<Change>) -> Vec<Id<Commit>> {
        let (method, steps, author) = {
            let change = self.history.changes.at(change);
            (change.method, change.steps.clone(), change.author)
        };
        match method {
            Method::Squash => {
                let commits = &self.history.commits;
                let all = words::united(steps.iter().map(|step| commits.at(*step).files.as_slice()));
                vec![self.commit(at, author, Text::Squash(change), all)]
            }
            Method::Merge => {
                let merge = self.commit(at, author, Text::Merge(change), Vec::new());
                steps.into_iter().chain([merge]).collect()
            }
            Method::Rebase => {
                let mut again = Vec::new();
                for (place, step) in steps.into_iter().enumerate() {
                    let files = self.history.commits.at(step).files.clone();
                    again.push(self.commit(at, author, Text::Step(change, place), files));
                }
                again
            }
        }
    }

    fn run(&mut self, pushed: Timestamp, commit: Id<Commit>, branch: Branch, by: Id<Person>, passed: bool) -> Id<Run> {
        let started = pushed.plus_seconds(20);
        let ended = started.plus_seconds(self.chance.between(240, 540));
        let id = FIRST_RUN + u64::try_from(self.history.runs.len()).unwrap_or_default() * 7;
        self.history.runs.add(Run { id, commit, branch, by, started, ended, passed })
    }

    fn build(
        &mut self,
        pushed: Timestamp,
        service: Id<Service>,
        commit: Id<Commit>,
        branch: Branch,
        by: Id<Person>,
    ) -> Id<Build> {
        let run = self.run(pushed, commit, branch, by, true);
        let at = self.history.runs.at(run).ended.plus_seconds(-30);
        let line = self.line(service);
        line.version += 1;
        let version = format!("1.{}.0", line.version);
        let digest = format!("sha256:{}", self.chance.hex(64));
        self.history.builds.add(Build { service, commit, run, digest, version, at })
    }

    fn somebody_else(&mut self, service: Id<Service>, than: Id<Person>) -> Id<Person> {
        let people: Vec<Id<Person>> =
            self.history.people_of(service).into_iter().filter(|person| *person != than).collect();
        *self.chance.pick(&people)
    }
}
