// The rows that carry each identifier; of one that too many carry, only how many.
//
// mode     read
// param    identifiers   KEYS     the identifiers: (kind, scope, value)
// param    most          INTEGER =50 more rows than this are too many
// returns  identifier    STRING   the identifier's key
// returns  records       INTEGER  how many rows carry it
// returns  rows          LIST     source and record_id of each; empty where they are too many
// calls    POST /v1/records
/*
:params { identifiers: ['acme/email//jane@example.com'], most: 50 }
*/
UNWIND $identifiers AS own
MATCH (i:Identifier {key: own})<-[:HAS]-(r:Record)
WITH DISTINCT i, r
ORDER BY i.key, r.key
WITH i, count(r) AS records, collect([r.source, r.record_id]) AS held
RETURN i.key AS identifier, records, CASE WHEN records <= $most THEN held ELSE [] END AS rows
ORDER BY identifier
