//! A browser in which somebody is signed in: does what is to be done, and listens to what the browser says of it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::acts::{Act, Step};
use crate::chromium::Chromium;
use crate::machine::now_ms;
use crate::server::Server;

/// How long a page may take to come to rest. The first one waits for the copy that questions are answered from.
const PATIENCE: Duration = Duration::from_secs(600);
/// Between two looks at a page.
const LOOKS: Duration = Duration::from_millis(25);

/// The longest event of every interaction, by its number, in milliseconds rounded to 8 as browsers do.
const LISTEN: &str = "
    if (window.interactions) return;
    const told = window.interactions = new Map();
    const keep = (entries) => entries.forEach((one) => one.interactionId && told.set(one.interactionId, Math.max(told.get(one.interactionId) ?? 0, one.duration)));
    const observer = new PerformanceObserver((list) => keep(list.getEntries()));
    observer.observe({ type: 'event', durationThreshold: 16 });
    window.told = () => { keep(observer.takeRecords()); const all = [...told.values()]; told.clear(); return all; };
";
/// Everything that was asked has been answered and drawn.
const AT_REST: &str = "
    const [shows] = arguments;
    return (!shows || !!document.querySelector(shows)) && !!document.querySelector('main') &&
        document.querySelectorAll('main [aria-busy=true], main .skeleton, main [data-drawn=false], main .stale').length === 0;
";
/// Two frames and what the browser does after them, so that it has told of what came before.
const FRAMES: &str = "
    const done = arguments[0];
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(true), 100)));
";

/// An interaction.
#[derive(Debug, Clone, Serialize)]
pub struct Done {
    /// See [`Act::name`].
    pub act: &'static str,
    /// What was done.
    pub what: String,
    /// In which round.
    pub round: u32,
    /// How long it took; nothing where it was less than 16 ms.
    pub ms: Option<f64>,
}

/// A signed-in browser.
pub struct Desk<'b> {
    driver: &'b WebDriver,
    base: String,
    site: i64,
    done: Vec<Done>,
}

impl<'b> Desk<'b> {
    /// Invites somebody by the command line, and signs the browser in as them.
    ///
    /// # Errors
    /// A collector that does not let them in.
    pub async fn sign_in(
        browser: &'b Chromium,
        collector: &Path,
        url: &str,
        server: &Server,
        site: i64,
    ) -> Result<Self> {
        let email = format!("bench-{}@example.test", now_ms());
        let output = Command::new(collector)
            .args(["--database-url", url, "users", "invite", &email])
            .args(["--role", "owner"])
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot start {}", collector.display()))?;
        let said = String::from_utf8_lossy(&output.stdout);
        let token = said
            .split_once("token=")
            .and_then(|(_, rest)| rest.split_whitespace().next())
            .context("nobody could be invited")?;
        let desk = Self {
            driver: &browser.driver,
            base: format!("http://{}", server.address()),
            site,
            done: Vec::new(),
        };
        desk.driver.goto(format!("{}/login", desk.base)).await?;
        let body = json!({ "token": token, "password": "correct horse battery" });
        let accept = "
            const [body, done] = arguments;
            fetch('/api/v1/invitations/accept', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
                .then((answer) => done(answer.status), (error) => done(String(error)));
        ";
        let answered = desk.driver.execute_async(accept, vec![body]).await?;
        ensure!(
            answered.json() == &json!(204),
            "nobody could sign in: {}",
            answered.json()
        );
        Ok(desk)
    }

    /// What was done until now.
    pub fn done(self) -> Vec<Done> {
        self.done
    }

    /// Opens the page of an act and does what belongs to it.
    ///
    /// # Errors
    /// What is not there.
    pub async fn act(&mut self, round: u32, act: &Act) -> Result<()> {
        let sign = if act.page.contains('?') { '&' } else { '?' };
        let address = format!("{}{}{sign}site={}", self.base, act.page, self.site);
        self.driver.goto(address).await?;
        self.rests(act.ready).await?;
        self.driver.execute(LISTEN, Vec::new()).await?;
        for step in act.steps {
            for (what, count) in self.do_step(step).await.with_context(|| {
                let name = act.name;
                format!("{name}: {step:?}")
            })? {
                self.hear(round, act.name, what, count).await?;
            }
        }
        Ok(())
    }

    /// Does it, and says what, with how many interactions each.
    async fn do_step(&self, step: &Step) -> Result<Vec<(String, usize)>> {
        match step {
            Step::Click(selector) => {
                let element = self.driver.find(By::Css(*selector)).await?;
                element.click().await?;
                self.rests("").await?;
                Ok(vec![(format!("click {selector}"), 1)])
            }
            Step::Keys(keys) => {
                self.press(keys).await?;
                self.rests("").await?;
                Ok(vec![(format!("keys {keys:?}"), keys.chars().count())])
            }
            Step::Control(key) => {
                let chain = self.driver.action_chain().key_down(Key::Control);
                let chain = chain.send_keys(*key).key_up(Key::Control);
                chain.perform().await?;
                self.rests("").await?;
                // Each of the two keys is one.
                Ok(vec![(format!("control {key}"), 2)])
            }
            Step::Go(key, shows) => {
                self.press("g").await?;
                self.press(&key.to_string()).await?;
                self.rests(shows).await?;
                Ok(vec![(format!("g {key}"), 2)])
            }
        }
    }

    async fn press(&self, keys: &str) -> Result<()> {
        for key in keys.chars() {
            let chain = self.driver.action_chain();
            let chain = match key {
                '\n' => chain.send_keys(Key::Enter),
                key => chain.send_keys(key),
            };
            chain.perform().await?;
        }
        Ok(())
    }

    /// Waits until everything is drawn.
    async fn rests(&self, shows: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        self.frames().await?;
        loop {
            let rests = self.driver.execute(AT_REST, vec![json!(shows)]).await?;
            if rests.json() == &json!(true) {
                return self.frames().await;
            }
            if Instant::now() > deadline {
                bail!("the page does not come to rest, or has no {shows}");
            }
            tokio::time::sleep(LOOKS).await;
        }
    }

    async fn frames(&self) -> Result<()> {
        self.driver.execute_async(FRAMES, Vec::new()).await?;
        Ok(())
    }

    /// Notes what the browser says of the interactions since it was last asked, of which there were so many.
    async fn hear(
        &mut self,
        round: u32,
        act: &'static str,
        what: String,
        count: usize,
    ) -> Result<()> {
        let told = self.driver.execute("return told()", Vec::new()).await?;
        let told = told.json().as_array().context("the browser told nothing")?;
        ensure!(
            told.len() <= count,
            "{what}: {} interactions instead of {count}",
            told.len()
        );
        let mut told = told.iter().filter_map(Value::as_f64);
        for _ in 0..count {
            self.done.push(Done {
                act,
                what: what.clone(),
                round,
                ms: told.next(),
            });
        }
        Ok(())
    }
}
