// What earlier versions of these rows carried, and no other row carries or ever did.
//
// mode     read
// param    records       KEYS     the rows: (source, record_id) each
// returns  kind          STRING   email, phone, ...
// returns  scope         STRING   the system whose id it is, or empty
// returns  value         STRING   the normalised value
// calls    DELETE /v1/persons/{person_id}
/*
:params { records: ['acme/crm/17'] }
*/
UNWIND $records AS own
MATCH (:Record {key: own})-[:CARRIED_BEFORE]->(i:Identifier)
WITH DISTINCT i
MATCH (i)<-[:HAS|CARRIED_BEFORE]-(r:Record)
WITH i, sum(CASE WHEN r.key IN $records THEN 0 ELSE 1 END) AS others
WHERE others = 0
RETURN i.kind AS kind, i.scope AS scope, i.value AS value
ORDER BY kind, scope, value
