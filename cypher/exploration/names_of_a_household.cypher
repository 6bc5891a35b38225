// Which family names live together, and how often does a household have more than one?
//
// mode     read
// scans    every person of the tenant
// param    after       KEY ='' where the tenant's households begin
// param    end         END      where they end
// param    limit       INTEGER =20 how many
// returns  household_id STRING  the household
// returns  names       STRINGS  its family names
// returns  persons     INTEGER  its members
// calls    POST /v1/queries/{name}
/*
:params { after: 'acme/', end: 'acme0', limit: 20 }
*/
MATCH (p:Person)-[m:MEMBER_OF]->(h:Household)
WHERE h.key > $after AND h.key < $end AND m.to IS NULL AND p.last_name IS NOT NULL
WITH h, p.last_name AS name
ORDER BY h.key, name
WITH h, collect(DISTINCT name) AS names
WHERE size(names) > 1
RETURN h.household_id AS household_id, names, h.persons AS persons
ORDER BY size(names) DESC, h.key
LIMIT $limit
