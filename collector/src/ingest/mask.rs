//! Samples of what senders sent, fit to be kept and shown: bounded, and without secrets.
//!
//! Reads JSON as text, token by token, so that what is left alone stays as it was written, and so that the first part
//! of something too large can be shown too. Hidden are the values under names that say they are secret, and within texts
//! what looks like an e-mail address, a credential or a secret parameter of a URL.

/// What stands where something was hidden.
const MASK: &str = "[masked]";

/// Parts of names that say that the value is a secret, in lower case and without separators.
const SECRET_PARTS: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "token",
    "authorization",
    "credential",
    "cookie",
    "bearer",
    "signature",
    "cardnumber",
    "email",
];
/// Whole names that say so.
const SECRET_NAMES: [&str; 7] = ["auth", "pass", "pin", "otp", "cvv", "cvc", "iban"];
/// The name of what stands for an e-mail address so that nobody has to see it.
const EMAIL_HASH: &str = "emailhash";
/// How well-known credentials begin.
const CREDENTIALS: [&str; 12] = [
    "wk_", "wmk_", "wms_", "sk_", "pk_", "rk_", "ghp_", "gho_", "xoxb-", "xoxp-", "AKIA", "eyJ",
];
/// What is shorter than this is no credential.
const CREDENTIAL_CHARS: usize = 12;

/// A text that may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sample {
    /// JSON, as far as it goes.
    pub(super) text: String,
    /// Whether something in it was hidden.
    pub(super) masked: bool,
    /// Whether it ends early.
    pub(super) cut: bool,
}

/// The first `limit` bytes of a JSON text, without secrets and without `key`, the site's write key.
pub(super) fn sample(json: &str, limit: usize, key: &str) -> Sample {
    let end = json.floor_char_boundary(limit);
    let mut scan = Scan {
        json: &json[..end],
        what: What::Secrets { key },
        sample: Sample {
            text: String::with_capacity(end),
            masked: false,
            cut: end < json.len(),
        },
    };
    scan.run();
    scan.sample
}

/// A JSON text without the e-mail addresses in it.
pub(super) fn without_addresses(json: &str) -> Sample {
    let mut scan = Scan {
        json,
        what: What::Addresses,
        sample: Sample {
            text: String::with_capacity(json.len()),
            masked: false,
            cut: false,
        },
    };
    scan.run();
    scan.sample
}

/// A text without the e-mail addresses in it.
pub(super) fn text_without_addresses(text: String) -> String {
    What::Addresses.hide(&text).unwrap_or(text)
}

/// What is hidden.
enum What<'j> {
    /// All of it, and a site's write key.
    Secrets { key: &'j str },
    /// E-mail addresses alone.
    Addresses,
}

impl What<'_> {
    /// The text without it; `None` where there is none in it.
    fn hide(&self, text: &str) -> Option<String> {
        match self {
            Self::Secrets { key } => hide(text, key),
            Self::Addresses => {
                let mut spans = Vec::new();
                addresses(text, &mut spans);
                covered(text, spans)
            }
        }
    }

    /// Whether a name says that its value is to be hidden. One that cannot be read may say anything.
    fn is_named(&self, name: Option<&str>) -> bool {
        matches!(self, Self::Secrets { .. }) && name.is_none_or(is_secret)
    }
}

struct Scan<'j> {
    json: &'j str,
    what: What<'j>,
    sample: Sample,
}

impl Scan<'_> {
    fn run(&mut self) {
        let mut at = 0;
        while let Some(quote) = self.json[at..].find('"').map(|n| at + n) {
            self.sample.text.push_str(&self.json[at..quote]);
            let Some(end) = string_end(self.json, quote) else {
                // Only what was cut ends within a string, and what a part of a string hides cannot be told.
                return;
            };
            let token = &self.json[quote..end];
            let name = serde_json::from_str::<String>(token).ok();
            self.push(token, name.as_deref());
            at = end;
            let value = skip(self.json, end, |byte| byte.is_ascii_whitespace());
            if self.json.as_bytes().get(value) != Some(&b':') {
                continue;
            }
            let value = skip(self.json, value + 1, |byte| byte.is_ascii_whitespace());
            if self.what.is_named(name.as_deref()) {
                self.sample.text.push_str(&self.json[end..value]);
                self.sample.text.push('"');
                self.sample.text.push_str(MASK);
                self.sample.text.push('"');
                self.sample.masked = true;
                at = value_end(self.json, value);
            }
        }
        self.sample.text.push_str(&self.json[at..]);
    }

    /// Adds a string; one that cannot be read as text cannot be searched either.
    fn push(&mut self, token: &str, text: Option<&str>) {
        let hidden = match text {
            Some(text) => self.what.hide(text),
            None => Some(MASK.to_owned()),
        };
        match hidden.and_then(|text| serde_json::to_string(&text).ok()) {
            Some(hidden) => {
                self.sample.text.push_str(&hidden);
                self.sample.masked = true;
            }
            None => self.sample.text.push_str(token),
        }
    }
}

