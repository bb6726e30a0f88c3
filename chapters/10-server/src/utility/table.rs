//! The commands: what each is called, takes and is for.
//!
//! Owns [`Command`] and [`Flag`]. The same table is read for the command line and for the help.

/// What the program is called.
pub const PROGRAM: &str = "myetcdutl";

/// Which command it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// No command: the program itself.
    Root,
    /// A store without gaps.
    Defrag,
    /// The hash of a file's keys.
    HashKv,
    /// How a command is used.
    Help,
    /// A store for another version.
    Migrate,
    /// What is done with copies.
    Snapshot,
    /// A member's files of a copy.
    Restore,
    /// What is in a copy.
    Status,
    /// Which version this is.
    Version,
}

/// A command.
#[derive(Debug)]
pub struct Command {
    /// Which it is.
    pub name: Name,
    /// All words before its flags; the last one is its name.
    pub words: &'static [&'static str],
    /// What stands behind them; nothing, if it cannot be carried out by itself.
    pub takes: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Its commands, in the order of the alphabet.
    pub inside: &'static [&'static Command],
    /// Its flags, in the order of the alphabet.
    pub flags: &'static [Flag],
    /// How many words it takes, if that is looked at before anything else.
    pub exactly: Option<usize>,
}

/// A flag.
#[derive(Debug)]
pub struct Flag {
    /// Without the hyphens before it.
    pub name: &'static str,
    /// The letter that stands for it.
    pub letter: Option<char>,
    /// What it takes.
    pub kind: Kind,
    /// What it is if it is not given.
    pub usual: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Does the command need it?
    pub required: bool,
}

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// Yes or no. The flag alone says yes.
    Switch,
    /// A number that is not negative.
    Whole,
    /// A number.
    Signed,
    /// A span of time.
    Span,
}

const fn flag(name: &'static str, kind: Kind, usual: &'static str, about: &'static str) -> Flag {
    Flag { name, letter: None, kind, usual, about, required: false }
}

/// Flags of all commands.
pub const GLOBAL: [Flag; 2] = [
    flag(
        "timeout",
        Kind::Span,
        "10s",
        "time to wait to obtain a file lock on db file, 0 to block indefinitely",
    ),
    Flag {
        letter: Some('w'),
        ..flag(
            "write-out",
            Kind::Text,
            "simple",
            "set the output format (fields, json, protobuf, simple, table)",
        )
    },
];

/// All of it.
pub const ROOT: Command = Command {
    name: Name::Root,
    words: &[PROGRAM],
    takes: "",
    about: "",
    inside: &[&DEFRAG, &HASHKV, &HELP, &MIGRATE, &SNAPSHOT, &VERSION],
    flags: &[],
    exactly: None,
};

const DEFRAG: Command = Command {
    name: Name::Defrag,
    words: &[PROGRAM, "defrag"],
    takes: " [flags]",
    about: "Defragments the storage of the etcd",
    flags: &[Flag {
        required: true,
        ..flag(
            "data-dir",
            Kind::Text,
            "",
            "Required. Defragments a data directory not in use by etcd.",
        )
    }],
    ..NOTHING
};

const HASHKV: Command = Command {
    name: Name::HashKv,
    words: &[PROGRAM, "hashkv"],
    takes: " <filename> [flags]",
    about: "Prints the KV history hash of a given file",
    flags: &[flag("rev", Kind::Signed, "0", "maximum revision to hash (default: latest revision)")],
    exactly: Some(1),
    ..NOTHING
};

const HELP: Command = Command {
    name: Name::Help,
    words: &[PROGRAM, "help"],
    takes: " [command] [flags]",
    about: "Help about any command",
    ..NOTHING
};

