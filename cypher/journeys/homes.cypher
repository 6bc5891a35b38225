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
WITH [h.household_id, b.property_id, coalesce(b.zip, ''), coalesce(l.from, ''), coalesce(l.to, ''), s.storm_id,
      s.from, s.until] AS home
ORDER BY home[0], home[3], home[1], home[4], coalesce(home[5], ''), home[2], coalesce(home[6], ''), coalesce(home[7], '')
RETURN collect(home) AS homes
