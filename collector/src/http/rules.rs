//! The one table of who may ask which route.
//!
//! [`super::caller::Caller`] finds the rule of the request's own route here and holds the caller against it, so that no
//! handler decides who may, and a route that is forgotten here answers nobody. Tests hold the table against the router,
//! and try each route as each kind of caller.

use super::capability::Capability;

/// Who may ask a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Anybody: signing in, signs of life, the description.
    Anybody,
    /// Whoever has a site's write key or a server key, as the route says.
    Sender,
    /// Whoever has signed in or has an API key or a share link.
    Known,
    /// A member of the workspace, of whatever role; no key.
    Member,
    /// The installation's owner.
    Installation,
    /// Who has this in the workspace that it is about.
    May(Capability),
}

use Capability::{
    AddSites, Audit, Define, Destinations, Keys, Members, Privacy, Read, ReadDestinations,
    ReadPersons, Sites,
};
use Rule::{Anybody, Installation, Known, May, Member, Sender};

/// Every route: method, path and rule, in the order of the router.
pub(crate) const RULES: &[(&str, &str, Rule)] = &[
    ("POST", "/v1/events", Sender),
    ("POST", "/v1/interactions", Sender),
    ("GET", "/v1/catalogue", Sender),
    ("POST", "/v1/batch", Sender),
    ("POST", "/v1/import", Sender),
    ("POST", "/v1/track", Sender),
    ("POST", "/v1/identify", Sender),
    ("POST", "/v1/page", Sender),
    ("POST", "/v1/screen", Sender),
    ("POST", "/v1/group", Sender),
    ("POST", "/v1/alias", Sender),
    ("GET", "/api/v1/me", Known),
    ("POST", "/api/v1/setup", Anybody),
    ("POST", "/api/v1/login", Anybody),
    ("POST", "/api/v1/logout", Anybody),
    ("GET", "/api/v1/workspaces", Known),
    ("POST", "/api/v1/workspaces", Installation),
    ("PATCH", "/api/v1/workspaces/{id}", May(Members)),
    ("GET", "/api/v1/workspaces/{id}/members", May(Members)),
    (
        "PATCH",
        "/api/v1/workspaces/{id}/members/{member}",
        May(Members),
    ),
    (
        "DELETE",
        "/api/v1/workspaces/{id}/members/{member}",
        May(Members),
    ),
    ("POST", "/api/v1/workspaces/{id}/leave", Member),
    ("GET", "/api/v1/workspaces/{id}/invitations", May(Members)),
    ("POST", "/api/v1/workspaces/{id}/invitations", May(Members)),
    (
        "DELETE",
        "/api/v1/workspaces/{id}/invitations/{invitation}",
        May(Members),
    ),
    ("GET", "/api/v1/workspaces/{id}/audit", May(Audit)),
    ("POST", "/api/v1/invitations/look", Anybody),
    ("POST", "/api/v1/invitations/accept", Anybody),
    ("GET", "/api/v1/sites", May(Read)),
    ("POST", "/api/v1/sites", May(AddSites)),
    ("POST", "/api/v1/sites/demo", May(AddSites)),
    ("PATCH", "/api/v1/sites/{id}", May(Sites)),
    ("DELETE", "/api/v1/sites/{id}", May(Sites)),
    ("GET", "/api/v1/sites/{id}/catalogue", May(Read)),
    ("PATCH", "/api/v1/sites/{id}/catalogue", May(Define)),
    ("POST", "/api/v1/sites/{id}/catalogue/adopt", May(Define)),
    ("GET", "/api/v1/sites/{id}/catalogue/findings", May(Read)),
    (
        "DELETE",
        "/api/v1/sites/{id}/catalogue/findings",
        May(Define),
    ),
    ("GET", "/api/v1/sites/{id}/stages", May(Read)),
    ("PUT", "/api/v1/sites/{id}/stages", May(Define)),
    // It names journeys as examples.
    (
        "POST",
        "/api/v1/sites/{id}/stages/preview",
        May(ReadPersons),
    ),
    ("GET", "/api/v1/sites/{id}/stages/history", May(Read)),
    ("GET", "/api/v1/sites/{id}/scores", May(Read)),
    ("PUT", "/api/v1/sites/{id}/scores", May(Define)),
    ("GET", "/api/v1/sites/{id}/retention", May(Read)),
    ("PATCH", "/api/v1/sites/{id}/retention", May(Privacy)),
    ("GET", "/api/v1/sites/{id}/retention/totals", May(Read)),
    ("GET", "/api/v1/sites/{id}/rates", May(Read)),
    ("POST", "/api/v1/sites/{id}/rates", May(Define)),
    ("DELETE", "/api/v1/sites/{id}/rates", May(Define)),
    ("GET", "/api/v1/sites/{id}/imports", May(Sites)),
    ("POST", "/api/v1/sites/{id}/imports", May(Sites)),
    ("GET", "/api/v1/sites/{id}/imports/{import}", May(Sites)),
    ("DELETE", "/api/v1/sites/{id}/imports/{import}", May(Sites)),
    (
        "GET",
        "/api/v1/sites/{id}/imports/{import}/rejects",
        May(Sites),
    ),
    ("GET", "/api/v1/visitors", May(ReadPersons)),
    ("GET", "/api/v1/visitors/{id}", May(ReadPersons)),
    ("PUT", "/api/v1/visitors/{id}/bot", May(Define)),
    ("GET", "/api/v1/profiles", May(ReadPersons)),
    ("GET", "/api/v1/persons", May(ReadPersons)),
    ("POST", "/api/v1/persons/merge", May(Define)),
    ("POST", "/api/v1/persons/unmerge", May(Define)),
    ("GET", "/api/v1/persons/{id}", May(ReadPersons)),
    ("GET", "/api/v1/persons/{id}/timeline", May(ReadPersons)),
    ("GET", "/api/v1/persons/{id}/sessions", May(ReadPersons)),
    ("GET", "/api/v1/persons/{id}/orders", May(ReadPersons)),
    ("GET", "/api/v1/persons/{id}/export", May(Privacy)),
    ("POST", "/api/v1/persons/{id}/erase", May(Privacy)),
    ("GET", "/api/v1/insights", May(ReadPersons)),
    ("GET", "/api/v1/erasures", May(Privacy)),
    ("POST", "/api/v1/erasures/{id}/restore", May(Privacy)),
    ("GET", "/api/v1/accounts", May(ReadPersons)),
    ("GET", "/api/v1/accounts/{id}", May(ReadPersons)),
    ("GET", "/api/v1/audit", May(Audit)),
    ("GET", "/api/v1/destinations", May(ReadDestinations)),
    ("POST", "/api/v1/destinations", May(Destinations)),
    ("GET", "/api/v1/destinations/{id}", May(ReadDestinations)),
    ("PATCH", "/api/v1/destinations/{id}", May(Destinations)),
    ("DELETE", "/api/v1/destinations/{id}", May(Destinations)),
    (
        "POST",
        "/api/v1/destinations/{id}/secret",
        May(Destinations),
    ),
    ("POST", "/api/v1/destinations/{id}/test", May(Destinations)),
    (
        "GET",
        "/api/v1/destinations/{id}/deliveries",
        May(ReadDestinations),
    ),
    (
        "POST",
        "/api/v1/destinations/{id}/replay",
        May(Destinations),
    ),
    ("GET", "/api/v1/sessions", May(ReadPersons)),
    ("GET", "/api/v1/events", May(ReadPersons)),
    ("GET", "/api/v1/exports/events", May(ReadPersons)),
    ("GET", "/api/v1/exports/sessions", May(ReadPersons)),
    ("GET", "/api/v1/exports/journeys", May(ReadPersons)),
    ("GET", "/api/v1/reports", May(Read)),
    ("POST", "/api/v1/reports", May(Define)),
    ("PATCH", "/api/v1/reports/{id}", May(Define)),
    ("DELETE", "/api/v1/reports/{id}", May(Define)),
    ("GET", "/api/v1/annotations", May(Read)),
    ("POST", "/api/v1/annotations", May(Define)),
    ("PATCH", "/api/v1/annotations/{id}", May(Define)),
    ("DELETE", "/api/v1/annotations/{id}", May(Define)),
    ("GET", "/api/v1/alerts", May(Read)),
    ("POST", "/api/v1/alerts", May(Define)),
    ("POST", "/api/v1/alerts/preview", May(Define)),
    ("GET", "/api/v1/alerts/{id}", May(Read)),
    ("PATCH", "/api/v1/alerts/{id}", May(Define)),
    ("DELETE", "/api/v1/alerts/{id}", May(Define)),
    ("GET", "/api/v1/alerts/{id}/history", May(Read)),
    ("POST", "/api/v1/alerts/{id}/test", May(Define)),
    ("GET", "/api/v1/segments", May(Read)),
    ("POST", "/api/v1/segments", May(Define)),
    ("PATCH", "/api/v1/segments/{id}", May(Define)),
    ("DELETE", "/api/v1/segments/{id}", May(Define)),
    ("GET", "/api/v1/interactions", May(ReadPersons)),
    ("GET", "/api/v1/interactions/channels", May(Read)),
    ("GET", "/api/v1/imported", May(Read)),
    ("GET", "/api/v1/loss", May(Read)),
    ("GET", "/api/v1/revenue", May(Read)),
    ("GET", "/api/v1/rejected", May(ReadPersons)),
    ("DELETE", "/api/v1/rejected", May(Define)),
    ("POST", "/api/v1/rejected/retry", May(Define)),
    ("DELETE", "/api/v1/rejected/{id}", May(Define)),
    ("POST", "/api/v1/rejected/{id}/retry", May(Define)),
    ("GET", "/api/v1/analytics/overview", May(Read)),
    ("GET", "/api/v1/analytics/sources", May(Read)),
    ("GET", "/api/v1/analytics/pages", May(Read)),
    ("GET", "/api/v1/analytics/events", May(Read)),
    ("GET", "/api/v1/analytics/properties", May(ReadPersons)),
    ("GET", "/api/v1/analytics/realtime", May(Read)),
    ("GET", "/api/v1/analytics/attribution", May(Read)),
    ("GET", "/api/v1/analytics/conversions", May(Read)),
    ("GET", "/api/v1/analytics/prediction", May(Read)),
    ("GET", "/api/v1/analytics/insights", May(Read)),
    ("GET", "/api/v1/analytics/funnel", May(Read)),
    ("GET", "/api/v1/analytics/paths", May(Read)),
    ("GET", "/api/v1/analytics/retention", May(Read)),
    ("GET", "/api/v1/analytics/stages", May(Read)),
    ("GET", "/api/v1/definitions", Known),
    ("GET", "/api/v1/definitions/{id}", Known),
    ("GET", "/api/v1/live", May(ReadPersons)),
    ("GET", "/api/v1/geo", Known),
    ("GET", "/api/v1/keys", May(Keys)),
    ("POST", "/api/v1/keys", May(Keys)),
    ("DELETE", "/api/v1/keys/{id}", May(Keys)),
    ("GET", "/api/v1/shares", May(Keys)),
    ("POST", "/api/v1/shares", May(Keys)),
    ("DELETE", "/api/v1/shares/{id}", May(Keys)),
    ("GET", "/api/v1/openapi.json", Anybody),
    ("GET", "/healthz", Anybody),
    ("GET", "/readyz", Anybody),
];

/// The rule of a route; nothing of one that was forgotten.
pub(crate) fn rule(method: &str, path: &str) -> Option<Rule> {
    let named = RULES.iter().find(|(m, p, _)| *m == method && *p == path);
    named.map(|(.., rule)| *rule)
}

impl Rule {
    /// How the API's description says it.
    pub(crate) fn described(self) -> serde_json::Value {
        match self {
            Anybody => "anybody".into(),
            Sender => "sender".into(),
            Known => "known".into(),
            Member => "member".into(),
            Installation => "installation".into(),
            May(capability) => serde_json::json!(capability),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_route_has_two_rules() {
        let routes: BTreeSet<_> = RULES.iter().map(|(m, p, _)| (m, p)).collect();
        assert_eq!(routes.len(), RULES.len());
    }

    #[test]
    fn every_question_can_be_saved() {
        for (method, path, _) in RULES {
            if *method == "GET" && path.starts_with("/api/v1/analytics/") {
                assert_eq!(crate::saved::path(path).as_deref(), Ok(*path));
            }
        }
    }
}
