//! Alertmanager's notification about a group of alerts, which Grafana sends, too.

use serde::Deserialize;
use throughline_domain::fact::MAX_FACTS;
use throughline_domain::key::Key;

use super::firing::Firing;
use super::{Labels, MAX_EVENT_CHARS, Text, host};
use crate::draft::{Draft, shortened};
use crate::provider::{ParseError, Parsed};

/// The most alerts of one notification; none of them states more than eight nodes or links.
const MAX_ALERTS: usize = MAX_FACTS / 8;

/// A notification; the fields that are read.
#[derive(Debug, Deserialize)]
pub struct Notification {
    /// `firing` while at least one alert of the group fires, else `resolved`.
    #[serde(default)]
    pub status: Text,
    /// The address of the sender's own page.
    #[serde(default, rename = "externalURL")]
    pub external_url: Text,
    /// The alerts of the group.
    pub alerts: Vec<Alert>,
}

/// One alert.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Alert {
    /// `firing` or `resolved`; some relays leave it out.
    pub status: Text,
    /// What the alert is: its name and where it fires.
    pub labels: Labels,
    /// What is said about it.
    pub annotations: Labels,
    /// When it began to fire.
    #[serde(rename = "startsAt")]
    pub starts_at: Text,
    /// When it stopped; the year 1 where it has not.
    #[serde(rename = "endsAt")]
    pub ends_at: Text,
    /// The address of the expression or rule.
    #[serde(rename = "generatorURL")]
    pub generator_url: Text,
    /// The hash of the labels.
    pub fingerprint: Text,
    /// The address of the dashboard; Grafana's.
    #[serde(rename = "dashboardURL")]
    pub dashboard_url: Text,
    /// The address of the dashboard's panel; Grafana's.
    #[serde(rename = "panelURL")]
    pub panel_url: Text,
}

/// A tool that sends such notifications.
#[derive(Clone, Copy, Debug)]
pub struct Sender {
    /// Its name in keys.
    pub provider: &'static str,
    /// What one of its notifications is called in a complaint.
    pub expected: &'static str,
}

impl Sender {
    /// Reads a notification; the event is called by its status.
    ///
    /// # Errors
    /// As [`Sender::state`].
    pub fn read(&self, notification: &Notification) -> Result<Parsed, ParseError> {
        let event = shortened(status(notification), MAX_EVENT_CHARS);
        if notification.alerts.is_empty() {
            return Ok(Parsed::ignored(event, "the notification lists no alerts"));
        }
        let mut draft = Draft::new(format!("{}/alert", self.provider), None);
        self.state(&mut draft, notification)?;
        Ok(Parsed::facts(event, draft.finish()?))
    }

    /// States every alert of a notification: the firing and what stands around it. [`Draft::at`] changes.
    ///
    /// # Errors
    /// [`ParseError::TooMany`] where there are too many alerts, [`ParseError::Body`] where one has neither fingerprint
    /// nor labels, [`ParseError::Key`] where its key is too long.
    pub fn state(&self, draft: &mut Draft, notification: &Notification) -> Result<(), ParseError> {
        for firing in self.firings(notification)? {
            firing.state(draft);
        }
        Ok(())
    }

    /// The nodes of a notification's alerts.
    ///
    /// # Errors
    /// As [`Sender::state`].
    pub fn keys(&self, notification: &Notification) -> Result<Vec<Key>, ParseError> {
        Ok(self.firings(notification)?.into_iter().map(|firing| firing.key).collect())
    }

    fn firings<'a>(&self, notification: &'a Notification) -> Result<Vec<Firing<'a>>, ParseError> {
        let count = notification.alerts.len();
        if count > MAX_ALERTS {
            return Err(ParseError::TooMany { what: "alerts", count, limit: MAX_ALERTS });
        }
        let host = host(notification.external_url.get());
        let status = status(notification);
        notification.alerts.iter().map(|alert| Firing::new(*self, &host, status, alert)).collect()
    }
}

fn status(notification: &Notification) -> &str {
    notification.status.get().unwrap_or("firing")
}
