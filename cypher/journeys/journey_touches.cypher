// The touches of journeys, in their order, with the identifiers they carried.
//
// mode     read
// param    tenant         STRING   whose they are
// param    journeys       STRINGS  the journeys' own ids
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
:params { tenant: 'acme', journeys: ['j-1'] }
*/
UNWIND $journeys AS journey_id
MATCH (t:Touch {journey_id: journey_id})
WHERE t.tenant = $tenant
OPTIONAL MATCH (t)-[:CARRIED]->(i:Identifier)
WITH t, i
ORDER BY t.key, i.key
WITH t, collect(CASE WHEN i IS NULL THEN null ELSE [i.kind, i.scope, i.value] END) AS identifiers
RETURN t.journey_id AS journey_id, t.source AS source, t.event_id AS event_id, 'touch' AS kind, t.at AS at,
       0.0 AS value_usd, t.household_id AS household_id, t.storm_id AS storm_id, identifiers
ORDER BY journey_id, t.order, t.key
