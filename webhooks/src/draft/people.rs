//! Who did it: persons by the login that a tool knows them by.

use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::{Key, KeyError, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;

use super::Draft;

/// A person as a tool knows them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Person<'a> {
    /// The tool that gave the login: `gitlab`.
    pub provider: &'a str,
    /// The tool's host.
    pub host: &'a str,
    /// The login, user name or account id; the person's node has it. Without one the e-mail address counts.
    pub login: Option<&'a str>,
    /// The name for people.
    pub name: Option<&'a str>,
    /// The e-mail address, where the tool gives it.
    pub email: Option<&'a str>,
    /// The person's page in the tool.
    pub page: Option<&'a str>,
    /// Whether it is a program.
    pub is_bot: bool,
}

impl<'a> Person<'a> {
    /// What the person is called in a line of text: login, name or e-mail address.
    pub fn called(&self) -> Option<&'a str> {
        [self.login, self.name, self.email].into_iter().flatten().map(str::trim).find(|text| !text.is_empty())
    }

    /// The node: by login in the tool, or by e-mail address alone, which is the same in every tool.
    fn key(&self) -> Option<Result<Key, KeyError>> {
        let plain = |text: Option<&'a str>| text.map(str::trim).filter(|text| !text.is_empty());
        match (plain(self.login), plain(self.email).filter(|email| email.contains('@'))) {
            (Some(login), _) => Some(of_tool(NodeKind::Person, self.provider, self.host, login)),
            (None, Some(email)) => Some(of_tool(NodeKind::Person, "email", "", &email.to_lowercase())),
            (None, None) => None,
        }
    }
}

impl Draft {
    /// States a person, and that a node is linked to them; nothing where neither login nor e-mail address is known.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn person(&mut self, node: &Key, kind: LinkKind, person: &Person<'_>, reason: &str) -> Result<(), KeyError> {
        if let Some(key) = self.state_person(person)? {
            self.link(node, kind, &key, reason);
        }
        Ok(())
    }

    /// States a person, and gives their node; `None` where neither login nor e-mail address is known.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn state_person(&mut self, person: &Person<'_>) -> Result<Option<Key>, KeyError> {
        let Some(key) = person.key().transpose()? else { return Ok(None) };
        if self.has_stated(&key) {
            return Ok(Some(key));
        }
        let mut fact = NodeFact::new(key.clone(), self.at)
            .with_some(Attribute::Title, person.name)
            .with_some(Attribute::Reference, person.called())
            .with_some(Attribute::Email, person.email)
            .with_some(Attribute::Category, person.is_bot.then_some("bot"))
            .page(person.page);
        for name in [person.login, person.email].into_iter().flatten().filter(|name| !name.trim().is_empty()) {
            fact = fact.named(Name::plain(name));
        }
        self.state(fact);
        if person.name.is_none() {
            // A login stands in for the name until somebody tells it, whenever that was.
            self.state(NodeFact::new(key.clone(), None).with_some(Attribute::Title, person.called()));
        }
        Ok(Some(key))
    }
}

/// A sentence with the one who did it: `Merged by ada`.
pub fn by(summary: &str, actor: Option<&str>) -> String {
    match actor {
        Some(actor) => format!("{summary} by {actor}"),
        None => summary.to_owned(),
    }
}
