//! What a site and an e-mail address have to look like, whoever makes them: the API and the command line ask here.

use jiff::tz::TimeZone;

use crate::credentials::{self, CredentialError};
use crate::http::origin;
use crate::money::Currency;
use crate::store::sites::{NewSite, Site};

const NAME_CHARS: usize = 100;
const ORIGINS: usize = 100;

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
    workspace: i64,
    name: &str,
    origins: &[String],
    time_zone: Option<&str>,
    key: Option<&str>,
) -> Result<NewSite, SiteError> {
    let name = check_name(name)?;
    let origins = check_origins(origins)?;
    let time_zone = check_time_zone(time_zone.unwrap_or("UTC"))?;
    Ok(NewSite {
        workspace,
        name,
        key: match key {
            Some(key) => check_key(key)?,
            None => credentials::write_key()?,
        },
        origins,
        time_zone,
        is_demo: false,
    })
}

pub(crate) use crate::journey::email::address as email;

/// What is to change of a site; what is absent stays.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) name: Option<String>,
    pub(crate) origins: Option<Vec<String>>,
    pub(crate) time_zone: Option<String>,
    pub(crate) server_key_required: Option<bool>,
    pub(crate) renew_cookie: Option<bool>,
    /// The inner one is absent for the collector's own host.
    pub(crate) cookie_domain: Option<Option<String>>,
    /// The inner one is absent for none.
    pub(crate) currency: Option<Option<String>>,
}

impl Changes {
    /// The site after the changes, checked.
    pub(crate) fn apply(self, site: Site) -> Result<Site, SiteError> {
        Ok(Site {
            name: match self.name {
                Some(name) => check_name(&name)?,
                None => site.name,
            },
            origins: match self.origins {
                Some(origins) => check_origins(&origins)?,
                None => site.origins,
            },
            time_zone: match self.time_zone {
                Some(time_zone) => check_time_zone(&time_zone)?,
                None => site.time_zone,
            },
            server_key_required: self.server_key_required.unwrap_or(site.server_key_required),
            renew_cookie: self.renew_cookie.unwrap_or(site.renew_cookie),
            cookie_domain: match self.cookie_domain {
                Some(domain) => domain.as_deref().map(check_domain).transpose()?,
                None => site.cookie_domain,
            },
            currency: match self.currency {
                Some(code) => code.as_deref().map(check_currency).transpose()?,
                None => site.currency,
            },
            ..site
        })
    }
}

/// Checks what a site or workspace is to be called.
pub(crate) fn check_name(name: &str) -> Result<String, SiteError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS || name.contains(char::is_control) {
        return Err(wrong("name", "The name has to have 1 to 100 characters."));
    }
    Ok(name.to_owned())
}

fn check_time_zone(name: &str) -> Result<String, SiteError> {
    if TimeZone::get(name).is_err() {
        return Err(wrong(
            "time_zone",
            "The time zone has to be an IANA name such as Europe/Berlin.",
        ));
    }
    Ok(name.to_owned())
}

fn check_currency(code: &str) -> Result<String, SiteError> {
    let currency: Currency = code
        .trim()
        .parse()
        .map_err(|error| wrong("currency", format!("The currency {error}.")))?;
    Ok(currency.to_string())
}

fn check_origins(origins: &[String]) -> Result<Vec<String>, SiteError> {
    if origins.len() > ORIGINS {
        return Err(wrong("origins", "There may be 100 origins."));
    }
    origins
        .iter()
        .enumerate()
        .map(|(n, text)| {
            origin::normalise(text).map_err(|message| wrong(format!("origins[{n}]"), message))
        })
        .collect()
}

/// The text goes into a header as it is, so nothing but a host's characters may be in it.
fn check_domain(domain: &str) -> Result<String, SiteError> {
    let domain = domain.trim().trim_start_matches('.').to_ascii_lowercase();
    let good = domain.len() <= 253
        && domain.contains('.')
        && domain.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
        && domain.parse::<std::net::IpAddr>().is_err();
    if good {
        Ok(domain)
    } else {
        Err(wrong(
            "cookie_domain",
            "The cookie's domain has to be a host's name such as shop.example.",
        ))
    }
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
            (new_site(1, " ", &[], None, None), "name"),
            (new_site(1, "x", &origins, None, None), "origins[1]"),
            (
                new_site(1, "x", &[], Some("Mars/Olympus"), None),
                "time_zone",
            ),
            (new_site(1, "x", &[], None, Some("secret")), "key"),
        ] {
            assert!(
                matches!(&result, Err(SiteError::Field { field: f, .. }) if f == field),
                "{field}: {result:?}"
            );
        }
    }

    #[test]
    fn changes_are_checked_and_what_is_absent_stays() {
        let site = Site {
            id: 1,
            workspace: 1,
            name: "Shop".into(),
            key: "wk_demo12345".into(),
            origins: vec!["https://shop.example".into()],
            time_zone: "UTC".into(),
            server_key_required: false,
            renew_cookie: true,
            cookie_domain: Some("shop.example".into()),
            currency: None,
            is_demo: false,
            created_at: 5,
        };
        let same = Changes::default().apply(site.clone()).unwrap();
        assert_eq!(same, site);
        let domain = |text: &str| Changes {
            cookie_domain: Some(Some(text.to_owned())),
            ..Changes::default()
        };
        let good = domain(".Shop-2.example").apply(site.clone()).unwrap();
        assert_eq!(good.cookie_domain.as_deref(), Some("shop-2.example"));
        for bad in [
            "",
            "example",
            "a..b",
            "127.0.0.1",
            "a.b; Secure",
            "a.b\r\nX: y",
        ] {
            let error = domain(bad).apply(site.clone()).unwrap_err();
            assert!(error.to_string().starts_with("cookie_domain"), "{bad}");
        }
        let currency = |code: &str| Changes {
            currency: Some(Some(code.to_owned())),
            ..Changes::default()
        };
        let good = currency(" eur").apply(site.clone()).unwrap();
        assert_eq!(good.currency.as_deref(), Some("EUR"));
        let error = currency("EURO").apply(site.clone()).unwrap_err();
        assert!(error.to_string().starts_with("currency"), "{error}");
        let none = Changes {
            cookie_domain: Some(None),
            ..Changes::default()
        };
        assert_eq!(none.apply(site).unwrap().cookie_domain, None);
    }

    #[test]
    fn a_good_site_passes() {
        let origins = ["https://Shop.example ".to_owned()];
        let site = new_site(
            1,
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
