//! What was brought into production and when, and which versions were announced, as data.

use super::calendar::{Moment, at};
use super::company::{
    ADA, BARBARA, CATALOG, CHECKOUT, EDSGER, INES, PAYMENTS, PRODUCTION, Person, REGISTRY, SHIPPING, Service, WEB,
    YUSUF,
};
use super::ids;

/// A version of a service brought into an environment.
#[derive(Clone, Copy, Debug)]
pub struct Rollout {
    /// The service.
    pub service: &'static Service,
    /// The version of its image.
    pub version: &'static str,
    /// The environment.
    pub environment: &'static str,
    /// When it was there, or had failed.
    pub at: Moment,
    /// Who asked for it; nobody where it is automatic.
    pub by: Option<&'static Person>,
    /// How it ended.
    pub end: End,
    /// The version whose rollout it takes back.
    pub takes_back: Option<&'static str>,
}

/// How a rollout ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The new version runs.
    Healthy,
    /// It did not come that far, with these words.
    Failed(&'static str),
}

/// A version that is announced on the code host.
#[derive(Debug)]
pub struct Release {
    /// The service.
    pub service: &'static Service,
    /// The version.
    pub version: &'static str,
    /// When it was published.
    pub at: Moment,
    /// Who published it.
    pub by: &'static Person,
    /// What it says.
    pub notes: &'static str,
}

/// An image by its registry, name and tag.
pub fn image(service: &Service, version: &str) -> String {
    format!("{REGISTRY}/{}:{version}", service.name)
}

/// The digest of an image.
pub fn digest(service: &Service, version: &str) -> String {
    ids::digest(&format!("{}:{version}", service.name))
}

/// The first rollout of a version to production.
pub fn to_production(service: &Service, version: &str) -> Option<&'static Rollout> {
    ROLLOUTS.iter().find(|rollout| rollout.service.name == service.name && rollout.version == version)
}

/// What most rollouts have in common.
const COMMON: Rollout = Rollout {
    service: &CHECKOUT,
    version: "",
    environment: PRODUCTION,
    at: at(0, 9, 0),
    by: None,
    end: End::Healthy,
    takes_back: None,
};

/// What was running when the alert fired: the version that brought the trouble.
pub const TROUBLE: Rollout = Rollout { version: "1.8.0", at: at(11, 14, 32), by: Some(&ADA), ..COMMON };

/// Every rollout to production, by service.
pub static ROLLOUTS: [Rollout; 22] = [
    Rollout { version: "1.7.3", at: at(1, 15, 20), by: Some(&ADA), ..COMMON },
    Rollout { version: "1.7.4", at: at(3, 10, 40), by: Some(&EDSGER), ..COMMON },
    Rollout { version: "1.7.5", at: at(7, 10, 15), by: Some(&BARBARA), ..COMMON },
    Rollout { version: "1.7.6", at: at(9, 11, 0), by: Some(&ADA), ..COMMON },
    TROUBLE,
    Rollout { version: "1.7.6", at: at(11, 15, 6), by: Some(&INES), takes_back: Some("1.8.0"), ..COMMON },
    Rollout { version: "1.8.1", at: at(12, 11, 30), by: Some(&ADA), ..COMMON },
    Rollout { service: &PAYMENTS, version: "4.4.0", at: at(3, 14, 5), by: Some(&EDSGER), ..COMMON },
    Rollout { service: &PAYMENTS, version: "4.4.1", at: at(5, 10, 30), by: Some(&ADA), ..COMMON },
    Rollout { service: &PAYMENTS, version: "4.4.2", at: at(8, 10, 10), by: Some(&EDSGER), ..COMMON },
    Rollout { service: &PAYMENTS, version: "4.5.0", at: at(11, 10, 20), by: Some(&EDSGER), ..COMMON },
    Rollout { service: &CATALOG, version: "3.2.0", at: at(3, 15, 30), by: Some(&YUSUF), ..COMMON },
    Rollout { service: &CATALOG, version: "3.2.1", at: at(6, 10, 50), by: Some(&YUSUF), ..COMMON },
    // Built on somebody's own machine: nothing is known of where it comes from.
    Rollout { service: &CATALOG, version: "3.2.1-hotfix.1", at: at(9, 16, 40), by: Some(&YUSUF), ..COMMON },
    Rollout { service: &CATALOG, version: "3.3.0", at: at(11, 14, 10), by: Some(&YUSUF), ..COMMON },
    Rollout {
        service: &SHIPPING,
        version: "2.4.0",
        at: at(2, 10, 0),
        by: Some(&INES),
        end: End::Failed("one or more synchronization tasks completed unsuccessfully, reason: hook migrate failed"),
        ..COMMON
    },
    Rollout { service: &SHIPPING, version: "2.4.1", at: at(3, 9, 45), by: Some(&INES), ..COMMON },
    Rollout { service: &SHIPPING, version: "2.5.0", at: at(10, 10, 25), by: Some(&YUSUF), ..COMMON },
    Rollout { service: &WEB, version: "5.11.0", at: at(4, 10, 5), by: Some(&BARBARA), ..COMMON },
    Rollout { service: &WEB, version: "5.11.1", at: at(6, 13, 30), by: Some(&BARBARA), ..COMMON },
    Rollout { service: &WEB, version: "5.12.0", at: at(9, 10, 0), by: Some(&BARBARA), ..COMMON },
    Rollout { service: &WEB, version: "5.12.1", at: at(11, 14, 38), by: Some(&BARBARA), ..COMMON },
];

/// Every announced version, in order of time.
pub static RELEASES: [Release; 6] = [
    Release {
        service: &PAYMENTS,
        version: "4.4.0",
        at: at(3, 13, 50),
        by: &EDSGER,
        notes: "* PAY-22: Accept Bancontact in https://github.com/acme/payments/pull/201",
    },
    Release {
        service: &WEB,
        version: "5.12.0",
        at: at(9, 9, 48),
        by: &BARBARA,
        notes: "* SHOP-57: Keep the basket open while searching in https://github.com/acme/web/pull/78",
    },
    Release {
        service: &PAYMENTS,
        version: "4.5.0",
        at: at(11, 10, 8),
        by: &EDSGER,
        notes: "* PAY-33: Read the signing key again when its file changes in \
            https://github.com/acme/payments/pull/204",
    },
    Release {
        service: &CATALOG,
        version: "3.3.0",
        at: at(11, 13, 58),
        by: &YUSUF,
        notes: "* SHOP-60: Index product attributes in https://github.com/acme/catalog/pull/90",
    },
    Release {
        service: &CHECKOUT,
        version: "1.8.0",
        at: at(11, 14, 18),
        by: &ADA,
        notes: "* PAY-31: Retry card authorisation when the gateway times out in \
            https://github.com/acme/checkout/pull/118",
    },
    Release {
        service: &CHECKOUT,
        version: "1.8.1",
        at: at(12, 11, 18),
        by: &ADA,
        notes: "* PAY-36: Bound the retries of card authorisation in https://github.com/acme/checkout/pull/121",
    },
];
