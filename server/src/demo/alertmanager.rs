//! How Alertmanager tells of it: the alerts of the story, and one notification when each fires and one when it ends.

use serde_json::{Map, Value, json};

use super::calendar::{Calendar, Moment, at};
use super::company::{
    ALERTMANAGER_ADDRESS, CATALOG, CHECKOUT, PAYMENTS, PRODUCTION, PROMETHEUS_ADDRESS, SHIPPING, STAGING, Service, WEB,
    dashboard_page, runbook_page,
};
use super::{ALERTMANAGER, Delivery, ids};

/// One firing of an alert.
#[derive(Debug)]
pub struct Alert {
    /// The name of the rule.
    pub rule: &'static str,
    /// The service that it is about, if it is about one.
    pub service: Option<&'static Service>,
    /// The environment.
    pub environment: &'static str,
    /// How grave.
    pub severity: &'static str,
    /// What it says in one line.
    pub summary: &'static str,
    /// What it says at length.
    pub description: &'static str,
    /// When it began to fire.
    pub from: Moment,
    /// When it stopped; still firing at the end of the story where there is none.
    pub until: Option<Moment>,
}

impl Alert {
    /// The hash of its labels.
    pub fn fingerprint(&self) -> String {
        ids::fingerprint(&format!("{} {}", self.rule, self.environment))
    }
}

/// The alert of the story.
pub static THE_ALERT: Alert = Alert {
    rule: "CheckoutErrorRateHigh",
    service: Some(&CHECKOUT),
    environment: PRODUCTION,
    severity: "critical",
    summary: "Checkout answers 18% of its requests with an error",
    description: "More than 2% of the requests to checkout have failed for two minutes. Most are time-outs while a \
        card is being authorised.",
    from: at(11, 14, 44),
    until: Some(at(11, 15, 14)),
};

/// The other alerts, in order of time.
pub static OTHER_ALERTS: [Alert; 8] = [
    Alert {
        rule: "ParcelQueueGrowing",
        service: Some(&SHIPPING),
        environment: PRODUCTION,
        severity: "warning",
        summary: "1,240 parcels wait for a label",
        description: "The queue has grown for half an hour.",
        from: at(2, 10, 34),
        until: Some(at(3, 10, 2)),
    },
    Alert {
        rule: "CatalogLatencyHigh",
        service: Some(&CATALOG),
        environment: PRODUCTION,
        severity: "warning",
        summary: "Category pages take 1.9 seconds",
        description: "The 95th percentile has been over 1.5 seconds for ten minutes.",
        from: at(3, 16, 20),
        until: Some(at(3, 16, 52)),
    },
    Alert {
        rule: "CertificateExpiresSoon",
        service: Some(&WEB),
        environment: PRODUCTION,
        severity: "warning",
        summary: "The certificate of the shop expires in 14 days",
        description: "It should have been renewed by itself 16 days ago.",
        from: at(5, 11, 15),
        until: Some(at(6, 10, 5)),
    },
    Alert {
        rule: "CheckoutPodRestarting",
        service: Some(&CHECKOUT),
        environment: STAGING,
        severity: "info",
        summary: "A pod of checkout was restarted three times",
        description: "Out of memory. Only on staging, where the limit is lower.",
        from: at(7, 9, 40),
        until: Some(at(7, 9, 58)),
    },
    Alert {
        rule: "PaymentsLatencyHigh",
        service: Some(&PAYMENTS),
        environment: PRODUCTION,
        severity: "warning",
        summary: "An authorisation takes 2.4 seconds",
        description: "The gateway announced works on its network for this morning.",
        from: at(9, 10, 5),
        until: Some(at(9, 10, 26)),
    },
    Alert {
        rule: "CatalogCacheHitRateLow",
        service: Some(&CATALOG),
        environment: PRODUCTION,
        severity: "warning",
        summary: "Only 41% of the category trees come from the cache",
        description: "Normal for some minutes after a deployment.",
        from: at(11, 14, 25),
        until: Some(at(11, 14, 58)),
    },
    Alert {
        rule: "PaymentsQueueFull",
        service: Some(&PAYMENTS),
        environment: PRODUCTION,
        severity: "critical",
        summary: "4,096 authorisations wait for the gateway",
        description: "New ones are refused. The gateway answers, but slowly.",
        from: at(11, 14, 49),
        until: Some(at(11, 15, 12)),
    },
    Alert {
        rule: "NodeDiskPressure",
        service: None,
        environment: PRODUCTION,
        severity: "warning",
        summary: "The disk of worker-7 is 91% full",
        description: "Images of old versions take most of it.",
        from: at(13, 16, 30),
        until: None,
    },
];

/// The alert begins to fire.
pub fn fired(calendar: &Calendar, alert: &Alert) -> Delivery {
    notification(calendar, alert, alert.from, None)
}

/// The alert has ended.
pub fn resolved(calendar: &Calendar, alert: &Alert, until: Moment) -> Delivery {
    notification(calendar, alert, until, Some(until))
}

fn notification(calendar: &Calendar, alert: &Alert, moment: Moment, until: Option<Moment>) -> Delivery {
    let status = if until.is_some() { "resolved" } else { "firing" };
    let (labels, annotations) = (labels(alert), annotations(alert));
    let ends = until.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), |until| calendar.time(until).to_string());
    let body = json!({
        "version": "4",
        "groupKey": format!("{{}}:{{alertname=\"{}\"}}", alert.rule),
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "throughline",
        "groupLabels": {"alertname": alert.rule},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": ALERTMANAGER_ADDRESS,
        "alerts": [{
            "status": status,
            "labels": labels,
            "annotations": annotations,
            "startsAt": calendar.time(alert.from),
            "endsAt": ends,
            "generatorURL": format!("{PROMETHEUS_ADDRESS}/graph?g0.expr={}&g0.tab=1", alert.rule),
            "fingerprint": alert.fingerprint(),
        }],
    });
    let headers = [("content-type", "application/json"), ("user-agent", "Alertmanager/0.28.1")];
    Delivery::new(ALERTMANAGER, calendar.time(moment), &headers, &body)
}

fn labels(alert: &Alert) -> Map<String, Value> {
    let mut labels = texts(&[
        ("alertname", alert.rule),
        ("environment", alert.environment),
        ("severity", alert.severity),
        ("cluster", "acme-eu-1"),
    ]);
    labels.extend(alert.service.map(|service| ("service".to_owned(), json!(service.name))));
    labels
}

fn annotations(alert: &Alert) -> Map<String, Value> {
    let mut annotations = texts(&[("summary", alert.summary), ("description", alert.description)]);
    if let Some(service) = alert.service {
        annotations.insert("runbook_url".to_owned(), json!(runbook_page(service)));
        annotations.insert("dashboard_url".to_owned(), json!(dashboard_page(service)));
    }
    annotations
}

fn texts(pairs: &[(&str, &str)]) -> Map<String, Value> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
}
