// At which addresses do several households live: flats, dormitories, or a unit number that nobody wrote down?
//
// mode     read
// scans    every building of the tenant
// param    after       KEY ='' where the tenant's buildings begin
// param    end         END      where they end
// param    least       INTEGER =2 leave out buildings with fewer households
// param    limit       INTEGER =20 how many
// returns  property_id STRING   the building
// returns  address     STRING   where it stands
// returns  households  INTEGER  households that live there now
// returns  persons     INTEGER  persons in them
// calls    POST /v1/queries/{name}
/*
:params { after: 'acme/', end: 'acme0', least: 2, limit: 20 }
*/
MATCH (h:Household)-[l:LIVES_AT]->(b:Property)
WHERE b.key > $after AND b.key < $end AND l.to IS NULL
WITH b, count(DISTINCT h) AS households, sum(h.persons) AS persons
WHERE households >= $least
RETURN b.property_id AS property_id, b.address AS address, households, persons
ORDER BY households DESC, b.key
LIMIT $limit
