//! Bringing a list in, chunk by chunk. It reads no file: rows come parsed and checked.
//!
//! Each chunk is one transaction. A batch is known by its campaign and the file's hash, so an import that died half way
//! is finished by importing the same file again: rows that stand already are found, none is doubled, none is lost.

use super::db::{Arg, Tx, args, statements};
use super::facts::{STORE_NODE, Write, append_in, next_store_seq};
use super::fail_point;
use super::projection::LISTED;
use super::rows::LeadState;
use super::touched::count_new;
use super::tuples::tuples;
use super::{CENTRE, Store, StoreError, take_ids};
use crate::facts::{Envelope, Fact, VERSION};
use crate::words::*;
use std::collections::BTreeMap;

/// Rows of one chunk: more would hold up the writer for too long.
pub const CHUNK_MAX: usize = 10_000;

statements! {
    ADD_BATCH = one(
        "INSERT INTO batch (id, centre, campaign, file_sha256, begun) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (campaign, file_sha256) DO NOTHING");
    READ_BATCH = one("SELECT id, done, accepted FROM batch WHERE campaign = $1 AND file_sha256 = $2");
    HAS_CAMPAIGN = one("SELECT 1 FROM campaign WHERE id = $1");
    GROW_BATCH = one("UPDATE batch SET accepted = accepted + $2 WHERE id = $1");
    CLOSE_BATCH = one("UPDATE batch SET done = 1, total = $2, rejected = $3 WHERE id = $1");
}

tuples! {
    KNOWN_NUMBERS = "ti",
        "WITH asked (hash, campaign) AS",
        "SELECT l.number_hash, l.id, l.batch FROM asked
         JOIN lead AS l ON l.number_hash = asked.hash AND l.campaign = asked.campaign";
    LISTED_NUMBERS = "t", "SELECT s.number_hash FROM suppression AS s WHERE s.number_hash IN", "";
    ADD_PERSONS = "iitttt", "INSERT INTO person (id, centre, phone, name, lang, fields) VALUES", "";
    ADD_LEADS = "iiiiitttiiiit",
        "INSERT INTO lead (id, centre, campaign, batch, person, number_hash, zones, state, first_at, next_at, due_at, callback_at, end_reason) VALUES",
        "";
}

/// A row of a list that is good to call. The number's hash is the store's own matter.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLead {
    pub phone: Phone,
    /// Every zone the number may be in (IANA); empty: unknown.
    pub zones: Vec<String>,
    pub name: Option<String>,
    pub lang: Option<Lang>,
    pub callback_at: Option<Wall>,
    /// The other columns, names in lower case.
    pub fields: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowResult {
    Accepted(LeadId),
    /// The same file was imported before, or died half way.
    AlreadyImported(LeadId),
    /// The number stands in this campaign, from another file or an earlier row.
    Duplicate,
    /// Kept for the record and excluded: the number may never be called.
    Suppressed(LeadId),
}

