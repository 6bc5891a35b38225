// The rows that match any of these rows, and how strongly.
//
// mode     read
// param    records       KEYS     the rows: (source, record_id) each
// param    reach         FLOAT    the least weight, in bits
// returns  source         STRING   the system one row came from
// returns  record_id      STRING   its id there
// returns  other_source   STRING   the system the other came from
// returns  other_id       STRING   its id there
// returns  weight         FLOAT    log-odds of being one person, in bits
// calls    stormgraph match
/*
:params { records: ['acme/crm/17'], reach: -3.0 }
*/
UNWIND $records AS own
MATCH (r:Record {key: own})-[m:MATCHES]-(other:Record)
WHERE m.weight >= $reach
RETURN r.source AS source, r.record_id AS record_id, other.source AS other_source, other.record_id AS other_id,
       max(m.weight) AS weight
ORDER BY source, record_id, other_source, other_id
