//! The tickets of the story, as data: what was asked for, by whom and when.

use super::calendar::{Moment, at};
use super::company::{ADA, BARBARA, EDSGER, GRACE, INES, MINA, Person, YUSUF};

/// A ticket of the tracker.
#[derive(Debug)]
pub struct Ticket {
    /// The key: `PAY-31`.
    pub key: &'static str,
    /// The tracker's issue type.
    pub kind: &'static str,
    /// The tracker's priority.
    pub priority: &'static str,
    /// The summary.
    pub title: &'static str,
    /// The description; addresses in it lead to documents.
    pub description: &'static str,
    /// Who opened it.
    pub reporter: &'static Person,
    /// Who works on it.
    pub assignee: &'static Person,
    /// When it was opened.
    pub opened: Moment,
    /// The ticket that it is a part of.
    pub parent: Option<&'static str>,
    /// The version in which it is given out.
    pub fix_version: Option<&'static str>,
    /// What becomes of it.
    pub course: Course,
}

/// What becomes of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// It goes the way of its pull request.
    WithChange,
    /// It is still open at the end of the story.
    StaysOpen,
    /// It was settled without a pull request.
    Settled(Moment),
}

/// What most tickets have in common.
const COMMON: Ticket = Ticket {
    key: "",
    kind: "Story",
    priority: "Medium",
    title: "",
    description: "",
    reporter: &MINA,
    assignee: &INES,
    opened: at(0, 9, 0),
    parent: None,
    fix_version: None,
    course: Course::WithChange,
};

/// The names of the tracker's projects.
pub static PROJECTS: [(&str, &str); 3] = [("PAY", "Payments"), ("SHOP", "Shop"), ("OPS", "Operations")];

