//! `/api/v1/profiles`: many visitors and persons at once, by their ids.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::caller::Caller;
use super::input::{self, Query};
use super::openapi::failures;
use super::visitors::Kept;
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::journey::{Identity, Journey, Person, Touch};
use crate::store::persons::Found;
use crate::store::sites::Site;

/// The most ids of one request.
const MOST_IDS: usize = 100;

/// Ids as they are asked for.
#[derive(Debug)]
struct Ids(Vec<(String, Identity)>);

impl FromStr for Ids {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A user's id may have a comma in it.
        let texts: Vec<String> = if text.starts_with('[') {
            let read = serde_json::from_str(text);
            read.map_err(|error| format!("is no JSON list of texts: {error}"))?
        } else {
            text.split(',').map(str::to_owned).collect()
        };
        if texts.len() > MOST_IDS {
            return Err(format!("{} ids are more than {MOST_IDS}", texts.len()));
        }
        let read = |text: String| {
            let identity = match text.parse() {
                Ok(id) => Ok(Identity::Visitor(id)),
                Err(_) => text.parse::<Identity>().map_err(|error| error.to_string()),
            };
            identity.map(|identity| (text, identity))
        };
        texts
            .into_iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    site: Option<i64>,
    /// Up to 100 ids with commas between, or a JSON list of them: of visitors as they are or as `visitor:ID`, of persons by
    /// one of their user ids as `user:ID`.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = String, required = true, example = "user:42,01975560-7a00-7000-8000-000000000001")]
    ids: Option<Ids>,
}

/// What a profile has beside the journey.
#[derive(Serialize, ToSchema)]
pub(crate) struct Last {
    /// How they came to the session that began last, of a person on browsers that are theirs alone; null where that is not known.
    last_touch: Option<Touch>,
    /// When that session began.
    last_session_at: Option<i64>,
    /// What was kept when they were judged last; null before that.
    kept: Option<Kept>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct VisitorProfile {
    #[serde(flatten)]
    journey: Journey,
    #[serde(flatten)]
    last: Last,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PersonProfile {
    #[serde(flatten)]
    person: Person,
    #[serde(flatten)]
    last: Last,
}

/// Somebody in short: a browser, for a visitor's id, or a person, for a user's.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Profile {
    Visitor(Box<VisitorProfile>),
    Person(Box<PersonProfile>),
}

/// Profiles by the ids that were asked for.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct Profiles {
    data: BTreeMap<String, Profile>,
    /// Ids that are nobody's.
    unknown: Vec<String>,
}

impl Profiles {
    fn add(&mut self, id: String, profile: Option<Profile>) {
        match profile {
            Some(profile) => {
                self.data.insert(id, profile);
            }
            None => self.unknown.push(id),
        }
    }
}

/// Up to 100 visitors and persons at once.
#[utoipa::path(get, path = "/api/v1/profiles", tag = "journeys", security(("api_key" = []), ("cookie" = [])), params(Params), responses((status = 200, body = Profiles), failures::Asking))]
pub(crate) async fn many(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Json<Profiles>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let Some(Ids(ids)) = params.ids else {
        let message = "The parameter ids has to name somebody.";
        return Err(ApiError::new(Code::InvalidParameter, message).field("ids"));
    };
    let (visitors, users): (Vec<_>, Vec<_>) = ids
        .into_iter()
        .partition(|(_, id)| matches!(id, Identity::Visitor(_)));
    let mut profiles = Profiles::default();
    add_visitors(&app, &site, visitors, &mut profiles).await?;
    add_users(&app, &site, users, &mut profiles).await?;
    Ok(Json(profiles))
}

async fn add_visitors(
    app: &App,
    site: &Site,
    asked: Vec<(String, Identity)>,
    profiles: &mut Profiles,
) -> Result<(), ApiError> {
    if asked.is_empty() {
        return Ok(());
    }
    let id = |one: &Identity| match one {
        Identity::Visitor(id) => *id,
        Identity::User(_) => Uuid::nil(),
    };
    let ids: Vec<Uuid> = asked.iter().map(|(_, one)| id(one)).collect();
    let store = app.store();
    let (journeys, touches, kept, scale) = tokio::try_join!(
        store.journeys(site.id, &ids),
        store.last_touches(site.id, ids.iter().copied()),
        store.kept_scores_of_visitors(site.id, ids.iter().copied()),
        store.scale(site.id),
    )?;
    let now = clock::now();
    for (text, one) in asked {
        let id = id(&one);
        let journey = journeys.iter().find(|journey| journey.visitor_id == id);
        let came = touches.get(&id);
        let profile = journey.map(|journey| VisitorProfile {
            journey: journey.clone(),
            last: Last {
                last_touch: came.and_then(|(_, touch)| touch.clone()),
                last_session_at: came.map(|(at, _)| *at),
                kept: kept.get(&id).map(|kept| Kept::at(now, &scale, kept)),
            },
        });
        profiles.add(text, profile.map(Box::new).map(Profile::Visitor));
    }
    Ok(())
}

async fn add_users(
    app: &App,
    site: &Site,
    asked: Vec<(String, Identity)>,
    profiles: &mut Profiles,
) -> Result<(), ApiError> {
    if asked.is_empty() {
        return Ok(());
    }
    let ids: Vec<Identity> = asked.iter().map(|(_, id)| id.clone()).collect();
    let store = app.store();
    let people = store.people(site.id, &ids).await?;
    let own = |found: &Found| -> Vec<Uuid> {
        let visitors = found.person.visitors.iter();
        let alone = visitors.filter(|visitor| !visitor.shared);
        alone.map(|visitor| visitor.visitor_id).collect()
    };
    let all = people.iter().flat_map(own);
    let (touches, kept, scale) = tokio::try_join!(
        store.last_touches(site.id, all),
        store.kept_scores(site.id, people.iter().map(|found| &found.person.id)),
        store.scale(site.id),
    )?;
    let now = clock::now();
    for (text, id) in asked {
        let has = |found: &&Found| id.user().is_some_and(|user| found.users.contains(user));
        let profile = people.iter().find(has).map(|found| {
            let came = own(found)
                .into_iter()
                .filter_map(|visitor| touches.get(&visitor))
                .max_by_key(|(at, _)| *at);
            let kept = kept.get(&found.person.id);
            PersonProfile {
                person: found.person.clone(),
                last: Last {
                    last_touch: came.and_then(|(_, touch)| touch.clone()),
                    last_session_at: came.map(|(at, _)| *at),
                    kept: kept.map(|kept| Kept::at(now, &scale, kept)),
                },
            }
        });
        profiles.add(text, profile.map(Box::new).map(Profile::Person));
    }
    Ok(())
}