/// The place after the string that begins at `start`.
fn string_end(json: &str, start: usize) -> Option<usize> {
    let bytes = json.as_bytes();
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// The place after the value that begins at `start`; the end of the text for one that is cut.
fn value_end(json: &str, start: usize) -> usize {
    let bytes = json.as_bytes();
    let (mut at, mut depth) = (start, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => match string_end(json, at) {
                Some(end) => at = end,
                None => return json.len(),
            },
            b'{' | b'[' => {
                depth += 1;
                at += 1;
                continue;
            }
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                at += 1;
            }
            b'}' | b']' | b',' if depth == 0 => return at,
            b',' | b':' => {
                at += 1;
                continue;
            }
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            _ => {
                at = skip(json, at, |byte| {
                    !b",]}".contains(&byte) && !byte.is_ascii_whitespace()
                })
            }
        }
        if depth == 0 {
            return at;
        }
    }
    json.len()
}

fn skip(json: &str, start: usize, while_is: impl Fn(u8) -> bool) -> usize {
    json.as_bytes()
        .iter()
        .skip(start)
        .position(|byte| !while_is(*byte))
        .map_or(json.len(), |n| start + n)
}

/// Whether a name says that its value is a secret.
fn is_secret(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    if plain == EMAIL_HASH {
        return false;
    }
    SECRET_NAMES.contains(&plain.as_str())
        || plain.ends_with("key")
        || SECRET_PARTS.iter().any(|part| plain.contains(part))
}

/// The text without its secrets; `None` where it has none.
fn hide(text: &str, key: &str) -> Option<String> {
    let mut spans = Vec::new();
    if !key.is_empty() {
        spans.extend(
            text.match_indices(key)
                .map(|(at, key)| (at, at + key.len())),
        );
    }
    addresses(text, &mut spans);
    parameters(text, &mut spans);
    credentials(text, &mut spans);
    covered(text, spans)
}

/// The text with the mask over these parts; `None` without any.
fn covered(text: &str, mut spans: Spans) -> Option<String> {
    if spans.is_empty() {
        return None;
    }
    spans.sort_unstable();
    let mut hidden = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end) in spans {
        if start >= at {
            hidden.push_str(&text[at..start]);
            hidden.push_str(MASK);
        }
        at = at.max(end);
    }
    hidden.push_str(&text[at..]);
    Some(hidden)
}

type Spans = Vec<(usize, usize)>;

/// What has an at sign between two names, as it is written in texts or in URLs.
fn addresses(text: &str, spans: &mut Spans) {
    for at_sign in ["@", "%40"] {
        for (at, _) in text.match_indices(at_sign) {
            let before = text[..at]
                .bytes()
                .rev()
                .take_while(|byte| {
                    byte.is_ascii_alphanumeric() || b"._%+'-".contains(byte) || *byte >= 0x80
                })
                .count();
            let rest = at + at_sign.len();
            let after = text[rest..]
                .bytes()
                .take_while(|byte| {
                    byte.is_ascii_alphanumeric() || b".-".contains(byte) || *byte >= 0x80
                })
                .count();
            if before > 0 && after > 0 {
                spans.push((at - before, rest + after));
            }
        }
    }
}

/// Values of `name=value` under a secret name, as in queries.
fn parameters(text: &str, spans: &mut Spans) {
    for (at, _) in text.match_indices('=') {
        let name_chars = text[..at]
            .bytes()
            .rev()
            .take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.[]%".contains(byte))
            .count();
        let value_chars = text[at + 1..]
            .bytes()
            .take_while(|byte| !b"&;#\"' ".contains(byte))
            .count();
        if value_chars > 0 && is_secret(&text[at - name_chars..at]) {
            spans.push((at + 1, at + 1 + value_chars));
        }
    }
}

