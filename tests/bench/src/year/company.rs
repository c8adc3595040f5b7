//! The company: services in codebases, teams and people, who depends on whom, and the catalog that says so.

use throughline_domain::repository::Repository;

use super::chance::Chance;
use super::table::{Id, Table};

/// The organisation on the code host.
pub const ORGANISATION: &str = "acme";

/// The code host.
pub const CODE_HOST: &str = "github.com";

/// The ticket system.
pub const TRACKER_HOST: &str = "acme.atlassian.net";

/// The alert router.
pub const ALERTMANAGER_HOST: &str = "alertmanager.acme.example";

/// What the company does, in the order in which its services were built.
const FIELDS: [&str; 25] = [
    "accounts",
    "catalog",
    "payments",
    "inventory",
    "pricing",
    "checkout",
    "orders",
    "shipping",
    "search",
    "notifications",
    "billing",
    "identity",
    "reviews",
    "promotions",
    "media",
    "reports",
    "fraud",
    "tax",
    "returns",
    "loyalty",
    "wallet",
    "subscriptions",
    "recommendations",
    "invoices",
    "support",
];

/// What a service is for its field; the first ones bear the field's name alone.
const ROLES: [&str; 6] = ["", "-api", "-worker", "-gateway", "-sync", "-admin"];

/// Parts that a service may have: a folder of its code and a path of its interface.
const AREAS: [&str; 30] = [
    "refunds",
    "sessions",
    "discounts",
    "exports",
    "imports",
    "retries",
    "limits",
    "webhooks",
    "labels",
    "stock",
    "quotes",
    "addresses",
    "profiles",
    "tokens",
    "uploads",
    "batches",
    "schedules",
    "receipts",
    "balances",
    "filters",
    "bundles",
    "carriers",
    "currencies",
    "drafts",
    "events",
    "favourites",
    "history",
    "messages",
    "permissions",
    "ratings",
];

/// How many areas each service has.
const AREAS_OF_EACH: usize = 7;

const FIRST_NAMES: [&str; 20] = [
    "Ada", "Grace", "Edsger", "Barbara", "Yusuf", "Ines", "Mina", "Kofi", "Lena", "Ravi", "Sofia", "Tomas", "Noor",
    "Hugo", "Amara", "Piet", "Wanda", "Chen", "Olga", "Luis",
];

/// How many services a team has, and how many people.
const SERVICES_OF_TEAM: usize = 4;
const PEOPLE_OF_TEAM: usize = 5;

/// Of ten services, the last three share one codebase.
const OF_TEN_ALONE: usize = 7;

/// How a codebase takes in most of its pull requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// All commits become one.
    Squash,
    /// The branch is joined by a merge commit.
    Merge,
    /// The commits are made again on top of the main branch.
    Rebase,
}

/// A repository of the code host.
#[derive(Debug)]
pub struct Codebase {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub repository: Repository,
    /// How most of its pull requests are taken in.
    pub method: Method,
    /// The services whose code it holds.
    pub services: Vec<Id<Service>>,
}

/// A running piece of the product.
#[derive(Debug)]
pub struct Service {
    /// The name in the catalog.
    pub name: String,
    /// What the alerts call it, which is an alias for some.
    pub alerting_name: String,
    /// Where its code is.
    pub codebase: Id<Codebase>,
    /// Its folder in the codebase with a slash at the end, or nothing where it has the codebase for itself.
    pub folder: String,
    /// Who answers for it.
    pub team: Id<Team>,
    /// The services that it calls.
    pub depends_on: Vec<Id<Service>>,
    /// Its parts.
    pub areas: Vec<&'static str>,
    /// What its alerts call the production environment.
    pub production: &'static str,
}

/// A group that answers for services.
#[derive(Debug)]
pub struct Team {
    /// The name.
    pub name: String,
    /// The key of its project in the ticket system.
    pub project: String,
    /// Who is in it.
    pub people: Vec<Id<Person>>,
}

/// Somebody.
#[derive(Debug)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The login on the code host.
    pub login: String,
}

