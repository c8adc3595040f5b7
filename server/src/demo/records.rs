//! What the company writes down without a tool that Throughline knows: documents, changes by hand, approvals, the
//! incident. As data.

use super::alertmanager::{Alert, OTHER_ALERTS, THE_ALERT};
use super::calendar::{Moment, at};
use super::company::{
    ADA, BARBARA, CHECKOUT, EDSGER, GRACE, INES, PAYMENTS, PRODUCTION, Person, STAGING, Service, YUSUF,
};

/// The design document of the ticket that the story is about.
pub const DESIGN: &str = "https://wiki.acme.example/design/payment-gateway-retries";

/// The postmortem of the incident.
pub const POSTMORTEM: &str = "https://wiki.acme.example/postmortems/checkout-retry-storm";

/// The tickets that were opened because of the postmortem, and when that was written down.
pub const FOLLOW_UPS: ([&str; 3], Moment) = (["PAY-37", "PAY-38", "PAY-39"], at(13, 10, 40));

/// A page of the wiki as it was saved.
#[derive(Debug)]
pub struct Document {
    /// Its address.
    pub url: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What sort of document it is.
    pub category: &'static str,
    /// Its state: `draft`, `agreed`.
    pub state: &'static str,
    /// What happened to it: `written`, `revised`.
    pub what: &'static str,
    /// Who saved it.
    pub author: &'static Person,
    /// When it was saved.
    pub at: Moment,
    /// How it begins.
    pub text: &'static str,
    /// The tickets that it explains.
    pub tickets: &'static [&'static str],
    /// Whether it examines the incident.
    pub analyses_incident: bool,
}

/// What most documents have in common.
const COMMON: Document = Document {
    url: DESIGN,
    title: "",
    category: "design",
    state: "draft",
    what: "written",
    author: &GRACE,
    at: at(0, 9, 0),
    text: "",
    tickets: &[],
    analyses_incident: false,
};

/// Every saved page, in order of time.
pub static DOCUMENTS: [Document; 8] = [
    Document {
        url: "https://wiki.acme.example/design/persistent-basket",
        title: "A basket that survives",
        author: &BARBARA,
        at: at(3, 9, 35),
        text: "Baskets live in the browser today and die with it. This keeps them on the server for customers who \
            are logged in (SHOP-58) and in view while they look around (SHOP-57).",
        tickets: &["SHOP-57", "SHOP-58"],
        ..COMMON
    },
    Document {
        title: "Retries towards the payment gateway",
        at: at(3, 15, 40),
        text: "For PAY-31. When the gateway gives no answer within two seconds, checkout asks again with the same \
            idempotency key after 200 ms. Open question: how often, and what happens when the gateway is slow for \
            everybody?",
        tickets: &["PAY-31"],
        ..COMMON
    },
    Document {
        url: "https://wiki.acme.example/design/attribute-index",
        title: "An index of product attributes",
        state: "agreed",
        author: &YUSUF,
        at: at(6, 9, 10),
        text: "Filters need an index by attribute (SHOP-60). It is built in the background and swapped in when \
            complete.",
        tickets: &["SHOP-60"],
        ..COMMON
    },
    Document {
        title: "Retries towards the payment gateway",
        state: "agreed",
        what: "revised",
        at: at(8, 11, 15),
        text: "For PAY-31. When the gateway gives no answer within two seconds, checkout asks again with the same \
            idempotency key after 200 ms. Agreed with Edsger: the client's own time-out bounds it, a limit can come \
            later.",
        tickets: &["PAY-31"],
        ..COMMON
    },
    Document {
        url: "https://wiki.acme.example/runbooks/payments",
        title: "Runbook: payments",
        category: "runbook",
        state: "agreed",
        what: "revised",
        author: &EDSGER,
        at: at(11, 9, 50),
        text: "To rotate the signing key, replace the file; both keys are accepted for an hour (PAY-33).",
        tickets: &["PAY-33"],
        ..COMMON
    },
    Document {
        url: POSTMORTEM,
        title: "Postmortem: the checkout retry storm",
        category: "postmortem",
        author: &INES,
        at: at(13, 10, 5),
        text: "Twelve minutes after checkout 1.8.0 went live, the gateway became slow and every basket began to ask \
            again, without end (PAY-31). Payments queued until it was full. We went back to 1.7.6 and shipped a \
            bound the next day (PAY-36). What we did not have: a limit, an alert on retries, a test against a slow \
            gateway.",
        analyses_incident: true,
        ..COMMON
    },
    Document {
        url: POSTMORTEM,
        title: "Postmortem: the checkout retry storm",
        category: "postmortem",
        state: "agreed",
        what: "agreed",
        author: &INES,
        at: at(14, 15, 30),
        text: "Twelve minutes after checkout 1.8.0 went live, the gateway became slow and every basket began to ask \
            again, without end (PAY-31). Payments queued until it was full. We went back to 1.7.6 and shipped a \
            bound the next day (PAY-36). Agreed by both teams; the follow-ups are PAY-37, PAY-38 and PAY-39.",
        analyses_incident: true,
        ..COMMON
    },
    Document {
        url: "https://wiki.acme.example/runbooks/checkout",
        title: "Runbook: checkout",
        category: "runbook",
        state: "agreed",
        what: "revised",
        author: &ADA,
        at: at(14, 16, 10),
        text: "When the error rate is high: look at the share of retried authorisations first. If it is over a \
            tenth, go back to the version before; do not wait for the gateway.",
        tickets: &["OPS-14"],
        ..COMMON
    },
];

