//! How the program logs in to each tool: from the settings or the environment, never from the command line, where
//! everybody on the machine could read it.

use std::io::Read;

use crate::backfill::{ApiError, Login};
use crate::config::Settings;

/// The largest key file, in bytes.
const MAX_KEY_BYTES: u64 = 64 * 1024;

/// The address of a tool's interface as the settings have it; `None` where it has to be given.
pub fn address<'a>(settings: &'a Settings, tool: &str) -> Option<&'a str> {
    let address = match tool {
        "github" => &settings.github.api,
        "gitlab" => &settings.gitlab.api,
        "jira" => &settings.jira.api,
        "jenkins" => &settings.jenkins.api,
        _ => return None,
    };
    Some(address.trim()).filter(|address| !address.is_empty())
}

/// The login of a tool; [`Login::Nobody`] where there is none.
///
/// # Errors
/// [`ApiError::Credentials`] that says which setting is wrong.
pub fn login(settings: &Settings, tool: &str) -> Result<Login, ApiError> {
    match tool {
        "github" => github(settings),
        "gitlab" => Ok(match filled(&settings.gitlab.token) {
            Some(token) => Login::Header("private-token", token),
            None => Login::Nobody,
        }),
        "jira" => Ok(match (filled(&settings.jira.user), filled(&settings.jira.token)) {
            (Some(user), Some(token)) => Login::Basic(user, token),
            // Jira Data Center has tokens that stand for their user.
            (None, Some(token)) => Login::Bearer(token),
            (_, None) => Login::Nobody,
        }),
        "jenkins" => match (filled(&settings.jenkins.user), filled(&settings.jenkins.token)) {
            (Some(user), Some(token)) => Ok(Login::Basic(user, token)),
            (None, None) => Ok(Login::Nobody),
            (Some(_), None) | (None, Some(_)) => {
                Err(ApiError::Credentials("set both jenkins.user and jenkins.token, or neither".to_owned()))
            }
        },
        _ => Ok(Login::Nobody),
    }
}

fn github(settings: &Settings) -> Result<Login, ApiError> {
    let github = &settings.github;
    if let Some(token) = filled(&github.token) {
        return Ok(Login::Bearer(token));
    }
    let Some(id) = filled(&github.app_id) else { return Ok(Login::Nobody) };
    let wrong = ApiError::Credentials;
    let id = id.parse().map_err(|_| wrong("github.app_id must be the number of the App".to_owned()))?;
    let path = &github.private_key_file;
    if path.as_os_str().is_empty() {
        return Err(wrong("github.app_id needs github.private_key_file, the App's private key in PEM".to_owned()));
    }
    let unreadable = |cause: std::io::Error| wrong(format!("github.private_key_file {}: {cause}", path.display()));
    let mut key = Vec::new();
    std::fs::File::open(path).map_err(unreadable)?.take(MAX_KEY_BYTES).read_to_end(&mut key).map_err(unreadable)?;
    Ok(Login::App(id, key))
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{address, login};
    use crate::backfill::Login;
    use crate::config::Settings;

    #[test]
    fn a_login_needs_all_of_its_parts() {
        let mut settings = Settings::default();
        assert_eq!(address(&settings, "github"), Some("https://api.github.com"));
        assert_eq!(address(&settings, "jira"), None);
        for tool in ["github", "gitlab", "jira", "jenkins", "slack"] {
            assert!(matches!(login(&settings, tool), Ok(Login::Nobody)), "{tool}");
        }
        settings.jenkins.user = "ada".to_owned();
        settings.github.app_id = "7".to_owned();
        assert!(login(&settings, "jenkins").is_err());
        assert!(login(&settings, "github").is_err());
        settings.github.token = " ghp_acme \n".to_owned();
        settings.jira.token = "pat".to_owned();
        assert!(matches!(login(&settings, "github"), Ok(Login::Bearer(token)) if token == "ghp_acme"));
        assert!(matches!(login(&settings, "jira"), Ok(Login::Bearer(_))));
        settings.jira.user = "ada@acme.example".to_owned();
        assert!(matches!(login(&settings, "jira"), Ok(Login::Basic(..))));
    }
}
