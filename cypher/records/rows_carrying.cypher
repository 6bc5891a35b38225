// Every row with the keys of what it carries, in the order of their keys.
//
// mode     read
// scans    an ingest beside which somebody was erased looks for what may not be there
// pages    Record
// param    after          KEY ='' start behind this row: (source, record_id)
// param    end            END      where the tenant's rows, or those of a page, end
// returns  record         STRING   the row's key
// returns  carried        LIST     the keys of its identifiers
// calls    stormgraph ingest
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (r:Record)
WHERE r.key > $after AND r.key <= $end
OPTIONAL MATCH (r)-[:HAS]->(i:Identifier)
WITH r, i ORDER BY i.key
WITH r, collect(i.key) AS carried
RETURN r.key AS record, carried
ORDER BY record