/// A change of a flag, of infrastructure, or by hand.
#[derive(Debug)]
pub struct Adjustment {
    /// Its id.
    pub id: &'static str,
    /// What was changed.
    pub title: &'static str,
    /// What sort of change it was: `flag`, `infrastructure`, `manual`.
    pub category: &'static str,
    /// The service that it is of, if it is of one.
    pub service: Option<&'static Service>,
    /// Where.
    pub environment: &'static str,
    /// The ticket that it is for.
    pub ticket: Option<&'static str>,
    /// Who did it.
    pub by: &'static Person,
    /// When.
    pub at: Moment,
}

/// Every such change, in order of time.
pub static ADJUSTMENTS: [Adjustment; 4] = [
    Adjustment {
        id: "payments-connection-pool-80",
        title: "Connection pool of payments from 40 to 80",
        category: "infrastructure",
        service: Some(&PAYMENTS),
        environment: PRODUCTION,
        ticket: Some("OPS-17"),
        by: &INES,
        at: at(5, 14, 40),
    },
    Adjustment {
        id: "flag-bancontact-staging",
        title: "Flag bancontact from off to on",
        category: "flag",
        service: Some(&PAYMENTS),
        environment: STAGING,
        ticket: Some("PAY-22"),
        by: &EDSGER,
        at: at(8, 15, 0),
    },
    Adjustment {
        id: "flag-express-checkout-25",
        title: "Flag express-checkout from 10% to 25% of the customers",
        category: "flag",
        service: Some(&CHECKOUT),
        environment: PRODUCTION,
        ticket: None,
        by: &BARBARA,
        at: at(11, 11, 5),
    },
    Adjustment {
        id: "cordon-worker-7",
        title: "Took worker-7 out of service and removed old images from its disk",
        category: "manual",
        service: None,
        environment: PRODUCTION,
        ticket: None,
        by: &INES,
        at: at(13, 16, 48),
    },
];

/// Somebody agreed to a rollout of checkout to production.
#[derive(Debug)]
pub struct Approval {
    /// The version.
    pub version: &'static str,
    /// Who agreed.
    pub by: &'static Person,
    /// When.
    pub at: Moment,
}

/// Every approval, in order of time.
pub static APPROVALS: [Approval; 2] = [
    Approval { version: "1.8.0", by: &EDSGER, at: at(11, 14, 26) },
    Approval { version: "1.8.1", by: &INES, at: at(12, 11, 24) },
];

/// The incident's id.
pub const INCIDENT: &str = "INC-7";

/// What it is called.
pub const INCIDENT_TITLE: &str = "Checkout fails for one in five customers";

/// The incident as it was reported at one moment.
#[derive(Debug)]
pub struct Report {
    /// What happened to it: `declared`, `mitigated`, `resolved`.
    pub what: &'static str,
    /// Where it stands; a word for [`throughline_domain::node::Outcome`].
    pub outcome: &'static str,
    /// Who reports.
    pub by: &'static Person,
    /// When.
    pub at: Moment,
    /// One line about it.
    pub summary: &'static str,
    /// Whether the cause is known by now.
    pub cause_known: bool,
}

/// Every report on the incident, in order of time.
pub static REPORTS: [Report; 3] = [
    Report {
        what: "declared",
        outcome: "running",
        by: &INES,
        at: at(11, 14, 52),
        summary: "Declared by Ines, who is on call; Ada and Grace joined",
        cause_known: false,
    },
    Report {
        what: "mitigated",
        outcome: "running",
        by: &INES,
        at: at(11, 15, 18),
        summary: "Checkout is back on 1.7.6 and the queue of payments is empty",
        cause_known: true,
    },
    Report {
        what: "resolved",
        outcome: "success",
        by: &INES,
        at: at(11, 16, 40),
        summary: "No errors for an hour; the bound on retries comes with PAY-36",
        cause_known: true,
    },
];

/// The alerts that the incident is about.
pub fn incident_alerts() -> impl Iterator<Item = &'static Alert> {
    OTHER_ALERTS.iter().filter(|alert| alert.rule == "PaymentsQueueFull").chain([&THE_ALERT])
}
