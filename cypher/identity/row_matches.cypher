// Every scored pair of rows that we keep.
//
// mode     read
// scans    a match run compares all of them with its answer
// pages    Record
// param    after          KEY ='' start behind this node
// param    end            END      where the tenant's nodes, or those of a page, end
// returns  source         STRING   the system one row came from
// returns  record_id      STRING   its id there
// returns  other_source   STRING   the system the other came from
// returns  other_id       STRING   its id there
// returns  weight         FLOAT    log-odds of being one person, in bits
// calls    stormgraph match
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (r:Record)
WHERE r.key > $after AND r.key <= $end
MATCH (r)-[m:MATCHES]->(other:Record)
RETURN r.source AS source, r.record_id AS record_id, other.source AS other_source, other.record_id AS other_id,
       m.weight AS weight
ORDER BY source, record_id, other_source, other_id
