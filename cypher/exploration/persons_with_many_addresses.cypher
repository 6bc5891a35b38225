// The persons who are known at most addresses: movers, landlords, or two people taken for one.
//
// mode     read
// scans    every person of the tenant
// param    after         KEY ='' where the tenant's persons begin
// param    end           END      where they end
// param    least         INTEGER =2 leave out persons with fewer addresses
// param    limit         INTEGER =20 how many
// returns  person_id     STRING   the person
// returns  household_id  STRING   its present household
// returns  addresses     INTEGER  how many addresses lead to it
// returns  records       INTEGER  how many live records describe it
// calls    POST /v1/queries/{name}
/*
:params { after: 'acme/', end: 'acme0', least: 2, limit: 20 }
*/
MATCH (p:Person)<-[:IDENTIFIES]-(i:Identifier)
WHERE p.key > $after AND p.key < $end AND i.kind = 'address'
WITH p, count(DISTINCT i) AS addresses
WHERE addresses >= $least
RETURN p.person_id AS person_id, p.household_id AS household_id, addresses, p.records AS records
ORDER BY addresses DESC, p.key
LIMIT $limit
