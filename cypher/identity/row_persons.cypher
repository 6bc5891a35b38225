// Which person each row describes now.
//
// mode     read
// scans    a match run compares all of them with its answer
// pages    Record
// param    after          KEY ='' start behind this node
// param    end            END      where the tenant's nodes, or those of a page, end
// returns  source         STRING   the system the row came from
// returns  record_id      STRING   its id there
// returns  person_id      STRING   the person
// calls    stormgraph match
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (r:Record)
WHERE r.key > $after AND r.key <= $end
MATCH (r)-[:DESCRIBES]->(p:Person)
RETURN r.source AS source, r.record_id AS record_id, p.person_id AS person_id
ORDER BY source, record_id, person_id
