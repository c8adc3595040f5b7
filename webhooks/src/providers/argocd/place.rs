//! Which service was deployed, and to which environment.

use throughline_domain::link::LinkClass;

use super::payload::{Application, Notification};
use crate::members::filled;

/// A name of a service or environment, and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name as it was written.
    pub name: String,
    /// How sure.
    pub class: LinkClass,
    /// Why, in words.
    pub reason: String,
}

const ENVIRONMENT_LABELS: &[&str] = &["environment", "env"];

/// The narrower one first: the part of a product is the service, not the product.
const SERVICE_LABELS: &[&str] = &["app.kubernetes.io/name", "app.kubernetes.io/part-of"];

/// The environment: said by the template, by a label, or guessed from the namespace.
pub fn environment(notification: &Notification, application: &Application) -> Option<Place> {
    let stated =
        stated(filled(notification.environment.as_deref()), application.label(ENVIRONMENT_LABELS), "environment");
    stated.or_else(|| {
        Some(Place {
            name: application.namespace()?.to_owned(),
            class: LinkClass::Guessed,
            reason: "the namespace of the application's destination".to_owned(),
        })
    })
}

/// The service: said by the template, by a label, or guessed from the application's name.
pub fn service(notification: &Notification, application: &Application) -> Option<Place> {
    let stated = stated(filled(notification.service.as_deref()), application.label(SERVICE_LABELS), "service");
    stated.or_else(|| {
        Some(Place {
            name: application.name()?.to_owned(),
            class: LinkClass::Guessed,
            reason: "the application's name".to_owned(),
        })
    })
}

fn stated(member: Option<&str>, label: Option<(&'static str, &str)>, word: &str) -> Option<Place> {
    let (name, reason) = match (member, label) {
        (Some(name), _) => (name, format!("the template's member '{word}'")),
        (None, Some((label, name))) => (name, format!("the application's label '{label}'")),
        (None, None) => return None,
    };
    Some(Place { name: name.to_owned(), class: LinkClass::Asserted, reason })
}

#[cfg(test)]
mod tests {
    use throughline_domain::link::LinkClass;

    use super::{environment, service};
    use crate::providers::argocd::payload::{Application, Notification};

    #[test]
    fn what_is_said_outranks_what_is_guessed() {
        let labels = r#"{"env":"Production","app.kubernetes.io/part-of":"shop","app.kubernetes.io/name":"checkout"}"#;
        let cases = [
            (r#"{"environment":"live","service":"pay"}"#, labels, "live", "pay", LinkClass::Asserted),
            (r#"{"environment":null,"service":""}"#, labels, "Production", "checkout", LinkClass::Asserted),
            ("{}", "null", "payments", "checkout-eu", LinkClass::Guessed),
            ("{}", r#"{"env":null}"#, "payments", "checkout-eu", LinkClass::Guessed),
        ];
        for (notification, labels, to, of, class) in cases {
            let notification: Notification = serde_json::from_str(notification).unwrap();
            let application: Application = serde_json::from_str(&format!(
                r#"{{"metadata":{{"name":"checkout-eu","labels":{labels}}},"spec":{{"destination":{{"namespace":"payments"}}}}}}"#
            ))
            .unwrap();
            let environment = environment(&notification, &application).unwrap();
            let service = service(&notification, &application).unwrap();
            assert_eq!((environment.name.as_str(), environment.class), (to, class));
            assert_eq!((service.name.as_str(), service.class), (of, class));
        }
    }
}
