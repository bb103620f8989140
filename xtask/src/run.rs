//! `cargo xtask run`: the whole product on this machine, with a demo site to visit and a dashboard to watch.

use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::demo::Demo;
use crate::postgres::Cluster;
use crate::step::Steps;
use crate::{build, places, tools};

/// The demo site's write key. Public, as every write key is: it stands in the page.
const DEMO_KEY: &str = "wk_demoharbor";

/// How long the collector may take from start to ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// What `cargo xtask run` can be told.
#[derive(Args)]
pub struct RunOptions {
    /// Port of the collector and its dashboard
    #[arg(long, default_value_t = 8700)]
    port: u16,
    /// Port of the demo site
    #[arg(long, default_value_t = 8701)]
    demo_port: u16,
    /// Keep the data in a private PostgreSQL that is started for it, instead of embedded SQLite
    #[arg(long, conflicts_with = "database_url")]
    postgres: bool,
    /// Keep the data in this database (sqlite:PATH or postgres://…)
    #[arg(long)]
    database_url: Option<String>,
}

/// Builds what has changed, starts the collector and the demo site, and stays until interrupted.
pub fn run(steps: &Steps, options: &RunOptions) -> Result<()> {
    eprintln!("Building (minutes the first time, seconds afterwards)");
    let binary = build::product(steps)?;
    let places = places::database(steps)?;

    let cluster = if options.postgres {
        Some(Cluster::lasting(steps)?)
    } else {
        None
    };
    let data = steps.root().join("target/run");
    std::fs::create_dir_all(&data)?;
    let database = match (&cluster, &options.database_url) {
        (Some(cluster), _) => cluster.url(),
        (None, Some(url)) => url.clone(),
        (None, None) => format!("sqlite:{}", data.join("waymark.db").display()),
    };
    let collector = Collector {
        binary,
        database,
        places,
        origin: format!("http://localhost:{}", options.port),
    };
    let demo_origin = format!("http://localhost:{}", options.demo_port);
    steps.time("add the demo site", || {
        collector.add_demo_site(&demo_origin)
    })?;

    let stop = Arc::new(AtomicBool::new(false));
    let on_signal = stop.clone();
    ctrlc::set_handler(move || on_signal.store(true, Ordering::SeqCst))?;

    let _demo = Demo::serve(
        steps.root().join("js-wrapper/demo"),
        options.demo_port,
        collector.origin.clone(),
        DEMO_KEY.to_owned(),
    )?;
    let mut server = collector.serve(options.port)?;
    wait_until_ready(&mut server, options.port, &stop)?;

    collector.print_links(&demo_origin);
    let status = wait(&mut server, &stop)?;
    if !status.success() && !stop.load(Ordering::SeqCst) {
        bail!("the collector ended with {status}");
    }
    Ok(())
}

struct Collector {
    binary: PathBuf,
    database: String,
    places: PathBuf,
    origin: String,
}

impl Collector {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(["--database-url", &self.database])
            .args(["--public-url", &self.origin])
            .arg("--geo-database")
            .arg(&self.places);
        command
    }

    fn command_line(&self) -> String {
        format!(
            "{} --database-url {} --public-url {}",
            self.binary.display(),
            self.database,
            self.origin
        )
    }

    #[expect(clippy::print_stdout, reason = "the links are the command's result")]
    fn print_links(&self, demo_origin: &str) {
        println!();
        println!("  Demo site   {demo_origin}/");
        println!("  Dashboard   {}/", self.origin);
        println!("  Data        {}", self.database);
        println!("  Places      IP Geolocation by DB-IP, https://db-ip.com");
        println!();
        println!(
            "Open the set-up link above once to choose a password. Then visit the demo site and"
        );
        println!(
            "watch the dashboard. Weeks of made-up journeys to look at are a click away there:"
        );
        println!("\"Look at demo data\", on the first page and in Settings, Sites.");
        println!("Lost the link? This prints a new one:");
        println!("  {} users setup-link", self.command_line());
        println!("Ctrl-C ends both.");
    }

    fn add_demo_site(&self, demo_origin: &str) -> Result<()> {
        let output = self
            .command()
            .args(["sites", "add", "--name", "Harbor (demo)", "--key", DEMO_KEY])
            .args(["--origin", demo_origin])
            .output()
            .with_context(|| format!("cannot start {}", self.binary.display()))?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }

    fn serve(&self, port: u16) -> Result<Child> {
        self.command()
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .arg("serve")
            .spawn()
            .with_context(|| format!("cannot start {}", self.binary.display()))
    }
}

fn wait_until_ready(server: &mut Child, port: u16, stop: &AtomicBool) -> Result<()> {
    let deadline = Instant::now() + READY_WITHIN;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if let Some(status) = server.try_wait()? {
            bail!("the collector ended with {status} before it was ready");
        }
        if stop.load(Ordering::SeqCst) || Instant::now() > deadline {
            end(server)?;
            bail!("the collector was not ready in time");
        }
        tools::pause(Duration::from_millis(50));
    }
    Ok(())
}

fn wait(server: &mut Child, stop: &AtomicBool) -> Result<ExitStatus> {
    loop {
        if let Some(status) = server.try_wait()? {
            return Ok(status);
        }
        if stop.load(Ordering::SeqCst) {
            return end(server);
        }
        tools::pause(Duration::from_millis(100));
    }
}

/// Asks the collector to finish what it has and waits until it did.
fn end(server: &mut Child) -> Result<ExitStatus> {
    // A terminal's Ctrl-C reaches the collector as well; a second request to end changes nothing.
    Command::new("kill")
        .args(["-TERM", &server.id().to_string()])
        .status()?;
    Ok(server.wait()?)
}
