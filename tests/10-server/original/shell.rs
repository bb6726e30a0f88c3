//! A command line of a person, carried out.
//!
//! Owns what a line looks like, which is as a shell has it, but for two things. What a command
//! reads is one JSON string, so that it fits on the line; and `head` ends a command that would go
//! on, as soon as it has written so many lines.
//!
//! ```text
//! NAME=value put 'a key' value | head -n 3 <<< "what it reads\n"
//! ```

use crate::programs::program;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What is said of a command that goes on and on.
pub const HANGS: &str = "it does not end\n";
/// However much else runs on the machine, a command has said everything before that.
const LONGEST: Duration = Duration::from_secs(30);
/// How often is looked whether it has.
const LOOK: Duration = Duration::from_millis(2);

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where in the file.
    pub at: usize,
    pub text: String,
    variables: Vec<(String, String)>,
    words: Vec<String>,
    input: Option<String>,
    /// After so many lines it is ended.
    lines: Option<usize>,
}

/// How a command ended, and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// None if it had to be ended.
    pub code: Option<i32>,
    pub output: String,
    pub errors: String,
}

/// All lines of a file, without comments.
pub fn lines(text: &str) -> Vec<Line> {
    let numbered = text.lines().enumerate();
    let lines = numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines.map(|(at, line)| Line::read(at + 1, line)).collect()
}

impl Line {
    fn read(at: usize, text: &str) -> Line {
        let (rest, input) = match text.split_once(" <<< ") {
            Some((rest, input)) => {
                let input = serde_json::from_str(input);
                (rest, Some(input.unwrap_or_else(|error| panic!("line {at}: {error}"))))
            }
            None => (text, None),
        };
        let (rest, lines) = match rest.split_once(" | head -n ") {
            Some((rest, count)) => (rest, Some(count.parse().expect("it is a number"))),
            None => (rest, None),
        };
        let mut words = words(rest);
        let is_variable = |word: &String| {
            let name = word.split_once('=').map_or("", |(name, _)| name);
            !name.is_empty() && name.chars().all(|letter| letter.is_uppercase() || letter == '_')
        };
        let count = words.iter().take_while(|word| is_variable(word)).count();
        let variables = words.drain(..count).map(|word| {
            let (name, value) = word.split_once('=').expect("it has one");
            (name.to_owned(), value.to_owned())
        });
        let variables = variables.collect();
        Line { at, text: text.to_owned(), variables, words, input, lines }
    }

    /// Whether it is about a file, and not about a server.
    pub fn is_of_a_file(&self) -> bool {
        self.words.first().is_some_and(|word| word == "etcdutl")
    }

    /// Carries it out, with what its variables stand for.
    pub fn run(&self, endpoint: &str, meaning: &dyn Fn(&str) -> String) -> Said {
        let words: Vec<String> = self.words.iter().map(|word| meaning(word)).collect();
        let mut command = match words.split_first() {
            Some((first, rest)) if first == "etcdutl" => {
                let mut command = program("etcdutl");
                command.args(rest);
                command
            }
            Some(_) | None => {
                let mut command = program("etcdctl");
                command.arg("--endpoints").arg(endpoint).args(&words);
                command
            }
        };
        command.envs(self.variables.iter().map(|(name, value)| (name, meaning(value))));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Ended(command.spawn().expect("there is room for one more process"));
        let mut stdin = child.0.stdin.take().expect("it is piped");
        let input = meaning(self.input.as_deref().unwrap_or_default());
        // A command that does not want it closes the pipe.
        let _ = stdin.write_all(input.as_bytes());
        let output = Heard::listen(child.0.stdout.take().expect("it is piped"));
        let errors = Heard::listen(child.0.stderr.take().expect("it is piped"));
        let code = self.wait(&mut child, stdin, &output);
        let (output, mut errors) = (output.all(self.lines), errors.all(None));
        if code.is_err() {
            errors += HANGS;
        }
        Said { code: code.ok().flatten(), output, errors }
    }

    /// Waits until it has ended, or has said what it was to say. Its code, if it ended by itself.
    fn wait(
        &self,
        child: &mut Ended,
        stdin: ChildStdin,
        output: &Heard,
    ) -> Result<Option<i32>, ()> {
        // A command that is to go on may wait for more to read.
        let _stdin = self.lines.map(|_| stdin);
        let start = Instant::now();
        loop {
            if let Some(status) = child.0.try_wait().expect("it is our child") {
                return Ok(status.code());
            }
            let is_said = self.lines.is_some_and(|lines| output.count() >= lines);
            if is_said || start.elapsed() > LONGEST {
                let _ = child.0.kill();
                let _ = child.0.wait();
                return if is_said { Ok(None) } else { Err(()) };
            }
            thread::sleep(LOOK);
        }
    }
}

/// A line's words: spaces end one, unless they are between quotes of either kind.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in text.chars() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (Some(_), letter) => word.get_or_insert_default().push(letter),
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, letter) => word.get_or_insert_default().push(letter),
        }
    }
    assert_eq!(quote, None, "a quote is not closed: {text}");
    words.extend(word);
    words
}

/// A process that ends when nobody waits for it any more.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What comes out of a pipe, line by line.
struct Heard {
    lines: Arc<Mutex<Vec<String>>>,
    reader: JoinHandle<()>,
}

impl Heard {
    fn listen(stream: impl Read + Send + 'static) -> Heard {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let heard = lines.clone();
        let reader = thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while stream.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                let text = String::from_utf8_lossy(&line).into_owned();
                heard.lock().expect("nobody panics with it").push(text);
                line.clear();
            }
        });
        Heard { lines, reader }
    }

    fn count(&self) -> usize {
        self.lines.lock().expect("nobody panics with it").len()
    }

    /// All of it, or so many lines.
    fn all(self, most: Option<usize>) -> String {
        self.reader.join().expect("it only reads");
        let lines = self.lines.lock().expect("nobody panics with it");
        lines[..most.unwrap_or(usize::MAX).min(lines.len())].concat()
    }
}
