// What tripped a limit of matching, and why.
//
// mode     read
// scans    the entries that were set aside, which are few
// param    after           KEY ='' where the tenant's entries begin
// param    end             END      where they end
// param    limit           INTEGER =50 how many at most
// returns  quarantine_id   STRING   the entry
// returns  reason          STRING   which rule it tripped
// returns  quarantined_at  STRING   when
// calls    GET /v1/identity/review
/*
:params { after: 'acme/', end: 'acme0', limit: 50 }
*/
MATCH (q:Quarantined)
WHERE q.key > $after AND q.key < $end AND q.stage = 'match'
RETURN q.quarantine_id AS quarantine_id, q.reason AS reason, q.quarantined_at AS quarantined_at
ORDER BY q.key
LIMIT $limit
