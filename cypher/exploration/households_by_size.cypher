// How many households have one member, two, three ..., and of which kind?
//
// mode     read
// scans    every household of the tenant
// param    after       KEY ='' where the tenant's households begin
// param    end         END      where they end
// param    limit       INTEGER =100 how many lines
// returns  kind        STRING   family, group_quarters, ...
// returns  persons     INTEGER  members now
// returns  households  INTEGER  how many households have so many
// calls    POST /v1/queries/{name}
/*
:params { after: 'acme/', end: 'acme0', limit: 100 }
*/
MATCH (h:Household)
WHERE h.key > $after AND h.key < $end AND h.persons > 0
RETURN h.kind AS kind, h.persons AS persons, count(h) AS households
ORDER BY kind, persons
LIMIT $limit
