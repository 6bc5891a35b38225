// What was set aside, and why.
//
// mode     read
// param    after           KEY ='' start behind this entry
// param    end             END      where the tenant's entries end
// param    limit           INTEGER =100 how many at most
// returns  quarantine_id   STRING   the entry
// returns  stage           STRING   ingest or match
// returns  source          STRING   the system it came from
// returns  place           STRING   file and row number, or the records concerned
// returns  reason          STRING   which rule it tripped
// returns  quarantined_at  STRING   when
// calls    stormgraph quarantine
// calls    GET /v1/quarantine
/*
:params { after: 'acme/', end: 'acme0', limit: 100 }
*/
MATCH (q:Quarantined)
WHERE q.key > $after AND q.key < $end
RETURN q.quarantine_id AS quarantine_id, q.stage AS stage, q.source AS source, q.place AS place, q.reason AS reason,
       q.quarantined_at AS quarantined_at
ORDER BY q.key
LIMIT $limit
