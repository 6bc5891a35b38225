// One journey.
//
// mode     read
// param    journey        KEY      the journey
// param    as_of          STRING   the moment for which open and over are told apart (ISO 8601, UTC)
// returns  journey_id     STRING   the journey
// returns  household_id   STRING   who took it
// returns  storm_id       STRING   for which storm; empty for none
// returns  zip            STRING   where they lived when it opened
// returns  opened_at      STRING   when it began
// returns  closed_at      STRING   when its last event was
// returns  window_end     STRING   until when a conversion could end it
// returns  outcome        STRING   converted, open (its window is not over at as_of), or null
// returns  touches        INTEGER  how many touches it has
// returns  value_usd      FLOAT    what its conversion is worth
// returns  anonymous      BOOLEAN  whether only an identifier is known of the household
// calls    GET /v1/journeys/{journey_id}
/*
:params { journey: 'acme/j-1', as_of: '2026-11-21T12:00:00.000Z' }
*/
MATCH (j:Journey {key: $journey})
RETURN j.journey_id AS journey_id, j.household_id AS household_id, j.storm_id AS storm_id, j.zip AS zip,
       j.opened_at AS opened_at, j.closed_at AS closed_at, j.window_end AS window_end,
       CASE WHEN j.outcome = 'null' AND j.window_end > $as_of THEN 'open' ELSE j.outcome END AS outcome,
       j.touches AS touches, j.value_usd AS value_usd, j.anonymous AS anonymous
