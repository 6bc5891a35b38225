// The identifiers that lead to most persons, and how many households those live in: family lines, or a value to block?
//
// mode     read
// scans    every identifier of the tenant
// param    after       KEY ='' where the tenant's identifiers begin
// param    end         END      where they end; pass (kind) to look at one kind only
// param    least       INTEGER =2 leave out identifiers that lead to fewer persons
// param    limit       INTEGER =20 how many
// returns  kind        STRING   email, phone, address, ...
// returns  value       STRING   the normalised value
// returns  persons     INTEGER  how many persons it leads to
// returns  households  INTEGER  how many households those belong to now
// calls    POST /v1/queries/{name}
/*
:params { after: 'acme/', end: 'acme0', least: 2, limit: 20 }
*/
MATCH (i:Identifier)-[:IDENTIFIES]->(p:Person)
WHERE i.key > $after AND i.key < $end
WITH i, count(DISTINCT p) AS persons, count(DISTINCT p.household_id) AS households
WHERE persons >= $least
RETURN i.kind AS kind, i.value AS value, persons, households
ORDER BY persons DESC, i.key
LIMIT $limit
