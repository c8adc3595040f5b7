//! What happens when a deployed defect is noticed: the alert, and what people do about it.

use throughline_domain::time::Timestamp;

use super::alerting::{self, Firing};
use super::codebase::{Event, Life, Plan, Purpose};
use super::pieces::{Alert, Cause, Deployment, Landing, Way};
use crate::year::company::Service;
use crate::year::table::Id;

/// How many of a hundred defects are noticed by a service that calls the broken one.
const CALLER_PERCENT: usize = 8;

/// How many of a hundred alerts that name a part name the one that was changed; else one that it breaks on the way.
const SAME_AREA_PERCENT: usize = 85;

/// How many of a hundred times people go back first.
const BACK_PERCENT: usize = 45;

/// How many of a hundred defects are mended by taking back what brought them.
const REVERT_PERCENT: usize = 50;

/// How many of a hundred fixes go out by themselves where other work waits.
const HOTFIX_PERCENT: usize = 50;

impl Life<'_> {
    /// An alert fires.
    pub(super) fn fire(&mut self, at: Timestamp, deployment: Id<Deployment>, landing: Id<Landing>) {
        let service = self.history.deployments.at(deployment).service;
        let callers = self.history.company.dependents(service);
        let newest = self.lines.get(&service).and_then(|line| line.live.last().copied());
        let (named, way) = if !callers.is_empty() && self.chance.percent(CALLER_PERCENT) {
            (*self.chance.pick(&callers), Way::Caller)
        } else if newest == Some(deployment) {
            (service, Way::Own)
        } else {
            (service, Way::AfterAnother)
        };
        let area = self.noticed_at(named, landing, way);
        let upstream = (way == Way::Caller).then_some(service);
        let cause = Cause::Deployed { deployment, landing, way };
        let firing = Firing { at, service: named, area, upstream, cause };
        let alert = alerting::alert(&self.history.company, &mut self.chance, firing);
        let alert = self.history.alerts.add(alert);
        self.line(service).alert = Some(alert);
        self.plan_after(at, (4, 25), Event::Respond(alert, deployment, landing));
    }

    /// Somebody goes back, takes back or mends.
    pub(super) fn respond(
        &mut self,
        at: Timestamp,
        alert: Id<Alert>,
        deployment: Id<Deployment>,
        landing: Id<Landing>,
    ) {
        let service = self.history.deployments.at(deployment).service;
        let line = self.line(service);
        line.is_frozen = true;
        line.alert = Some(alert);
        let has_waiting = !line.waiting.is_empty();
        let place = line.live.iter().position(|live| *live == deployment);
        let before = place.and_then(|place| line.live.get(place.checked_sub(1)?)).copied();
        let back = before.filter(|_| self.chance.percent(BACK_PERCENT));
        if let Some(before) = back {
            self.plan_after(at, (1, 6), Event::Release(service, Plan::Back(before)));
        }
        let (is_one, area) = {
            let landing = self.history.landings.at(landing);
            (landing.commits.len() == 1, landing.area)
        };
        let takes_back = Some(landing).filter(|_| is_one && self.chance.percent(REVERT_PERCENT));
        let as_hotfix = back.is_none() && takes_back.is_none() && has_waiting && self.chance.percent(HOTFIX_PERCENT);
        let minutes = if back.is_some() { (45, 300) } else { (30, 150) };
        let purpose = Purpose::Mending { takes_back, area, as_hotfix };
        self.plan_after(at, minutes, Event::Land(service, purpose));
    }

    /// The part of the named service at which the defect shows.
    fn noticed_at(&mut self, named: Id<Service>, landing: Id<Landing>, way: Way) -> &'static str {
        let changed = self.history.landings.at(landing).area;
        let areas = &self.history.company.services.at(named).areas;
        let is_there = way != Way::Caller || areas.contains(&changed);
        if is_there && self.chance.percent(SAME_AREA_PERCENT) { changed } else { self.chance.pick::<&str>(areas) }
    }
}
