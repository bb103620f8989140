//! The other files: settings that they name are settings of the program, and what they run is run.

use std::collections::BTreeSet;
use std::path::Path;

use super::{collector, deploy, free_port};
use crate::support::program::{good, run};

/// Every file below a folder.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            let text = std::fs::read_to_string(&path).expect("text");
            all.push((path.display().to_string(), text));
        }
    }
    all
}

#[tokio::test]
async fn variables_are_those_that_the_program_reads() {
    // Of the queue, which the files name for `serve` and `write`.
    let of_compose = ["WAYMARK_QUEUE"];
    let help = good("sqlite::memory:", &["--help"]).await;
    // Long lines are wrapped.
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut seen = BTreeSet::new();
    for (file, text) in files(&deploy()) {
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            if word.starts_with("WAYMARK_") && !of_compose.contains(&word) {
                assert!(help.contains(&format!("[env: {word}]")), "{file}: {word}");
                seen.insert(word.to_owned());
            }
        }
    }
    for name in ["WAYMARK_DATABASE_URL", "WAYMARK_TRUSTED_PROXIES"] {
        assert!(seen.contains(name), "{seen:?}");
    }
}

#[tokio::test]
async fn the_file_of_settings_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, file) = (
        folder.path().display().to_string(),
        deploy().join("systemd/waymark.toml").display().to_string(),
    );
    let database = format!("sqlite:{data}/waymark.db");
    let arguments = [
        ["--config", &file],
        ["--data-dir", &data],
        ["--listen", "127.0.0.1:0"],
        ["--metrics-listen", "127.0.0.1:0"],
    ];
    let printed = run(&database, &[&arguments.concat()[..], &["check"]].concat()).await;
    assert_eq!(printed.code, 0, "{}{}", printed.out, printed.err);
    assert!(
        printed.out.contains("https://waymark.example.com"),
        "{}",
        printed.out
    );
}

#[tokio::test]
async fn the_images_own_check_tells_a_collector_from_none() {
    let text = std::fs::read_to_string(deploy().join("Dockerfile")).expect("the Dockerfile");
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("CMD [\"bash\""))
        .expect("a check by bash");
    let command: Vec<String> =
        serde_json::from_str(&format!("[\"bash\"{line}")).expect("a list of words");
    let healthy = async |port: &str| {
        let words = command.iter().map(|word| word.replace("8700", port));
        let words: Vec<String> = words.collect();
        let mut check = tokio::process::Command::new(&words[0]);
        let ended = check.args(&words[1..]).output();
        ended.await.expect("bash starts").status.success()
    };
    let collector = collector().await;
    let (_, port) = collector
        .origin()
        .rsplit_once(':')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .expect("a port");
    assert!(healthy(&port).await);
    assert!(!healthy(&free_port().to_string()).await);
}
