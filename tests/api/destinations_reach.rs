//! Where nothing is sent although somebody set it up, and what operators see of it, on both databases.

use reqwest::Method;
use serde_json::json;
use waymark_collector::commands::{Command, DestinationWants, DestinationsCommand};

use super::destinations::{Desk, is_signed_by};
use crate::support::app::after;
use crate::support::batch::{Visit, event};
use crate::support::database::Database;
use crate::support::program::run;
use crate::support::receiver::{Receiver, Reply};
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    a_name_that_leads_inside_is_refused,
    only_the_networks_that_are_allowed_are_sent_to,
    a_redirect_inside_is_not_followed,
    a_receiver_without_a_good_certificate_gets_nothing,
    metrics_count_deliveries,
    the_command_line_does_the_same,
);

async fn a_name_that_leads_inside_is_refused(database: Database) {
    let desk = Desk::with(database, |config| {
        config.destination_networks = Vec::new();
        config.destination_attempts = 2;
    })
    .await;
    let receiver = Receiver::start().await;
    let url = format!("https://localhost:{}/", receiver.port);
    let (id, _) = desk
        .add(json!({"kind": "webhook", "name": "x", "url": url, "wants": {"events": ["*"]}}))
        .await;
    desk.app
        .accept(&Visit::new(&desk.app.key).batch(&[event("seen")]))
        .await;
    let dead = desk.has(&id, "dead", 1).await;
    assert_eq!(dead[0]["error"], "address_refused");
    let tried = desk.json(Method::POST, &format!("/{id}/test"), None).await;
    assert_eq!(
        tried,
        json!({"ok": false, "status": null, "error": "address_refused"})
    );
    assert_eq!(receiver.connections(), 0);
}

async fn only_the_networks_that_are_allowed_are_sent_to(database: Database) {
    let desk = Desk::with(database, |config| {
        config.destination_networks = vec!["10.0.0.0/8".parse().unwrap()];
        config.destination_attempts = 1;
    })
    .await;
    let receiver = Receiver::start().await;
    // Where any network is allowed, plain HTTP may be set up, and names are not looked up beforehand.
    let url = format!("http://localhost:{}/", receiver.port);
    let (id, _) = desk
        .add(json!({"kind": "webhook", "name": "x", "url": url, "wants": {"events": ["*"]}}))
        .await;
    desk.app
        .accept(&Visit::new(&desk.app.key).batch(&[event("seen")]))
        .await;
    assert_eq!(
        desk.has(&id, "dead", 1).await[0]["error"],
        "address_refused"
    );
    assert_eq!(receiver.connections(), 0);
}

async fn a_redirect_inside_is_not_followed(database: Database) {
    let desk = Desk::with(database, |config| config.destination_attempts = 2).await;
    let (receiver, inside) = (Receiver::start().await, Receiver::start().await);
    let (id, _) = desk.webhook(&receiver).await;
    for status in [301, 307] {
        let to = inside.url("/latest/meta-data");
        receiver.next(&[Reply::With(status, "location", to)]);
    }
    desk.app
        .accept(&Visit::new(&desk.app.key).batch(&[event("seen")]))
        .await;
    let dead = desk.has(&id, "dead", 1).await;
    assert_eq!(
        (&dead[0]["error"], &dead[0]["status"]),
        (&json!("redirected"), &json!(307))
    );
    assert_eq!((receiver.connections(), inside.connections()), (2, 0));
}

async fn a_receiver_without_a_good_certificate_gets_nothing(database: Database) {
    let (receiver, pem) = Receiver::secure().await;
    let (other, _) = Receiver::secure().await;
    let folder = tempfile::tempdir().unwrap();
    let authorities = folder.path().join("authorities.pem");
    std::fs::write(&authorities, pem).unwrap();
    let desk = Desk::with(database, |config| {
        config.destination_ca = Some(authorities);
        // `localhost` may be both.
        let six = "::1".parse().unwrap();
        config.destination_networks.push(six);
    })
    .await;
    let tried = async |url: String| {
        let (id, secret) = desk
            .add(json!({"kind": "webhook", "name": "x", "url": url}))
            .await;
        let tried = desk.json(Method::POST, &format!("/{id}/test"), None).await;
        (tried, secret)
    };
    let at = |host: &str, receiver: &Receiver| format!("https://{host}:{}/", receiver.port);
    let (good, secret) = tried(at("localhost", &receiver)).await;
    assert_eq!(good, json!({"ok": true, "status": 204, "error": null}));
    assert!(is_signed_by(&receiver.asked()[0], &secret));
    for (url, why) in [
        (at("127.0.0.1", &receiver), "another name"),
        (at("localhost", &other), "another authority"),
    ] {
        let (bad, _) = tried(url).await;
        let expected = json!({"ok": false, "status": null, "error": "tls_failed"});
        assert_eq!(bad, expected, "{why}");
    }
    assert_eq!((receiver.asked().len(), other.asked().len()), (1, 0));

    let check = async |name: &str| {
        let path = folder.path().join(name).display().to_string();
        run(
            desk.app.database.url(),
            &["check", "--destination-ca", &path],
        )
        .await
    };
    let good = check("authorities.pem").await;
    assert!(
        good.out.contains("authorities.pem can be read"),
        "{}",
        good.out
    );
    std::fs::write(folder.path().join("empty.pem"), "").unwrap();
    for wrong in ["empty.pem", "missing.pem"] {
        let bad = check(wrong).await;
        assert_eq!(bad.code, 1, "{}", bad.out);
        assert!(bad.out.contains(wrong), "{}", bad.out);
    }
}