impl RowResult {
    /// Why the row will not be called anew; `None`: it will.
    pub fn reason(self) -> Option<Reason> {
        match self {
            RowResult::Accepted(_) => None,
            RowResult::AlreadyImported(_) => Some(Reason::new("import.already_imported")),
            RowResult::Duplicate => Some(Reason::new("import.duplicate_in_campaign")),
            RowResult::Suppressed(_) => Some(Reason::new("import.suppressed")),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportSummary {
    pub batch: BatchId,
    pub rows: u64,
    /// Leads that this file made, those of a run that died included.
    pub accepted: u64,
    pub rejected: u64,
}

/// One running import.
#[derive(Debug)]
pub struct Import {
    store: Store,
    campaign: CampaignId,
    batch: BatchId,
    file_sha256: String,
    /// Leads that an unfinished run of the same file made; not yet told in a fact.
    untold: u64,
    refused: u64,
}

impl Store {
    /// `file_sha256` in hex names the batch.
    pub async fn begin_import(&self, campaign: CampaignId, file_sha256: &str, now: Wall) -> Result<Import, StoreError> {
        let mut tx = self.db().begin().await?;
        if tx.first(&HAS_CAMPAIGN, args![campaign.sql()]).await?.is_none() {
            return Err(StoreError::Missing { what: "campaign", value: campaign.to_string() });
        }
        let id = take_ids(&mut tx, "batch", 1).await?;
        tx.run(&ADD_BATCH, args![id as i64, CENTRE.sql(), campaign.sql(), file_sha256, now.0]).await?;
        let row = tx.first(&READ_BATCH, args![campaign.sql(), file_sha256]).await?;
        let row = row.ok_or(StoreError::Missing { what: "batch", value: file_sha256.to_owned() })?;
        let (batch, done, accepted) = (BatchId::from_sql(row.int(0)?), row.int(1)? != 0, row.int(2)? as u64);
        tx.commit().await?;
        let untold = if done { 0 } else { accepted };
        Ok(Import { store: self.clone(), campaign, batch, file_sha256: file_sha256.to_owned(), untold, refused: 0 })
    }
}

impl Import {
    /// At most 10,000 rows, in one transaction. The answers stand in the order of the rows.
    pub async fn push(&mut self, rows: &[NewLead]) -> Result<Vec<RowResult>, StoreError> {
        if rows.len() > CHUNK_MAX {
            let value = rows.len().to_string();
            return Err(StoreError::Invalid { what: "rows of a chunk", value, fix: "at most 10000 go in one" });
        }
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let hashes: Vec<String> = rows.iter().map(|row| self.store.hash_number(&row.phone)).collect();
        let mut tx = self.store.db().begin().await?;
        let (answers, made) = self.sort_out(&mut tx, &hashes).await?;
        self.write(&mut tx, rows, &hashes, &answers).await?;
        tx.run(&GROW_BATCH, args![self.batch.sql(), made as i64]).await?;
        fail_point("at", "import_uncommitted");
        tx.commit().await?;
        fail_point("at", "import_chunk");
        self.untold += made;
        let refused = |answer: &&RowResult| matches!(answer, RowResult::Duplicate);
        self.refused += answers.iter().filter(refused).count() as u64;
        Ok(answers)
    }

    /// Ends the import and writes `LeadsImported`. `rows` and `rejected` count the rows that the parser refused, too;
    /// duplicates are added here.
    pub async fn finish(self, rows: u64, rejected: u64, now: Wall) -> Result<ImportSummary, StoreError> {
        let rejected = rejected + self.refused;
        let mut tx = self.store.db().begin().await?;
        tx.run(&CLOSE_BATCH, args![self.batch.sql(), rows as i64, rejected as i64]).await?;
        let fact = Fact::LeadsImported {
            campaign: self.campaign,
            batch: self.batch,
            file_sha256: self.file_sha256.clone(),
            rows,
            accepted: self.untold,
            rejected,
        };
        let seq = next_store_seq(&mut tx).await?;
        let envelope =
            Envelope { centre: CENTRE, node: STORE_NODE, seq, moment: Moment::ZERO, wall: now, version: VERSION, fact };
        append_in(&mut tx, &[Write::Fact(envelope)]).await?;
        super::wake::ring(&mut tx, &super::wake::leads_bell(self.campaign)).await?;
        tx.commit().await?;
        Ok(ImportSummary { batch: self.batch, rows, accepted: self.untold, rejected })
    }

    /// What becomes of each row, and how many leads are new.
    async fn sort_out(&self, tx: &mut Tx, hashes: &[String]) -> Result<(Vec<RowResult>, u64), StoreError> {
        let campaign = self.campaign.sql();
        let asked: Vec<Arg> = hashes.iter().flat_map(|hash| args![hash, campaign]).collect();
        let mut known: BTreeMap<String, Option<LeadId>> = BTreeMap::new();
        for row in tx.ask(&KNOWN_NUMBERS, asked).await? {
            let ours = row.int(2)? == self.batch.sql();
            known.insert(row.text(0)?, ours.then_some(LeadId::from_sql(row.int(1)?)));
        }
        let listed = tx.ask(&LISTED_NUMBERS, hashes.iter().map(Arg::from).collect()).await?;
        let listed = listed.iter().map(|row| row.text(0)).collect::<Result<std::collections::BTreeSet<_>, _>>()?;
        let mut next = take_ids(tx, "lead", hashes.len()).await?;
        let mut made = 0;
        let mut one = |hash: &String| match known.get(hash) {
            Some(Some(lead)) => {
                let lead = *lead;
                // A second row with the number of a row before is a duplicate, as it was the first time.
                known.insert(hash.clone(), None);
                RowResult::AlreadyImported(lead)
            }
            Some(None) => RowResult::Duplicate,
            None => {
                known.insert(hash.clone(), None);
                let lead = LeadId(next);
                next += 1;
                made += 1;
                if listed.contains(hash) { RowResult::Suppressed(lead) } else { RowResult::Accepted(lead) }
            }
        };
        let answers = hashes.iter().map(&mut one).collect();
        Ok((answers, made))
    }

    async fn write(
        &self,
        tx: &mut Tx,
        rows: &[NewLead],
        hashes: &[String],
        answers: &[RowResult],
    ) -> Result<(), StoreError> {
        let (mut persons, mut leads) = (Vec::new(), Vec::new());
        let mut counts: BTreeMap<(CampaignId, LeadState), i64> = BTreeMap::new();
        for ((row, hash), answer) in rows.iter().zip(hashes).zip(answers) {
            let (id, listed) = match answer {
                RowResult::Accepted(id) => (*id, false),
                RowResult::Suppressed(id) => (*id, true),
                RowResult::AlreadyImported(_) | RowResult::Duplicate => continue,
            };
            bind_person(id, row, &mut persons);
            let state = match (listed, row.callback_at) {
                (true, _) => LeadState::Excluded,
                (false, Some(_)) => LeadState::Scheduled,
                (false, None) => LeadState::Pending,
            };
            *counts.entry((self.campaign, state)).or_default() += 1;
            self.bind_lead(id, hash, row, state, &mut leads);
        }
        if persons.is_empty() {
            return Ok(());
        }
        tx.put(&ADD_PERSONS, persons).await?;
        tx.put(&ADD_LEADS, leads).await?;
        count_new(tx, &counts).await
    }

    fn bind_lead(&self, id: LeadId, hash: &str, row: &NewLead, state: LeadState, values: &mut Vec<Arg>) {
        let callback_at = row.callback_at.map(|at| at.0.max(1));
        let next_at = callback_at.unwrap_or(0);
        let zones = serde_json::to_string(&row.zones).expect("strings always print");
        let end_reason = (state == LeadState::Excluded).then(|| LISTED.to_owned());
        values.extend(args![
            id.sql(),
            CENTRE.sql(),
            self.campaign.sql(),
            self.batch.sql(),
            id.sql(),
            hash,
            zones,
            state.name(),
            next_at,
            next_at,
            next_at,
            callback_at,
            end_reason,
        ]);
    }
}

fn bind_person(id: LeadId, row: &NewLead, values: &mut Vec<Arg>) {
    let fields = serde_json::to_string(&row.fields).expect("strings always print");
    let lang = row.lang.map(|lang| lang.tag().to_owned());
    values.extend(args![id.sql(), CENTRE.sql(), row.phone.digits(), row.name.clone(), lang, fields]);
}
