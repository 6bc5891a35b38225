// Keep other writers from the journeys of these households until the transaction ends, and tell what they hold.
//
// mode     write
// param    households     KEYS     the households; one that is not there is in no list
// returns  held           LIST     one row with all of them, one for each journey: household_id, kind (family, group_quarters or anonymous), version (0 where it has none), then of the journey (all null where the household took none) journey_id, storm_id, zip, opened_at, closed_at, window_end, outcome, touches, value_usd, anonymous, first_order, last_order
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
WITH h, j
ORDER BY h.key, coalesce(j.first_order, ''), j.key
RETURN collect([h.household_id, h.kind, coalesce(h.version, 0), j.journey_id, j.storm_id, j.zip, j.opened_at,
                j.closed_at, j.window_end, j.outcome, j.touches, j.value_usd, j.anonymous, j.first_order,
                j.last_order]) AS held
