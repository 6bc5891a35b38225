// Which identifiers lead to persons of different households: a recycled number, a mover, a mailbox that is shared?
//
// mode     read
// scans    every identifier of the tenant
// param    after       KEY ='' where the tenant's identifiers begin
// param    end         END      where they end; pass (kind) to look at one kind only
// param    limit       INTEGER =20 how many
// returns  kind        STRING   email, phone, address, ...
// returns  value       STRING   the normalised value
// returns  households  STRINGS  the households it leads to
// returns  last_seen   STRING   when it was last seen with any of them (ISO 8601, UTC)
// calls    POST /v1/queries/{name}
/*
:params { after: 'acme/', end: 'acme0', limit: 20 }
*/
MATCH (i:Identifier)-[e:IDENTIFIES]->(p:Person)-[m:MEMBER_OF]->(h:Household)
WHERE i.key > $after AND i.key < $end AND m.to IS NULL
WITH i, h.household_id AS home, max(e.last_seen) AS seen
ORDER BY i.key, home
WITH i, collect(home) AS households, max(seen) AS last_seen
WHERE size(households) > 1
RETURN i.kind AS kind, i.value AS value, households, last_seen
ORDER BY size(households) DESC, i.key
LIMIT $limit
