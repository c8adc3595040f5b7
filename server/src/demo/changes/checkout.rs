//! The pull requests of checkout.

use super::{COMMON, Change, Fate, Trouble};
use crate::demo::calendar::at;
use crate::demo::company::{ADA, BARBARA, EDSGER, GRACE};

/// In the order of their numbers, by repository.
pub(super) static CHANGES: [Change; 7] = [
    Change {
        number: 112,
        ticket: Some("PAY-21"),
        title: "PAY-21: Show the delivery fee in the basket",
        branch: "PAY-21-delivery-fee",
        body: "The basket asks shipping for a quote as soon as there is an address.\n\nResolves PAY-21",
        reviewer: &GRACE,
        pushed: at(0, 10, 10),
        decided: at(1, 11, 5),
        version: Some("1.7.3"),
        files: &["src/basket/fee.rs", "src/basket/view.rs"],
        ..COMMON
    },
    Change {
        number: 113,
        ticket: Some("PAY-24"),
        title: "Round tax per line",
        branch: "PAY-24-tax-per-line",
        body: "Bookkeeping rounds each line, so we do the same. The old orders of the bug report are now test \
            cases.\n\nFixes PAY-24",
        author: &EDSGER,
        reviewer: &ADA,
        pushed: at(2, 9, 50),
        decided: at(2, 15, 30),
        trouble: Trouble::Tests { passed: 209, failed: 3 },
        version: Some("1.7.4"),
        files: &["src/tax.rs", "tests/tax.rs"],
        ..COMMON
    },
    Change {
        number: 114,
        ticket: Some("SHOP-58"),
        title: "SHOP-58: Keep baskets of known customers on the server",
        branch: "SHOP-58-restore-basket",
        body: "The device keeps only the basket's id. A basket is merged when both sides have one.\n\n\
            Closes SHOP-58",
        author: &BARBARA,
        reviewer: &GRACE,
        pushed: at(4, 11, 20),
        decided: at(6, 14, 10),
        trouble: Trouble::Review("What happens when the same article is in both baskets? Please add a test for that."),
        version: Some("1.7.5"),
        files: &["src/basket/store.rs", "src/basket/merge.rs", "migrations/0031_basket.sql"],
        ..COMMON
    },
    Change {
        number: 115,
        ticket: Some("PAY-29"),
        title: "PAY-29: Remove the legacy coupon endpoint",
        branch: "PAY-29-remove-coupons",
        body: "412 lines fewer.\n\nCloses PAY-29",
        pushed: at(7, 13, 5),
        decided: at(8, 10, 30),
        version: Some("1.7.6"),
        files: &["src/http/coupons.rs", "src/http/routes.rs"],
        ..COMMON
    },
    Change {
        number: 118,
        ticket: Some("PAY-31"),
        title: "PAY-31: Retry card authorisation when the gateway times out",
        branch: "PAY-31-retry-authorisation",
        body: "Asks again after 200 ms when the gateway gives no answer. The idempotency key stays the same, so \
            nobody is charged twice.\n\nResolves PAY-31",
        author: &GRACE,
        pushed: at(8, 14, 40),
        decided: at(11, 13, 11),
        trouble: Trouble::Review(
            "How often do we ask again? I find the wait between two tries, but not where it stops.",
        ),
        version: Some("1.8.0"),
        files: &["src/gateway/client.rs", "src/gateway/retry.rs", "src/settings.rs"],
        ..COMMON
    },
    Change {
        number: 119,
        ticket: Some("PAY-30"),
        title: "Try HTTP/2 towards the gateway",
        branch: "PAY-30-http2-spike",
        body: "Measured on staging: no difference beyond noise, so this is for the record only.\n\n\
            Relates to PAY-30",
        author: &GRACE,
        reviewer: &ADA,
        pushed: at(9, 13, 30),
        decided: at(10, 11, 45),
        fate: Fate::GivenUp,
        files: &["src/gateway/client.rs"],
        ..COMMON
    },
    Change {
        number: 121,
        ticket: Some("PAY-36"),
        title: "PAY-36: Bound the retries of card authorisation",
        branch: "PAY-36-bound-retries",
        body: "At most two tries more, with growing waits, and none at all while a tenth of the calls fail. Mends \
            what acme/checkout#118 brought in.\n\nFixes PAY-36",
        author: &GRACE,
        reviewer: &ADA,
        pushed: at(11, 16, 25),
        decided: at(12, 9, 40),
        version: Some("1.8.1"),
        files: &["src/gateway/retry.rs", "tests/slow_gateway.rs"],
        ..COMMON
    },
];
