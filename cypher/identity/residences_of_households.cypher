// Where these households live, and from when to when.
//
// mode     read
// param    households    KEYS     the households
// returns  household_id   STRING   the household
// returns  property_id    STRING   the building
// returns  since          STRING   first day, where known
// returns  until          STRING   last day; null while it lasts
// calls    stormgraph match
/*
:params { households: ['acme/0192'] }
*/
UNWIND $households AS own
MATCH (h:Household {key: own})-[l:LIVES_AT]->(b:Property)
RETURN h.household_id AS household_id, b.property_id AS property_id, l.from AS since, l.to AS until
ORDER BY h.key, b.key
