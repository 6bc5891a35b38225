// Where households live and lived, from when to when, and the storms that came over each building.
//
// mode     read
// param    households     KEYS     the households
// returns  homes          LIST     one row with all of them, one for each storm that came over a building: household_id, property_id, zip (or empty), since (day or empty), until (day or empty), storm_id (null where none came), from, until of its window (null where only events have named it)
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { households: ['acme/hendersons'] }
*/
UNWIND $households AS household
MATCH (h:Household {key: household})-[l:LIVES_AT]->(b:Property)
OPTIONAL MATCH (b)-[:EXPOSED_TO]->(s:Storm)
WITH h.household_id AS own, b.property_id AS building, coalesce(b.zip, '') AS zip, coalesce(l.from, '') AS since,
     coalesce(l.to, '') AS until, s.storm_id AS storm, s.from AS opens, s.until AS ends
ORDER BY own, since, building, until, coalesce(storm, ''), zip, coalesce(opens, ''), coalesce(ends, '')
RETURN collect([own, building, zip, since, until, storm, opens, ends]) AS homes
