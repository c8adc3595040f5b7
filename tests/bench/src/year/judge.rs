//! Asks about every alert that arrived, and compares the answers with the truth.

use std::time::Duration;

use throughline::answer::TraceAnswer;

use super::ask::{Asker, Suspect, SuspectsAnswer};
use super::heard::{Cut, Heard};
use super::history::{Alert, Cause, History, SettingSort, Way};
use super::table::Id;
use super::truth::{Truth, Verdict};

/// What caused an alert, as far as the report tells causes apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A deployed change of the service, noticed while its deployment was the newest; or otherwise.
    Deployed(Way),
    /// A flag.
    Flag,
    /// Infrastructure.
    Infrastructure,
}

/// One question, judged.
#[derive(Debug)]
pub struct Case {
    /// What the alert is.
    pub alert: String,
    /// What caused it.
    pub sort: Sort,
    /// The key of the true cause.
    pub truth: String,
    /// The true cause for people.
    pub title: String,
    /// Where what arrived does not lead to it.
    pub cut: Option<&'static str>,
    /// The place of the true cause in the answer, from 1.
    pub place: Option<usize>,
    /// Whether the answer says that something is missing.
    pub says_cut: bool,
    /// What it says is missing.
    pub missing: Vec<String>,
    /// The first suspects.
    pub first: Vec<Suspect>,
    /// How long the answer took.
    pub taken: Duration,
}

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Found {
    /// The questions that have a true answer.
    pub cases: Vec<Case>,
    /// Links that were asserted and are not true.
    pub wrong_links: Vec<String>,
    /// How many asserted links were measured.
    pub measured_links: usize,
    /// How long each trace took.
    pub traces: Vec<Duration>,
    /// How many alerts fired in all.
    pub fired: usize,
    /// Of how many of these a delivery arrived.
    pub arrived: usize,
    /// How many of the arrived ones nothing that was changed has caused.
    pub uncaused: usize,
}

/// How many suspects of a miss are kept for the report.
const KEPT: usize = 3;

/// What an alert was really about.
struct Expected {
    sort: Sort,
    truth: String,
    title: String,
    cut: Option<&'static str>,
}

/// Judges the whole year.
///
/// # Errors
/// A text where the server does not answer as documented.
pub async fn judge(history: &History, heard: &Heard, asker: &Asker) -> Result<Found, String> {
    let truth = Truth::of(history);
    let mut found = Found { fired: history.alerts.len(), ..Found::default() };
    for (id, alert) in history.alerts.iter().filter(|(id, _)| heard.knows_alert(*id)) {
        found.arrived += 1;
        let Some(expected) = expected(history, heard, alert) else {
            found.uncaused += 1;
            continue;
        };
        let key = history.alert_key(id).to_string();
        if matches!(expected.sort, Sort::Deployed(_)) {
            let (trace, taken) = asker.trace(&key).await?;
            found.traces.push(taken);
            found.check_links(&key, &trace, &truth);
        }
        let (answer, taken) = asker.suspects(&key).await?;
        found.cases.push(case(history, id, expected, answer, taken));
    }
    Ok(found)
}

fn expected(history: &History, heard: &Heard, alert: &Alert) -> Option<Expected> {
    match alert.cause {
        Cause::Nothing => None,
        Cause::Deployed { deployment, landing, way } => {
            let landing = history.landings.at(landing);
            Some(Expected {
                sort: Sort::Deployed(way),
                truth: heard.culprit(history, landing).to_string(),
                title: landing.change.map_or_else(|| landing.subject.clone(), |change| history.title(change)),
                cut: heard.cut(history, deployment, landing).map(Cut::words),
            })
        }
        Cause::Setting(id) => {
            let setting = history.settings.at(id);
            let sort = match setting.sort {
                SettingSort::Flag => Sort::Flag,
                SettingSort::Infrastructure => Sort::Infrastructure,
            };
            Some(Expected {
                sort,
                truth: history.setting_key(id).to_string(),
                title: format!("{} of {}", setting.area, history.company.services.at(setting.service).name),
                cut: (!heard.knows_setting(id)).then_some("no delivery tells of the setting"),
            })
        }
    }
}

fn case(history: &History, id: Id<Alert>, expected: Expected, answer: SuspectsAnswer, taken: Duration) -> Case {
    let Expected { sort, truth, title, cut } = expected;
    let alert = history.alerts.at(id);
    let SuspectsAnswer { suspects, cut: gaps } = answer;
    Case {
        alert: format!("{} at {} ({})", alert.summary, alert.starts, history.alert_key(id)),
        sort,
        place: suspects.iter().position(|suspect| suspect.node == truth).map(|place| place + 1),
        truth,
        title,
        cut,
        says_cut: !gaps.is_empty(),
        missing: gaps.into_iter().map(|gap| gap.what).collect(),
        first: suspects.into_iter().take(KEPT).collect(),
        taken,
    }
}

impl Found {
    /// Counts the links of a chain that the answer says are asserted or proved, and keeps those that are not true.
    fn check_links(&mut self, alert: &str, trace: &TraceAnswer, truth: &Truth) {
        let sure = trace.steps.iter().filter(|step| matches!(step.class.as_str(), "L2" | "L3"));
        for step in sure {
            match truth.judge(&step.from, &step.kind, &step.to) {
                Verdict::NotMeasured => {}
                Verdict::True => self.measured_links += 1,
                Verdict::False => {
                    self.measured_links += 1;
                    let rules: Vec<&str> = step.evidence.iter().map(|evidence| evidence.rule.as_str()).collect();
                    let line =
                        format!("{} {} {} ({}, {})", step.from, step.kind, step.to, step.class, rules.join(", "));
                    self.wrong_links.push(format!("{line}; in the chain of {alert}"));
                }
            }
        }
    }
}
