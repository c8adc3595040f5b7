//! The Throughline server: what receives, keeps, folds and answers.
//!
//! Read it along a delivery's way: [`http::webhooks`] bounds and authenticates it, [`journal`] commits it, [`project`]
//! folds it into the tables, [`live`] takes it over into memory, [`ask`] answers from there, and [`http::pages`],
//! [`http::api`] and [`cli`] show the answer ([`answer`], [`picture`], [`story`], [`tree`]). [`app`] holds it all together.
//!
//! Decisions are made in `throughline-domain`, bodies are read in `throughline-webhooks`, tables are known to
//! `throughline-store` alone. Here is the input and output.

pub mod access;
pub mod actions;
pub mod answer;
pub mod app;
pub mod ask;
pub mod audit;
pub mod backfill;
pub mod bundle;
pub mod calendars;
pub mod catalog;
pub mod chat;
pub mod cli;
pub mod clock;
pub mod config;
pub mod configuration;
pub mod decide;
pub mod demo;
pub mod doctor;
pub mod dossiers;
pub mod evidence;
pub mod export;
pub mod firing;
pub mod flow;
pub mod http;
pub mod import;
pub mod islands;
pub mod journal;
pub mod keys;
pub mod listing;
pub mod live;
pub mod manual;
pub mod metrics;
pub mod picture;
pub mod places;
pub mod plain;
pub mod plot;
pub mod policies;
pub mod project;
pub mod readiness;
pub mod received;
pub mod rego;
pub mod release;
pub mod report;
pub mod search;
pub mod serve;
pub mod sources;
pub mod story;
pub mod suspects;
pub mod telemetry;
pub mod tickets;
pub mod tree;
pub mod verification;
pub mod whereabouts;
mod witness;
