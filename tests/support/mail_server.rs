//! Somebody's mail server, which speaks SMTP by a library of its own, and fails as it is told to.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use mailin::response::{INVALID_CREDENTIALS, OK};
use mailin::{Action, AuthMechanism, Handler, Response, Session, SessionBuilder};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::eventually;
use super::receiver::identity;

/// Who may send by it, where it asks.
pub(crate) const LOGIN: (&str, &str) = ("mailer", "horse battery staple");

/// What becomes of a mail.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    /// Its recipient is answered with this code.
    Code(u16),
    /// It is taken, and the answer never arrives.
    Lost,
}

/// A mail that was taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// Head and body, as they came.
    pub(crate) text: String,
    pub(crate) is_secret: bool,
}

impl Mail {
    /// The value of a line of the head, with what it goes on in.
    pub(crate) fn header(&self, name: &str) -> String {
        let head = self.text.split("\r\n\r\n").next().unwrap();
        let head = head.replace("\r\n ", " ");
        let prefix = format!("{name}: ");
        let line = head.lines().find(|line| line.starts_with(&prefix));
        line.unwrap_or_else(|| panic!("{name} in {head}"))[prefix.len()..].to_owned()
    }
}

#[derive(Default)]
struct Book {
    mails: Vec<Mail>,
    fates: VecDeque<Fate>,
    logins: usize,
}

/// It, on a port of its own, for as long as the test runs.
#[derive(Clone)]
pub(crate) struct MailServer {
    pub(crate) port: u16,
    book: Arc<Mutex<Book>>,
}

struct Desk {
    book: Arc<Mutex<Book>>,
    mail: Mail,
    is_lost: Arc<Mutex<bool>>,
}

impl Handler for Desk {
    fn mail(&mut self, _: IpAddr, _: &str, from: &str) -> Response {
        self.mail.from = from.to_owned();
        self.mail.to.clear();
        self.mail.text.clear();
        OK
    }

    fn rcpt(&mut self, to: &str) -> Response {
        let fate = self.book.lock().unwrap().fates.pop_front();
        match fate {
            Some(Fate::Code(code)) => return Response::custom(code, "as it was told".to_owned()),
            Some(Fate::Lost) => *self.is_lost.lock().unwrap() = true,
            None => {}
        }
        self.mail.to.push(to.to_owned());
        OK
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.mail.text += &String::from_utf8_lossy(bytes);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        self.book.lock().unwrap().mails.push(self.mail.clone());
        OK
    }

    fn auth_plain(&mut self, _: &str, name: &str, password: &str) -> Response {
        if (name, password) != LOGIN {
            return INVALID_CREDENTIALS;
        }
        self.book.lock().unwrap().logins += 1;
        mailin::response::AUTH_OK
    }
}

impl MailServer {
    /// One that takes everything from everybody, in the open.
    pub(crate) async fn start() -> Self {
        Self::with(None).await
    }

    /// One that wants STARTTLS and [`LOGIN`], with a certificate for `localhost` by its own authority, which is given as PEM.
    pub(crate) async fn secure() -> (Self, String) {
        let (acceptor, pem) = identity();
        (Self::with(Some(acceptor)).await, pem)
    }

    async fn with(acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            book: Arc::default(),
        };
        let book = Arc::clone(&server.book);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Whoever leaves in the middle is gone.
                tokio::spawn(serve(stream, Arc::clone(&book), acceptor.clone()));
            }
        });
        server
    }

    /// What becomes of the next mails, one each.
    pub(crate) fn next(&self, fates: &[Fate]) {
        self.book.lock().unwrap().fates.extend(fates);
    }

    /// What was taken so far.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.book.lock().unwrap().mails.clone()
    }

    /// How often somebody signed in.
    pub(crate) fn logins(&self) -> usize {
        self.book.lock().unwrap().logins
    }

    /// Waits for so many mails, and gives all that were taken.
    pub(crate) async fn gets(&self, mails: usize) -> Vec<Mail> {
        eventually("the mail server gets its mails", || async {
            self.mails().len() >= mails
        })
        .await;
        self.mails()
    }
}

async fn serve(
    stream: TcpStream,
    book: Arc<Mutex<Book>>,
    acceptor: Option<TlsAcceptor>,
) -> io::Result<()> {
    let is_lost = Arc::default();
    let desk = Desk {
        book,
        mail: Mail {
            is_secret: acceptor.is_some(),
            ..Mail::default()
        },
        is_lost: Arc::clone(&is_lost),
    };
    let mut rules = SessionBuilder::new("localhost");
    if acceptor.is_some() {
        rules.enable_start_tls().enable_auth(AuthMechanism::Plain);
    }
    let mut session = rules.build(stream.peer_addr()?.ip(), desk);
    let mut stream = BufReader::new(stream);
    let greeting = session.greeting().buffer()?;
    stream.write_all(&greeting).await?;
    let is_upgraded = talk(&mut stream, &mut session, &is_lost).await?;
    if let Some(acceptor) = acceptor.filter(|_| is_upgraded) {
        let secret = acceptor.accept(stream.into_inner()).await?;
        session.tls_active();
        talk(&mut BufReader::new(secret), &mut session, &is_lost).await?;
    }
    Ok(())
}

/// Talks until the end, or until the connection is to be upgraded.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    session: &mut Session<Desk>,
    is_lost: &Mutex<bool>,
) -> io::Result<bool> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(false);
        }
        let is_end = line == b".\r\n";
        let answer = session.process(&line);
        if answer.action == Action::NoReply {
            continue;
        }
        if is_end && std::mem::take(&mut *is_lost.lock().unwrap()) {
            return Ok(false);
        }
        stream.write_all(&answer.buffer()?).await?;
        stream.flush().await?;
        match answer.action {
            Action::UpgradeTls => return Ok(true),
            Action::Close => return Ok(false),
            _ => {}
        }
    }
}
