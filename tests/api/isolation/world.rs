//! Two workspaces on one installation, each with something of everything, marked with a word of its own.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use uuid::Uuid;
use waymark_collector::commands::{Command, WorkspacesCommand};

use super::brought;
use crate::api::interactions::{accept, interaction};
use crate::support::app::{TestApp, after, cookie};
use crate::support::batch::{Visit, event, item, milestone, page_view};
use crate::support::database::Database;
use crate::support::eventually;
use crate::support::program::good;

pub(super) const PASSWORD: &str = "a long password";

/// Who asks.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) name: &'static str,
    pub(super) is: Is,
    pub(super) shows: Shows,
}

/// What somebody is in their workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Is {
    /// Nothing: who asks is not known.
    Nobody,
    /// A member with this role.
    Member(&'static str),
    /// A key with these scopes, for every site or for one.
    Key {
        scopes: &'static [&'static str],
        every_site: bool,
    },
    /// The holder of a share link, which shows this.
    Link(&'static str),
}

#[derive(Debug, Clone)]
pub(super) enum Shows {
    Nothing,
    Cookie(String),
    Key(String),
}

impl Caller {
    pub(super) fn on(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.shows {
            Shows::Nothing => request,
            Shows::Cookie(cookie) => request.header("Cookie", cookie),
            Shows::Key(secret) => request.bearer_auth(secret),
        }
    }

