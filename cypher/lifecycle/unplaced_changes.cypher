// The committed changes that have no place in the feed yet, the oldest first.
//
// mode     read
// param    after         KEY ='' where the tenant's begin
// param    end           END      where they end
// param    limit         INTEGER =500 how many at most
// returns  change_id     STRING   the change
// returns  kind          STRING   what happened
// returns  subject       STRING   the person or household
// returns  others        LIST     the further ids
// calls    GET /v1/identity/changes
/*
:params { after: 'acme/', end: 'acme0', limit: 500 }
*/
MATCH (u:Unplaced)
WHERE u.key > $after AND u.key < $end
WITH u
ORDER BY u.key
LIMIT $limit
MATCH (c:Change {key: u.key})
RETURN c.change_id AS change_id, c.kind AS kind, c.subject AS subject, c.others AS others
ORDER BY c.key
