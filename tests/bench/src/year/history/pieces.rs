//! What a year is made of: every piece of work as it really was, whoever hears of it.

use throughline_domain::time::Timestamp;

use crate::year::company::{Codebase, Method, Person, Service, Team};
use crate::year::table::Id;

/// A file that a commit changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path in the codebase.
    pub path: String,
    /// Whether the commit makes it.
    pub is_new: bool,
}

/// A ticket.
#[derive(Debug)]
pub struct Ticket {
    /// Whose project it is in.
    pub team: Id<Team>,
    /// Its number in the project; given when all are known, in order of opening.
    pub number: u64,
    /// The title.
    pub title: String,
    /// Whether something was broken, as opposed to wished for.
    pub is_bug: bool,
    /// Who opened it.
    pub reporter: Id<Person>,
    /// Who works on it.
    pub assignee: Id<Person>,
    /// When it was opened.
    pub opened: Timestamp,
    /// When work began.
    pub begun: Timestamp,
    /// When it was done.
    pub done: Timestamp,
}

/// Where a message comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// The commit stood there before the year began.
    Beginning,
    /// The so-manyth commit of the change's branch, or the same made again by a rebase.
    Step(Id<Change>, usize),
    /// The change in one commit.
    Squash(Id<Change>),
    /// The merge of the change.
    Merge(Id<Change>),
    /// Somebody pushed it without a change.
    Direct(Id<Landing>),
    /// A repetition on another branch.
    Picked(Id<Commit>),
}

/// A commit.
#[derive(Debug)]
pub struct Commit {
    /// Where it is.
    pub codebase: Id<Codebase>,
    /// Its object id.
    pub sha: String,
    /// When it was made.
    pub at: Timestamp,
    /// Who wrote it.
    pub author: Id<Person>,
    /// Where its message comes from.
    pub text: Text,
    /// What it changes.
    pub files: Vec<File>,
}

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Branch {
    /// The one that everything lands on.
    Main,
    /// That of a change.
    Of(Id<Change>),
    /// One from which a hotfix is deployed.
    Release(String),
}

/// A push.
#[derive(Debug)]
pub struct Push {
    /// Where.
    pub codebase: Id<Codebase>,
    /// To which branch.
    pub branch: Branch,
    /// What stood there before; nothing where the push made the branch.
    pub before: Option<Id<Commit>>,
    /// What stands there now.
    pub after: Id<Commit>,
    /// The commits that it brings, in order.
    pub commits: Vec<Id<Commit>>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Id<Person>,
}

/// Where a change names its ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketPlace {
    /// At the beginning of the title.
    Title,
    /// In the description, behind a closing word.
    Body,
    /// In the name of the branch alone.
    Branch,
}

/// A review of a change.
#[derive(Debug)]
pub struct Review {
    /// When.
    pub at: Timestamp,
    /// Whether it was approved; else changes were asked for.
    pub is_approval: bool,
    /// The head that was looked at.
    pub head: Id<Commit>,
}

/// A pull request.
#[derive(Debug)]
pub struct Change {
    /// Its number; given when all are known, in order of opening.
    pub number: u64,
    /// What it became on the main branch.
    pub landing: Id<Landing>,
    /// Who opened it.
    pub author: Id<Person>,
    /// Who looked at it.
    pub reviewer: Id<Person>,
    /// What it is for.
    pub ticket: Option<Id<Ticket>>,
    /// Where it says so.
    pub ticket_place: TicketPlace,
    /// When it was opened.
    pub opened: Timestamp,
    /// The head of the main branch at that time.
    pub base: Id<Commit>,
    /// The commits of its branch, in order.
    pub steps: Vec<Id<Commit>>,
    /// Its heads, and when each was pushed, in order; the first one before it was opened.
    pub heads: Vec<(Timestamp, Id<Commit>)>,
    /// The reviews, in order.
    pub reviews: Vec<Review>,
    /// How it was taken in.
    pub method: Method,
}

/// What sort of work a landing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Something new.
    Feature,
    /// Something mended.
    Fix,
    /// The same in another form.
    Refactoring,
    /// A library in another version.
    Dependency,
    /// How it is run.
    Operation,
    /// Words.
    Documentation,
    /// Tests alone.
    Tests,
}

