// To which households these persons belong, and from when to when.
//
// mode     read
// param    persons       KEYS     the persons
// returns  person_id      STRING   the person
// returns  household_id   STRING   the household
// returns  since          STRING   first day, where known
// returns  until          STRING   last day; null while it lasts
// calls    stormgraph match
/*
:params { persons: ['acme/0192'] }
*/
UNWIND $persons AS own
MATCH (p:Person {key: own})-[m:MEMBER_OF]->(h:Household)
RETURN p.person_id AS person_id, h.household_id AS household_id, m.from AS since, m.to AS until
ORDER BY p.key, h.key
