//! What a site and an e-mail address have to look like, whoever makes them: the API and the command line ask here.

use jiff::tz::TimeZone;

use crate::credentials::{self, CredentialError};
use crate::http::origin;
use crate::store::sites::NewSite;

const NAME_CHARS: usize = 100;
const ORIGINS: usize = 100;
const EMAIL_BYTES: usize = 254;

/// Why there is no site.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SiteError {
    /// A field is wrong.
    #[error("{field}: {message}")]
    Field {
        /// The field, as the API calls it.
        field: String,
        /// What is wrong.
        message: String,
    },
    /// There is no key.
    #[error(transparent)]
    Credential(#[from] CredentialError),
}

fn wrong(field: impl Into<String>, message: impl Into<String>) -> SiteError {
    SiteError::Field {
        field: field.into(),
        message: message.into(),
    }
}

/// Checks a site that is to be made; without a key it gets a new one.
pub(crate) fn new_site(
    name: &str,
    origins: &[String],
    time_zone: Option<&str>,
    key: Option<&str>,
) -> Result<NewSite, SiteError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS || name.contains(char::is_control) {
        return Err(wrong("name", "The name has to have 1 to 100 characters."));
    }
    if origins.len() > ORIGINS {
        return Err(wrong("origins", "There may be 100 origins."));
    }
    let origins = origins
        .iter()
        .enumerate()
        .map(|(n, text)| {
            origin::normalise(text).map_err(|message| wrong(format!("origins[{n}]"), message))
        })
        .collect::<Result<_, _>>()?;
    let time_zone = time_zone.unwrap_or("UTC");
    if TimeZone::get(time_zone).is_err() {
        return Err(wrong(
            "time_zone",
            "The time zone has to be an IANA name such as Europe/Berlin.",
        ));
    }
    Ok(NewSite {
        name: name.to_owned(),
        key: match key {
            Some(key) => check_key(key)?,
            None => credentials::write_key()?,
        },
        origins,
        time_zone: time_zone.to_owned(),
    })
}

/// The address in lower case. Whether it exists only a message to it could tell, so that is all that is checked.
pub(crate) fn email(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let plausible = email.len() <= EMAIL_BYTES
        && !email.contains(|c: char| c.is_whitespace() || c.is_control())
        && email.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@')
        });
    plausible.then_some(email)
}

fn check_key(key: &str) -> Result<String, SiteError> {
    let good = key.strip_prefix("wk_").is_some_and(|rest| {
        (8..=64).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    if good {
        Ok(key.to_owned())
    } else {
        Err(wrong(
            "key",
            "The key has to be wk_ and 8 to 64 letters and digits.",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_field() {
        let origins = ["https://ok.example".to_owned(), "nope".to_owned()];
        for (result, field) in [
            (new_site(" ", &[], None, None), "name"),
            (new_site("x", &origins, None, None), "origins[1]"),
            (new_site("x", &[], Some("Mars/Olympus"), None), "time_zone"),
            (new_site("x", &[], None, Some("secret")), "key"),
        ] {
            assert!(
                matches!(&result, Err(SiteError::Field { field: f, .. }) if f == field),
                "{field}: {result:?}"
            );
        }
    }

    #[test]
    fn a_good_site_passes() {
        let origins = ["https://Shop.example ".to_owned()];
        let site = new_site(
            " Shop ",
            &origins,
            Some("Europe/Berlin"),
            Some("wk_demo12345"),
        )
        .unwrap();
        assert_eq!(site.name, "Shop");
        assert_eq!(site.origins, ["https://shop.example"]);
        assert_eq!(site.key, "wk_demo12345");
    }
}
