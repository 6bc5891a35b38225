// Keep other writers from the journeys of these households until the transaction ends, and tell what they hold.
//
// mode     write
// param    households     KEYS     the households; one that is not there has no row
// returns  household_id   STRING   the household
// returns  kind           STRING   family, group_quarters or anonymous
// returns  version        INTEGER  its version
// returns  journey        LIST     one of its journeys, or null: journey_id, storm_id, zip, opened_at, closed_at, window_end, outcome, touches, value_usd, anonymous, first_order, last_order, then source and event_id of its last touch
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { households: ['acme/hendersons'] }
*/
UNWIND $households AS household
MATCH (h:Household {key: household})
SET h.threaded = coalesce(h.threaded, 0) + 1
WITH h
OPTIONAL MATCH (h)-[:TOOK]->(j:Journey)
OPTIONAL MATCH (j)-[:ENDS_WITH]->(t:Touch)
RETURN h.household_id AS household_id, h.kind AS kind, coalesce(h.version, 0) AS version,
       CASE WHEN j IS NULL THEN null ELSE
       [j.journey_id, j.storm_id, j.zip, j.opened_at, j.closed_at, j.window_end, j.outcome, j.touches, j.value_usd,
        j.anonymous, j.first_order, j.last_order, t.source, t.event_id] END AS journey
ORDER BY household_id, j.first_order, j.key
