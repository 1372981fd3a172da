//! A model of a server that lists records by every order, filter and kind of position, changes them meanwhile, and breaks off.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use serde_json::json;
use serde_json::value::RawValue;

use crate::StopReason;
use crate::contract::{Order, Path};
use crate::sync::source::{PageSource, SourceError, SourcePage, SourcePages};

/// What its cursor field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// `"2024-..Z"`, whole seconds, so that several records share one.
    Time,
    /// Seconds since 1970.
    Epoch,
    /// A counter over all changes.
    Counter,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Model {
    pub(super) stamp: Stamp,
    pub(super) order: Order,
    /// Whether it leaves out what is older than the cursor's parameter.
    pub(super) filters: bool,
    /// Positions are offsets, which shift; otherwise they name the last record.
    pub(super) offsets: bool,
    pub(super) page: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) cursor: Option<i64>,
    pub(super) version: u64,
}

pub(super) struct World {
    pub(super) model: Model,
    pub(super) items: BTreeMap<u64, Item>,
    /// Seconds since 1970, of the server and the runtime alike.
    pub(super) now: i64,
    pub(super) counter: i64,
    /// Requests until it breaks off; it then refuses each until it is set anew.
    pub(super) patience: Option<usize>,
    pub(super) refuses_positions: bool,
    /// Lists against the declared order.
    pub(super) disorderly: bool,
    pub(super) requests: Vec<String>,
    /// Changes that happen before each request, while there are any.
    pub(super) meanwhile: Vec<Change>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    Insert,
    /// The record of that rank gets a new version and cursor value.
    Update(usize),
    Tick,
}

#[derive(Clone)]
pub(super) struct Api(Arc<Mutex<World>>);

#[derive(Debug, PartialEq)]
pub(super) enum Broken {
    Off,
    Position,
}

impl SourceError for Broken {
    fn refuses_position(&self) -> bool {
        *self == Self::Position
    }

    fn starts_over(&self) -> bool {
        false
    }

    fn status(&self) -> Option<u16> {
        None
    }

    fn concerns_all(&self) -> bool {
        false
    }

    fn skips_slice(&self) -> bool {
        false
    }

    fn describe(&self) -> String {
        format!("{self:?}")
    }
}

impl World {
    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::Tick => self.now += 1,
            Change::Insert => {
                let id = self.items.len() as u64 + 1;
                let cursor = self.stamp();
                self.items.insert(id, Item { cursor: Some(cursor), version: 1 });
            }
            Change::Update(rank) => {
                let stamp = self.stamp();
                let rank = rank % self.items.len().max(1);
                if let Some(item) = self.items.values_mut().nth(rank) {
                    item.cursor = Some(stamp);
                    item.version += 1;
                }
            }
        }
    }

    fn stamp(&mut self) -> i64 {
        self.counter += 1;
        if self.model.stamp == Stamp::Counter { self.counter } else { self.now }
    }

    fn json(&self, id: u64, item: &Item) -> String {
        let changed = match (self.model.stamp, item.cursor) {
            (_, None) => json!(null),
            (Stamp::Time, Some(second)) => json!(moment(second).to_string()),
            (Stamp::Epoch | Stamp::Counter, Some(number)) => json!(number),
        };
        json!({"id": id, "changed": changed, "version": item.version}).to_string()
    }

    /// Ids and cursors in the order in which they are listed.
    fn listed(&self, since: Option<&str>) -> Vec<(u64, Option<i64>)> {
        let since = since.filter(|_| self.model.filters).map(|since| {
            since.parse::<i64>().unwrap_or_else(|_| {
                since.parse::<Timestamp>().expect("a parameter in the declared format").as_second()
            })
        });
        let mut all: Vec<_> = self
            .items
            .iter()
            .map(|(id, item)| (*id, item.cursor))
            .filter(|(_, cursor)| since.is_none_or(|since| cursor.is_none_or(|cursor| cursor >= since)))
            .collect();
        match self.model.order {
            _ if self.disorderly => all.reverse(),
            Order::Ascending => all.sort_by_key(|(id, cursor)| (*cursor, *id)),
            Order::Descending => {
                all.sort_by_key(|(id, cursor)| (std::cmp::Reverse(*cursor), std::cmp::Reverse(*id)));
            }
            Order::None => {}
        }
        all
    }

    /// Where the listing goes on after a record that may have moved since.
    fn after(&self, all: &[(u64, Option<i64>)], last: (u64, Option<i64>)) -> usize {
        let place = |(id, cursor): (u64, Option<i64>)| match self.model.order {
            Order::Ascending => (cursor.unwrap_or(0), id as i64),
            Order::Descending => (-cursor.unwrap_or(0), -(id as i64)),
            Order::None => (0, id as i64),
        };
        if self.disorderly {
            return all.iter().position(|item| item.0 < last.0).unwrap_or(all.len());
        }
        all.iter().position(|item| place(*item).cmp(&place(last)) == Ordering::Greater).unwrap_or(all.len())
    }
}

