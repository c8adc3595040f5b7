//! Who and what there is at "acme": people, teams, services and the addresses of its tools.

/// The organisation on the code host.
pub const ORGANISATION: &str = "acme";

/// The code host.
pub const CODE_HOST: &str = "github.com";

/// The ticket system.
pub const TRACKER_HOST: &str = "acme.atlassian.net";

/// The registry that images are pushed to, with the organisation.
pub const REGISTRY: &str = "ghcr.io/acme";

/// The build system.
pub const CI_ADDRESS: &str = "https://ci.acme.example";

/// The deployment tool.
pub const ARGOCD_ADDRESS: &str = "https://argocd.acme.example";

/// The alert router.
pub const ALERTMANAGER_ADDRESS: &str = "https://alertmanager.acme.example";

/// The monitoring system, which evaluates the alert rules.
pub const PROMETHEUS_ADDRESS: &str = "https://prometheus.acme.example";

/// The dashboards.
pub const GRAFANA_ADDRESS: &str = "https://grafana.acme.example";

/// The wiki: designs, runbooks, postmortems.
pub const WIKI_ADDRESS: &str = "https://wiki.acme.example";

/// Where incidents are worked on.
pub const INCIDENTS_ADDRESS: &str = "https://incidents.acme.example";

/// The environment in which a new image runs first.
pub const STAGING: &str = "staging";

/// The environment that customers use.
pub const PRODUCTION: &str = "production";

/// Somebody who works at the company.
#[derive(Debug)]
pub struct Person {
    /// The login on the code host.
    pub login: &'static str,
    /// The display name.
    pub name: &'static str,
    /// The e-mail address.
    pub email: &'static str,
    /// The account id in the ticket system.
    pub account: &'static str,
}

/// Works on checkout and leads the payments team.
pub static ADA: Person =
    Person { login: "ada", name: "Ada Reyes", email: "ada@acme.example", account: "712020:3f1c5e8a-ada0" };

/// Works on checkout; wrote the retry that went wrong, and the fix.
pub static GRACE: Person =
    Person { login: "grace", name: "Grace Lindqvist", email: "grace@acme.example", account: "712020:8d20b7f4-grc1" };

/// Works on payments.
pub static EDSGER: Person =
    Person { login: "edsger", name: "Edsger Vos", email: "edsger@acme.example", account: "712020:c94ae016-eds2" };

/// Works on the shop's pages and leads the storefront team.
pub static BARBARA: Person =
    Person { login: "barbara", name: "Barbara Okafor", email: "barbara@acme.example", account: "712020:5b77d2c9-bar3" };

/// Works on the catalog.
pub static YUSUF: Person =
    Person { login: "yusuf", name: "Yusuf Demir", email: "yusuf@acme.example", account: "712020:e0618f3d-yus4" };

/// Runs the platform and is on call in the third week.
pub static INES: Person =
    Person { login: "ines", name: "Ines Carvalho", email: "ines@acme.example", account: "712020:27f9a4b5-ine5" };

/// Product manager; opens most of the stories.
pub static MINA: Person =
    Person { login: "mina", name: "Mina Sato", email: "mina@acme.example", account: "712020:a83e61d7-min6" };

/// A group that answers for services.
#[derive(Debug)]
pub struct Team {
    /// The name.
    pub name: &'static str,
    /// What it is for.
    pub title: &'static str,
}

/// Answers for checkout and payments.
pub static PAYMENTS_TEAM: Team = Team { name: "team-payments", title: "Payments and checkout" };

/// Answers for catalog and web.
pub static STOREFRONT_TEAM: Team = Team { name: "team-storefront", title: "Storefront" };

/// Answers for what the others run on.
pub static PLATFORM_TEAM: Team = Team { name: "team-platform", title: "Platform and operations" };

/// A running piece of the shop. Its repository and its image have the same name.
#[derive(Debug)]
pub struct Service {
    /// The name.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub title: &'static str,
    /// Who answers for it; nobody since a team was dissolved, in one case.
    pub team: Option<&'static Team>,
    /// The id of its dashboard.
    pub dashboard: &'static str,
}

/// Takes a basket to a paid order.
pub static CHECKOUT: Service = Service {
    name: "checkout",
    title: "Takes a basket to a paid order",
    team: Some(&PAYMENTS_TEAM),
    dashboard: "chk01",
};

/// Talks to the payment gateway.
pub static PAYMENTS: Service = Service {
    name: "payments",
    title: "Authorises, captures and refunds through the payment gateway",
    team: Some(&PAYMENTS_TEAM),
    dashboard: "pay01",
};

/// Knows the products and their prices.
pub static CATALOG: Service = Service {
    name: "catalog",
    title: "Knows the products, their prices and their stock",
    team: Some(&STOREFRONT_TEAM),
    dashboard: "cat01",
};

/// Sends the parcels; its team was dissolved and nobody took it over.
pub static SHIPPING: Service = Service {
    name: "shipping",
    title: "Books carriers, prints labels and follows parcels",
    team: None,
    dashboard: "shp01",
};

/// The pages that customers see.
pub static WEB: Service =
    Service { name: "web", title: "The pages of the shop", team: Some(&STOREFRONT_TEAM), dashboard: "web01" };

/// Every service.
pub static SERVICES: [&Service; 5] = [&CHECKOUT, &PAYMENTS, &CATALOG, &SHIPPING, &WEB];

/// The service whose code lies in a repository, if it is one of a service.
pub fn service_of(repository: &str) -> Option<&'static Service> {
    SERVICES.into_iter().find(|service| service.name == repository)
}

/// The web address of a repository.
pub fn repository_address(repository: &str) -> String {
    format!("https://{CODE_HOST}/{ORGANISATION}/{repository}")
}

/// The address of a wiki page.
pub fn wiki_page(path: &str) -> String {
    format!("{WIKI_ADDRESS}/{path}")
}

/// The address of a service's dashboard.
pub fn dashboard_page(service: &Service) -> String {
    format!("{GRAFANA_ADDRESS}/d/{}/{}", service.dashboard, service.name)
}

/// The address of a service's runbook.
pub fn runbook_page(service: &Service) -> String {
    wiki_page(&format!("runbooks/{}", service.name))
}
