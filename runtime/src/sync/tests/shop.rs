//! A model of a server whose lists are asked for by parent or by window, and which is cut off, lacks parents, or serves no list to its end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::json;

use crate::contract::{
    Bound, Cap, Cursor, CursorFormat, Each, Include, Order, Parent, ParentValue, Partition, Path, Shape,
    SliceTarget, Slices, Stream, Window,
};
use crate::paging::StopReason;
use crate::slices::Slice;
use crate::store::{Checkpoint, Row, Store, StoreError};
use crate::sync::engine::Progress;
use crate::sync::slices::{Sliced, Slicer};
use crate::sync::source::{PageSource, SliceSource, SourceError, SourcePage, SourcePages};

use super::model::moment;
use super::streams::{BY_OFFSET, BY_TOKEN, CONTRACT};

/// Where a value of a request goes.
pub(super) const OWNER: SliceTarget = SliceTarget::Parameter(0, None);
const FROM: SliceTarget = SliceTarget::Parameter(1, None);
const TO: SliceTarget = SliceTarget::Parameter(2, None);
/// The first second of the model's records.
pub(super) const FIRST: i64 = 1_700_000_000;

pub(super) static PARENTS: Stream = Stream {
    source: crate::contract::Source::Pages,
    name: "owners",
    description: "",
    operation: &BY_TOKEN,
    records: &[],
    key: &[&["id"]],
    cursor: Some(Cursor {
        field: &["changed"],
        parameter: None,
        property: None,
        format: CursorFormat::AsIs,
        start: None,
        order: Order::Descending,
    }),
    parameters: &[],
    slices: None,
    body: None,
    shape: Shape::Any,
};

/// Something that belongs to an owner. Its id is its own among those of the same owner only.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Child {
    pub(super) owner: u64,
    pub(super) id: u64,
    pub(super) second: i64,
    pub(super) version: u64,
}

#[derive(Default)]
pub(super) struct World {
    /// When each owner changed last.
    pub(super) owners: BTreeMap<u64, i64>,
    pub(super) children: Vec<Child>,
    pub(super) now: i64,
    pub(super) page: usize,
    /// Requests until it is cut off; then it refuses each until it is set anew.
    pub(super) patience: Option<usize>,
    /// Owners whose list fails.
    pub(super) broken: BTreeSet<u64>,
    /// Owners that were deleted: their list is answered with 404.
    pub(super) gone: BTreeSet<u64>,
    /// Owners whose list the error map leaves out.
    pub(super) withheld: BTreeSet<u64>,
    /// Records after which a list cannot be read further: it is refused with this status, or just ends.
    pub(super) depth: Option<(usize, Option<u16>)>,
    pub(super) requests: Vec<(String, usize)>,
    /// Children that are added before each request, while there are any.
    pub(super) meanwhile: Vec<u64>,
}

#[derive(Clone)]
pub(super) struct Shop(Arc<Mutex<World>>);

#[derive(Debug, PartialEq)]
pub(super) enum Broken {
    Off,
    Status(u16),
}

impl SourceError for Broken {
    fn refuses_position(&self) -> bool {
        matches!(self, Self::Status(400))
    }

    fn starts_over(&self) -> bool {
        false
    }

    fn status(&self) -> Option<u16> {
        if let Self::Status(status) = self { Some(*status) } else { None }
    }

    fn concerns_all(&self) -> bool {
        *self == Self::Off
    }

    fn skips_slice(&self) -> bool {
        *self == Self::Status(451)
    }

    fn describe(&self) -> String {
        format!("{self:?}")
    }
}

impl World {
    pub(super) fn add(&mut self, owner: u64, second: i64) {
        let id = self.children.iter().filter(|child| child.owner == owner).count() as u64 + 1;
        self.children.push(Child { owner, id, second, version: 1 });
    }
}

impl Child {
    fn json(&self) -> String {
        json!({"id": self.id, "at": self.second, "version": self.version}).to_string()
    }
}

impl Shop {
    pub(super) fn new(page: usize) -> Self {
        Self(Arc::new(Mutex::new(World { now: FIRST + 1_000_000, page, ..World::default() })))
    }

