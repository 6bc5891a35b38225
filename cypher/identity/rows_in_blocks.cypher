// The rows that were put into blocks by certain rules.
//
// mode     read
// scans    placing a tenant's rows asks once which are placed already
// pages    Record
// param    after         KEY ='' start behind this row: (source, record_id)
// param    end           END      where the tenant's rows end
// param    blocked_by    STRING   which rules
// returns  source        STRING   the system it came from
// returns  record_id     STRING   its id there
// calls    stormgraph match
/*
:params { after: 'acme/', end: 'acme0', blocked_by: '7f3a' }
*/
MATCH (r:Record)
WHERE r.key > $after AND r.key <= $end
WITH r
WHERE r.blocked_by = $blocked_by
RETURN r.source AS source, r.record_id AS record_id
ORDER BY r.key