/// All of it.
#[derive(Debug)]
pub struct Company {
    /// The services.
    pub services: Table<Service>,
    /// The codebases.
    pub codebases: Table<Codebase>,
    /// The teams.
    pub teams: Table<Team>,
    /// The people.
    pub people: Table<Person>,
}

impl Person {
    /// The e-mail address.
    pub fn email(&self) -> String {
        format!("{}@acme.example", self.login)
    }
}

impl Codebase {
    /// Its web address.
    pub fn address(&self) -> String {
        format!("https://{CODE_HOST}/{ORGANISATION}/{}", self.name)
    }

    /// Its name with the organisation.
    pub fn full_name(&self) -> String {
        format!("{ORGANISATION}/{}", self.name)
    }
}

impl Company {
    /// A company of so many services.
    pub fn of(seed: u64, services: usize) -> Self {
        let mut chance = Chance::new(seed, "company");
        let mut company =
            Self { services: Table::new(), codebases: Table::new(), teams: Table::new(), people: Table::new() };
        for number in 0..services {
            let name = service_name(number);
            let team = company.team_for(number);
            let codebase = company.codebase_for(number, &name, &mut chance);
            let folder = if is_shared(number) { format!("services/{name}/") } else { String::new() };
            let alerting_name = if chance.percent(20) { format!("{name}-svc") } else { name.clone() };
            let production = if chance.percent(30) { "prod" } else { "production" };
            let depends_on = company.earlier_services(&mut chance);
            let areas = some_areas(&mut chance);
            let service = Service { name, alerting_name, codebase, folder, team, depends_on, areas, production };
            let id = company.services.add(service);
            company.codebases.at_mut(codebase).services.push(id);
        }
        company
    }

    /// The services that call this one.
    pub fn dependents(&self, service: Id<Service>) -> Vec<Id<Service>> {
        self.services.iter().filter(|(_, other)| other.depends_on.contains(&service)).map(|(id, _)| id).collect()
    }

    /// The team of a service.
    pub fn team_of(&self, service: Id<Service>) -> &Team {
        self.teams.at(self.services.at(service).team)
    }

    /// What an operator writes into the catalog.
    pub fn catalog(&self) -> String {
        let mut text = String::from("# The services of the simulated company.\n");
        let projects: Vec<String> = self.teams.iter().map(|(_, team)| format!("\"{}\"", team.project)).collect();
        text.push_str(&format!(
            "[[tracker]]\nname = \"Jira\"\nkind = \"jira\"\naddress = \"https://{TRACKER_HOST}\"\nprojects = [{}]\n",
            projects.join(", ")
        ));
        text.push_str("[[environment]]\nname = \"staging\"\n");
        text.push_str("[[environment]]\nname = \"production\"\naliases = [\"prod\"]\nafter = \"staging\"\n");
        for (_, team) in self.teams.iter() {
            text.push_str(&format!("[[team]]\nname = \"{}\"\naliases = [\"@acme/{0}\"]\n", team.name));
        }
        for (_, codebase) in self.codebases.iter() {
            text.push_str(&format!("[[repository]]\naddress = \"{}\"\n", codebase.address()));
        }
        for (_, service) in self.services.iter() {
            text.push_str(&self.service_entry(service));
        }
        text
    }

    fn service_entry(&self, service: &Service) -> String {
        let needs: Vec<String> =
            service.depends_on.iter().map(|needed| format!("\"{}\"", self.services.at(*needed).name)).collect();
        let mut entry = format!(
            "[[service]]\nname = \"{}\"\nrepository = \"{}\"\nteam = \"{}\"\ndepends_on = [{}]\n",
            service.name,
            self.codebases.at(service.codebase).address(),
            self.teams.at(service.team).name,
            needs.join(", ")
        );
        if !service.folder.is_empty() {
            entry.push_str(&format!("path = \"{}\"\n", service.folder.trim_end_matches('/')));
        }
        if service.alerting_name != service.name {
            entry.push_str(&format!("aliases = [\"{}\"]\n", service.alerting_name));
        }
        entry
    }