async fn metrics_count_deliveries(database: Database) {
    let desk = Desk::with(database, |config| {
        config.metrics_listen = Some("127.0.0.1:0".parse().unwrap());
        config.destination_attempts = 2;
    })
    .await;
    let receiver = Receiver::start().await;
    let (id, _) = desk.webhook(&receiver).await;
    receiver.next(&[Reply::Status(500), Reply::Status(500)]);
    let send = async || {
        desk.app
            .accept(&Visit::new(&desk.app.key).batch(&[event("seen")]))
            .await;
    };
    send().await;
    desk.has(&id, "dead", 1).await;
    send().await;
    desk.has(&id, "delivered", 1).await;
    let read = async || {
        let url = format!("http://{}/metrics", desk.app.metrics.unwrap());
        let answer = desk.app.client.get(url).send().await.unwrap();
        answer.text().await.unwrap()
    };
    let lines = [
        r#"waymark_deliveries_total{kind="webhook",outcome="delivered"} 1"#,
        r#"waymark_deliveries_total{kind="webhook",outcome="failed"} 1"#,
        r#"waymark_deliveries_total{kind="webhook",outcome="dead"} 1"#,
        r#"waymark_deliveries_dead{kind="webhook"} 1"#,
        r#"waymark_deliveries_waiting{kind="webhook"} 0"#,
        r#"waymark_deliveries_waiting{kind="ga4"} 0"#,
    ];
    eventually("the metrics say so", || async {
        let text = read().await;
        lines
            .iter()
            .all(|line| text.lines().any(|own| own == *line))
    })
    .await;
}

async fn the_command_line_does_the_same(database: Database) {
    let desk = Desk::open(database).await;
    let receiver = Receiver::start().await;
    let add = DestinationsCommand::AddWebhook {
        site: 1,
        name: "CRM".to_owned(),
        url: receiver.url("/"),
        wants: DestinationWants {
            events: vec!["paid".to_owned()],
            ..DestinationWants::default()
        },
    };
    let run = async |command: DestinationsCommand| {
        desk.app.command(&Command::Destinations(command)).await
    };
    let printed = run(add.clone()).await;
    let id = after(&printed, "Destination ")
        .split(':')
        .next()
        .unwrap()
        .to_owned();
    assert!(after(&printed, "shown this once: ").starts_with("whsec_"));
    let one = waymark_collector::commands::OneDestination {
        site: 1,
        destination: id.parse().unwrap(),
    };
    let tried = run(DestinationsCommand::Test(one)).await;
    assert_eq!(tried, "It was taken, status 204.\n");
    receiver.next(&[Reply::Status(500)]);
    let refused = desk
        .app
        .refused(&Command::Destinations(DestinationsCommand::Test(one)))
        .await;
    assert_eq!(refused, "refused, status 500");
    // The collector that runs learns of it by itself, and of a pause.
    let visit = Visit::new(&desk.app.key);
    eventually("it is sent to", || async {
        desk.app.accept(&visit.batch(&[event("paid")])).await;
        receiver.asked().len() > 2
    })
    .await;
    run(DestinationsCommand::Pause(one)).await;
    let listed = run(DestinationsCommand::List { site: 1 }).await;
    assert!(
        listed.starts_with(&format!("{id}\twebhook\tCRM\tpaused\twaiting ")),
        "{listed}"
    );
    run(DestinationsCommand::Resume(one)).await;
    let listed = run(DestinationsCommand::List { site: 1 }).await;
    assert!(listed.contains("\tCRM\ton\t"), "{listed}");
    run(DestinationsCommand::Remove(one)).await;
    assert_eq!(run(DestinationsCommand::List { site: 1 }).await, "");
    let left = desk.app.database.number(
        "SELECT (SELECT COUNT(*) FROM deliveries) + (SELECT COUNT(*) FROM destination_secrets)",
    );
    assert_eq!(left.await, 0);
    let gone = Command::Destinations(DestinationsCommand::Dead(one));
    assert!(desk.app.refused(&gone).await.contains("has no destination"));
    let mut wrong = add;
    if let DestinationsCommand::AddWebhook { url, .. } = &mut wrong {
        *url = "ftp://x.example".to_owned();
    }
    let refused = desk.app.refused(&Command::Destinations(wrong)).await;
    assert!(refused.starts_with("--url: "), "{refused}");
}
