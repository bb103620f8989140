//! What people keep of a site's questions: reports, annotations and segments. Each change is noted in the audit log, in its
//! transaction.
//!
//! What may stand in them is checked by whoever keeps them ([`crate::saved`]). They are few, so lists are whole.

use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

use super::audit::{By, Change, noted};
use super::{Store, StoreError, on};

/// A question that was saved: the route that answers it, and its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow, ToSchema)]
pub struct Report {
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// The route, such as `/api/v1/analytics/funnel`.
    pub path: String,
    /// The parameters: the JSON text of an object. Readers get the object.
    #[serde(serialize_with = "raw")]
    #[schema(value_type = std::collections::HashMap<String, serde_json::Value>)]
    pub parameters: String,
    /// When it was saved.
    pub created_at: i64,
    /// By whom, as in the audit log.
    pub created_by: String,
    /// When it was changed last.
    pub changed_at: i64,
}

/// What happened on a day or at a moment, for those who look at figures of that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow, ToSchema)]
pub struct Annotation {
    /// Its id.
    pub id: Uuid,
    /// The day, in the site's time zone; null where it is a moment.
    #[schema(format = Date)]
    pub day: Option<String>,
    /// The moment; null where it is a day.
    pub at: Option<i64>,
    /// What happened.
    #[serde(rename = "text")]
    pub note: String,
    /// When it was written.
    pub created_at: i64,
    /// By whom, as in the audit log.
    pub created_by: String,
    /// When it was changed last.
    pub changed_at: i64,
}

/// Conditions under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow, ToSchema)]
pub struct Segment {
    /// Its id.
    pub id: Uuid,
    /// What it is called; no other one of the site has the name.
    pub name: String,
    /// The conditions, all of which have to be met: the JSON text of a list. Readers get the list.
    #[serde(serialize_with = "raw")]
    #[schema(value_type = Vec<crate::analytics::filter::Filter>)]
    pub filters: String,
    /// When it was saved.
    pub created_at: i64,
    /// By whom, as in the audit log.
    pub created_by: String,
    /// When it was changed last.
    pub changed_at: i64,
}

fn raw<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::from_str::<&RawValue>(text)
        .map_err(serde::ser::Error::custom)?
        .serialize(serializer)
}

/// A change of something that is kept, as the audit log has it.
pub(super) fn change<'c>(
    site_id: i64,
    by: By<'c>,
    action: &'static str,
    id: Uuid,
    name: &str,
) -> Change<'c> {
    let (kind, _) = action.split_once('.').unwrap_or((action, ""));
    Change {
        site_id,
        at: by.now,
        actor: by.actor,
        action,
        subject: format!("{}:{id}", kind.trim_end_matches('s')),
        detail: serde_json::json!({ "name": name }),
    }
}

impl Store {
    /// Every report of a site, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn reports(&self, site_id: i64) -> Result<Vec<Report>, StoreError> {
        Ok(on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/saved_reports/list.sql"))
                .bind(site_id)
                .fetch_all(pool)
                .await
        })?)
    }

    /// Keeps a new report.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was kept then.
    pub async fn add_report(&self, site_id: i64, report: &Report) -> Result<(), StoreError> {
        let by = By {
            actor: &report.created_by,
            now: report.created_at,
        };
        noted!(
            self,
            change(site_id, by, "reports.add", report.id, &report.name),
            sqlx::query(include_str!("sql/saved_reports/insert.sql"))
                .bind(site_id)
                .bind(report.id)
                .bind(&report.name)
                .bind(&report.path)
                .bind(&report.parameters)
                .bind(report.created_at)
                .bind(&report.created_by)
                .bind(report.changed_at)
        );
        Ok(())
    }

    /// Changes a report to be as this one. Says whether there is one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was changed then.
    pub async fn change_report(
        &self,
        site_id: i64,
        report: &Report,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        Ok(noted!(
            self,
            change(site_id, by, "reports.change", report.id, &report.name),
            sqlx::query(include_str!("sql/saved_reports/update.sql"))
                .bind(site_id)
                .bind(report.id)
                .bind(&report.name)
                .bind(&report.path)
                .bind(&report.parameters)
                .bind(by.now)
        ))
    }

    /// Removes a report. Says whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was changed then.
    pub async fn remove_report(
        &self,
        site_id: i64,
        report: &Report,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        Ok(noted!(
            self,
            change(site_id, by, "reports.remove", report.id, &report.name),
            sqlx::query(include_str!("sql/saved_reports/delete.sql"))
                .bind(site_id)
                .bind(report.id)
        ))
    }

    /// Every annotation of a site, in no particular order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn annotations(&self, site_id: i64) -> Result<Vec<Annotation>, StoreError> {
        Ok(on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/annotations/list.sql"))
                .bind(site_id)
                .fetch_all(pool)
                .await
        })?)
    }

    /// Keeps a new annotation.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was kept then.
    pub async fn add_annotation(
        &self,
        site_id: i64,
        annotation: &Annotation,
    ) -> Result<(), StoreError> {
        let by = By {
            actor: &annotation.created_by,
            now: annotation.created_at,
        };
        noted!(
            self,
            change(
                site_id,
                by,
                "annotations.add",
                annotation.id,
                &annotation.note
            ),
            sqlx::query(include_str!("sql/annotations/insert.sql"))
                .bind(site_id)
                .bind(annotation.id)
                .bind(&annotation.day)
                .bind(annotation.at)
                .bind(&annotation.note)
                .bind(annotation.created_at)
                .bind(&annotation.created_by)
                .bind(annotation.changed_at)
        );
        Ok(())
    }

    /// Changes an annotation to be as this one. Says whether there is one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was changed then.
    pub async fn change_annotation(
        &self,
        site_id: i64,
        annotation: &Annotation,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        Ok(noted!(
            self,
            change(
                site_id,
                by,
                "annotations.change",
                annotation.id,
                &annotation.note
            ),
            sqlx::query(include_str!("sql/annotations/update.sql"))
                .bind(site_id)
                .bind(annotation.id)
                .bind(&annotation.day)
                .bind(annotation.at)
                .bind(&annotation.note)
                .bind(by.now)
        ))
    }

    /// Removes an annotation. Says whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was changed then.
    pub async fn remove_annotation(
        &self,
        site_id: i64,
        annotation: &Annotation,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        Ok(noted!(
            self,
            change(
                site_id,
                by,
                "annotations.remove",
                annotation.id,
                &annotation.note
            ),
            sqlx::query(include_str!("sql/annotations/delete.sql"))
                .bind(site_id)
                .bind(annotation.id)
        ))
    }
}
