// Every identifier that leads to one person, the surest first.
//
// mode     read
// param    person     KEY      the person
// param    limit      INTEGER =1000 how many identifiers
// returns  kind       STRING   email, phone, address, ...
// returns  scope      STRING   the system whose ids these are, else empty
// returns  value      STRING   the normalised value
// returns  strength   FLOAT    how surely it leads here, 0 to 1
// returns  records    INTEGER  how many records of this person carry it
// returns  last_seen  STRING   when one of them was last seen
// calls    GET /v1/persons/{person_id}/identifiers
/*
:params { person: 'acme/01930000-0000-7000-8000-000000000001', limit: 1000 }
*/
MATCH (p:Person {key: $person})<-[e:IDENTIFIES]-(i:Identifier)
RETURN i.kind AS kind, i.scope AS scope, i.value AS value, e.strength AS strength, e.records AS records,
       e.last_seen AS last_seen
ORDER BY coalesce(e.strength, 0.0) DESC, i.key
LIMIT $limit
