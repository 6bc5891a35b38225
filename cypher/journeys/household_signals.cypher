// The responses and milestones of households, with the identifiers they carried.
//
// mode     read
// param    households     KEYS     the households
// returns  source         STRING   the system
// returns  event_id       STRING   the event's id in it
// returns  kind           STRING   response or milestone
// returns  at             INTEGER  when, in milliseconds since 1970
// returns  household_id   STRING   the household it is bound to
// returns  storm_id       STRING   the storm it named itself
// returns  identifiers    LIST     per identifier it carried: kind, scope, value
// calls    stormgraph catch-up
/*
:params { households: ['acme/hendersons'] }
*/
UNWIND $households AS household
MATCH (h:Household {key: household})-[:SHOWED]->(s:Signal)
OPTIONAL MATCH (s)-[:CARRIED]->(i:Identifier)
WITH h, s, i
ORDER BY h.key, s.key, i.key
WITH h, s, collect(CASE WHEN i IS NULL THEN null ELSE [i.kind, i.scope, i.value] END) AS identifiers
RETURN s.source AS source, s.event_id AS event_id, s.kind AS kind, s.at AS at, h.household_id AS household_id,
       s.storm_id AS storm_id, identifiers
ORDER BY h.key, s.order, s.key