/// Words that begin as credentials do, and the word after `Bearer` or `Basic`.
fn credentials(text: &str, spans: &mut Spans) {
    let mut announced = false;
    let mut start = 0;
    for word in text.split_inclusive(|c: char| c.is_whitespace() || "/?&=,;:\"'()<>".contains(c)) {
        let bare =
            word.trim_end_matches(|c: char| c.is_whitespace() || "/?&=,;:\"'()<>".contains(c));
        let known = bare.len() >= CREDENTIAL_CHARS
            && CREDENTIALS.iter().any(|prefix| bare.starts_with(prefix));
        if !bare.is_empty() {
            if known || announced {
                spans.push((start, start + bare.len()));
            }
            announced = bare.eq_ignore_ascii_case("bearer") || bare.eq_ignore_ascii_case("basic");
        }
        start += word.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(json: &str) -> String {
        let sample = sample(json, usize::MAX, "wk_thesite1");
        assert!(!sample.cut);
        assert_eq!(sample.masked, sample.text != json, "{json}");
        serde_json::from_str::<serde_json::Value>(&sample.text)
            .unwrap_or_else(|e| panic!("{e}: {}", sample.text));
        sample.text
    }

    #[test]
    fn what_is_no_secret_stays_as_it_was_written() {
        for json in [
            r#"{"type": "event","seq":1.50,"data":{"name":"cta_clicked","props":{"a":[1,{"b":null}],"author":"x"}}}"#,
            r#"{"visitor_id":"01975560-7a00-7000-8000-000000000001","session":{"id":"x"},"user_id":"user-7"}"#,
            r#"{"url":"https://medium.example/@writer/a?utm_source=news&gclid=Ab1","t":"5 @ 3 = 2"}"#,
            r#""\ud83d\ude00""#,
            "7",
        ] {
            assert_eq!(masked(json), json);
        }
    }

    #[test]
    fn values_under_secret_names_are_hidden_whole() {
        for (json, expected) in [
            (
                r#"{"password":"hunter2","a":1}"#,
                r#"{"password":"[masked]","a":1}"#,
            ),
            (
                r#"{"API-Key" : 77 , "a":1}"#,
                r#"{"API-Key" : "[masked]" , "a":1}"#,
            ),
            (
                r#"{"access_token":{"a":["]}",{"b":"}"}]},"c":[{"authorization":null}]}"#,
                r#"{"access_token":"[masked]","c":[{"authorization":"[masked]"}]}"#,
            ),
            (
                r#"{"pass\u0077ord":"x"}"#,
                r#"{"pass\u0077ord":"[masked]"}"#,
            ),
            (
                r#"{"secrets":[1, 2],"n":[true]}"#,
                r#"{"secrets":"[masked]","n":[true]}"#,
            ),
        ] {
            assert_eq!(masked(json), expected);
        }
    }

    #[test]
    fn secrets_within_texts_are_hidden() {
        for (text, expected) in [
            ("write to bob.smith+x@mail.example!", "write to [masked]!"),
            (
                "https://a.example/?e=bob%40b.example&x=1",
                "https://a.example/?e=[masked]&x=1",
            ),
            (
                "https://a.example/?token=abc#top",
                "https://a.example/?token=[masked]#top",
            ),
            (
                "Authorization: Bearer abc.def",
                "Authorization: Bearer [masked]",
            ),
            ("my wk_thesite1 key", "my [masked] key"),
            ("sk_live_0123456789", "[masked]"),
            ("https://u:pw@host.example/", "https://u:[masked]/"),
            ("a@b.example", "[masked]"),
        ] {
            let json = serde_json::to_string(&[text]).unwrap();
            let expected = serde_json::to_string(&[expected]).unwrap();
            assert_eq!(masked(&json), expected);
        }
        assert_eq!(masked(r#"{"bob\u0040b.example":1}"#), r#"{"[masked]":1}"#);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_sent_a_sample_is_json_without_the_secret(
            before in ".*", after in ".*", name in "[a-z@%\"\\\\=&:é]{0,12}", place in 0..4_u8,
            limit in 0..200_usize,
        ) {
            let text = format!("{before} s3cr3t@mail.example {after}");
            let value = match place {
                0 => serde_json::json!([text, 1.5]),
                1 => serde_json::json!({text: [null]}),
                2 => serde_json::json!({&name: {"a": [text]}}),
                _ => serde_json::json!({"Api-Token": {&name: ["s3cr3t"]}, "b": name}),
            };
            let json = value.to_string();
            let whole = masked(&json);
            proptest::prop_assert!(!whole.contains("s3cr3t"), "{whole}");
            let cut = sample(&json, limit, "");
            proptest::prop_assert!(!cut.text.contains("s3cr3t"), "{}", cut.text);
        }
    }

    #[test]
    fn what_is_cut_shows_no_part_of_a_string() {
        let json = r#"{"a":"ok","note":"bob@mail.example","password":"hunter2"}"#;
        for limit in 0..json.len() {
            let sample = sample(json, limit, "");
            assert!(sample.cut);
            assert!(sample.text.len() <= limit + MASK.len(), "{limit}");
            for secret in ["bob", "hun"] {
                assert!(!sample.text.contains(secret), "{limit}: {}", sample.text);
            }
        }
        assert_eq!(sample(r#"["ü"]"#, 3, "").text, "[");
    }
}
