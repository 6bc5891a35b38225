// Those of these households to which an event is bound.
//
// mode     read
// param    households     KEYS     the households
// returns  household_id   STRING   one that has events
// calls    stormgraph catch-up
// calls    stormgraph serve
/*
:params { households: ['acme/hendersons'] }
*/
UNWIND $households AS household
MATCH (h:Household {key: household})
WHERE (h)-[:TOOK]->(:Journey) OR (h)-[:SHOWED]->(:Signal)
WITH DISTINCT h
RETURN h.household_id AS household_id
ORDER BY h.key
