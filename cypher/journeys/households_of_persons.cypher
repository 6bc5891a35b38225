// The households of the events that carried identifiers of these persons.
//
// mode     read
// param    persons        KEYS     the persons
// returns  household_id   STRING   a household that such an event is bound to
// calls    stormgraph catch-up
// calls    stormgraph serve
/*
:params { persons: ['acme/ann'] }
*/
UNWIND $persons AS person
MATCH (p:Person {key: person})<-[:IDENTIFIES]-(:Identifier)<-[:CARRIED]-(e)
WHERE e.household_id IS NOT NULL
WITH DISTINCT e.household_id AS household_id
RETURN household_id
ORDER BY household_id
