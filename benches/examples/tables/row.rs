//! What a row of a table declares.

use serde_json::{Value, json};

use crate::session::Session;

/// Why whole frameworks are no rivals here.
pub(crate) const HEAVY: &str = "a framework of hundreds of crates, not built with these benches";

/// Why a lesser one is not, either.
pub(crate) const ABSENT: &str = "not built with these benches";

/// What ours must reach.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// This many times as fast as a rival.
    Faster(f64, &'static str),
    /// No more than this many times the time of a rival.
    Within(f64, &'static str),
    /// Seconds of an item, at most.
    Seconds(f64),
    /// Items a second, at least.
    Rate(f64),
    /// Two threads this many times as fast as one.
    Threads(f64),
}

impl Target {
    fn to_json(&self) -> Value {
        match self {
            Self::Faster(times, rival) => json!({"kind": "faster", "than": rival, "value": times}),
            Self::Within(times, rival) => json!({"kind": "within", "than": rival, "value": times}),
            Self::Seconds(value) => json!({"kind": "seconds", "value": value}),
            Self::Rate(value) => json!({"kind": "rate", "value": value}),
            Self::Threads(value) => json!({"kind": "threads", "value": value}),
        }
    }
}

/// A row: what is done, beside whom, and how well it must be done.
pub(crate) struct Row {
    id: String,
    family: &'static str,
    work: String,
    items: f64,
    item: &'static str,
    weight: f64,
    threads: bool,
    columns: Vec<&'static str>,
    peers: Vec<&'static str>,
    skipped: Vec<(&'static str, &'static str)>,
    targets: Vec<Target>,
    notes: Value,
    run: Box<dyn Fn(&mut Session)>,
}

impl Row {
    pub(crate) fn new(
        family: &'static str,
        id: impl Into<String>,
        work: impl Into<String>,
        run: impl Fn(&mut Session) + 'static,
    ) -> Self {
        Self {
            id: format!("{family}/{}", id.into()),
            family,
            work: work.into(),
            items: 1.0,
            item: "call",
            weight: 1.0,
            threads: false,
            columns: vec!["ours"],
            peers: Vec::new(),
            skipped: Vec::new(),
            targets: Vec::new(),
            notes: json!({}),
            run: Box::new(run),
        }
    }

    /// How many items a call works on, and what they are.
    pub(crate) fn items(mut self, items: usize, item: &'static str) -> Self {
        (self.items, self.item) = (items as f64, item);
        self
    }

    /// How often the row counts in a sum of rows.
    pub(crate) fn weight(mut self, weight: usize) -> Self {
        self.weight = weight as f64;
        self
    }

    /// Measured with two threads too.
    pub(crate) fn threads(mut self) -> Self {
        self.threads = true;
        self
    }

    /// Columns in this program beside ours.
    pub(crate) fn rivals(mut self, rivals: &[&'static str]) -> Self {
        self.columns.extend(rivals);
        self
    }

    /// Rivals of the Python world.
    pub(crate) fn peers(mut self, peers: &[&'static str]) -> Self {
        self.peers.extend(peers);
        self
    }

    /// A rival that is not measured, and why.
    pub(crate) fn skip(mut self, rival: &'static str, reason: &'static str) -> Self {
        self.skipped.push((rival, reason));
        self
    }

    pub(crate) fn target(mut self, target: Target) -> Self {
        self.targets.push(target);
        self
    }

    /// Numbers that the page or a peer needs.
    pub(crate) fn notes(mut self, notes: Value) -> Self {
        self.notes = notes;
        self
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn columns(&self) -> &[&'static str] {
        &self.columns
    }

    pub(crate) fn run(&self, session: &mut Session) {
        (self.run)(session);
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "family": self.family,
            "work": self.work,
            "items": self.items,
            "item": self.item,
            "weight": self.weight,
            "threads": self.threads,
            "columns": self.columns,
            "peers": self.peers,
            "skipped": self.skipped,
            "targets": self.targets.iter().map(Target::to_json).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }
}
