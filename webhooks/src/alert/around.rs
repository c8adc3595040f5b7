//! What stands around an alert or incident: its rule, the service and environment it fires on, its runbook and dashboard.

use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::NodeKind;

use super::Labels;
use crate::draft::Draft;

/// Labels that hold the service's name.
const SERVICE: &[&str] = &["service"];

/// Labels that often hold the service's name, the more telling ones first.
const LIKELY_SERVICE: &[&str] = &["app", "deployment", "job"];

/// A name or address that a field gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<'a> {
    /// The name or address.
    pub value: &'a str,
    /// Whether the field says it, or we infer it.
    pub class: LinkClass,
    /// Which field it is.
    pub reason: String,
}

/// All that is known of an alert's surroundings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Around<'a> {
    /// The name of the rule that raised it.
    pub rule: Option<Said<'a>>,
    /// The name of the service.
    pub service: Option<Said<'a>>,
    /// The name of the environment.
    pub environment: Option<Said<'a>>,
    /// The address of the runbook, which explains the rule, too.
    pub runbook: Option<Said<'a>>,
    /// The address of the dashboard.
    pub dashboard: Option<Said<'a>>,
}

impl<'a> Said<'a> {
    /// What a field made for it says; `None` where that is blank.
    pub fn asserted(value: Option<&'a str>, reason: &str) -> Option<Self> {
        Self::new(value, LinkClass::Asserted, reason.to_owned())
    }

    /// What a field made for something else probably says; `None` where that is blank.
    pub fn guessed(value: Option<&'a str>, reason: &str) -> Option<Self> {
        Self::new(value, LinkClass::Guessed, reason.to_owned())
    }

    fn new(value: Option<&'a str>, class: LinkClass, reason: String) -> Option<Self> {
        let value = value.map(str::trim).filter(|value| !value.is_empty())?;
        Some(Self { value, class, reason })
    }

    fn label(labels: &'a Labels, names: &[&'static str]) -> Option<Self> {
        let (name, value) = labels.first(names)?;
        Self::new(Some(value), LinkClass::Asserted, format!("the label {name}"))
    }

    fn likely(labels: &'a Labels, names: &[&'static str]) -> Option<Self> {
        let (name, value) = labels.first(names)?;
        let reason = format!("the label {name}, which often holds the service's name");
        Self::new(Some(value), LinkClass::Guessed, reason)
    }
}

impl<'a> Around<'a> {
    /// What labels say: `alertname`, `service` (or what often holds its name), `environment`.
    pub fn labelled(labels: &'a Labels) -> Self {
        Self {
            rule: Said::label(labels, &["alertname"]),
            service: Said::label(labels, SERVICE).or_else(|| Said::likely(labels, LIKELY_SERVICE)),
            environment: Said::label(labels, &["environment", "env"]),
            runbook: None,
            dashboard: None,
        }
    }

    /// Adds the pages that annotations name. `what` is the tool's word for one: `annotation`, `detail`.
    #[must_use]
    pub fn annotated(mut self, annotations: &'a Labels, what: &str) -> Self {
        let page = |names: &[&'static str], page: &str| {
            Said::asserted(annotations.value(names), &format!("the {page} {what}"))
        };
        self.runbook = self.runbook.or_else(|| page(&["runbook_url", "runbook"], "runbook"));
        self.dashboard = self.dashboard.or_else(|| page(&["dashboard_url", "dashboard"], "dashboard"));
        self
    }

    /// States all of it, and that the alert or incident has to do with it.
    pub fn state(&self, draft: &mut Draft, alert: &Key) {
        let rule = name(draft, alert, LinkKind::InstanceOf, NodeKind::AlertRule, self.rule.as_ref());
        name(draft, alert, LinkKind::FiresOn, NodeKind::Service, self.service.as_ref());
        name(draft, alert, LinkKind::FiresOn, NodeKind::Environment, self.environment.as_ref());
        if let Some(said) = &self.runbook
            && let Some(document) = draft.web(NodeKind::Document, Some(said.value), Some("runbook"))
        {
            // It explains the rule as much as this firing of it, and the rule is there before the next one.
            for from in [Some(alert), rule.as_ref()].into_iter().flatten() {
                draft.link_as(said.class, from, LinkKind::DocumentedBy, &document, &said.reason);
            }
        }
        if let Some(said) = &self.dashboard
            && let Some(dashboard) = draft.web(NodeKind::Dashboard, Some(said.value), None)
        {
            draft.link_as(said.class, alert, LinkKind::DocumentedBy, &dashboard, &said.reason);
        }
    }
}

fn name(draft: &mut Draft, alert: &Key, link: LinkKind, kind: NodeKind, said: Option<&Said<'_>>) -> Option<Key> {
    let said = said?;
    let key = draft.named(kind, Some(said.value))?;
    draft.link_as(said.class, alert, link, &key, &said.reason);
    Some(key)
}

#[cfg(test)]
mod tests {
    use throughline_domain::key::of_tool;
    use throughline_domain::link::LinkKind;
    use throughline_domain::node::NodeKind;

    use super::{Around, Labels, Said};
    use crate::draft::Draft;

    fn labels(json: &str) -> Labels {
        serde_json::from_str(json).unwrap()
    }

    fn links(around: &Around<'_>, kind: NodeKind) -> Vec<String> {
        let mut draft = Draft::new("test/test", None);
        around.state(&mut draft, &of_tool(kind, "test", "", "1").unwrap());
        let facts = draft.finish().unwrap();
        let link = |link: &throughline_domain::fact::LinkFact| {
            format!("{} {} {} {}", link.from.kind(), link.kind, link.to.parts().resource, link.class.word())
        };
        facts.links.iter().map(link).collect()
    }

    #[test]
    fn everything_is_linked_to_the_alert_and_the_runbook_to_the_rule() {
        let labels = labels(r#"{"alertname":"Slow","job":"checkout-api","env":"production"}"#);
        let pages: Labels = serde_json::from_str(
            r#"{"runbook":"https://docs.acme.example/slow","dashboard":"https://graphs.acme.example/d/1?x=1"}"#,
        )
        .unwrap();
        let around = Around::labelled(&labels).annotated(&pages, "annotation");
        assert_eq!(
            links(&around, NodeKind::Alert),
            [
                "alert instance_of slow L2",
                "alert fires_on checkout-api L0",
                "alert fires_on production L2",
                "alert documented_by /slow L2",
                "alert_rule documented_by /slow L2",
                "alert documented_by /d/1 L2",
            ]
        );
    }

    #[test]
    fn an_incident_is_no_instance_of_a_rule() {
        let around = Around {
            rule: Said::asserted(Some("Slow"), "a field"),
            service: Said::guessed(Some("checkout"), "a field"),
            runbook: Said::asserted(Some("see the wiki"), "a field"),
            dashboard: Said::asserted(Some("  "), "a field"),
            ..Around::default()
        };
        assert_eq!(links(&around, NodeKind::Incident), ["incident fires_on checkout L0"]);
    }

    #[test]
    fn a_link_says_which_field_it_comes_from() {
        let one = labels(r#"{"app":"checkout"}"#);
        let service = Around::labelled(&one).service.unwrap();
        assert_eq!(service.reason, "the label app, which often holds the service's name");
        assert!(LinkKind::FiresOn.allows(NodeKind::Alert, NodeKind::Service));
    }
}
