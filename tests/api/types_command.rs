//! `npx waymark types` as a user of the npm package has it: from the packed package, against a running collector.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command as Process;
use waymark_collector::catalogue::Mode;
use waymark_collector::commands::{CatalogueCommand, Command};

use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::required;

/// A folder with the package installed.
struct Project(TempDir);

impl Project {
    async fn with_package() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("package.json", r#"{"private": true, "type": "module"}"#);
        let package = required("WAYMARK_TEST_PACKAGE");
        let arguments = ["install", "--no-audit", "--no-fund", "--offline", &package];
        let (code, said) = project.run("npm", &arguments).await;
        assert_eq!(code, Some(0), "{said}");
        project
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.0.path().join(name), content).unwrap();
    }

    async fn run(&self, program: &str, arguments: &[&str]) -> (Option<i32>, String) {
        let output = Process::new(program)
            .args(arguments)
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    }

    /// Compiles code that uses the package; what the compiler says.
    async fn compile(&self, code: &str) -> (Option<i32>, String) {
        self.write("site.ts", code);
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let tsc = root.join("../js-wrapper/node_modules/typescript/bin/tsc");
        let arguments = [
            tsc.to_str().unwrap(),
            "--noEmit",
            "--strict",
            "--target",
            "es2020",
            "--module",
            "nodenext",
            "site.ts",
            "waymark.events.d.ts",
        ];
        self.run("node", &arguments).await
    }
}

fn set(file: &Path) -> Command {
    Command::Catalogue(CatalogueCommand::Set {
        site: 1,
        file: Some(file.to_owned()),
        mode: Some(Mode::Flag),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn types_follow_the_collectors_catalogue() {
    let app = TestApp::start(Database::sqlite()).await;
    let project = Project::with_package().await;
    let mut document = json!({
        "version": 1,
        "events": {"plan_chosen": {"props": {
            "properties": {"plan": {"enum": ["free", "pro"]}}, "required": ["plan"], "additionalProperties": false
        }}}
    });
    let write = |document: &Value| {
        project.write("catalogue.json", &document.to_string());
        project.0.path().join("catalogue.json")
    };
    app.command(&set(&write(&document))).await;
    let types = [
        "--no-install",
        "waymark",
        "types",
        "--url",
        &app.base,
        "--key",
        &app.key,
    ];
    let (code, said) = project.run("npx", &types).await;
    assert_eq!(
        (code, said.trim()),
        (Some(0), "waymark.events.d.ts: 1 event")
    );
    let check: Vec<&str> = types.into_iter().chain(["--check"]).collect();
    let (code, said) = project.run("npx", &check).await;
    assert_eq!(code, Some(0), "{said}");

    let good = "import { track } from 'waymark'; track('plan_chosen', { plan: 'pro' });";
    let (code, said) = project.compile(good).await;
    assert_eq!(code, Some(0), "{said}");
    let bad = "import { track } from 'waymark';\ntrack('plan_chosen', { plan: 'team' });\ntrack('plan_choosen', { plan: 'pro' });";
    let (code, said) = project.compile(bad).await;
    assert_ne!(code, Some(0));
    assert!(
        said.contains("site.ts(2,24)") && said.contains("site.ts(3,7)"),
        "{said}"
    );

    document["events"]["plan_chosen"]["props"]["properties"]["plan"]["enum"] =
        json!(["free", "pro", "team"]);
    app.command(&set(&write(&document))).await;
    let (code, said) = project.run("npx", &check).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("out of date"), "{said}");
}
