//! nginx, with the files of `deploy/nginx`.

use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::{Proxy, address, changed, collector, deploy, free_port};
use crate::support::{eventually, required};

/// nginx as one process, which ends with the test.
struct Nginx {
    _process: Child,
    _folder: tempfile::TempDir,
}

/// What Debian's own file says around the files of a site.
fn around(folder: &Path, more: &str) -> String {
    let folder = folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {folder}/{kind};\n"))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/error.log warn;\n\
         events {{}}\nhttp {{\naccess_log off;\ngzip on;\ngzip_types text/event-stream;\n{temporary}\
         include upstream.conf;\n{more}\n}}\n"
    )
}

impl Nginx {
    /// Starts it before a collector at `collector`; `more` is what its file has beside the upstream.
    fn start(collector: &str, more: impl FnOnce(&Path) -> String) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let own = folder.path();
        let parts = own.join("waymark");
        std::fs::create_dir(&parts).expect("a folder");
        for name in ["proxy.conf", "site.conf", "dashboard.conf"] {
            std::fs::copy(deploy().join("nginx").join(name), parts.join(name)).expect(name);
        }
        let upstream = changed("nginx/upstream.conf", &[("127.0.0.1:8700", collector)]);
        std::fs::write(own.join("upstream.conf"), upstream).expect("a file");
        let text = around(own, &more(own));
        std::fs::write(own.join("nginx.conf"), text).expect("a file");
        let nginx = || {
            let mut nginx = std::process::Command::new(required("WAYMARK_TEST_NGINX"));
            nginx
                .arg("-p")
                .arg(own)
                .arg("-c")
                .arg(own.join("nginx.conf"));
            nginx.arg("-e").arg(own.join("start.log"));
            nginx
        };
        let tested = nginx().args(["-t", "-q"]).output().expect("nginx starts");
        let said = String::from_utf8_lossy(&tested.stderr).into_owned();
        // Not even a warning.
        assert!(tested.status.success() && said.is_empty(), "{said}");
        let process = Command::from(nginx())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("nginx starts");
        Self {
            _process: process,
            _folder: folder,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_behind_nginx_is_as_good_as_one_before_it() {
    let collector = collector().await;
    let (dashboard, site) = (free_port(), free_port());
    let _nginx = Nginx::start(&address(&collector), |_| {
        format!(
            "server {{ listen 127.0.0.1:{dashboard}; include waymark/dashboard.conf; }}\n\
             server {{ listen 127.0.0.1:{site}; include waymark/site.conf; location / {{ return 404; }} }}"
        )
    });
    let proxy = Proxy {
        dashboard: format!("http://127.0.0.1:{dashboard}"),
        site: format!("http://127.0.0.1:{site}"),
    };
    proxy.passes_on(&collector).await;
}

/// The answer to a request over TLS, which has to show this certificate.
async fn over_tls(
    port: u16,
    certificate: &CertificateDer<'static>,
    host: &'static str,
    path: &str,
) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).expect("a certificate");
    let config = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(std::sync::Arc::new(config));
    let plain = TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("nginx listens");
    let name = ServerName::try_from(host).expect("a name");
    let mut stream = connector.connect(name, plain).await.expect("TLS");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("it takes the request");
    let mut answer = Vec::new();
    // nginx closes without saying so over TLS.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_file_serves_both_hosts_over_tls() {
    let collector = collector().await;
    let (plain, tls) = (free_port(), free_port());
    let hosts = ["waymark.example.com", "www.example.com"];
    let made = rcgen::generate_simple_self_signed(hosts.map(str::to_owned)).expect("a certificate");
    let _nginx = Nginx::start(&address(&collector), |folder| {
        for host in hosts {
            let own = folder.join("ssl").join(host);
            std::fs::create_dir_all(&own).expect("a folder");
            std::fs::write(own.join("fullchain.pem"), made.cert.pem()).expect("a file");
            std::fs::write(own.join("key.pem"), made.signing_key.serialize_pem()).expect("a file");
        }
        let folder = folder.display();
        changed(
            "nginx/waymark.conf",
            &[
                ("listen 80;", &format!("listen 127.0.0.1:{plain};")),
                ("listen 443 ssl", &format!("listen 127.0.0.1:{tls} ssl")),
                ("    listen [::]:80;\n", ""),
                ("    listen [::]:443 ssl http2;\n", ""),
                ("/etc/ssl/", &format!("{folder}/ssl/")),
            ],
        )
    });
    eventually("nginx listens", || async {
        TcpStream::connect(("127.0.0.1", tls)).await.is_ok()
    })
    .await;
    for (host, path, status) in [
        (hosts[0], "/healthz", 200),
        (hosts[0], "/waymark.js", 200),
        (hosts[1], "/waymark.js", 200),
        (hosts[1], "/api/v1/me", 404),
    ] {
        let answer = over_tls(tls, made.cert.der(), host, path).await;
        let expected = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&expected), "{host}{path}: {answer:.200}");
    }
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let asked = client.get(format!("http://127.0.0.1:{plain}/a?b=c"));
    let answer = asked
        .header("Host", hosts[1])
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 301);
    assert_eq!(
        answer.headers()["location"],
        "https://www.example.com/a?b=c"
    );
}