/// A piece of work that came onto the main branch: a pull request or a commit without one.
#[derive(Debug)]
pub struct Landing {
    /// Of which service.
    pub service: Id<Service>,
    /// What sort of work.
    pub work: Work,
    /// The part of the service.
    pub area: &'static str,
    /// Its subject, without ticket and number.
    pub subject: String,
    /// When.
    pub at: Timestamp,
    /// The pull request.
    pub change: Option<Id<Change>>,
    /// Its commits on the main branch, in order.
    pub commits: Vec<Id<Commit>>,
    /// The last one, which is what the main branch stood at.
    pub head: Id<Commit>,
    /// What it takes back.
    pub takes_back: Option<Id<Landing>>,
    /// Whether it has been decided if it breaks something.
    pub is_judged: bool,
}

/// A run of the workflow.
#[derive(Debug)]
pub struct Run {
    /// The code host's number of it.
    pub id: u64,
    /// On which commit.
    pub commit: Id<Commit>,
    /// On which branch.
    pub branch: Branch,
    /// Who set it off.
    pub by: Id<Person>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// Whether all went well.
    pub passed: bool,
}

/// An image that was pushed.
#[derive(Debug)]
pub struct Build {
    /// Of which service.
    pub service: Id<Service>,
    /// Made from which commit.
    pub commit: Id<Commit>,
    /// By which run.
    pub run: Id<Run>,
    /// Its digest.
    pub digest: String,
    /// Its version, which is its tag, too.
    pub version: String,
    /// When.
    pub at: Timestamp,
}

/// Where a service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Everything comes here first.
    Staging,
    /// Where the customers are.
    Production,
}

/// A deployment.
#[derive(Debug)]
pub struct Deployment {
    /// The code host's number of it.
    pub id: u64,
    /// Of which service.
    pub service: Id<Service>,
    /// Where to.
    pub environment: Environment,
    /// What.
    pub build: Id<Build>,
    /// What was written with it.
    pub description: String,
    /// Who asked for it.
    pub by: Id<Person>,
    /// When it was asked for.
    pub requested: Timestamp,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// Whether it went live.
    pub succeeded: bool,
    /// The landings of its service that it brings.
    pub brings: Vec<Id<Landing>>,
}

/// What sort of setting was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingSort {
    /// A flag.
    Flag,
    /// Infrastructure.
    Infrastructure,
}

/// A change of production that brings no code.
#[derive(Debug)]
pub struct Setting {
    /// What sort.
    pub sort: SettingSort,
    /// Of which service.
    pub service: Id<Service>,
    /// The tool's id of it.
    pub id: String,
    /// The part of the service.
    pub area: &'static str,
    /// When it took effect.
    pub at: Timestamp,
    /// Who made it.
    pub by: Id<Person>,
}

/// How a deployed defect came to be noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// On the service itself, while the deployment was its newest.
    Own,
    /// On the service itself, after something else had been deployed, too.
    AfterAnother,
    /// On a service that calls it.
    Caller,
}

/// Why an alert really fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A landing that the deployment brought.
    Deployed {
        /// The deployment.
        deployment: Id<Deployment>,
        /// The landing.
        landing: Id<Landing>,
        /// How it was noticed.
        way: Way,
    },
    /// A flag or a piece of infrastructure.
    Setting(Id<Setting>),
    /// Nothing that anybody changed.
    Nothing,
}

/// One firing of an alert.
#[derive(Debug)]
pub struct Alert {
    /// The service that it names.
    pub service: Id<Service>,
    /// The name of the rule.
    pub rule: &'static str,
    /// How grave.
    pub severity: &'static str,
    /// What it says in one line.
    pub summary: String,
    /// What it says at length.
    pub description: String,
    /// The path of the interface that it names.
    pub handler: Option<String>,
    /// When it began to fire.
    pub starts: Timestamp,
    /// When it stopped.
    pub ends: Option<Timestamp>,
    /// The id of the incident that was made of it, where one was.
    pub incident: Option<String>,
    /// Why it fired.
    pub cause: Cause,
}
