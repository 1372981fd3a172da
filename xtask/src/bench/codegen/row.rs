//! What one generator made of one document, and how two of them compare.

use serde::Serialize;

use crate::measure::Cost;

/// Name of this project's generator in the figures.
pub(super) const OWN: &str = "linchpin";

/// Processor time and memory.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Used {
    /// User and system time of all processes, in seconds.
    pub(super) cpu_seconds: f64,
    /// The highest peak of any process, in bytes.
    pub(super) peak_bytes: u64,
}

impl From<Cost> for Used {
    fn from(cost: Cost) -> Self {
        Self { cpu_seconds: cost.cpu_seconds, peak_bytes: cost.peak_bytes }
    }
}

/// What one generator made of one document: the line that `--format json` prints.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) document: String,
    /// Operations of the document.
    pub(super) operations: usize,
    /// The generator.
    pub(super) generator: String,
    pub(super) version: String,
    /// What generating took, whether or not a crate came of it.
    pub(super) generate: Option<Used>,
    /// Lines of Rust; 0 where no crate came.
    pub(super) lines: usize,
    /// What `cargo check` of the crate alone took, whether or not it compiles.
    pub(super) check: Option<Used>,
    pub(super) errors: usize,
    pub(super) warnings: usize,
    pub(super) compiles: bool,
    /// What went wrong first.
    pub(super) error: Option<String>,
}

/// One document on which a peer compiles: this project's part of what the best peer takes to check.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Ratio {
    pub(super) document: String,
    /// The peer that takes the least time.
    pub(super) fastest: String,
    pub(super) cpu: f64,
    /// The peer that takes the least memory, which may be another.
    pub(super) leanest: String,
    pub(super) memory: f64,
}

/// The comparisons that the rows allow, in their order.
pub(super) fn ratios(rows: &[Row]) -> Vec<Ratio> {
    let own = rows.iter().filter(|row| row.generator == OWN && row.compiles);
    own.filter_map(|own| {
        let used = own.check?;
        let peers: Vec<(&str, Used)> = rows
            .iter()
            .filter(|row| row.document == own.document && row.generator != OWN && row.compiles)
            .filter_map(|row| Some((row.generator.as_str(), row.check?)))
            .collect();
        let fastest = peers.iter().min_by(|(_, a), (_, b)| a.cpu_seconds.total_cmp(&b.cpu_seconds))?;
        let leanest = peers.iter().min_by_key(|(_, used)| used.peak_bytes)?;
        Some(Ratio {
            document: own.document.clone(),
            fastest: fastest.0.to_owned(),
            cpu: used.cpu_seconds / fastest.1.cpu_seconds,
            leanest: leanest.0.to_owned(),
            memory: used.peak_bytes as f64 / leanest.1.peak_bytes as f64,
        })
    })
    .collect()
}

/// The geometric mean; `None` of nothing.
pub(super) fn geometric_mean(values: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let count = values.len();
    (count > 0).then(|| (values.map(f64::ln).sum::<f64>() / count as f64).exp())
}

/// A tag of a connector, checked by its feature alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Tag {
    pub(super) feature: String,
    #[serde(flatten)]
    pub(super) used: Used,
}

/// The tags of one connector beside the whole of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Tags {
    pub(super) document: String,
    pub(super) whole: Used,
    /// By processor time, the least first.
    pub(super) tags: Vec<Tag>,
}

impl Tags {
    /// The tag in the middle.
    pub(super) fn median(&self) -> Option<&Tag> {
        self.tags.get(self.tags.len().checked_sub(1)? / 2)
    }

    /// The one that takes the most.
    pub(super) fn largest(&self) -> Option<&Tag> {
        self.tags.last()
    }
}

#[cfg(test)]
mod tests {
    use super::{OWN, Row, Tag, Tags, Used, geometric_mean, ratios};

    fn row(document: &str, generator: &str, cpu_seconds: f64, peak_bytes: u64, compiles: bool) -> Row {
        Row {
            document: document.to_owned(),
            generator: generator.to_owned(),
            check: Some(Used { cpu_seconds, peak_bytes }),
            compiles,
            ..Row::default()
        }
    }

    #[test]
    fn the_best_peer_that_compiles_counts_for_time_and_for_memory() {
        let rows = [
            row("a", OWN, 1.0, 100, true),
            row("a", "slow", 8.0, 200, true),
            row("a", "fast", 4.0, 400, true),
            row("a", "broken", 0.1, 1, false),
            row("no peer compiles", OWN, 1.0, 100, true),
            row("no peer compiles", "broken", 4.0, 400, false),
            row("own does not compile", OWN, 1.0, 100, false),
            row("own does not compile", "fast", 4.0, 400, true),
        ];
        let found = ratios(&rows);
        let shown: Vec<_> = found
            .iter()
            .map(|ratio| (&*ratio.document, &*ratio.fastest, ratio.cpu, &*ratio.leanest, ratio.memory))
            .collect();
        assert_eq!(shown, [("a", "fast", 0.25, "slow", 0.5)]);
    }

    #[test]
    fn the_mean_is_geometric() {
        assert_eq!(geometric_mean([].into_iter()), None);
        let mean = geometric_mean([0.5, 0.125].into_iter()).unwrap();
        assert!((mean - 0.25).abs() < 1e-12, "{mean}");
    }

    #[test]
    fn the_median_of_an_even_number_of_tags_is_the_lower() {
        let used = |cpu_seconds| Used { cpu_seconds, peak_bytes: 1 };
        let tag = |(number, name): (usize, &str)| Tag { feature: name.to_owned(), used: used(number as f64) };
        for (names, median, largest) in [
            (&[][..], None, None),
            (&["a"], Some("a"), Some("a")),
            (&["a", "b"], Some("a"), Some("b")),
            (&["a", "b", "c"], Some("b"), Some("c")),
        ] {
            let tags = names.iter().copied().enumerate().map(tag).collect();
            let tags = Tags { document: "x".to_owned(), whole: used(9.0), tags };
            let name = |tag: Option<&Tag>| tag.map(|tag| tag.feature.clone());
            assert_eq!(name(tags.median()).as_deref(), median, "{names:?}");
            assert_eq!(name(tags.largest()).as_deref(), largest, "{names:?}");
        }
    }
}
