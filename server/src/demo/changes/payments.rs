//! The pull requests of payments and of what both run on.

use super::{COMMON, Change, Trouble};
use crate::demo::calendar::at;
use crate::demo::company::{ADA, EDSGER, GRACE, INES};

/// In the order of their numbers, by repository.
pub(super) static CHANGES: [Change; 8] = [
    Change {
        repository: "payments",
        number: 201,
        ticket: Some("PAY-22"),
        title: "PAY-22: Accept Bancontact",
        branch: "PAY-22-bancontact",
        body: "Behind the flag `bancontact`, off until the Belgian shop opens.\n\nResolves PAY-22",
        author: &EDSGER,
        reviewer: &ADA,
        pushed: at(0, 13, 30),
        decided: at(2, 11, 20),
        version: Some("4.4.0"),
        files: &["src/methods/bancontact.rs", "src/methods/mod.rs"],
        ..COMMON
    },
    Change {
        repository: "payments",
        number: 202,
        ticket: Some("PAY-25"),
        title: "Log the gateway's request id with each refusal (PAY-25)",
        branch: "PAY-25-request-id",
        body: "Closes PAY-25",
        pushed: at(3, 15, 10),
        decided: at(4, 10, 20),
        version: Some("4.4.1"),
        files: &["src/gateway/log.rs"],
        ..COMMON
    },
    Change {
        repository: "payments",
        number: 203,
        ticket: Some("PAY-27"),
        title: "PAY-27: Refunds keep the currency of the order",
        branch: "PAY-27-refund-currency",
        body: "The amount had a currency everywhere but here; now the type insists on it.\n\nFixes PAY-27",
        author: &EDSGER,
        reviewer: &GRACE,
        pushed: at(6, 9, 40),
        decided: at(7, 11, 50),
        trouble: Trouble::Tests { passed: 517, failed: 1 },
        version: Some("4.4.2"),
        files: &["src/refund.rs", "src/money.rs"],
        ..COMMON
    },
    Change {
        repository: "payments",
        number: 204,
        ticket: Some("PAY-33"),
        title: "PAY-33: Read the signing key again when its file changes",
        branch: "PAY-33-rotate-key",
        body: "Both keys are accepted for an hour after a change.\n\nCloses PAY-33",
        author: &EDSGER,
        reviewer: &INES,
        pushed: at(9, 10, 30),
        decided: at(10, 14, 15),
        version: Some("4.5.0"),
        files: &["src/gateway/key.rs"],
        ..COMMON
    },
    Change {
        repository: "payments",
        number: 206,
        ticket: Some("PAY-38"),
        title: "PAY-38: Answer 429 when the gateway is saturated",
        branch: "PAY-38-refuse-early",
        body: "At most 64 calls wait for the gateway; whoever comes after them is told when to come back.\n\n\
            Resolves PAY-38",
        pushed: at(13, 13, 20),
        decided: at(14, 11, 10),
        version: Some("4.5.1"),
        files: &["src/gateway/queue.rs", "src/http/authorise.rs"],
        ..COMMON
    },
    Change {
        repository: "infrastructure",
        number: 30,
        ticket: Some("OPS-14"),
        title: "OPS-14: Alert on the error rate of checkout",
        branch: "OPS-14-checkout-alert",
        body: "Pages when more than 2 % of the requests fail for two minutes.\n\nCloses OPS-14",
        author: &INES,
        reviewer: &ADA,
        pushed: at(1, 10, 40),
        decided: at(2, 14, 50),
        files: &["alerts/checkout.yaml"],
        ..COMMON
    },
    Change {
        repository: "infrastructure",
        number: 31,
        ticket: Some("OPS-17"),
        title: "Double the connection pool of payments",
        branch: "OPS-17-connection-pool",
        body: "From 40 to 80 connections.\n\nCloses OPS-17",
        author: &INES,
        pushed: at(5, 9, 55),
        decided: at(5, 14, 5),
        files: &["services/payments.yaml"],
        ..COMMON
    },
    Change {
        repository: "infrastructure",
        number: 32,
        ticket: Some("PAY-37"),
        title: "PAY-37: Alert on the share of retried authorisations",
        branch: "PAY-37-retry-alert",
        body: "Warns at 5 % and pages at 20 %.\n\nCloses PAY-37",
        reviewer: &INES,
        pushed: at(13, 11, 0),
        decided: at(14, 10, 0),
        files: &["alerts/checkout.yaml"],
        ..COMMON
    },
];
