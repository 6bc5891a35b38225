// Forget what sources said besides (attributes) of events that carried these identifiers.
//
// mode     write
// param    identifiers   KEYS     the identifiers: (kind, scope, value) each
// returns  forgotten     INTEGER  how many events had something to forget
// calls    DELETE /v1/persons/{person_id}
/*
:params { identifiers: ['acme/email//jane@example.com'] }
*/
UNWIND $identifiers AS own
MATCH (i:Identifier {key: own})<-[:CARRIED]-(e)
WHERE e.attributes IS NOT NULL
WITH DISTINCT e
SET e.attributes = null
RETURN count(e) AS forgotten