    /// That many owners, of whom the n-th has n children.
    pub(super) fn filled(owners: u64, page: usize) -> Self {
        let shop = Self::new(page);
        {
            let mut world = shop.world();
            for owner in 1..=owners {
                world.owners.insert(owner, FIRST);
                (0..owner).for_each(|second| world.add(owner, FIRST + second as i64));
            }
        }
        shop
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn requests(&self) -> Vec<(String, usize)> {
        std::mem::take(&mut self.world().requests)
    }

    /// What the table has to hold, by its key.
    pub(super) fn source(&self, by_owner: bool) -> BTreeMap<String, String> {
        let key = |child: &Child| match by_owner {
            true => json!([child.owner.to_string(), child.id.to_string()]).to_string(),
            false => child.id.to_string(),
        };
        self.world().children.iter().map(|child| (key(child), child.json())).collect()
    }

    /// What a run of the owners' own stream would leave in the store.
    pub(super) fn sync_owners(&self, store: &Store) {
        let world = self.world();
        let records: Vec<(u64, String, String)> = world
            .owners
            .iter()
            .map(|(id, changed)| {
                let changed = moment(*changed).to_string();
                (*id, changed.clone(), json!({"id": id, "changed": changed}).to_string())
            })
            .collect();
        let rows: Vec<Row<'_>> = records
            .iter()
            .map(|(id, changed, record)| Row {
                key: id.to_string(),
                cursor: Some(changed.clone()),
                record,
                parent: None,
            })
            .collect();
        store.commit_page(&PARENTS, &rows, &Checkpoint::default(), moment(world.now)).expect("owners");
    }
}

/// A list that was opened.
pub(super) struct List {
    shop: Shop,
    owner: Option<u64>,
    from: Option<i64>,
    to: Option<i64>,
}

pub(super) struct ListPages {
    shop: Shop,
    owner: Option<u64>,
    from: Option<i64>,
    to: Option<i64>,
    next: Option<usize>,
}

pub(super) struct ListPage(Vec<String>, u64);

impl SliceSource for Shop {
    type Source = List;

    fn slice(&self, arguments: Vec<(SliceTarget, String)>) -> List {
        let find = |wanted: SliceTarget| {
            let found = arguments.iter().find(|(target, _)| *target == wanted);
            found.map(|(_, json)| json.trim_matches('"').to_owned())
        };
        let second = |target| find(target).map(|text| text.parse::<i64>().expect("seconds"));
        let owner = find(OWNER).map(|text| text.parse().expect("an owner"));
        List { shop: self.clone(), owner, from: second(FROM), to: second(TO) }
    }
}

impl PageSource for List {
    type Pages = ListPages;

    fn open(&self, _: Option<&str>, position: Option<&serde_json::Value>) -> Result<ListPages, Broken> {
        let next = match position {
            None => 0,
            Some(position) => position.as_u64().ok_or(Broken::Status(400))? as usize,
        };
        let Self { shop, owner, from, to } = self;
        Ok(ListPages { shop: shop.clone(), owner: *owner, from: *from, to: *to, next: Some(next) })
    }
}

impl SourcePages for ListPages {
    type Page = ListPage;
    type Error = Broken;

    async fn next(&mut self) -> Result<Option<ListPage>, Broken> {
        let Some(start) = self.next else { return Ok(None) };
        // Lets the slices beside it have their turn.
        tokio::task::yield_now().await;
        let mut world = self.shop.world();
        if let Some(owner) = world.meanwhile.pop() {
            let now = world.now;
            world.add(owner, now);
        }
        if let Some(patience) = &mut world.patience {
            *patience = patience.checked_sub(1).ok_or(Broken::Off)?;
        }
        let list = match (self.owner, self.from) {
            (Some(owner), _) => owner.to_string(),
            (None, from) => from.unwrap_or_default().to_string(),
        };
        world.requests.push((list, start));
        if self.owner.is_some_and(|owner| world.broken.contains(&owner)) {
            return Err(Broken::Status(500));
        }
        if self.owner.is_some_and(|owner| world.gone.contains(&owner)) {
            return Err(Broken::Status(404));
        }
        if self.owner.is_some_and(|owner| world.withheld.contains(&owner)) {
            return Err(Broken::Status(451));
        }
        let depth = world.depth;
        if let Some((deepest, Some(status))) = depth
            && start >= deepest
        {
            return Err(Broken::Status(status));
        }
        // Both bounds count, so what lies at the edge of two windows comes twice.
        let mut all: Vec<&Child> = world
            .children
            .iter()
            .filter(|child| self.owner.is_none_or(|owner| child.owner == owner))
            .filter(|child| self.from.is_none_or(|from| child.second >= from))
            .filter(|child| self.to.is_none_or(|to| child.second <= to))
            .collect();
        all.sort_by_key(|child| child.id);
        let total = all.len() as u64;
        if let Some((deepest, None)) = depth {
            all.truncate(deepest);
        }
        let served: Vec<_> = all.iter().skip(start).take(world.page).collect();
        let end = start + served.len();
        self.next = Some(end).filter(|end| *end < all.len());
        Ok(Some(ListPage(served.iter().map(|child| child.json()).collect(), total)))
    }

