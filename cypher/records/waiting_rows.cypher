// Rows that wait to be decided on and are due, those that waited longest first.
//
// mode     read
// param    after         KEY      ='' where the tenant's begin
// param    end           END      the moment by which they are due
// param    limit         INTEGER  =100 how many
// returns  waiting       STRING   tenant/when it is due/an id of its own
// returns  source        STRING   the system it came from
// returns  record_id     STRING   its id there
// returns  content_hash  STRING   hash of the content we hold
// returns  lost          LIST     keys of identifiers that an earlier version carried
// returns  sent_by       STRING   the key that sent it, where it is known
// calls    POST /v1/records
// calls    stormgraph decide
/*
:params { after: 'acme/', end: 'acme/2026-11-21T12:00:00Z0', limit: 100 }
*/
MATCH (r:Record)
WHERE r.waiting > $after AND r.waiting < $end
RETURN r.waiting AS waiting, r.source AS source, r.record_id AS record_id, r.content_hash AS content_hash,
       r.lost AS lost, r.sent_by AS sent_by
ORDER BY r.waiting
LIMIT $limit