    pub(super) async fn ask(
        &self,
        app: &TestApp,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Response {
        let request = self.on(app.request(method, path));
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        request.send().await.unwrap()
    }

    /// The same, of an answer that has to be good.
    pub(super) async fn good(
        &self,
        app: &TestApp,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Value {
        let response = self.ask(app, method, path, body).await;
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}

/// Each alert has fired once, and nobody had to be told.
const ALERT_HISTORY: &str = r#"
    INSERT INTO alert_history (site_id, alert_id, id, at, told)
    SELECT site_id, id, id, 1, '{"site_name": "x", "alert_id": "00000000-0000-0000-0000-000000000000", "name": "' || name || '",
        "state": "firing", "was": "ok", "rule": ' || rule || ', "time_zone": "UTC", "currency": null,
        "looked": {"begin": 0, "end": 3600000, "figure": "0", "verdict": "firing", "why": null, "baseline": null}}'
    FROM alerts
    WHERE NOT EXISTS (SELECT 1 FROM alert_history AS told WHERE told.site_id = alerts.site_id AND told.alert_id = alerts.id)"#;

/// The ids of what is saved of questions.
#[derive(Debug, Clone)]
pub(super) struct Saved {
    pub(super) report: String,
    pub(super) annotation: String,
    pub(super) segment: String,
    pub(super) alert: String,
}

/// A workspace with everything that can be in one.
pub(super) struct Tenant {
    /// Stands in every text of it, and in none of another's.
    pub(super) word: &'static str,
    /// What else tells that something is of it: ids and figures.
    pub(super) marks: Vec<String>,
    pub(super) workspace: i64,
    pub(super) site: i64,
    pub(super) write_key: String,
    pub(super) server_key: String,
    pub(super) visit: Visit,
    pub(super) item: Uuid,
    pub(super) destination: String,
    pub(super) delivery: String,
    pub(super) rejected: String,
    pub(super) invitation: String,
    pub(super) key: i64,
    pub(super) share: String,
    pub(super) erasure: String,
    pub(super) saved: Saved,
    pub(super) import: String,
    /// Who is a viewer.
    pub(super) member: i64,
    /// Everybody who has a part in it.
    pub(super) callers: Vec<Caller>,
}

impl Tenant {
    pub(super) fn owner(&self) -> &Caller {
        self.callers.iter().find(|one| one.name == "owner").unwrap()
    }

    pub(super) fn user(&self) -> String {
        format!("{}-user", self.word)
    }

    pub(super) fn account(&self) -> String {
        format!("{}-account", self.word)
    }

    /// What tells of a single person.
    pub(super) fn personal(&self) -> [String; 4] {
        [
            self.user(),
            self.visit.visitor.to_string(),
            self.visit.session.to_string(),
            format!("{}@person.example", self.word),
        ]
    }

    /// Whatever a row of it or an answer about it would have in it.
    pub(super) fn canaries(&self) -> impl Iterator<Item = &str> {
        self.marks
            .iter()
            .map(String::as_str)
            .chain(std::iter::once(self.word))
    }
}

pub(super) struct World {
    pub(super) app: TestApp,
    /// The first one of the installation, whose owner is the installation's.
    pub(super) left: Tenant,
    pub(super) right: Tenant,
}

impl World {
    pub(super) async fn make(database: Database) -> Self {
        let app = TestApp::with(database, |config| {
            config.client_rate = 0;
            // Where nobody listens, so that what is sent on fails at once.
            config.destination_networks = vec!["127.0.0.0/8".parse().unwrap()];
        })
        .await;
        let owner = Caller {
            name: "owner",
            is: Is::Member("owner"),
            shows: Shows::Cookie(
                app.set_up("oleander-owner@oleander.example", PASSWORD)
                    .await,
            ),
        };
        let rename = json!({"name": "oleander workspace"});
        owner
            .good(&app, Method::PATCH, "/api/v1/workspaces/1", Some(&rename))
            .await;
        let left = tenant(&app, "oleander", 1, owner).await;

        let add = WorkspacesCommand::Add {
            name: "marigold workspace".to_owned(),
            owner: Some("marigold-owner@marigold.example".to_owned()),
        };
        let printed = app.command(&Command::Workspaces(add)).await;
        let cookie = join(&app, &after(&printed, "#token=")).await;
        let owner = Caller {
            name: "owner",
            is: Is::Member("owner"),
            shows: Shows::Cookie(cookie),
        };
        let right = tenant(&app, "marigold", 2, owner).await;
        Self { app, left, right }
    }
}

/// Accepts an invitation with a new login, and gives its cookie.
pub(super) async fn join(app: &TestApp, token: &str) -> String {
    let body = json!({"token": token, "password": PASSWORD});
    let response = app.post("/api/v1/invitations/accept", &body).await;
    assert_eq!(response.status(), 204);
    cookie(&response)
}

async fn tenant(app: &TestApp, word: &'static str, workspace: i64, owner: Caller) -> Tenant {
    let ask = async |method: Method, path: &str, body: Value| {
        owner.good(app, method, path, Some(&body)).await
    };
    let text = |rest: &str| format!("{word}-{rest}");
    let site = ask(
        Method::POST,
        "/api/v1/sites",
        json!({"workspace": workspace, "name": text("site"), "origins": ["https://shop.example", format!("https://{word}.example")]}),
    )
    .await;
    let (site, write_key) = (site["id"].as_i64().unwrap(), site["key"].as_str().unwrap());
    let of_site = |path: &str| format!("/api/v1/{path}?site={site}");

    let mut callers = vec![
        Caller {
            name: "nobody",
            is: Is::Nobody,
            shows: Shows::Nothing,
        },
        Caller {
            name: "unknown key",
            is: Is::Nobody,
            shows: Shows::Key("wmk_unknown".into()),
        },
    ];
    let invitations = format!("/api/v1/workspaces/{workspace}/invitations");
    for (name, role) in [("viewer", "viewer"), ("analyst", "analyst")] {
        let guest = json!({"email": format!("{word}-{role}@{word}.example"), "role": role});
        let made = ask(Method::POST, &invitations, guest).await;
        let link = made["link"].as_str().unwrap();
        let shows = Shows::Cookie(join(app, &after(link, "#token=")).await);
        let is = Is::Member(role);
        callers.push(Caller { name, is, shows });
    }
    let guest = json!({"email": format!("{word}-guest@{word}.example"), "role": "viewer"});
    let invitation = ask(Method::POST, &invitations, guest).await;
    let members = format!("/api/v1/workspaces/{workspace}/members");
    let members = owner.good(app, Method::GET, &members, None).await;
    let member = members["data"].as_array().unwrap();
    let member = member.iter().find(|one| one["role"] == "viewer").unwrap();

    const EVERY: &[&str] = &["read", "persons", "manage", "sites"];
    for (name, scopes) in [
        ("key to read", &EVERY[..1]),
        ("key for persons", &EVERY[1..2]),
        ("key to manage", &EVERY[2..3]),
        ("key for sites", &EVERY[3..]),
        ("key for all", EVERY),
    ] {
        let wanted = json!({"name": text(name), "workspace": workspace, "scopes": scopes});
        let made = ask(Method::POST, "/api/v1/keys", wanted).await;
        let is = Is::Key {
            scopes,
            every_site: true,
        };
        let shows = Shows::Key(made["secret"].as_str().unwrap().to_owned());
        callers.push(Caller { name, is, shows });
    }
    let wanted =
        json!({"name": text("key"), "site": site, "scopes": ["read", "persons", "manage"]});
    let made = ask(Method::POST, "/api/v1/keys", wanted).await;
    let shows = Shows::Key(made["secret"].as_str().unwrap().to_owned());
    callers.push(Caller {
        name: "key of one site",
        is: Is::Key {
            scopes: &EVERY[..3],
            every_site: false,
        },
        shows,
    });
    let key = made["id"].as_i64().unwrap();
    let wanted = json!({"name": text("server"), "site": site, "kind": "server"});
    let made = ask(Method::POST, "/api/v1/keys", wanted).await;
    let server_key = made["secret"].as_str().unwrap().to_owned();
    callers.push(Caller {
        name: "server key",
        is: Is::Nobody,
        shows: Shows::Key(server_key.clone()),
    });

    let mut share = String::new();
    for (name, shows) in [
        ("link to figures", "figures"),
        ("link to journeys", "journeys"),
    ] {
        let wanted = json!({"name": text(name), "shows": shows});
        let made = ask(Method::POST, &of_site("shares"), wanted).await;
        callers.push(Caller {
            name,
            is: Is::Link(shows),
            shows: Shows::Key(made["token"].as_str().unwrap().to_owned()),
        });
        share = made["id"].as_str().unwrap().to_owned();
    }

    let definitions = format!("/api/v1/sites/{site}");
    let catalogue = json!({"mode": "flag", "document": {"version": 1, "events": {text("told"): {"description": text("says")}}}});
    ask(
        Method::PATCH,
        &format!("{definitions}/catalogue"),
        catalogue,
    )
    .await;
    let stages = json!({"document": {
        "version": 1,
        "stages": [{"key": "new", "label": text("new")}, {"key": "bought", "label": text("bought")}],
        "milestones": [{"name": text("bought"), "stage": "bought"}],
    }});
    owner
        .good(
            app,
            Method::PUT,
            &format!("{definitions}/stages"),
            Some(&stages),
        )
        .await;
    ask(Method::PATCH, &definitions, json!({"currency": "EUR"})).await;
    let rate = format!("{workspace}.123456");
    let rates =
        json!({"rates": [{"date": "2026-01-31", "from": "USD", "to": "EUR", "rate": rate}]});
    ask(Method::POST, &format!("{definitions}/rates"), rates).await;
    let webhook = json!({
        "kind": "webhook", "name": text("hook"), "url": format!("http://127.0.0.1:9/{word}"),
        // Nothing is sent, and the delivery stays as it is.
        "wants": {"milestones": [text("bought")], "needs_consent": true},
    });
    let destination = ask(Method::POST, &of_site("destinations"), webhook).await;
    let destination = destination["destination"]["id"]
        .as_str()
        .or(destination["id"].as_str())
        .unwrap()
        .to_owned();

    let save = async |what: &str, body: Value| {
        let made = ask(Method::POST, &of_site(what), body).await;
        made["id"].as_str().unwrap().to_owned()
    };
    // Nobody looks at it, and it stays as it is.
    let alert = json!({
        "name": text("alert"), "paused": true, "channels": [{"kind": "webhook", "destination": destination}],
        "rule": {
            "figure": "items", "window": "hour", "filters": [{"dimension": "source", "op": "is", "values": [text("source")]}],
            "condition": {"kind": "below", "value": 1},
        },
    });
    let condition = json!({"dimension": "source", "op": "is", "values": [text("source")]});
    let saved = Saved {
        report: save(
            "reports",
            json!({"name": text("report"), "path": "/api/v1/analytics/funnel", "parameters": {"steps": [text("step")]}}),
        )
        .await,
        annotation: save("annotations", json!({"day": "2026-03-01", "text": text("launch")})).await,
        alert: save("alerts", alert).await,
        segment: save("segments", json!({"name": text("segment"), "filters": [condition]})).await,
    };

    let visit = Visit::new(write_key);
    let page = page_view(&format!(
        "https://shop.example/{word}?utm_source={word}&utm_campaign={word}-campaign"
    ));
    let item_id: Uuid = serde_json::from_value(page["id"].clone()).unwrap();
    let mut order = event(&text("order"));
    order["data"] = json!({
        "name": text("order"), "conversion": true, "value": "49.90", "currency": "EUR",
        "url": format!("https://shop.example/{word}/order"), "props": {"order_id": text("A-1"), "text": text("prop")},
    });
    let mut batch = visit.batch(&[
        page,
        order,
        event(&text("untold")),
        item(
            "identify",
            json!({"user_id": text("user"), "traits": {"email": format!("{word}@person.example"), "name": text("name")}}),
        ),
        item(
            "group",
            json!({"account_id": text("account"), "traits": {"name": text("company"), "domain": format!("{word}.example")}}),
        ),
        item("hologram", json!({"text": text("dropped")})),
    ]);
    batch["context"]["touch"] = json!({
        "at": batch["sent_at"], "landing_url": format!("https://shop.example/{word}?utm_source={word}"),
        "source": word, "campaign": text("campaign"),
    });
    app.send(&batch).await;
    let second = Visit::new(write_key);
    let other = item("identify", json!({"user_id": text("other")}));
    app.accept(&second.batch(&[other])).await;
    let gone = Visit::new(write_key);
    let named = item("identify", json!({"user_id": text("gone")}));
    app.accept(&gone.batch(&[named])).await;
    let erase = of_site(&format!("persons/user:{word}-gone/erase"));
    let erasure = ask(Method::POST, &erase, json!({"grace_days": 3})).await;
    let erasure = erasure["pending"][0]["id"].as_str().unwrap().to_owned();
    let mut call = interaction(
        &text("call"),
        1000,
        json!({"email": format!("{word}@person.example")}),
    );
    call["subject"] = json!(text("subject"));
    call["campaign"] = json!(text("campaign"));
    accept(app, &server_key, &[call]).await;
    let folder = tempfile::tempdir().unwrap();
    let sums = folder.path().join("imported_sources.csv");
    let rows = format!("date,source,visitors\n2026-02-01,{word}-imported,7\n");
    std::fs::write(&sums, rows).unwrap();
    let sums = sums.display().to_string();
    let import = ["import", "plausible", &sums, "--site", write_key];
    good(app.database.url(), &import).await;

    let import = brought::in_vain(app, &owner, site, word).await;

    // A collector hears of what was set a moment later, and some things are written after the answer.
    let deliveries = of_site(&format!("destinations/{destination}/deliveries"));
    let skipped = format!("{deliveries}&state=skipped");
    let mut delivery = Value::Null;
    while delivery.is_null() {
        let reached = Visit::new(write_key);
        app.accept(&reached.batch(&[milestone(&text("bought"))]))
            .await;
        delivery = owner.good(app, Method::GET, &skipped, None).await["data"][0]["id"].clone();
    }
    let inbox = of_site("rejected");
    let mut rejected = Value::Null;
    while rejected.is_null() {
        rejected = owner.good(app, Method::GET, &inbox, None).await["data"][0]["id"].clone();
    }
    let findings = format!("{definitions}/catalogue/findings");
    eventually("the catalogue finds something", || async {
        owner.good(app, Method::GET, &findings, None).await["data"] != json!([])
    })
    .await;
    app.database.execute(ALERT_HISTORY).await;
    let mut marks = vec![
        rate,
        write_key.to_owned(),
        destination.clone(),
        share.clone(),
        erasure.clone(),
        saved.report.clone(),
        saved.annotation.clone(),
        saved.segment.clone(),
        saved.alert.clone(),
        import.clone(),
        visit.session.to_string(),
        item_id.to_string(),
        visit.visitor.to_string(),
        visit.visitor.simple().to_string(),
        second.visitor.to_string(),
    ];
    for id in [&invitation["id"], &delivery, &rejected] {
        marks.push(id.as_str().unwrap().to_owned());
    }
    callers.push(owner);
    let text_of = |value: &Value| value.as_str().unwrap().to_owned();
    Tenant {
        word,
        marks,
        workspace,
        site,
        write_key: write_key.to_owned(),
        server_key,
        visit,
        item: item_id,
        share,
        erasure,
        saved,
        import,
        destination,
        delivery: text_of(&delivery),
        rejected: text_of(&rejected),
        invitation: text_of(&invitation["id"]),
        key,
        member: member["id"].as_i64().unwrap(),
        callers,
    }
}
