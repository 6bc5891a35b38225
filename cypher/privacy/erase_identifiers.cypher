// Erase identifiers that no row carries any more.
//
// mode     write
// param    identifiers   KEYS     the identifiers: (kind, scope, value) each; one that a row still carries stays
// returns  erased        INTEGER  how many went
// calls    DELETE /v1/persons/{person_id}
/*
:params { identifiers: ['acme/email//jane@example.com'] }
*/
UNWIND $identifiers AS own
MATCH (i:Identifier {key: own})
WHERE NOT (:Record)-[:HAS]->(i)
DETACH DELETE i
RETURN count(*) AS erased
