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
MERGE (r)-[:CARRIED_BEFORE]->(i)
DELETE carried
RETURN count(*) AS edges_dropped