#[derive(Clone)]
pub(super) enum At {
    Offset(usize),
    After(u64, Option<i64>),
}

pub(super) struct ModelPages {
    api: Api,
    since: Option<String>,
    next: Option<At>,
    resumed: bool,
}

pub(super) struct ModelPage(Vec<Box<RawValue>>);

impl SourcePage for ModelPage {
    type Error = Broken;

    fn records(&self) -> Result<Vec<&str>, Broken> {
        Ok(self.0.iter().map(|raw| raw.get()).collect())
    }

    fn count(&self, _: Path) -> Option<u64> {
        None
    }
}

impl SourcePages for ModelPages {
    type Page = ModelPage;
    type Error = Broken;

    fn stop_reason(&self) -> Option<StopReason> {
        self.next.is_none().then_some(StopReason::NoNext)
    }

    fn total(&self) -> Option<u64> {
        None
    }

    async fn next(&mut self) -> Result<Option<ModelPage>, Broken> {
        let Some(at) = self.next.take() else { return Ok(None) };
        let mut world = self.api.world();
        if let Some(change) = world.meanwhile.pop() {
            world.apply(change);
        }
        if let Some(patience) = &mut world.patience {
            *patience = patience.checked_sub(1).ok_or(Broken::Off)?;
        }
        world.requests.push(self.since.clone().unwrap_or_default());
        if std::mem::take(&mut self.resumed) && world.refuses_positions {
            return Err(Broken::Position);
        }
        let all = world.listed(self.since.as_deref());
        let start = match at {
            At::Offset(offset) => offset.min(all.len()),
            At::After(id, cursor) => world.after(&all, (id, cursor)),
        };
        let served: Vec<_> = all.iter().copied().skip(start).take(world.model.page).collect();
        let end = start + served.len();
        self.next = served
            .last()
            .filter(|_| end < all.len())
            .map(|(id, cursor)| if world.model.offsets { At::Offset(end) } else { At::After(*id, *cursor) });
        let json = served.iter().filter_map(|(id, _)| world.items.get(id).map(|item| world.json(*id, item)));
        Ok(Some(ModelPage(json.map(|json| RawValue::from_string(json).expect("JSON")).collect())))
    }

    fn position(&self) -> Option<serde_json::Value> {
        self.next.as_ref().map(|at| match at {
            At::Offset(offset) => json!({ "offset": offset }),
            At::After(id, cursor) => json!({ "after": [id, cursor] }),
        })
    }
}

impl PageSource for Api {
    type Pages = ModelPages;

    fn open(&self, since: Option<&str>, position: Option<&serde_json::Value>) -> Result<ModelPages, Broken> {
        let at = match position {
            None => At::Offset(0),
            Some(position) => match position.get("offset").and_then(serde_json::Value::as_u64) {
                Some(offset) => At::Offset(offset as usize),
                None => {
                    let after = position
                        .get("after")
                        .and_then(|after| Some(At::After(after.get(0)?.as_u64()?, after.get(1)?.as_i64())));
                    after.ok_or(Broken::Position)?
                }
            },
        };
        Ok(ModelPages {
            api: self.clone(),
            since: since.map(str::to_owned),
            next: Some(at),
            resumed: position.is_some(),
        })
    }
}

impl Api {
    pub(super) fn new(model: Model) -> Self {
        Self(Arc::new(Mutex::new(World {
            model,
            items: BTreeMap::new(),
            now: 1_700_000_000,
            counter: 0,
            patience: None,
            refuses_positions: false,
            disorderly: false,
            requests: Vec::new(),
            meanwhile: Vec::new(),
        })))
    }

    /// With `count` records, one a second.
    pub(super) fn filled(model: Model, count: u64) -> Self {
        let api = Self::new(model);
        for _ in 0..count {
            api.world().apply(Change::Insert);
            api.world().apply(Change::Tick);
        }
        api
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(super) fn source(&self) -> BTreeMap<String, String> {
        let world = self.world();
        world.items.iter().map(|(id, item)| (id.to_string(), world.json(*id, item))).collect()
    }

    /// Requests since the last call, by the parameter that they carried.
    pub(super) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.world().requests)
    }
}

pub(super) fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a moment")
}
