// Who belongs to these households, and from when to when.
//
// mode     read
// param    households    KEYS     the households
// returns  household_id   STRING   the household
// returns  person_id      STRING   the person
// returns  since          STRING   first day, where known
// returns  until          STRING   last day; null while it lasts
// calls    stormgraph match
/*
:params { households: ['acme/0192'] }
*/
UNWIND $households AS own
MATCH (h:Household {key: own})<-[m:MEMBER_OF]-(p:Person)
RETURN h.household_id AS household_id, p.person_id AS person_id, m.from AS since, m.to AS until
ORDER BY h.key, p.key