const MIGRATE: Command = Command {
    name: Name::Migrate,
    words: &[PROGRAM, "migrate"],
    takes: " [flags]",
    about: "Migrates schema of etcd data dir files to make them compatible with different etcd \
            version",
    flags: &[
        Flag { required: true, ..flag("data-dir", Kind::Text, "", "Path to the etcd data dir") },
        flag(
            "force",
            Kind::Switch,
            "false",
            "Ignore migration failure and forcefully override storage version. Not recommended.",
        ),
        Flag {
            required: true,
            ..flag(
                "target-version",
                Kind::Text,
                "",
                "Target etcd version to migrate contents of data dir. Minimal value 3.5. Format \
                 \"X.Y\" for example 3.6.",
            )
        },
    ],
    ..NOTHING
};

const SNAPSHOT: Command = Command {
    name: Name::Snapshot,
    words: &[PROGRAM, "snapshot"],
    about: "Manages etcd node snapshots",
    inside: &[&RESTORE, &STATUS],
    ..NOTHING
};

const STATUS: Command = Command {
    name: Name::Status,
    words: &[PROGRAM, "snapshot", "status"],
    takes: " <filename> [flags]",
    about: "Gets backend snapshot status of a given file",
    ..NOTHING
};

const VERSION: Command = Command {
    name: Name::Version,
    words: &[PROGRAM, "version"],
    takes: " [flags]",
    about: "Prints the version of etcdutl",
    ..NOTHING
};

const RESTORE: Command = Command {
    name: Name::Restore,
    words: &[PROGRAM, "snapshot", "restore"],
    takes: " <filename> --data-dir {output dir} [options] [flags]",
    about: "Restores an etcd member snapshot to an etcd directory",
    flags: &[
        flag(
            "bump-revision",
            Kind::Whole,
            "0",
            "How much to increase the latest revision after restore",
        ),
        flag("data-dir", Kind::Text, "", "Path to the output data directory"),
        flag(
            "initial-advertise-peer-urls",
            Kind::Text,
            "http://localhost:2380",
            "List of this member's peer URLs to advertise to the rest of the cluster",
        ),
        flag(
            "initial-cluster",
            Kind::Text,
            "default=http://localhost:2380",
            "Initial cluster configuration for restore bootstrap",
        ),
        flag(
            "initial-cluster-token",
            Kind::Text,
            "etcd-cluster",
            "Initial cluster token for the etcd cluster during restore bootstrap",
        ),
        flag(
            "initial-memory-map-size",
            Kind::Whole,
            "10737418240",
            "Initial memory map size of the database in bytes. It uses the default value if not \
             defined or defined to 0",
        ),
        flag(
            "mark-compacted",
            Kind::Switch,
            "false",
            "Mark the latest revision after restore as the point of scheduled compaction \
             (required if --bump-revision > 0, disallowed otherwise)",
        ),
        flag("name", Kind::Text, "default", "Human-readable name for this member"),
        flag(
            "skip-hash-check",
            Kind::Switch,
            "false",
            "Ignore snapshot integrity hash value (required if copied from data directory)",
        ),
        flag("wal-dir", Kind::Text, "", "Path to the WAL directory (use --data-dir if none given)"),
    ],
    ..NOTHING
};

/// What most commands have not.
const NOTHING: Command = Command {
    name: Name::Root,
    words: &[],
    takes: "",
    about: "",
    inside: &[],
    flags: &[],
    exactly: None,
};

impl Command {
    /// The word that it is called by.
    pub fn word(&self) -> &'static str {
        self.words.last().unwrap_or(&"")
    }

    /// All words that it is called by.
    pub fn path(&self) -> String {
        self.words.join(" ")
    }

    /// Its own flags, and those of all commands.
    pub fn all_flags(&self) -> impl Iterator<Item = &Flag> {
        self.flags.iter().chain(&GLOBAL)
    }

    /// The command in it that a word means: its name, or a beginning that no other has.
    pub fn within(&self, word: &str) -> Option<&'static Command> {
        if let Some(exact) = self.inside.iter().find(|command| command.word() == word) {
            return Some(exact);
        }
        let mut found = self.inside.iter().filter(|command| command.word().starts_with(word));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }
}

impl Flag {
    /// How errors call it.
    pub fn called(&self) -> String {
        match self.letter {
            Some(letter) => format!("-{letter}, --{}", self.name),
            None => format!("--{}", self.name),
        }
    }
}
