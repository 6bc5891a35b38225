// How many rows carry each of these identifiers.
//
// mode     read
// param    identifiers   KEYS     the identifiers: (kind, scope, value) each
// returns  kind           STRING   email, phone, ...
// returns  scope          STRING   the system whose id it is, or empty
// returns  value          STRING   the normalised value
// returns  rows           INTEGER  how many rows carry it
// calls    stormgraph match
/*
:params { identifiers: ['acme/email//jane@example.com'] }
*/
UNWIND $identifiers AS own
MATCH (i:Identifier {key: own})<-[:HAS]-(r:Record)
WITH i, count(DISTINCT r) AS rows
RETURN i.kind AS kind, i.scope AS scope, i.value AS value, rows
ORDER BY i.key
