//! KPIs by id, as the dictionary defines them: numerator, denominator, value. Folded from facts, never stored.

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
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(catalogue)).routes(routes!(figures)).routes(routes!(get))
}

#[derive(Serialize, ToSchema)]
pub struct Kpi {
    id: String,
    version: String,
    name: String,
    numerator: String,
    denominator: String,
    attribution: String,
    #[schema(value_type = String)]
    unit: serde_json::Value,
    #[schema(value_type = String)]
    aspect: serde_json::Value,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    campaign: Option<String>,
    from: Option<String>,
    to: Option<String>,
    /// `15m`, `1h`, `1d` ...
    interval: Option<String>,
    /// `agent`, `campaign`, `hour`, `trunk` ...
    group_by: Option<String>,
    attribution: Option<String>,
    /// IANA; else the campaign's.
    zone: Option<String>,
    include_test: Option<bool>,
}

const SEE: &[Scope] = &[Scope::Manager, Scope::Supervisor, Scope::Client];

/// The catalogue: every KPI with its formula.
#[utoipa::path(get, path = "/v1/kpis", tag = "kpis", responses((status = 200, body = [Kpi])))]
async fn catalogue(caller: Caller) -> Result<axum::Json<Vec<Kpi>>, Problem> {
    caller.needs(&[Scope::Manager, Scope::Supervisor, Scope::Client, Scope::Agent])?;
    let json = |value: serde_json::Result<serde_json::Value>| value.unwrap_or_default();
    let shown = kpi::catalogue().iter().map(|k| Kpi {
        id: k.id.to_owned(),
        version: k.version.to_owned(),
        name: k.name(caller.lang).to_owned(),
        numerator: k.numerator(),
        denominator: k.denominator(),
        attribution: k.attribution(),
        unit: json(serde_json::to_value(k.unit)),
        aspect: json(serde_json::to_value(k.aspect)),
    });
    Ok(axum::Json(shown.collect()))
}

/// Every KPI in one row each.
#[utoipa::path(get, path = "/v1/kpis:all", tag = "kpis", params(Which),
    responses((status = 200, body = Object), (status = 422)))]
async fn figures(
    Extract(api): Extract<State>,
    caller: Caller,
    format: Format,
    Params(which): Params<Which>,
) -> Result<Response, Problem> {
    let query = query(&caller, &which)?;
    let figures = computed(&api, move |report| report.figures(&query)).await?;
    let figures: BTreeMap<&'static str, kpi::Figure> = figures.map_err(wrong)?;
    match format {
        Format::Json => Ok(axum::Json(figures).into_response()),
        Format::Csv | Format::Ndjson => {
            let rows = figures.into_iter().map(|(id, figure)| Named { id, figure });
            export::whole(format, "kpis", &["id", "num", "den", "value"], rows)
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
    responses((status = 200, body = Object), (status = 404), (status = 422)))]
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
    let table: kpi::Table = table.map_err(wrong)?;
    match format {
        Format::Json => Ok(axum::Json(table).into_response()),
        Format::Csv | Format::Ndjson => export::whole(format, table.id, COLUMNS, table.rows.into_iter()),
    }
}

/// Of a file: as the rows of the JSON answer.
const COLUMNS: &[&str] = &[
    "from",
    "to",
    "from_local",
    "group",
    "num",
    "den",
    "value",
    "n",
    "low_n",
    "low",
    "high",
    "provisional",
    "shared",
    "currency",
];

#[derive(Serialize)]
struct Named {
    id: &'static str,
    #[serde(flatten)]
    figure: kpi::Figure,
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