    fn position(&self) -> Option<serde_json::Value> {
        self.next.map(serde_json::Value::from)
    }

    fn stop_reason(&self) -> Option<StopReason> {
        self.next.is_none().then_some(StopReason::NoNext)
    }

    fn total(&self) -> Option<u64> {
        None
    }
}

impl SourcePage for ListPage {
    type Error = Broken;

    fn records(&self) -> Result<Vec<&str>, Broken> {
        Ok(self.0.iter().map(String::as_str).collect())
    }

    fn count(&self, path: Path) -> Option<u64> {
        (path == ["total"]).then_some(self.1)
    }
}

/// A stream of the children, in these slices.
pub(super) fn stream(slices: Slices, offsets: bool) -> &'static Stream {
    Box::leak(Box::new(Stream {
        source: crate::contract::Source::Pages,
        name: "children",
        description: "",
        operation: if offsets { &BY_OFFSET } else { &BY_TOKEN },
        records: &[],
        key: &[&["id"]],
        cursor: None,
        parameters: &[],
        slices: Some(slices),
        body: None,
        shape: Shape::Any,
    }))
}

pub(super) fn by_owner(at_once: usize, only_changed: bool) -> Slices {
    let parent = Parent {
        stream: "owners",
        parameters: &[(OWNER, ParentValue::Field(&["id"]))],
        include: &[Include { name: "owner", value: ParentValue::Field(&["id"]), in_key: true }],
        only_changed,
        skip_gone: true,
    };
    Slices { partition: Partition::Parent(parent), window: None, at_once }
}

pub(super) fn by_each(values: &'static [&'static str]) -> Slices {
    let each = Each { target: OWNER, values, include: Some(("owner", true)) };
    Slices { partition: Partition::Each(each), window: None, at_once: 2 }
}

pub(super) fn by_window(at_once: usize, step: u64, smallest: u64, cap: Option<Cap>) -> Slices {
    let bound = |target| Bound { target, exclusive: false };
    let window = Window {
        field: &["at"],
        from: bound(FROM),
        to: bound(TO),
        format: CursorFormat::EpochSeconds,
        start: "",
        step_milliseconds: step * 1_000,
        lookback_milliseconds: 0,
        smallest_milliseconds: smallest * 1_000,
        cap,
    };
    Slices { partition: Partition::Whole, window: Some(window), at_once }
}

/// One run, which ends at once: nothing waits but for its turn.
pub(super) fn run(
    shop: &Shop,
    store: &Store,
    stream: &'static Stream,
) -> Result<Sliced<Broken>, (Progress, StoreError)> {
    let slices = stream.slices.as_ref().expect("slices");
    let known = match &slices.partition {
        Partition::Whole => vec![Slice::default()],
        Partition::Each(each) => each
            .values
            .iter()
            .map(|value| {
                let json = json!(value).to_string();
                Slice {
                    key: (*value).to_owned(),
                    arguments: vec![(each.target, json.clone())],
                    included: vec![("owner", json, true)],
                }
            })
            .collect(),
        Partition::Parent(_) => Vec::new(),
    };
    let now = || moment(shop.world().now);
    let slicer = Slicer {
        stream,
        slices,
        parent: matches!(slices.partition, Partition::Parent(_)).then_some(&PARENTS),
        known,
        first: slices.window.as_ref().map(|_| moment(FIRST - 100)),
        contract_version: CONTRACT.version,
        store,
        start: None,
        now: &now,
        on_page: &|_| {},
        source: shop,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(slicer.run())
}
