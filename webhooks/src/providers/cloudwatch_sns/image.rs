//! Container images in Amazon ECR: pushed, deleted, scanned.

use throughline_domain::fact::Attribute;
use throughline_domain::key::of_tool;
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};

use super::payload::{Bus, ImageDetail};
use crate::draft::{Draft, Image};
use crate::provider::{ParseError, Parsed};

/// The severities of findings, the gravest first.
const SEVERITIES: [&str; 6] = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED"];

const NO_DIGEST: &str = "the event names no image by a full digest";

impl Bus {
    /// The address of the account's registry, and the repository in it.
    fn package(&self, repository: &str) -> String {
        match (self.account.get(), self.region.get()) {
            (Some(account), Some(region)) => format!("{account}.dkr.ecr.{region}.amazonaws.com/{repository}"),
            _ => repository.to_owned(),
        }
    }
}

/// An image was pushed or deleted.
pub(super) fn action(event: String, bus: &Bus) -> Result<Parsed, ParseError> {
    let detail: ImageDetail = bus.detail()?;
    if detail.result.get().is_some_and(|result| result != "SUCCESS") {
        return Ok(Parsed::ignored(event, "the action on the image failed, so nothing changed"));
    }
    let what = match detail.action_type.get() {
        Some("PUSH") => "pushed",
        Some("DELETE") => "deleted",
        _ => return Ok(Parsed::ignored(event, "this action on an image is not known")),
    };
    let package = detail.repository_name.get().map(|repository| bus.package(repository));
    let image = Image {
        digest: detail.image_digest.get(),
        package: package.as_deref(),
        version: detail.image_tag.get(),
        page: None,
    };
    let mut draft = Draft::new("cloudwatch-sns/ecr-image-action", bus.time.time());
    let Some(key) = draft.artifact(&image) else { return Ok(Parsed::ignored(event, NO_DIGEST)) };
    draft.event(&key, None, what, None, &format!("{} {what}", called(&image)));
    Ok(Parsed::facts(event, draft.finish()?))
}

/// An image was scanned for vulnerabilities.
pub(super) fn scan(event: String, bus: &Bus) -> Result<Parsed, ParseError> {
    let detail: ImageDetail = bus.detail()?;
    let outcome = match detail.scan_status.get() {
        Some("COMPLETE") => Outcome::Success,
        Some("FAILED") => Outcome::Failure,
        _ => return Ok(Parsed::ignored(event, "the scan of the image has not ended")),
    };
    let package = detail.repository_name.get().map(|repository| bus.package(repository));
    let tag = detail.image_tags.as_deref().and_then(|tags| tags.first()?.get());
    let image = Image { digest: detail.image_digest.get(), package: package.as_deref(), version: tag, page: None };
    let Some(id) = bus.id.get() else { return Ok(Parsed::ignored(event, "the event has no id to know the scan by")) };
    let at = bus.time.time();
    let mut draft = Draft::new("cloudwatch-sns/ecr-image-scan", at);
    let key = of_tool(NodeKind::Scan, "ecr", "", id)?;
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, format!("ECR scan of {}", called(&image)))
        .with(Attribute::Reference, id)
        .with_some(Attribute::State, detail.scan_status.get())
        .outcome(outcome)
        .moment(Attribute::OccurredAt, at)
        .moment(Attribute::FinishedAt, at)
        .with(Attribute::Category, "vulnerabilities")
        .with(Attribute::Result, findings(&detail));
    draft.state(fact);
    let Some(artifact) = draft.artifact(&image) else { return Ok(Parsed::ignored(event, NO_DIGEST)) };
    draft.link(&key, LinkKind::Verifies, &artifact, "the scan names this digest");
    draft.event(&key, None, "scanned", None, &format!("{} scanned", called(&image)));
    Ok(Parsed::facts(event, draft.finish()?))
}

fn called(image: &Image<'_>) -> String {
    match (image.package, image.version) {
        (Some(package), Some(version)) => format!("{package}:{version}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => image.digest.unwrap_or("the image").to_owned(),
    }
}

fn findings(detail: &ImageDetail) -> String {
    let count = |severity: &&'static str| {
        let (name, count) = detail.finding_severity_counts.first(&[*severity])?;
        Some(format!("{count} {}", name.to_lowercase()))
    };
    SEVERITIES.iter().filter_map(count).collect::<Vec<_>>().join(", ")
}