/// Every ticket, in the order of their keys.
pub static TICKETS: [Ticket; 28] = [
    Ticket {
        key: "PAY-20",
        kind: "Epic",
        priority: "High",
        title: "Fewer payments that fail for no good reason",
        description: "One basket in forty is lost at the payment step although the card is fine. Goal for the \
            quarter: one in a hundred.",
        assignee: &ADA,
        opened: at(0, 9, 2),
        course: Course::StaysOpen,
        ..COMMON
    },
    Ticket {
        key: "PAY-21",
        title: "Show the delivery fee before the payment step",
        description: "Customers leave when the fee first appears beside the card form. Show it in the basket.",
        assignee: &ADA,
        opened: at(0, 9, 10),
        ..COMMON
    },
    Ticket {
        key: "PAY-22",
        title: "Accept Bancontact",
        description: "Needed before the Belgian shop opens. Test accounts of the gateway are in the team's vault.",
        assignee: &EDSGER,
        opened: at(0, 9, 16),
        ..COMMON
    },
    Ticket {
        key: "PAY-24",
        kind: "Bug",
        priority: "High",
        title: "Tax is rounded per order instead of per line",
        description: "Three-line orders differ by a cent from what bookkeeping expects. Seen on twelve orders last \
            week.",
        assignee: &EDSGER,
        opened: at(1, 16, 12),
        ..COMMON
    },
    Ticket {
        key: "PAY-25",
        kind: "Task",
        priority: "Low",
        title: "Log the gateway's request id with each refusal",
        description: "Their support asks for it on every call, and we have to dig it out of packet captures.",
        reporter: &EDSGER,
        assignee: &ADA,
        opened: at(2, 14, 35),
        parent: Some("PAY-20"),
        ..COMMON
    },
    Ticket {
        key: "PAY-27",
        kind: "Bug",
        priority: "High",
        title: "Refund of a foreign order is booked in euros",
        description: "An order in Swiss francs was refunded as the same number of euros.",
        reporter: &BARBARA,
        assignee: &EDSGER,
        opened: at(5, 10, 5),
        ..COMMON
    },
    Ticket {
        key: "PAY-29",
        kind: "Task",
        priority: "Low",
        title: "Remove the legacy coupon endpoint",
        description: "Nobody has called it for ninety days; the access log of the proxy agrees.",
        reporter: &ADA,
        assignee: &ADA,
        opened: at(6, 15, 30),
        ..COMMON
    },
    Ticket {
        key: "PAY-30",
        kind: "Task",
        priority: "Low",
        title: "Find out whether HTTP/2 helps towards the gateway",
        description: "Spike, one day at most. Measure the 95th percentile of authorisation with and without.",
        reporter: &ADA,
        assignee: &GRACE,
        opened: at(7, 16, 20),
        parent: Some("PAY-20"),
        ..COMMON
    },
    Ticket {
        key: "PAY-31",
        priority: "High",
        title: "Retry card authorisation when the payment gateway times out",
        description: "A time-out of the gateway is final for the customer today, and two thirds of them would have \
            gone through on a second try. Design: https://wiki.acme.example/design/payment-gateway-retries",
        assignee: &GRACE,
        opened: at(3, 10, 12),
        parent: Some("PAY-20"),
        fix_version: Some("checkout 1.8"),
        ..COMMON
    },
    Ticket {
        key: "PAY-33",
        kind: "Task",
        title: "Rotate the gateway's signing key without a restart",
        description: "The key expires at the end of the month. Steps of the last time: \
            https://wiki.acme.example/runbooks/payments",
        reporter: &INES,
        assignee: &EDSGER,
        opened: at(8, 11, 25),
        ..COMMON
    },
    Ticket {
        key: "PAY-36",
        kind: "Bug",
        priority: "Highest",
        title: "Checkout retries card authorisation without a limit",
        description: "Found during the incident https://incidents.acme.example/INC-7: when the gateway is slow, \
            every basket holds a worker and keeps asking. Came in with PAY-31.",
        reporter: &INES,
        assignee: &GRACE,
        opened: at(11, 15, 32),
        parent: Some("PAY-20"),
        fix_version: Some("checkout 1.8"),
        ..COMMON
    },
    Ticket {
        key: "PAY-37",
        kind: "Task",
        priority: "High",
        title: "Alert on the share of retried authorisations",
        description: "We saw the errors and not the retries that led to them. Follows from \
            https://wiki.acme.example/postmortems/checkout-retry-storm",
        reporter: &INES,
        assignee: &ADA,
        opened: at(13, 10, 20),
        ..COMMON
    },
    Ticket {
        key: "PAY-38",
        priority: "High",
        title: "Refuse early when the gateway is saturated",
        description: "Payments queued until its memory was full. Answer at once that the caller should come back \
            later. Follows from https://wiki.acme.example/postmortems/checkout-retry-storm",
        reporter: &INES,
        assignee: &ADA,
        opened: at(13, 10, 26),
        parent: Some("PAY-20"),
        ..COMMON
    },
    Ticket {
        key: "PAY-39",
        kind: "Task",
        title: "Test checkout against a slow gateway before each release",
        description: "The tests knew a gateway that answers and one that refuses, and none that is slow. Follows \
            from https://wiki.acme.example/postmortems/checkout-retry-storm",
        reporter: &INES,
        assignee: &GRACE,
        opened: at(13, 10, 31),
        course: Course::StaysOpen,
        ..COMMON
    },
    Ticket {
        key: "SHOP-51",
        title: "Sort search results by stock first",
        description: "What cannot be delivered goes to the end of the list.",
        assignee: &YUSUF,
        opened: at(0, 10, 30),
        ..COMMON
    },
    Ticket {
        key: "SHOP-52",
        priority: "High",
        title: "Print customs forms for parcels to Switzerland",
        description: "The carrier refuses parcels without a CN23 from the first of the month.",
        opened: at(0, 9, 5),
        ..COMMON
    },
    Ticket {
        key: "SHOP-53",
        priority: "Low",
        title: "Explain why a delivery slot is greyed out",
        description: "Support answers this question eleven times a day.",
        assignee: &BARBARA,
        opened: at(1, 9, 25),
        ..COMMON
    },
    Ticket {
        key: "SHOP-54",
        kind: "Task",
        title: "Cache category trees for ten minutes",
        description: "Since the new sort order each page asks for the tree four times; it changes twice a day.",
        reporter: &YUSUF,
        assignee: &YUSUF,
        opened: at(3, 16, 45),
        ..COMMON
    },
    Ticket {
        key: "SHOP-56",
        kind: "Bug",
        priority: "High",
        title: "Migration of the parcel table fails halfway",
        description: "The deployment of shipping 2.4.0 stopped: the migration had been cut off once and cannot \
            begin again.",
        reporter: &INES,
        opened: at(2, 10, 24),
        ..COMMON
    },
    Ticket {
        key: "SHOP-57",
        title: "Keep the basket open while searching",
        description: "Design: https://wiki.acme.example/design/persistent-basket",
        assignee: &BARBARA,
        opened: at(4, 13, 40),
        ..COMMON
    },
    Ticket {
        key: "SHOP-58",
        title: "Restore a basket on another device",
        description: "For customers who are logged in. Design: https://wiki.acme.example/design/persistent-basket",
        assignee: &BARBARA,
        opened: at(3, 9, 50),
        ..COMMON
    },
    Ticket {
        key: "SHOP-60",
        title: "Filter products by their attributes",
        description: "Colour, size and material to begin with. Design: \
            https://wiki.acme.example/design/attribute-index",
        assignee: &YUSUF,
        opened: at(6, 9, 20),
        ..COMMON
    },
    Ticket {
        key: "SHOP-61",
        title: "Follow parcels by the carrier's webhook",
        description: "Instead of asking for each parcel every five minutes.",
        assignee: &YUSUF,
        opened: at(6, 9, 34),
        ..COMMON
    },
    Ticket {
        key: "SHOP-62",
        kind: "Bug",
        priority: "High",
        title: "Order page cannot be read by screen readers",
        description: "The table of lines has no headings, and the button to cancel has no name.",
        reporter: &BARBARA,
        assignee: &YUSUF,
        opened: at(9, 15, 15),
        ..COMMON
    },
    Ticket {
        key: "SHOP-65",
        title: "Say plainly when a card was refused",
        description: "The page says 'something went wrong' for a refused card and for a broken gateway alike.",
        assignee: &BARBARA,
        opened: at(12, 14, 50),
        ..COMMON
    },
    Ticket {
        key: "OPS-14",
        kind: "Task",
        priority: "High",
        title: "Alert on the error rate of checkout",
        description: "Page when more than two of a hundred requests fail for two minutes. What to do then: \
            https://wiki.acme.example/runbooks/checkout",
        reporter: &ADA,
        opened: at(0, 16, 0),
        ..COMMON
    },
    Ticket {
        key: "OPS-17",
        kind: "Task",
        title: "Double the connection pool of payments",
        description: "It runs dry at noon. The database has room for it.",
        reporter: &EDSGER,
        opened: at(4, 15, 55),
        ..COMMON
    },
    Ticket {
        key: "OPS-19",
        kind: "Task",
        title: "Renew the certificate of the shop",
        description: "The automatic renewal was refused by the new proxy rule.",
        reporter: &INES,
        opened: at(5, 11, 32),
        course: Course::Settled(at(6, 10, 8)),
        ..COMMON
    },
];

/// The ticket of a key.
pub fn find(key: &str) -> Option<&'static Ticket> {
    TICKETS.iter().find(|ticket| ticket.key == key)
}
