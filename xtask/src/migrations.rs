//! What a migration may do (`docs/schema-changes.md`): a new one only adds, unless its name says which programs it asks for.
//!
//! Reads the text of migrations, as far as words tell. Refuses to judge those from before the rule.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// The last migration from before the rule.
const BEFORE: u64 = 26;
/// What begins the comment by which a migration that takes something away says what took its place.
const CONTRACT: &str = "-- contract: ";
/// What begins the comment before a statement which looks as if it took something away: why no program notices.
const UNNOTICED: &str = "-- unnoticed: ";

/// Words that take something away from programs that do not know the migration, or refuse what they write.
const TAKING: &[(&str, &str)] = &[
    ("DROP", "what is dropped is missed by programs that use it"),
    (
        "RENAME",
        "what has another name is missed by programs that use it",
    ),
    (
        "SET NOT NULL",
        "programs that do not know the column leave it empty",
    ),
    (
        "ADD CONSTRAINT",
        "programs that do not know the constraint break it",
    ),
    (
        "ADD CHECK",
        "programs that do not know the condition break it",
    ),
    (
        "ADD UNIQUE",
        "programs that do not know the constraint break it",
    ),
    ("ADD PRIMARY", "programs name the key by which they store"),
    ("ALTER COLUMN", "programs read the type that they know"),
];

/// Both databases carry the same numbered migrations, and new ones keep to the rule.
pub fn check(root: &Path, findings: &mut String) -> Result<()> {
    let names = |kind: &str| -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(root.join("migrations").join(kind))? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    };
    let (sqlite, postgres) = (names("sqlite")?, names("postgres")?);
    if sqlite != postgres {
        writeln!(
            findings,
            "migrations differ: sqlite {sqlite:?}, postgres {postgres:?}"
        )
        .ok();
    }
    let numbers: Vec<u64> = sqlite.iter().filter_map(|name| number(name)).collect();
    for (kind, names) in [("sqlite", &sqlite), ("postgres", &postgres)] {
        for name in names {
            let file = format!("migrations/{kind}/{name}");
            let text = fs::read_to_string(root.join(&file)).with_context(|| file.clone())?;
            for finding in judge(name, &text, &numbers) {
                writeln!(findings, "{file}: {finding}").ok();
            }
        }
    }
    Ok(())
}

fn number(name: &str) -> Option<u64> {
    name.split('_').next()?.parse().ok()
}

/// What is wrong with a migration.
fn judge(name: &str, text: &str, numbers: &[u64]) -> Vec<String> {
    let Some(own) = number(name) else {
        return vec!["its name does not begin with a number and _".to_owned()];
    };
    if own <= BEFORE {
        return Vec::new();
    }
    let stem = name.trim_end_matches(".sql");
    let mut words = stem.split('_').skip(1);
    let asks_for = (words.next() == Some("contract")).then(|| words.next());
    let says_why = text.lines().any(|line| line.starts_with(CONTRACT));
    match asks_for {
        None if says_why => vec![format!(
            "says `{CONTRACT}…`, and its name is not NNNN_contract_MMMM_what.sql, by which programs are told"
        )],
        None => taking(text)
            .map(|(line, word, why)| {
                format!(
                    "line {line}: `{word}`: {why}. Add only, and take away in a migration NNNN_contract_MMMM_what.sql of a later \
                     release; or say before the statement why nobody notices: `{UNNOTICED}…`"
                )
            })
            .collect(),
        Some(known) => {
            let mut wrong = Vec::new();
            let known = known.and_then(|word| word.parse::<u64>().ok());
            if !known.is_some_and(|known| known < own && numbers.contains(&known)) {
                wrong.push(
                    "its name has to say which earlier migration a program has to know: NNNN_contract_MMMM_what.sql"
                        .to_owned(),
                );
            }
            if !says_why {
                wrong.push(format!(
                    "says nowhere what is taken away and what took its place: `{CONTRACT}…`"
                ));
            }
            wrong
        }
    }
}

