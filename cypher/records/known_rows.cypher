// Which of these rows we know already, and with what content.
//
// mode     read
// param    records       KEYS     the rows: (source, record_id) each
// returns  key           STRING   tenant/source/record_id
// returns  content_hash  STRING   hash of the content we hold
// calls    stormgraph ingest
/*
:params { records: ['acme/crm/17', 'acme/crm/18'] }
*/
UNWIND $records AS record
MATCH (r:Record {key: record})
RETURN r.key AS key, r.content_hash AS content_hash
ORDER BY key
