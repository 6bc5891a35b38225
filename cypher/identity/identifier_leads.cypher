// To whom each of these identifiers leads, with what its strength is made of; the first so many of each.
//
// mode     read
// param    identifiers   KEYS     the identifiers: (kind, scope, value) each
// param    most          INTEGER  =200 how many persons of each
// returns  kind           STRING   email, phone, ...
// returns  scope          STRING   the system whose id it is, or empty
// returns  value          STRING   the normalised value
// returns  leads          LIST     per person: person_id, confidence, strength, records, last_seen
// calls    stormgraph match
/*
:params { identifiers: ['acme/email//jane@example.com'], most: 200 }
*/
UNWIND $identifiers AS own
MATCH (i:Identifier {key: own})-[e:IDENTIFIES]->(p:Person)
WITH i, e, p
ORDER BY i.key, p.key
WITH i, collect([p.person_id, p.confidence, e.strength, e.records, e.last_seen]) AS leads
RETURN i.kind AS kind, i.scope AS scope, i.value AS value, leads[0..$most] AS leads
ORDER BY i.key
