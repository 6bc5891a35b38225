// What leads to these persons now, and how surely.
//
// mode     read
// param    persons       KEYS     the persons
// returns  kind           STRING   email, phone, ...
// returns  scope          STRING   the system whose id it is, or empty
// returns  value          STRING   the normalised value
// returns  person_id      STRING   the person
// returns  strength       FLOAT    how surely, 0 to 1
// returns  records        INTEGER  rows of that person that carry it
// returns  last_seen      STRING   when one of them was last seen
// calls    stormgraph match
/*
:params { persons: ['acme/0192'] }
*/
UNWIND $persons AS own
MATCH (p:Person {key: own})<-[e:IDENTIFIES]-(i:Identifier)
RETURN i.kind AS kind, i.scope AS scope, i.value AS value, p.person_id AS person_id, e.strength AS strength,
       e.records AS records, e.last_seen AS last_seen
ORDER BY i.key, p.key
