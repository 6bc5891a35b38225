// Which systems know the same people? For each pair of sources, how many persons have rows of both.
//
// mode     read
// scans    every row of the tenant
// param    after       KEY ='' where the tenant's rows begin
// param    end         END      where they end; pass (source) for one source against the rest
// param    limit       INTEGER =100 how many pairs
// returns  source      STRING   one system
// returns  other       STRING   the other
// returns  persons     INTEGER  how many persons both know
// calls    POST /v1/queries/{name}
/*
:params { after: 'acme/', end: 'acme0', limit: 100 }
*/
MATCH (r:Record)-[:DESCRIBES]->(p:Person)<-[:DESCRIBES]-(o:Record)
WHERE r.key > $after AND r.key < $end AND r.source < o.source
RETURN r.source AS source, o.source AS other, count(DISTINCT p) AS persons
ORDER BY persons DESC, source, other
LIMIT $limit
