//! Caddy, with `deploy/caddy/Caddyfile`.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::{Proxy, address, changed, collector, deploy, free_port};
use crate::support::required;

/// Caddy, which keeps what it writes in `folder`.
fn caddy(folder: &Path) -> Command {
    let mut caddy = Command::new(required("WAYMARK_TEST_CADDY"));
    caddy
        .env_clear()
        .env("HOME", folder)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    caddy
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_behind_caddy_is_as_good_as_one_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let as_it_is = deploy().join("caddy/Caddyfile");
    let validated = caddy(folder.path())
        .args(["validate", "--adapter", "caddyfile", "--config"])
        .arg(&as_it_is)
        .output()
        .await
        .expect("caddy starts");
    let said = String::from_utf8_lossy(&validated.stderr);
    assert!(validated.status.success(), "{said}");
    assert!(!said.contains("not formatted"), "{said}");

    let collector = collector().await;
    let (dashboard, site) = (free_port(), free_port());
    let proxy = Proxy {
        dashboard: format!("http://127.0.0.1:{dashboard}"),
        site: format!("http://127.0.0.1:{site}"),
    };
    let text = changed(
        "caddy/Caddyfile",
        &[
            (
                "\nwaymark.example.com {",
                &format!("\n{} {{", proxy.dashboard),
            ),
            ("\nwww.example.com {", &format!("\n{} {{", proxy.site)),
            ("127.0.0.1:8700", &address(&collector)),
            ("/var/www/html", &folder.path().display().to_string()),
        ],
    );
    let text = format!("{{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}}\n{text}");
    let file = folder.path().join("Caddyfile");
    std::fs::write(&file, text).expect("a file");
    let log = std::fs::File::create(folder.path().join("log")).expect("a file");
    let _caddy = caddy(folder.path())
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(&file)
        .stderr(log)
        .spawn()
        .expect("caddy starts");
    proxy.passes_on(&collector).await;
}
