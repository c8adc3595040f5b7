//! Who did it: persons by their login, bots like everybody else, nobody where GitHub has forgotten the account.

use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::{Key, KeyError, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;

use super::draft::Draft;
use super::payload::{Author, User};

impl Draft {
    /// States a person and that a node is linked to them, where the payload knows their login.
    pub(super) fn person(
        &mut self,
        node: &Key,
        kind: LinkKind,
        user: Option<&User>,
        reason: &str,
    ) -> Result<(), KeyError> {
        let Some((user, login)) = user.zip(login(user)) else { return Ok(()) };
        let key = of_tool(NodeKind::Person, "github", self.repository.host(), login)?;
        if self.mark(&key) {
            let is_bot = user.kind.as_deref() == Some("Bot");
            let fact = NodeFact::new(key.clone(), self.at)
                .with_some(Attribute::Title, user.name.as_deref())
                .with(Attribute::Reference, login)
                .with_some(Attribute::Email, user.email.as_deref())
                .with_some(Attribute::Category, is_bot.then_some("bot"))
                .page(user.html_url.as_deref());
            self.state(fact);
        }
        self.link(node, kind, &key, reason);
        Ok(())
    }
}

impl Author {
    /// The author of a commit as an account; without a login where the e-mail address belongs to none.
    pub(super) fn user(&self) -> User {
        let Self { name, email, username } = self.clone();
        User { login: username, name, email, ..User::default() }
    }
}

/// The login of an account that still exists.
pub(super) fn login(user: Option<&User>) -> Option<&str> {
    user.and_then(|user| user.login.as_deref()).map(str::trim).filter(|login| !login.is_empty())
}

/// The logins of several accounts.
pub(super) fn logins(users: Option<&[User]>) -> impl Iterator<Item = &str> {
    users.into_iter().flatten().filter_map(|user| login(Some(user)))
}

/// A sentence with the one who did it: `Merged by ada`.
pub(super) fn by(summary: &str, actor: Option<&User>) -> String {
    match login(actor) {
        Some(login) => format!("{summary} by {login}"),
        None => summary.to_owned(),
    }
}
