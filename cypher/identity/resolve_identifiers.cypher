// The persons that each identifier leads to, the strongest first; an identifier that leads to nobody has no row.
//
// mode     read
// param    identifiers  KEYS     the identifiers: (kind, scope, value)
// param    most         INTEGER =100 how many persons to list per identifier
// returns  identifier   STRING   the identifier's key
// returns  persons      INTEGER  how many persons it leads to, listed or not
// returns  ranked       LIST     per person: person_id, household_id, strength, records
// calls    POST /v1/identity/resolve
// calls    POST /v1/identity/resolve/batch
// calls    GET /v1/identity/{identifier}
/*
:params { identifiers: ['acme/email//jane@example.com', 'acme/phone//+12145550101'], most: 100 }
*/
UNWIND $identifiers AS identifier
MATCH (i:Identifier {key: identifier})-[e:IDENTIFIES]->(p:Person)
WITH i, e, p
ORDER BY i.key, coalesce(e.strength, 0.0) DESC, p.key
WITH i.key AS identifier, count(p) AS persons,
     collect([p.person_id, p.household_id, coalesce(e.strength, 0.0), coalesce(e.records, 0)]) AS ranked
RETURN identifier, persons, ranked[0..$most] AS ranked
ORDER BY identifier
