// Which persons hang together by the thinnest thread? Those whose weakest join is least sure, with their size.
//
// mode     read
// scans    every person of the tenant
// param    after       KEY ='' where the tenant's persons begin
// param    end         END      where they end
// param    limit       INTEGER =20 how many
// returns  person_id   STRING   the person
// returns  confidence  FLOAT    how sure the weakest join is, 0 to 1
// returns  records     INTEGER  how many rows describe the person
// returns  household_id STRING  where the person belongs
// calls    POST /v1/queries/{name}
/*
:params { after: 'acme/', end: 'acme0', limit: 20 }
*/
MATCH (p:Person)
WHERE p.key > $after AND p.key < $end AND p.records > 1
RETURN p.person_id AS person_id, p.confidence AS confidence, p.records AS records, p.household_id AS household_id
ORDER BY p.confidence, p.key
LIMIT $limit