/// Where something is taken away, by which word, and whom that hurts.
fn taking(text: &str) -> impl Iterator<Item = (usize, &'static str, &'static str)> {
    let mut excused = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        if line.trim_start().starts_with("--") {
            excused |= line.trim_start().starts_with(UNNOTICED.trim_end());
            return None;
        }
        let (code, _) = line.split_once("--").unwrap_or((line, ""));
        let found = taken_by(code);
        let was_excused = excused;
        // Until the end of the statement.
        excused &= !code.trim_end().ends_with(';');
        let (word, why) = found.filter(|_| !was_excused)?;
        Some((index + 1, word, why))
    })
}

fn taken_by(code: &str) -> Option<(&'static str, &'static str)> {
    // Names hold no words: `tell_renamed` is one word, and so is a text in quotes without spaces.
    let words: Vec<String> = code
        .split(|c: char| !c.is_alphanumeric() && c != '_' && c != '\'' && c != '"')
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_uppercase)
        .collect();
    let line = format!(" {} ", words.join(" "));
    let has = |word: &str| line.contains(&format!(" {word} "));
    let added = has("ADD COLUMN") && has("NOT NULL") && !has("DEFAULT");
    if added {
        return Some((
            "ADD COLUMN … NOT NULL",
            "programs that do not know the column leave it empty; give it a DEFAULT",
        ));
    }
    TAKING.iter().copied().find(|(word, _)| has(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(name: &str, text: &str) -> String {
        judge(name, text, &[9, 26, 31, 34]).join("\n")
    }

    #[test]
    fn what_only_adds_is_nobodys_business() {
        let text = "-- DROP nothing.\nCREATE TABLE notes (a TEXT NOT NULL); -- RENAME\n\
            ALTER TABLE events ADD COLUMN mood TEXT;\n\
            ALTER TABLE events ADD COLUMN times BIGINT NOT NULL DEFAULT 0;\n\
            CREATE TRIGGER events_rename AFTER UPDATE ON events;\nCREATE FUNCTION tell_drop();\n";
        assert_eq!(wrong("0031_notes.sql", text), "");
        assert_eq!(wrong("0026_rollups.sql", "DROP TABLE events;"), "");
    }

    #[test]
    fn what_takes_something_away_is_found() {
        for (text, word) in [
            ("ALTER TABLE a\n    DROP COLUMN b;", "line 2: `DROP`"),
            ("drop index a;", "DROP"),
            ("ALTER TABLE a RENAME COLUMN b TO c;", "RENAME"),
            ("ALTER TABLE a ADD COLUMN b TEXT NOT NULL;", "DEFAULT"),
            ("ALTER TABLE a ALTER b SET NOT NULL;", "SET NOT NULL"),
            (
                "ALTER TABLE a ADD CONSTRAINT b CHECK (c > 0);",
                "CONSTRAINT",
            ),
            ("ALTER TABLE a ALTER COLUMN b TYPE BIGINT;", "ALTER COLUMN"),
        ] {
            assert!(wrong("0031_notes.sql", text).contains(word), "{text}");
        }
    }

    #[test]
    fn a_statement_is_excused_and_the_next_one_is_not() {
        let text = "-- unnoticed: another index has these rows too\nDROP INDEX a;\nDROP INDEX b;\n";
        let found = wrong("0031_notes.sql", text);
        assert!(
            found.contains("line 3") && !found.contains("line 2"),
            "{found}"
        );
    }

    #[test]
    fn a_contract_says_whom_it_asks_for_and_why() {
        let text = "-- contract: visitors.stage, which nothing has read since 31.\nALTER TABLE visitors DROP COLUMN stage;\n";
        assert_eq!(wrong("0034_contract_0031_stage.sql", text), "");
        assert!(wrong("0034_stage.sql", text).contains("its name"));
        for name in [
            "0034_contract_stage.sql",
            "0034_contract_0034_stage.sql",
            "0034_contract_0030_stage.sql",
        ] {
            assert!(wrong(name, text).contains("earlier migration"), "{name}");
        }
        let silent = wrong("0034_contract_0031_stage.sql", "DROP TABLE a;");
        assert!(silent.contains("what took its place"), "{silent}");
    }
}
