//! Counts of tests, read from what the test runners print.

/// How many tests passed, failed and were left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Counts {
    /// Adds what the output of cargo's, Node's or Vitest's runner says.
    pub fn add(&mut self, output: &str) {
        for line in output.lines() {
            let line = plain(line);
            let line = line.trim();
            if let Some(rest) = line.strip_prefix("test result:") {
                self.passed += number_before(rest, "passed");
                self.failed += number_before(rest, "failed");
                self.skipped += number_before(rest, "ignored");
            } else if let Some(rest) = line.strip_prefix("Tests ") {
                self.passed += number_before(rest, "passed");
                self.failed += number_before(rest, "failed");
                self.skipped += number_before(rest, "skipped");
            } else if let Some((word, number)) = node_summary(line) {
                match word {
                    "pass" => self.passed += number,
                    "fail" => self.failed += number,
                    _ => self.skipped += number,
                }
            }
        }
    }

    /// Tests that ran.
    pub fn total(&self) -> u64 {
        self.passed + self.failed
    }

    /// Prints the counts on one line of their own.
    #[expect(
        clippy::print_stdout,
        reason = "the command's result, for people and for CI"
    )]
    pub fn print(&self) {
        println!(
            "\n{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        );
    }
}

/// `# pass 12` or `ℹ pass 12`, as Node's test runner ends.
fn node_summary(line: &str) -> Option<(&str, u64)> {
    let rest = line
        .strip_prefix("# ")
        .or_else(|| line.strip_prefix("ℹ "))?;
    let (word, number) = rest.split_once(' ')?;
    if !["pass", "fail", "skipped", "todo"].contains(&word) {
        return None;
    }
    Some((word, number.trim().parse().ok()?))
}

/// The number that stands directly before `word`, or 0.
fn number_before(text: &str, word: &str) -> u64 {
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    words
        .windows(2)
        .find(|pair| pair[1] == word)
        .and_then(|pair| pair[0].parse().ok())
        .unwrap_or(0)
}

/// The line without terminal colours.
fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            chars.by_ref().find(char::is_ascii_alphabetic);
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_three_runners() {
        let mut counts = Counts::default();
        counts.add(
            "test result: ok. 12 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out\n\
             # pass 3\n# fail 0\nℹ pass 4\n\
             \u{1b}[2m      Tests \u{1b}[22m \u{1b}[32m5 passed\u{1b}[39m (5)\n",
        );
        assert_eq!(
            counts,
            Counts {
                passed: 24,
                failed: 1,
                skipped: 2
            }
        );
    }
}
