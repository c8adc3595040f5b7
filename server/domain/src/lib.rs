//! The vocabulary of Throughline and every decision that it takes, as pure functions.
//!
//! Read it in the order of a delivery's way: [`ledger`] (what was received, provably), [`fact`] (what a provider
//! states), [`rules`] (how a text becomes a reference), [`graph`] (how facts fold into nodes and links, and the
//! compact form that questions walk over) and [`queries`] (the questions). [`node`], [`link`], [`key`] and [`name`]
//! are the words that all of them share.
//!
//! Nothing here does input or output, reads a clock, draws a random number, or knows SQL or async code.

pub mod alias;
pub mod audit;
pub mod bundle;
pub mod calendar;
pub mod catalog;
pub mod codeowners;
pub mod components;
pub mod documents;
pub mod dossier;
pub mod fact;
pub mod gates;
pub mod graph;
pub mod hex;
pub mod key;
pub mod ledger;
pub mod link;
pub mod merges;
pub mod name;
pub mod node;
pub mod policy;
pub mod queries;
pub mod repository;
pub mod rules;
pub mod time;
pub mod yaml;
