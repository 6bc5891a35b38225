// Where households live and lived, from when to when, and the storms that came over each building.
//
// mode     read
// param    households     KEYS     the households
// returns  household_id   STRING   the household
// returns  property_id    STRING   the building
// returns  zip            STRING   its ZIP; empty where unknown
// returns  since          STRING   first day; empty where unknown
// returns  until          STRING   last day; empty while it lasts
// returns  storm_id       STRING   a storm that came over it; null where none did
// returns  opens          STRING   when the storm's window opens; null while only events have named it
// returns  ends           STRING   when it ends
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { households: ['acme/hendersons'] }
*/
UNWIND $households AS household
MATCH (h:Household {key: household})-[l:LIVES_AT]->(b:Property)
OPTIONAL MATCH (b)-[:EXPOSED_TO]->(s:Storm)
RETURN h.household_id AS household_id, b.property_id AS property_id, coalesce(b.zip, '') AS zip,
       coalesce(l.from, '') AS since, coalesce(l.to, '') AS until, s.storm_id AS storm_id, s.from AS opens,
       s.until AS ends
ORDER BY household_id, since, property_id, until, coalesce(storm_id, ''), zip
