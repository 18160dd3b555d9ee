//! Erasing a person: the number, the name, the columns, what was said, and the recordings' rows go; facts stay,
//! for they hold ids and keyed hashes only. The number's suppression stays too, so that it is not called again.

use super::db::{args, statements};
use super::named::Touched;
use super::projection::ERASED;
use super::rows::LeadState;
use super::touched::Work;
use super::{Store, StoreError};
use crate::words::LeadId;

statements! {
    LEADS_OF_NUMBER = one("SELECT id, person FROM lead WHERE number_hash = $1 ORDER BY id");
    FILES_OF_LEAD = one("SELECT file FROM recording WHERE lead = $1 ORDER BY id");
    DROP_FIELDS = one("DELETE FROM call_field WHERE lead = $1");
    DROP_NOTES = one("DELETE FROM call_note WHERE lead = $1");
    DROP_RECORDINGS = one("UPDATE recording SET file = '' WHERE lead = $1");
    DROP_PERSON = one("DELETE FROM person WHERE id = $1");
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    pub leads: Vec<LeadId>,
    /// Files of recordings, relative to the recordings folder: the caller deletes them.
    pub recordings: Vec<String>,
}

impl Store {
    /// Everything about this number in all campaigns. Leads that wait are excluded.
    pub async fn erase_person(&self, number_hash: &str) -> Result<Erased, StoreError> {
        let mut tx = self.db().begin().await?;
        let rows = tx.all(&LEADS_OF_NUMBER, args![number_hash]).await?;
        let leads = rows.iter().map(|row| Ok(LeadId::from_sql(row.int(0)?))).collect::<Result<Vec<_>, StoreError>>()?;
        let mut recordings = Vec::new();
        for lead in &leads {
            for row in tx.all(&FILES_OF_LEAD, args![lead.sql()]).await? {
                recordings.extend(Some(row.text(0)?).filter(|file| !file.is_empty()));
            }
            for sql in [&DROP_FIELDS, &DROP_NOTES, &DROP_RECORDINGS] {
                tx.run(sql, args![lead.sql()]).await?;
            }
        }
        let mut work = Work::load(&mut tx, &Touched { leads: leads.clone(), ..Touched::default() }).await?;
        let waiting = |state: LeadState| matches!(state, LeadState::Pending | LeadState::Scheduled);
        for lead in work.now.leads.values_mut().filter(|lead| waiting(lead.state)) {
            lead.end(LeadState::Excluded, ERASED.to_owned());
        }
        work.save(&mut tx).await?;
        for row in &rows {
            if let Some(person) = row.opt_int(1)? {
                tx.run(&DROP_PERSON, args![person]).await?;
            }
        }
        tx.commit().await?;
        Ok(Erased { leads, recordings })
    }
}
