// Take back what earlier versions of these rows carried, before the new version says what it carries.
//
// The row remembers what it ever carried, so that erasing its person reaches that, too.
//
// mode     write
// param    records       KEYS     the rows: (source, record_id) each
// returns  edges_dropped INTEGER  how many edges went
// calls    stormgraph ingest
/*
:params { records: ['acme/crm/17'] }
*/
UNWIND $records AS record
MATCH (r:Record {key: record})-[carried:HAS]->(i:Identifier)
WITH r, carried, i
ORDER BY i.key
WITH r, collect(i.key) AS own, collect(carried) AS edges
SET r.carried_before = [former IN coalesce(r.carried_before, []) WHERE NOT former IN own] + own
WITH edges
UNWIND edges AS carried
DELETE carried
RETURN count(*) AS edges_dropped
