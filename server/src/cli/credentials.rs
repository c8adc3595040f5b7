//! `throughline token` and `throughline login-link`.

use clap::{Args, Subcommand};
use throughline_store::{CredentialKind, access as credentials};

use crate::access;
use crate::cli::{Failure, GOOD, NO};
use crate::clock;
use crate::config::Settings;
use crate::keys::Keys;

#[derive(Debug, Args)]
pub(super) struct TokenCall {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token and print it; it is shown once.
    Create {
        /// What it is for: ci, grafana, ada.
        name: String,
        /// How long it lasts.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
    },
    /// List all tokens, without their text.
    List,
    /// Take a token back.
    Revoke {
        /// Its id, as `token list` shows it.
        id: String,
    },
}

pub(super) fn token(settings: &Settings, call: TokenCall) -> Result<u8, Failure> {
    let store = super::existing_store(settings)?;
    match call.command {
        TokenCommand::Create { name, days } => {
            let keys = Keys::read(&settings.server.data_folder).map_err(Failure::unusable)?;
            let now = clock::now();
            let expires = now.plus_seconds(i64::from(days) * 86_400);
            let token =
                access::issue(&store, &keys, CredentialKind::Token, &name, now, expires).map_err(Failure::unusable)?;
            eprintln!("Valid until {}. It is not shown again.", expires.to_minute());
            println!("{token}");
        }
        TokenCommand::List => {
            for token in store.read(|connection| credentials::of_kind(connection, CredentialKind::Token))? {
                let state = match token.revoked {
                    Some(at) => format!("revoked {}", at.to_minute()),
                    None if token.expires <= clock::now() => format!("ended {}", token.expires.to_minute()),
                    None => format!("until {}", token.expires.to_minute()),
                };
                println!("{}\t{}\t{state}", token.id, token.name);
            }
        }
        TokenCommand::Revoke { id } => {
            if !store.write(|connection| credentials::revoke(connection, &id, clock::now()))? {
                return Err(Failure::new(
                    NO,
                    "there is no such token that is still valid; `throughline token list` shows all",
                ));
            }
            println!("revoked");
        }
    }
    Ok(GOOD)
}

pub(super) fn login_link(settings: &Settings) -> Result<u8, Failure> {
    let store = super::existing_store(settings)?;
    let minutes = settings.access.login_link_minutes;
    let secret = access::login_link(&store, clock::now(), minutes).map_err(Failure::unusable)?;
    println!("{}/login?token={secret}", settings.public_url());
    eprintln!("The link works once, and lasts {minutes} minutes.");
    Ok(GOOD)
}
