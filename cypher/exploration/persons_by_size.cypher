// How many persons have one row, two rows, three ...? A long tail is a value that glues strangers together.
//
// mode     read
// scans    every person of the tenant
// param    after       KEY ='' where the tenant's persons begin
// param    end         END      where they end
// param    limit       INTEGER =100 how many sizes
// returns  records     INTEGER  rows a person
// returns  persons     INTEGER  how many persons have so many
// calls    POST /v1/queries/{name}
/*
:params { after: 'acme/', end: 'acme0', limit: 100 }
*/
MATCH (p:Person)
WHERE p.key > $after AND p.key < $end AND p.records > 0
RETURN p.records AS records, count(p) AS persons
ORDER BY records
LIMIT $limit
