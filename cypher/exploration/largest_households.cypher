// The households with most persons: a quick look for blobs, and for group quarters.
//
// mode     read
// scans    every household of the tenant
// param    after         KEY ='' where the tenant's households begin
// param    end           END      where they end
// param    limit         INTEGER =20 how many
// returns  household_id  STRING   the household
// returns  kind          STRING   family or group_quarters
// returns  persons       INTEGER  how many persons are members now
// calls    POST /v1/queries/{name}
/*
:params { after: 'acme/', end: 'acme0', limit: 20 }
*/
MATCH (h:Household)
WHERE h.key > $after AND h.key < $end AND h.alias_of IS NULL
RETURN h.household_id AS household_id, h.kind AS kind, h.persons AS persons
ORDER BY coalesce(h.persons, 0) DESC, h.key
LIMIT $limit
