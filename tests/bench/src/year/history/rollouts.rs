//! How what was built is brought to staging and production, and what of it turns out to be broken.

use throughline_domain::time::Timestamp;

use super::codebase::{Event, Life, Plan};
use super::pieces::{Build, Deployment, Environment, Landing};
use super::words;
use crate::year::company::{Person, Service};
use crate::year::table::Id;

/// The first number of a deployment.
const FIRST_DEPLOYMENT: u64 = 2_480_000_000;

/// How many of a hundred deployments to production do not get there.
const FAILING_PERCENT: usize = 4;

/// How many of a hundred defects show only after something else has been deployed.
const HIDDEN_PERCENT: usize = 2;

/// After how many minutes a defect is noticed: most soon, because somebody uses what is new at once.
const NOTICED: [(usize, (i64, i64)); 4] = [(68, (2, 15)), (24, (15, 60)), (6, (60, 240)), (2, (240, 600))];

impl Life<'_> {
    /// Brings a build to staging as soon as it is there.
    pub(super) fn bring_to_staging(&mut self, build: Id<Build>, by: Id<Person>) {
        let (service, at) = {
            let build = self.history.builds.at(build);
            (build.service, build.at)
        };
        let version = self.history.builds.at(build).version.clone();
        let description = format!("Version {version}");
        let deployment = self.deployment(at.plus_seconds(60), service, Environment::Staging, build);
        self.history.deployments.add(Deployment { description, by, ..deployment });
    }

    /// Brings something to production, unless there is nothing to bring or nothing may go out.
    pub(super) fn release(&mut self, at: Timestamp, service: Id<Service>, plan: Plan) {
        let line = self.line(service);
        if at <= line.busy_until {
            let later = line.busy_until.plus_seconds(60);
            self.plan(later, Event::Release(service, plan));
            return;
        }
        let (is_frozen, waiting) = (line.is_frozen, line.waiting.clone());
        let (build, brings, description) = match plan {
            Plan::Newest => {
                let Some((_, build)) = waiting.last().copied().filter(|_| !is_frozen) else { return };
                let brings = waiting.iter().map(|(landing, _)| *landing).collect();
                (build, brings, format!("Version {}", self.version(build)))
            }
            Plan::Back(to) => {
                let build = self.history.deployments.at(to).build;
                (build, Vec::new(), format!("Rollback to {}", self.version(build)))
            }
            Plan::Picked(build) => (build, Vec::new(), format!("Hotfix {}", self.version(build))),
        };
        // What is not built yet waits for its image.
        let ready = self.history.builds.at(build).at.plus_seconds(90);
        if at < ready {
            self.plan(ready, Event::Release(service, plan));
            return;
        }
        let succeeded = plan != Plan::Newest || !self.chance.percent(FAILING_PERCENT);
        let by = self.somebody(service);
        let deployment = self.deployment(at, service, Environment::Production, build);
        let ended = deployment.ended;
        let deployment = self.history.deployments.add(Deployment { description, by, succeeded, brings, ..deployment });
        self.line(service).busy_until = ended;
        if succeeded {
            self.plan(ended, Event::Live(deployment, plan));
        } else {
            self.plan_after(ended, (10, 40), Event::Release(service, plan));
        }
    }

    /// Plans the deployment of a hotfix.
    pub(super) fn release_picked(&mut self, service: Id<Service>, build: Id<Build>) {
        let at = self.history.builds.at(build).at;
        self.plan_after(at, (3, 8), Event::Release(service, Plan::Picked(build)));
    }

    /// A deployment to production has gone live.
    pub(super) fn went_live(&mut self, at: Timestamp, deployment: Id<Deployment>, plan: Plan) {
        let (service, brings) = {
            let deployment = self.history.deployments.at(deployment);
            (deployment.service, deployment.brings.clone())
        };
        match plan {
            Plan::Newest => {
                let together = self.draw_together();
                let line = self.line(service);
                line.live.push(deployment);
                line.together = together;
                line.waiting.retain(|(landing, _)| !brings.contains(landing));
                if line.is_mended {
                    self.mended(at, service);
                }
                self.look_for_defects(at, service, deployment, &brings);
            }
            Plan::Back(to) => {
                self.take_back(service, to);
                self.line(service).live.push(deployment);
                self.ends_soon(at, service);
            }
            Plan::Picked(_) => {
                let line = self.line(service);
                line.live.push(deployment);
                line.is_frozen = false;
                self.mended(at, service);
                self.plan_after(at, (60, 20 * 60), Event::Release(service, Plan::Newest));
            }
        }
    }

    /// What was deployed after the deployment that is gone back to waits again.
    fn take_back(&mut self, service: Id<Service>, to: Id<Deployment>) {
        let line = self.lines.entry(service).or_default();
        let after = line.live.iter().rev().take_while(|deployment| **deployment != to);
        let mut again: Vec<(Id<Landing>, Id<Build>)> = Vec::new();
        for deployment in after {
            let deployment = self.history.deployments.at(*deployment);
            let brought = deployment.brings.iter().map(|landing| (*landing, deployment.build));
            again = brought.chain(again).collect();
        }
        again.retain(|(landing, _)| !line.waiting.iter().any(|(waiting, _)| waiting == landing));
        again.append(&mut line.waiting);
        line.waiting = again;
    }

    /// Decides, once for each landing, whether it is broken, and when somebody will notice. One defect at a time.
    fn look_for_defects(
        &mut self,
        at: Timestamp,
        service: Id<Service>,
        deployment: Id<Deployment>,
        brings: &[Id<Landing>],
    ) {
        if let Some((earlier, landing)) = self.line(service).hidden.take() {
            self.plan_after(at, (5, 60), Event::Fire(earlier, landing));
        }
        let mut broken = None;
        for id in brings {
            let landing = self.history.landings.at_mut(*id);
            let is_new = !std::mem::replace(&mut landing.is_judged, true);
            if is_new && self.chance.permille(words::risk(landing.work)) {
                broken = broken.or(Some(*id));
            }
        }
        let Some(landing) = broken.filter(|_| !self.lines.get(&service).is_some_and(|line| line.is_broken)) else {
            return;
        };
        self.line(service).is_broken = true;
        if self.chance.percent(HIDDEN_PERCENT) {
            self.line(service).hidden = Some((deployment, landing));
        } else {
            let noticed = self.chance.weighted(&NOTICED);
            self.plan_after(at, noticed, Event::Fire(deployment, landing));
        }
    }

    /// What was broken is no longer.
    fn mended(&mut self, at: Timestamp, service: Id<Service>) {
        self.ends_soon(at, service);
        let line = self.line(service);
        (line.is_broken, line.is_mended, line.alert) = (false, false, None);
    }

    /// The alert stops some minutes later, if it has not stopped already.
    fn ends_soon(&mut self, at: Timestamp, service: Id<Service>) {
        let seconds = self.chance.between(120, 600);
        if let Some(alert) = self.line(service).alert {
            let alert = self.history.alerts.at_mut(alert);
            alert.ends = alert.ends.or(Some(at.plus_seconds(seconds)));
        }
    }

    fn version(&self, build: Id<Build>) -> &str {
        &self.history.builds.at(build).version
    }

    /// A deployment that goes well and brings nothing that is told apart, made by the first of the team.
    fn deployment(
        &mut self,
        requested: Timestamp,
        service: Id<Service>,
        environment: Environment,
        build: Id<Build>,
    ) -> Deployment {
        let started = requested.plus_seconds(self.chance.between(5, 40));
        let ended = started.plus_seconds(self.chance.between(60, 420));
        let count = u64::try_from(self.history.deployments.len()).unwrap_or_default();
        Deployment {
            id: FIRST_DEPLOYMENT + count * 3,
            service,
            environment,
            build,
            description: String::new(),
            by: self.somebody(service),
            requested,
            started,
            ended,
            succeeded: true,
            brings: Vec::new(),
        }
    }
}
