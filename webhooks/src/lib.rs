//! The tools' webhooks: bytes and headers in, facts and mentions out.
//!
//! Start at [`providers`], the one table of all tools; [`provider`] says what an entry is, [`signature`] how a delivery
//! is authenticated. Nothing here does input or output, reads a clock, or knows SQL or async code: the caller passes in
//! the moment of receipt.

mod alert;
pub mod cdevents_out;
pub mod chat;
mod code_host;
mod documents;
pub mod draft;
pub mod evidence;
mod fact_format;
mod gitea_family;
pub mod json;
pub mod mapping;
pub mod members;
mod parameters;
mod pipeline;
pub mod provider;
pub mod providers;
pub mod reading;
pub mod signature;
pub mod stop;
mod xml;
