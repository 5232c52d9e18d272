//! The view store in the words of the runtime: entries by customer, links and parked events beside
//! them.

use crate::entry::Entry;
use crate::error::AnnalsError;
use crate::parked::{self, Parked};
use crate::people::People;
use crate::registry::AnyProjection;
use crate::states::{Part, Unfit};
use annals_events::codec::{state_from_bytes, state_to_bytes};
use annals_events::{PartyId, Position};
use annals_log::ReadError;
use annals_sled::{ViewScan, ViewStatus, ViewStore, ViewStoreError};
use std::collections::BTreeMap;
use std::sync::RwLock;

/// The links are kept as a projection of their own with a single value.
const PEOPLE: (&str, u32) = ("identity", 1);
const LINKS: &[u8] = b"links";
const PARKED: &str = "parked";

/// What changes in one projection when it moves on.
pub(crate) type EntryChanges = BTreeMap<PartyId, Option<Entry>>;

/// The states kept on disk. Whatever cannot be read counts as absent and is built anew.
pub(crate) struct Views(RwLock<Option<ViewStore>>);

impl Views {
    pub(crate) fn new(store: ViewStore) -> Self {
        Self(RwLock::new(Some(store)))
    }

    /// Lets go of the files.
    pub(crate) fn close(&self) -> Result<(), AnnalsError> {
        let store = self.0.write().expect("no thread panics while it holds the store").take();
        store.map_or(Ok(()), |store| Ok(store.close()?))
    }

    fn store(&self) -> Result<ViewStore, AnnalsError> {
        let store = self.0.read().expect("no thread panics while it holds the store");
        store.clone().ok_or(AnnalsError::Read(ReadError::Closed))
    }

    pub(crate) fn status(
        &self,
        projection: &dyn AnyProjection,
    ) -> Result<Option<ViewStatus>, AnnalsError> {
        Ok(self.store()?.status(projection.id(), projection.version())?)
    }

    pub(crate) fn entry(
        &self,
        projection: &dyn AnyProjection,
        customer: &PartyId,
    ) -> Result<Option<Entry>, AnnalsError> {
        let bytes = self.store()?.get(
            projection.id(),
            projection.version(),
            customer.as_str().as_bytes(),
        )?;
        Ok(bytes.as_deref().and_then(Entry::from_bytes))
    }

    /// All entries in the order of customer ids, in at most so many parts.
    pub(crate) fn parts(
        &self,
        projection: &dyn AnyProjection,
        parts: usize,
    ) -> Result<Vec<Part>, AnnalsError> {
        let scans = self.store()?.scan_parts(projection.id(), projection.version(), parts)?;
        let part = |scan: ViewScan| -> Part {
            Box::new(scan.map(|row| {
                let (key, value) = row.map_err(|_| Unfit::Unreadable)?;
                let id = std::str::from_utf8(&key).ok().and_then(|text| PartyId::new(text).ok());
                id.zip(Entry::from_bytes(&value)).ok_or(Unfit::Unreadable)
            }))
        };
        Ok(scans.into_iter().map(part).collect())
    }

    /// Moves a projection on: position, states and parked events in one write.
    pub(crate) fn save(
        &self,
        projection: &dyn AnyProjection,
        position: Position,
        changes: &EntryChanges,
        parked: &[Parked],
    ) -> Result<(), AnnalsError> {
        let changes: Vec<_> = changes
            .iter()
            .map(|(id, entry)| {
                (id.as_str().as_bytes().to_vec(), entry.as_ref().map(Entry::to_bytes))
            })
            .collect();
        let values = [(PARKED.to_owned(), parked::to_bytes(parked))];
        Ok(self.store()?.save(
            projection.id(),
            projection.version(),
            position,
            &changes,
            &values,
        )?)
    }

    /// Puts a whole new generation in the place of the old one: entries in their stored form, in
    /// the order of customer ids.
    pub(crate) fn replace<'r>(
        &self,
        projection: &dyn AnyProjection,
        position: Position,
        entries: impl IntoIterator<Item = (&'r PartyId, &'r [u8])>,
        parked: &[Parked],
    ) -> Result<(), AnnalsError> {
        let mut generation =
            self.store()?.begin_generation(projection.id(), projection.version())?;
        for (id, entry) in entries {
            generation.push(id.as_str().as_bytes(), entry)?;
        }
        let values = [(PARKED.to_owned(), parked::to_bytes(parked))];
        Ok(generation.finish(position, &values)?)
    }

    pub(crate) fn parked(
        &self,
        projection: &dyn AnyProjection,
    ) -> Result<Vec<Parked>, AnnalsError> {
        let bytes = self.store()?.get_value(projection.id(), projection.version(), PARKED)?;
        Ok(bytes.as_deref().map(parked::from_bytes).unwrap_or_default())
    }

    pub(crate) fn people(&self) -> Result<People, AnnalsError> {
        let (name, version) = PEOPLE;
        let Some(status) = self.store()?.status(name, version)? else {
            return Ok(People::default());
        };
        let identities = self
            .store()?
            .get(name, version, LINKS)?
            .and_then(|bytes| state_from_bytes(&bytes).ok());
        Ok(identities
            .map_or_else(People::default, |identities| People::at(identities, status.position)))
    }

    pub(crate) fn save_people(&self, people: &People) -> Result<(), AnnalsError> {
        let (name, version) = PEOPLE;
        let links = state_to_bytes(&people.identities).expect("ids and times can be stored");
        let links = [(LINKS.to_vec(), Some(links))];
        match self.store()?.save(name, version, people.position, &links, &[]) {
            // Learned again when the ledger is opened the next time.
            Err(ViewStoreError::Damaged { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
