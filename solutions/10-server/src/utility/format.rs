//! How answers are written: in a line, as JSON, in fields or as a table.
//!
//! Owns [`Format`] and [`Answer`], a few named values, and what each format makes of them.

use crate::utility::failure::Failure;
use serde_json::Value;
use std::fmt::Write;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line, for people.
    Simple,
    /// An object.
    Json,
    /// A line for each value.
    Fields,
    /// A box.
    Table,
    /// It is known, and no answer of a file has it.
    Protobuf,
}

impl Format {
    /// The one of this name.
    pub fn of(name: &str) -> Result<Format, Failure> {
        match name {
            "simple" => Ok(Format::Simple),
            "json" => Ok(Format::Json),
            "fields" => Ok(Format::Fields),
            "table" => Ok(Format::Table),
            "protobuf" => Ok(Format::Protobuf),
            _ => Err(Failure::format("unsupported output format")),
        }
    }
}

/// A value of an answer.
pub struct Column {
    /// Over a table's column.
    pub title: &'static str,
    /// In JSON.
    pub key: &'static str,
    /// Among fields.
    pub field: &'static str,
    /// For people.
    pub text: String,
    /// For programs.
    pub value: Value,
}

/// What is known of a file.
pub struct Answer(pub Vec<Column>);

impl Answer {
    /// As it is written.
    pub fn write(&self, format: Format) -> Result<String, Failure> {
        match format {
            Format::Simple => Ok(self.texts().join(", ") + "\n"),
            Format::Json => {
                let pair = |column: &Column| format!("{:?}:{}", column.key, column.value);
                let pairs: Vec<String> = self.0.iter().map(pair).collect();
                Ok(format!("{{{}}}\n", pairs.join(",")))
            }
            Format::Fields => {
                let line = |column: &Column| match &column.value {
                    Value::String(text) => format!("{:?} : {text}\n", column.field),
                    value => format!("{:?} : {value}\n", column.field),
                };
                Ok(self.0.iter().map(line).collect())
            }
            Format::Table => Ok(self.table()),
            Format::Protobuf => Err(Failure::format("protobuf not supported as output format")),
        }
    }

    fn texts(&self) -> Vec<&str> {
        self.0.iter().map(|column| column.text.as_str()).collect()
    }

    fn table(&self) -> String {
        let widths: Vec<usize> =
            self.0.iter().map(|column| column.title.len().max(column.text.len()) + 2).collect();
        let rule = |left: &str, middle: &str, right: &str| {
            let lines: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
            format!("{left}{}{right}\n", lines.join(middle))
        };
        let mut table = rule("┌", "┬", "┐");
        for (column, width) in self.0.iter().zip(&widths) {
            let _ = write!(table, "│{:^width$}", column.title);
        }
        table += "│\n";
        table += &rule("├", "┼", "┤");
        for (text, width) in self.texts().iter().zip(&widths) {
            let width = width - 2;
            let _ = write!(table, "│ {text:>width$} ");
        }
        table + "│\n" + &rule("└", "┴", "┘")
    }
}