    /// The team that takes the next service; a new one with its people where the last one has enough.
    fn team_for(&mut self, number: usize) -> Id<Team> {
        let known = self.teams.ids().last();
        if let Some(team) = known.filter(|_| !number.is_multiple_of(SERVICES_OF_TEAM)) {
            return team;
        }
        let name = service_name(number);
        let count = self.teams.len();
        let people = (0..PEOPLE_OF_TEAM).map(|place| self.person(count * PEOPLE_OF_TEAM + place)).collect();
        let project = project_key(&name, count);
        self.teams.add(Team { name: format!("team-{name}"), project, people })
    }

    fn person(&mut self, number: usize) -> Id<Person> {
        let first = FIRST_NAMES.get(number % FIRST_NAMES.len()).copied().unwrap_or_default();
        let round = number / FIRST_NAMES.len();
        let login = if round == 0 { first.to_lowercase() } else { format!("{}{}", first.to_lowercase(), round + 1) };
        self.people.add(Person { name: first.to_owned(), login })
    }

    fn codebase_for(&mut self, number: usize, name: &str, chance: &mut Chance) -> Id<Codebase> {
        let is_next_of_shared = is_shared(number) && number % 10 > OF_TEN_ALONE;
        if let Some(last) = self.codebases.ids().last().filter(|_| is_next_of_shared) {
            return last;
        }
        let name = if is_shared(number) { format!("platform-{}", number / 10 + 1) } else { name.to_owned() };
        let repository =
            Repository::new(CODE_HOST, &format!("{ORGANISATION}/{name}")).expect("host and path are not empty");
        let method = chance.weighted(&[(75, Method::Squash), (15, Method::Merge), (10, Method::Rebase)]);
        self.codebases.add(Codebase { name, repository, method, services: Vec::new() })
    }

    /// Up to three of the services that are there already: nobody depends on what comes later.
    fn earlier_services(&self, chance: &mut Chance) -> Vec<Id<Service>> {
        let earlier: Vec<Id<Service>> = self.services.ids().collect();
        let mut chosen = Vec::new();
        for _ in 0..chance.below(4).min(earlier.len()) {
            let service = *chance.pick(&earlier);
            if !chosen.contains(&service) {
                chosen.push(service);
            }
        }
        chosen
    }
}

fn is_shared(number: usize) -> bool {
    number % 10 >= OF_TEN_ALONE
}

fn service_name(number: usize) -> String {
    let field = FIELDS.get(number % FIELDS.len()).copied().unwrap_or_default();
    let round = number / FIELDS.len();
    match ROLES.get(round) {
        Some(role) => format!("{field}{role}"),
        None => format!("{field}-{}", round + 1),
    }
}

/// The first letters of the team's first service, with a number where another team has begun with the same.
fn project_key(name: &str, team: usize) -> String {
    let letters: String = name.chars().filter(char::is_ascii_lowercase).take(4).collect();
    let round = team * SERVICES_OF_TEAM / FIELDS.len();
    let letters = letters.to_uppercase();
    if round == 0 { letters } else { format!("{letters}{}", round + 1) }
}

fn some_areas(chance: &mut Chance) -> Vec<&'static str> {
    let mut areas: Vec<&'static str> = Vec::new();
    while areas.len() < AREAS_OF_EACH {
        let area = *chance.pick(&AREAS);
        if !areas.contains(&area) {
            areas.push(area);
        }
    }
    areas
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Company, service_name};

    #[test]
    fn names_and_projects_are_told_apart() {
        let company = Company::of(7, 180);
        let names: BTreeSet<String> = (0..180).map(service_name).collect();
        assert_eq!(names.len(), 180);
        let projects: BTreeSet<&str> = company.teams.iter().map(|(_, team)| team.project.as_str()).collect();
        assert_eq!(projects.len(), company.teams.len());
        let logins: BTreeSet<&str> = company.people.iter().map(|(_, person)| person.login.as_str()).collect();
        assert_eq!(logins.len(), company.people.len());
    }

    #[test]
    fn the_catalog_can_be_applied() {
        let catalog = throughline_domain::catalog::Catalog::read(&Company::of(7, 60).catalog()).unwrap();
        assert_eq!(catalog.services.len(), 60);
    }
}
