// The conversions that closed journeys, with the identifiers they carried.
//
// mode     read
// param    journeys       KEYS     the journeys
// returns  journey_id     STRING   the journey
// returns  source         STRING   the system
// returns  event_id       STRING   the event's id in it
// returns  kind           STRING   what it is
// returns  at             INTEGER  when, in milliseconds since 1970
// returns  value_usd      FLOAT    a conversion's worth
// returns  household_id   STRING   the household it is bound to
// returns  storm_id       STRING   the storm it named itself
// returns  identifiers    LIST     per identifier it carried: kind, scope, value
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { journeys: ['acme/j-1'] }
*/
UNWIND $journeys AS journey
MATCH (j:Journey {key: journey})-[:ENDED_IN]->(c:Conversion)
OPTIONAL MATCH (c)-[:CARRIED]->(i:Identifier)
WITH j, c, i
ORDER BY j.key, c.key, i.key
WITH j, c, collect(CASE WHEN i IS NULL THEN null ELSE [i.kind, i.scope, i.value] END) AS identifiers
RETURN j.journey_id AS journey_id, c.source AS source, c.event_id AS event_id, 'conversion' AS kind, c.at AS at,
       c.value_usd AS value_usd, c.household_id AS household_id, c.storm_id AS storm_id, identifiers
ORDER BY j.key, c.order, c.key
