//! What there is to be allowed, and the one table of the roles and scopes that allow it. Which route needs what is said in
//! [`super::rules`].
//!
//! The table is served with the API's description, printed in `docs/access.md`, and tried by tests for each route and role.

use serde::Serialize;
use utoipa::ToSchema;

use crate::store::keys::Scope;
use crate::store::workspaces::Role;

/// Something that a role or a scope lets somebody do in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Capability {
    /// Read figures, sites and definitions.
    Read,
    /// Read what tells of single persons: journeys, sessions, events, the live stream, dropped items.
    ReadPersons,
    /// Change definitions: catalogue, stages, rates, saved reports, annotations, segments and alerts, decisions on bots, merges, and try or empty what was dropped.
    Define,
    /// Read where items are sent on to, and what became of them.
    ReadDestinations,
    /// Change where items are sent on to.
    Destinations,
    /// Make sites.
    AddSites,
    /// Change the settings of sites, and bring in history from files.
    Sites,
    /// Export and erase persons.
    Privacy,
    /// Make and revoke keys and share links.
    Keys,
    /// See, invite, change and remove members, and name the workspace.
    Members,
    /// Read the audit log.
    Audit,
}

impl Capability {
    /// Every capability.
    pub(crate) const ALL: [Self; 11] = [
        Self::Read,
        Self::ReadPersons,
        Self::Define,
        Self::ReadDestinations,
        Self::Destinations,
        Self::AddSites,
        Self::Sites,
        Self::Privacy,
        Self::Keys,
        Self::Members,
        Self::Audit,
    ];

    /// The roles that have it.
    pub(crate) const fn roles(self) -> &'static [Role] {
        match self {
            Self::Read | Self::ReadPersons => &[Role::Owner, Role::Analyst, Role::Viewer],
            Self::Define | Self::ReadDestinations => &[Role::Owner, Role::Analyst],
            Self::Destinations
            | Self::AddSites
            | Self::Sites
            | Self::Privacy
            | Self::Keys
            | Self::Members
            | Self::Audit => &[Role::Owner],
        }
    }

    /// The scope by which an API key has it, if any does.
    pub(crate) const fn scope(self) -> Option<Scope> {
        match self {
            Self::Read => Some(Scope::Read),
            Self::ReadPersons => Some(Scope::Persons),
            Self::Define => Some(Scope::Manage),
            Self::AddSites => Some(Scope::Sites),
            Self::ReadDestinations
            | Self::Destinations
            | Self::Sites
            | Self::Privacy
            | Self::Keys
            | Self::Members
            | Self::Audit => None,
        }
    }

    /// Whether a role has it.
    pub(crate) fn is_of(self, role: Role) -> bool {
        self.roles().contains(&role)
    }
}

/// The table of roles and scopes, as the API's description has it.
pub(crate) fn described() -> serde_json::Value {
    let row = |capability: Capability| {
        let (roles, scope) = (capability.roles(), capability.scope());
        serde_json::json!({"capability": capability, "roles": roles, "scope": scope})
    };
    Capability::ALL.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_may_everything_and_who_may_less_may_nothing_else() {
        for capability in Capability::ALL {
            assert!(capability.is_of(Role::Owner), "{capability:?}");
            // Roles are steps of one ladder.
            if capability.is_of(Role::Viewer) {
                assert!(capability.is_of(Role::Analyst), "{capability:?}");
            }
        }
    }

    #[test]
    fn no_key_may_what_only_owners_may_but_make_sites() {
        for capability in Capability::ALL {
            let of_owners = capability.roles() == [Role::Owner];
            if of_owners && capability != Capability::AddSites {
                assert_eq!(capability.scope(), None, "{capability:?}");
            }
        }
    }

    #[test]
    fn the_documented_table_is_this_one() {
        let text = include_str!("../../../docs/access.md");
        for capability in Capability::ALL {
            let name = serde_json::json!(capability);
            let name = name.as_str().unwrap();
            let row = text
                .lines()
                .find(|line| line.starts_with(&format!("| `{name}` |")))
                .unwrap_or_else(|| panic!("docs/access.md has no row of {name}"));
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            for (cell, role) in cells[3..6].iter().zip(Role::ALL) {
                assert_eq!(*cell == "yes", capability.is_of(role), "{row}");
            }
            let scope = capability.scope().map(|scope| format!("`{scope}`"));
            assert_eq!(cells[6], scope.unwrap_or_default(), "{row}");
        }
    }
}
