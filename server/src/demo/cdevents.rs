//! How the build system tells of it: CDEvents of builds and of the images that come out of them.

use serde_json::{Value, json};

use super::calendar::{Calendar, Moment};
use super::changes::Change;
use super::company::{CI_ADDRESS, REGISTRY, Service, repository_address};
use super::{CI, Delivery, ids, rollouts};

/// A build of the image of a service, from the commit that a pull request became.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    /// The service.
    pub service: &'static Service,
    /// The version of the image.
    pub version: &'static str,
    /// The pull request.
    pub change: &'static Change,
}

impl Build {
    /// Everything that the build system says of it, from the start to the published image.
    pub fn events(&self, calendar: &Calendar) -> [Delivery; 4] {
        let merged = self.change.merged();
        let artifact = self.purl();
        let commit = self.change.merge_commit();
        let source = json!({"id": commit, "source": repository_address(self.service.name)});
        [
            self.event(calendar, merged.plus(2), "build.started", &self.id(), &json!({})),
            self.event(calendar, merged.plus(7), "build.finished", &self.id(), &json!({"artifactId": artifact})),
            self.event(calendar, merged.plus(7), "artifact.packaged", &artifact, &json!({"change": source})),
            self.event(calendar, merged.plus(8), "artifact.published", &artifact, &json!({})),
        ]
    }

    /// When the image can be deployed.
    pub const fn done(&self) -> Moment {
        self.change.merged().plus(8)
    }

    fn id(&self) -> String {
        format!("{}-{}", self.service.name, self.version)
    }

    /// The image as a package URL.
    fn purl(&self) -> String {
        let name = self.service.name;
        let digest = rollouts::digest(self.service, self.version).replace(':', "%3A");
        format!("pkg:oci/{name}@{digest}?repository_url={REGISTRY}/{name}&tag={}", self.version)
    }

    /// One event, as a structured CloudEvent.
    fn event(&self, calendar: &Calendar, moment: Moment, kind: &str, subject: &str, content: &Value) -> Delivery {
        let at = calendar.time(moment);
        let id = ids::uuid(&format!("cdevents {kind} {}", self.id()));
        let kind = format!("dev.cdevents.{kind}.0.3.0");
        let custom = if kind.contains(".build.") { Some(self.custom_data()) } else { None };
        let body = json!({
            "specversion": "1.0",
            "id": id,
            "source": CI_ADDRESS,
            "type": kind,
            "time": at,
            "datacontenttype": "application/json",
            "data": {
                "context": {
                    "specversion": "0.6.0-draft",
                    "id": id,
                    "source": CI_ADDRESS,
                    "type": kind,
                    "timestamp": at,
                },
                "subject": {"id": subject, "source": CI_ADDRESS, "content": content},
                "customData": custom,
            },
        });
        let headers = [("content-type", "application/cloudevents+json; charset=UTF-8"), ("webhook-id", id.as_str())];
        Delivery::new(CI, at, &headers, &body)
    }

    fn custom_data(&self) -> Value {
        let (service, version) = (self.service.name, self.version);
        json!({
            "throughline": {
                "commit": self.change.merge_commit(),
                "repository": repository_address(service),
                "pipelineUrl": format!("{CI_ADDRESS}/{service}/builds/{version}"),
            },
        })
    }
}
