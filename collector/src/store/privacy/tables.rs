//! The list behind the inventory: which tables have rows of persons, which rows are somebody's, and what becomes of each column.

/// A table with rows of persons.
pub(super) struct Table {
    pub(super) name: &'static str,
    /// Which rows are somebody's, as `sql/privacy/` marks it.
    pub(super) own: &'static str,
    /// What is done to them: the beginning of a statement; nothing where they go.
    pub(super) erase: &'static str,
    /// The columns that are not kept.
    pub(super) replaced: &'static [&'static str],
    pub(super) shortened: &'static [&'static str],
    pub(super) emptied: &'static [&'static str],
    pub(super) kept: &'static [&'static str],
}

impl Table {
    /// Whether its rows go.
    pub(super) fn is_deleted(&self) -> bool {
        self.erase.is_empty()
    }

    /// Which rows an export has: beside those that are erased, sessions of browsers that others
    /// used too in which nobody else was.
    pub(super) fn exported(&self) -> &'static str {
        match self.name {
            "sessions" => {
                "visitor_id IN {browsers} AND (session_id IN {of session} OR session_id IN {of seen} AND NOT EXISTS (
                    SELECT 1
                    FROM events AS o
                    WHERE o.site_id = sessions.site_id AND o.visitor_id = sessions.visitor_id
                      AND o.session_id = sessions.session_id AND o.id NOT IN {of item}
                ))"
            }
            _ => self.own,
        }
    }

    /// The statement that erases its rows; nothing where each is looked at.
    pub(super) fn erasing(&self) -> Option<String> {
        let Self {
            name, own, erase, ..
        } = self;
        if self.is_deleted() {
            return Some(format!("DELETE FROM {name} WHERE site_id = $1 AND {own}"));
        }
        let is_statement = *erase != ROW_BY_ROW;
        is_statement.then(|| format!("{erase} WHERE site_id = $1 AND {own}"))
    }
}

/// Instead of a statement.
const ROW_BY_ROW: &str = "row by row";

macro_rules! replacing {
    ($name:literal) => {
        include_str!(concat!("../sql/privacy/", $name, ".sql"))
    };
}

