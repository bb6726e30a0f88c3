//! The lines of the conversation with the original: reading them, and comparing answers.
//!
//! Owns what a line says, as the README beside it explains it. Left to others: who answers.

use serde_json::Value;

/// Everything that was said.
const CONVERSATION: &str = include_str!("conversation.jsonl");

/// A request, and what the original has answered.
#[derive(Clone, Debug)]
pub struct Line(Value);

/// All lines, in the order in which they were sent.
pub fn all() -> Vec<Line> {
    let read = |text| Line(serde_json::from_str(text).expect("every line is JSON"));
    CONVERSATION.lines().map(read).collect()
}

impl Line {
    /// Its number, from 1 on.
    pub fn number(&self) -> u64 {
        self.0["n"].as_u64().expect("every line has one")
    }

    /// What kind of request it is, in a word or two.
    pub fn group(&self) -> &str {
        self.text("group")
    }

    /// How it was sent: nearly always `POST`.
    pub fn method(&self) -> &str {
        self.text("method")
    }

    /// Where it was sent to.
    pub fn path(&self) -> &str {
        self.text("path")
    }

    /// Its body, as a text.
    pub fn body(&self) -> String {
        match &self.0["request"] {
            Value::Null => String::new(),
            Value::String(raw) if self.0["raw"] == true => raw.clone(),
            request => request.to_string(),
        }
    }

    /// Its headers, beside the usual ones.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs("headers")
    }

    /// What of its answer is kept for later lines: a name, and the path to it.
    pub fn saves(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs("save")
    }

    fn pairs(&self, name: &str) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0[name].as_object().into_iter().flatten();
        pairs.map(|(name, value)| (name.as_str(), value.as_str().expect("it is a text")))
    }

    /// Is its answer a stream, and the response a list of what came?
    pub fn is_stream(&self) -> bool {
        self.0["stream"] == true
    }

    /// May that have come in another order?
    pub fn is_unordered(&self) -> bool {
        self.0["unordered"] == true
    }

    /// Its answer's status; none if there was no answer.
    pub fn status(&self) -> Option<u64> {
        self.0["status"].as_u64()
    }

    /// Its answer's body.
    pub fn response(&self) -> &Value {
        &self.0["response"]
    }

    /// Is this the same answer, but for what differs from run to run? Else, what should have been
    /// answered, and what was.
    pub fn is_answered_by(&self, status: u64, response: &Value) -> Result<(), String> {
        let mut both = [self.response().clone(), response.clone()];
        for path in self.0["volatile"].as_array().expect("every line has a list") {
            let path = path.as_str().expect("a path is a text");
            both.iter_mut().for_each(|value| forget(value, path));
        }
        let [wanted, found] = both;
        if self.status() == Some(status) && wanted == found {
            return Ok(());
        }
        let line = format!("line {}: {} {}", self.number(), self.path(), self.body());
        let wanted_status = self.status().map_or("nothing".to_owned(), |code| code.to_string());
        Err(format!("{line}\netcd  {wanted_status} {wanted}\nours  {status} {found}"))
    }

    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().expect("every line has it")
    }
}

/// Puts nothing in the place of a value, if it is there.
fn forget(value: &mut Value, path: &str) {
    let (step, rest) = path.split_once('.').unwrap_or((path, ""));
    let (name, is_list) = match step.strip_suffix("[]") {
        Some(name) => (name, true),
        None => (step, false),
    };
    let inside = if name.is_empty() { Some(value) } else { value.get_mut(name) };
    let Some(inside) = inside else { return };
    let found = match inside {
        Value::Array(list) if is_list => list.iter_mut().collect(),
        other => vec![other],
    };
    for value in found {
        if rest.is_empty() { *value = Value::Null } else { forget(value, rest) }
    }
}
