//! KPIs by id, as the dictionary defines them: numerator, denominator, value. Folded from facts, never stored.

mod shown;

use super::auth::Caller;
use super::body::{Path, Query as Params, parse_some, time};
use super::error::{Noun, Problem};
use super::export::{self, Format};
use super::state::{Api, State};
use crate::kpi::{self, Query};
use crate::store::Scope;
use crate::words::Reason;
use axum::extract::State as Extract;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use shown::{All, FIGURE_COLUMNS, ROW_COLUMNS, Table};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(catalogue)).routes(routes!(figures)).routes(routes!(get))
}

/// One entry of the dictionary.
#[derive(Serialize, ToSchema)]
pub struct Kpi {
    id: String,
    /// A change of formula is a new major version.
    version: String,
    /// In the language of `Accept-Language`.
    name: String,
    /// In the letters of the dictionary's base facts.
    numerator: String,
    /// `1` for counts and quantiles.
    denominator: String,
    /// To which moment it is booked: `start`, or `start/split` where numerator and denominator differ.
    attribution: String,
    /// Of the value: a `ratio` is 0 to 1, money is in minor units.
    #[schema(value_type = String)]
    unit: kpi::Unit,
    #[schema(value_type = String)]
    aspect: kpi::Aspect,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Else all that the caller may see.
    campaign: Option<String>,
    /// From here on; else from the first fact.
    from: Option<String>,
    /// Exclusive; else up to now.
    to: Option<String>,
    /// Width of the rows: `15m` (1m to 1440m), `1h` (to 24h), `7d` (to 366d), `month`, or `profile`: the window of the
    /// abandonment profile (a day, a month, or 30 days from the campaign's first call). Days and months are those of the
    /// zone, minutes and hours count from the start of each day. `PT15M`, `P7D` and `P1M` (ISO 8601) are understood, too.
    /// Without it one row stands for the whole range.
    interval: Option<String>,
    /// A row for each agent, campaign, hour of the local day (00 to 23), trunk, own number that was shown (`caller_id`),
    /// reason of a pause, or currency of orders, that has anything. Things without one stand under `-`.
    group_by: Option<String>,
    /// Book to another moment than the KPI's own, where all its parts allow it; the answer says what was used.
    attribution: Option<String>,
    /// IANA, such as `Asia/Shanghai`; else the campaign's, else UTC.
    zone: Option<String>,
    /// Count campaigns that are marked as tests, too.
    include_test: Option<bool>,
}

const SEE: &[Scope] = &[Scope::Manager, Scope::Supervisor, Scope::Client];

/// The catalogue: every KPI with its formula.
#[utoipa::path(get, path = "/v1/kpis", tag = "kpis", responses((status = 200, body = [Kpi])))]
async fn catalogue(caller: Caller) -> Result<axum::Json<Vec<Kpi>>, Problem> {
    caller.needs(&[Scope::Manager, Scope::Supervisor, Scope::Client, Scope::Agent])?;
    let shown = kpi::catalogue().iter().map(|k| Kpi {
        id: k.id.to_owned(),
        version: k.version.to_owned(),
        name: k.name(caller.lang).to_owned(),
        numerator: k.numerator(),
        denominator: k.denominator(),
        attribution: k.attribution(),
        unit: k.unit,
        aspect: k.aspect,
    });
    Ok(axum::Json(shown.collect()))
}

/// Every KPI by its id: one figure each, or, with `interval` or `group_by`, a table each as `/v1/kpis/{id}` gives it (at
/// most 100,000 rows together).
#[utoipa::path(get, path = "/v1/kpis:all", tag = "kpis", params(Which),
    responses((status = 200, body = All), (status = 422)))]
async fn figures(
    Extract(api): Extract<State>,
    caller: Caller,
    format: Format,
    Params(which): Params<Which>,
) -> Result<Response, Problem> {
    let query = query(&caller, &which)?;
    if query.interval.is_none() && query.group_by.is_none() {
        let figures = computed(&api, move |report| report.figures(&query)).await?;
        let figures: BTreeMap<_, _> = figures.map_err(wrong)?.into_iter().map(shown::figure).collect();
        return match format {
            Format::Json => Ok(axum::Json(All::Figures(figures)).into_response()),
            Format::Csv | Format::Ndjson => {
                let rows = figures.into_iter().map(|(id, row)| Named { id, row });
                export::whole(format, "kpis", &FIGURE_COLUMNS, rows)
            }
        };
    }
    let tables = computed(&api, move |report| report.tables(&query)).await?;
    let tables = tables.map_err(wrong)?.into_iter().map(Table::from);
    match format {
        Format::Json => {
            Ok(axum::Json(All::Tables(tables.map(|table| (table.id.clone(), table)).collect())).into_response())
        }
        Format::Csv | Format::Ndjson => {
            let columns: Vec<&str> = std::iter::once("id").chain(ROW_COLUMNS).collect();
            let rows = tables
                .flat_map(|Table { id, rows, .. }| rows.into_iter().map(move |row| Named { id: id.clone(), row }));
            export::whole(format, "kpis", &columns, rows)
        }
    }
}

/// As of now, as the floor shows it: a state that lasts counts until this moment, whether anything else happened or not.
async fn computed<T: Send + 'static>(
    api: &Api,
    compute: impl FnOnce(&kpi::Report<'_>) -> T + Send + 'static,
) -> Result<T, Problem> {
    let fold = api.kpis.lock().expect("never held across a panic").clone();
    let now = fold.last().unwrap_or_default().max((api.now)());
    tokio::task::spawn_blocking(move || compute(&fold.report_at(now))).await.map_err(|_| failed())
}

/// One KPI: by interval, by group.
#[utoipa::path(get, path = "/v1/kpis/{id}", tag = "kpis", params(("id" = String, Path), Which),
    responses((status = 200, body = Table), (status = 404), (status = 422)))]
async fn get(
    Extract(api): Extract<State>,
    caller: Caller,
    Path(id): Path<String>,
    format: Format,
    Params(which): Params<Which>,
) -> Result<Response, Problem> {
    if kpi::find(&id).is_none() {
        return Err(Problem::not_found(Noun::Kpi, id.chars().take(64).collect::<String>()));
    }
    let query = query(&caller, &which)?;
    let table = computed(&api, move |report| report.compute(&id, &query)).await?;
    let table = Table::from(table.map_err(wrong)?);
    match format {
        Format::Json => Ok(axum::Json(table).into_response()),
        Format::Csv | Format::Ndjson => export::whole(format, &table.id, &ROW_COLUMNS, table.rows.into_iter()),
    }
}

/// A row of a file with the KPI it is of.
#[derive(Serialize)]
struct Named<T> {
    id: String,
    #[serde(flatten)]
    row: T,
}

fn query(caller: &Caller, which: &Which) -> Result<Query, Problem> {
    caller.needs(SEE)?;
    let campaign = caller.campaign(parse_some("campaign", which.campaign.as_ref())?)?;
    Ok(Query {
        campaign,
        from: time("from", which.from.as_ref())?,
        to: time("to", which.to.as_ref())?,
        interval: parse_some("interval", which.interval.as_ref())?,
        group_by: parse_some("group_by", which.group_by.as_ref())?,
        attribution: parse_some("attribution", which.attribution.as_ref())?,
        zone: which.zone.clone(),
        include_test: which.include_test.unwrap_or(false),
        ..Query::default()
    })
}

fn failed() -> Problem {
    Problem::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, Reason::new("api.panicked"))
}

fn wrong(error: kpi::QueryError) -> Problem {
    Problem::invalid("query", Reason::new("api.query").with("problem", error))
}