/// Every table with rows of persons, in the order in which they are erased.
pub(super) const PERSONAL: &[Table] = &[
    Table {
        name: "events",
        own: "visitor_id IN {browsers} AND id IN {of item}",
        erase: replacing!("events"),
        replaced: &[
            "id",
            "visitor_id",
            "session_id",
            "tab_id",
            "page_view_id",
            "user_id",
        ],
        shortened: &["url", "referrer"],
        emptied: &["title", "props"],
        // The name of an account is emptied.
        kept: &[
            "kind",
            "at",
            "received_at",
            "seq",
            "name",
            "conversion",
            "value",
            "currency",
            "consent",
        ],
    },
    // What was or will be sent on of theirs is nobody's to send or to look up any more.
    Table {
        name: "deliveries",
        own: "visitor_id IN {browsers} AND item_id IN {of item}",
        erase: "",
        replaced: &[],
        shortened: &[],
        emptied: &[],
        kept: &[],
    },
    Table {
        name: "page_views",
        own: "id IN {of item}",
        erase: replacing!("page_views"),
        replaced: &["id"],
        shortened: &[],
        emptied: &[],
        kept: &["visible_ms", "scroll_max"],
    },
    Table {
        name: "sessions",
        own: "visitor_id IN {of visitor} AND session_id IN {of session}",
        erase: replacing!("sessions"),
        replaced: &[
            "visitor_id",
            "session_id",
            "first_item",
            "last_item",
            "entry_item",
            "exit_item",
        ],
        shortened: &[
            "entry_url",
            "exit_url",
            "source",
            "medium",
            "campaign",
            "term",
            "content",
            "landing_url",
            "referrer",
        ],
        emptied: &[
            "click_ids",
            "region",
            "city",
            "language",
            "time_zone",
            "screen_width",
            "screen_height",
            "viewport_width",
            "viewport_height",
            "ga_client_id",
            "ga_session_id",
            "ga_at",
            "ga_item",
            "ip",
        ],
        kept: &[
            "started_at",
            "first_at",
            "last_at",
            "page_views",
            "events",
            "entry_at",
            "exit_at",
            "touched",
            "touch_at",
            "channel",
            "device_type",
            "browser",
            "os",
            "country",
            "rules",
            "past_visible_ms",
        ],
    },
    Table {
        name: "visitors",
        own: "visitor_id IN {of visitor}",
        erase: replacing!("visitors"),
        replaced: &[
            "visitor_id",
            "name",
            "first_item",
            "last_item",
            "user_id",
            "user_item",
        ],
        shortened: &[
            "source",
            "medium",
            "campaign",
            "term",
            "content",
            "landing_url",
            "referrer",
        ],
        emptied: &[
            "click_ids",
            "region",
            "city",
            "language",
            "time_zone",
            "ga_client_id",
            "ga_session_id",
            "ga_at",
            "ga_item",
            "account_id",
            "account_at",
            "account_item",
        ],
        kept: &[
            "first_at",
            "last_at",
            "total_sessions",
            "total_page_views",
            "total_events",
            "user_at",
            "touched",
            "touch_at",
            "channel",
            "device_type",
            "browser",
            "os",
            "country",
            "rules",
            "bot_decision",
            "revision",
            "thinned",
        ],
    },
    Table {
        name: "milestones",
        own: "visitor_id IN {of visitor}",
        erase: replacing!("milestones"),
        replaced: &["visitor_id"],
        shortened: &[],
        emptied: &[],
        kept: &["name", "first_at"],
    },
    Table {
        name: "first_events",
        own: "visitor_id IN {of visitor}",
        erase: replacing!("first_events"),
        replaced: &["visitor_id"],
        shortened: &[],
        emptied: &[],
        kept: &["name", "first_at"],
    },
    Table {
        name: "consents",
        own: "visitor_id IN {browsers} AND item_id IN {of item}",
        erase: replacing!("consents"),
        replaced: &["visitor_id", "item_id"],
        shortened: &[],
        emptied: &[],
        kept: &["at", "state", "version"],
    },
    Table {
        name: "visitor_users",
        own: "user_id IN {texts user}",
        erase: replacing!("visitor_users"),
        replaced: &["visitor_id", "user_id"],
        shortened: &[],
        emptied: &[],
        kept: &["last_at", "shared"],
    },
    Table {
        name: "tab_sequences",
        own: "tab_id IN {of tab}",
        erase: replacing!("tab_sequences"),
        replaced: &["tab_id"],
        shortened: &[],
        emptied: &[],
        kept: &["block", "first_at", "bits"],
    },
    Table {
        name: "refunds",
        own: "(order_key IN {texts order} OR visitor_id IN {browsers} AND item_id IN {of item})",
        erase: replacing!("refunds"),
        replaced: &["order_key", "refund_key", "item_id", "visitor_id"],
        shortened: &[],
        emptied: &[],
        kept: &["at", "amount", "currency", "of_bot"],
    },
    Table {
        name: "orders",
        own: "order_key IN {texts order}",
        erase: replacing!("orders"),
        replaced: &[
            "order_key",
            "order_id",
            "item_id",
            "visitor_id",
            "session_id",
        ],
        shortened: &[],
        emptied: &[],
        kept: &["at", "name", "amount", "currency", "of_bot"],
    },
    Table {
        name: "interactions",
        own: "id IN {of contact}",
        erase: replacing!("interactions"),
        replaced: &["id", "user_id", "visitor_id"],
        shortened: &["source", "campaign"],
        emptied: &["email_hash", "subject", "labels", "props"],
        kept: &[
            "at",
            "received_at",
            "channel",
            "kind",
            "direction",
            "duration_s",
            "was_matched",
        ],
    },
    Table {
        name: "person_links",
        own: "(one IN {texts link} OR other IN {texts link})",
        erase: ROW_BY_ROW,
        replaced: &["one", "other"],
        shortened: &[],
        emptied: &[],
        kept: &["origin", "at"],
    },
    Table {
        name: "audit",
        own: "id IN {of audit}",
        erase: ROW_BY_ROW,
        replaced: &["subject", "detail"],
        shortened: &[],
        emptied: &[],
        kept: &["id", "at", "actor", "action"],
    },
    Table {
        name: "visitor_accounts",
        own: "visitor_id IN {of visitor}",
        erase: "",
        replaced: &[],
        shortened: &[],
        emptied: &[],
        kept: &[],
    },
    Table {
        name: "user_emails",
        own: "user_id IN {texts user}",
        erase: "",
        replaced: &[],
        shortened: &[],
        emptied: &[],
        kept: &[],
    },
    Table {
        name: "told_emails",
        own: "user_id IN {texts user}",
        erase: "",
        replaced: &[],
        shortened: &[],
        emptied: &[],
        kept: &[],
    },
    Table {
        name: "judged_visitors",
        own: "visitor_id IN {of visitor}",
        erase: "",
        replaced: &[],
        shortened: &[],
        emptied: &[],
        kept: &[],
    },
    Table {
        name: "judged_persons",
        own: "person IN {texts link}",
        erase: "",
        replaced: &[],
        shortened: &[],
        emptied: &[],
        kept: &[],
    },
    Table {
        name: "kept_insights",
        own: "person IN {texts link}",
        erase: "",
        replaced: &[],
        shortened: &[],
        emptied: &[],
        kept: &[],
    },
    Table {
        name: "rejected",
        own: "id IN {of rejected}",
        erase: "",
        replaced: &[],
        shortened: &[],
        emptied: &[],
        kept: &[],
    },
];

/// Tables without rows of a site's visitors: what the site is, who runs it, sums. An account is an organisation; it goes with the
/// last of its people who is erased. The two of `erasing_` have rows while somebody is being erased, and `erased_ids` keyed hashes.
/// Those of `rollup_` are sums by hour, and sets of hashes of ids; hours of whoever is erased are emptied by a trigger and counted anew.
/// `changes` tells for some minutes whose rows changed, and an erasure puts other ids there itself.
/// Those of `pending_` have somebody's rows until an erasure cannot be taken back any more, and are read by who takes it back alone.
pub(super) const IMPERSONAL: &[&str] = &[
    "accounts",
    "alert_history",
    "alert_notices",
    "alerts",
    "annotations",
    "api_keys",
    "catalogue_findings",
    "catalogues",
    "changes",
    "destination_secrets",
    "destinations",
    "erased_ids",
    "erasing_ids",
    "erasing_texts",
    "exchange_rates",
    "export_schedules",
    "exported_days",
    "imported_totals",
    "imports",
    "kept_totals",
    "logins",
    "pending_erasures",
    "pending_ids",
    "pending_rows",
    "pending_texts",
    "privacy_keys",
    "privacy_settings",
    "rejected_let_go",
    "retention",
    "retention_rounds",
    "rollup_hours",
    "rollup_marks",
    "rollup_touches",
    "rollups",
    "saved_reports",
    "score_scales",
    "segments",
    "setup_tokens",
    "shares",
    "sites",
    "stage_definitions",
    "stage_restatements",
    "users",
    "workspace_audit",
    "workspace_invitations",
    "workspace_members",
    "workspaces",
];
