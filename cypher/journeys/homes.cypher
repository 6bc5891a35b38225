// Where households live and lived, from when to when.
//
// mode     read
// param    households     KEYS     the households
// returns  household_id   STRING   the household
// returns  property_id    STRING   the building
// returns  since          STRING   first day; empty where unknown
// returns  until          STRING   last day; empty while it lasts
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { households: ['acme/hendersons'] }
*/
UNWIND $households AS household
MATCH (h:Household {key: household})-[l:LIVES_AT]->(b:Property)
RETURN h.household_id AS household_id, b.property_id AS property_id, coalesce(l.from, '') AS since,
       coalesce(l.to, '') AS until
ORDER BY h.key, since, b.key, until
