// The identifiers of one kind that lead to more persons than one value usually does, the most shared first.
//
// mode     read
// scans    the identifiers of a tenant: how many persons share one is not indexed
// param    after         KEY      where the kind begins
// param    end           END      where it ends
// param    most          INTEGER  how many persons may share a value
// param    limit         INTEGER =50 how many at most
// returns  kind          STRING   email, phone, ...
// returns  scope         STRING   the system whose id it is, or empty
// returns  value         STRING   the normalised value
// returns  persons       INTEGER  how many persons it leads to
// calls    GET /v1/identity/review
/*
:params { after: 'acme/phone/', end: 'acme/phone0', most: 12, limit: 50 }
*/
MATCH (i:Identifier)-[:IDENTIFIES]->(p:Person)
WHERE i.key > $after AND i.key < $end
WITH i, count(p) AS persons
WHERE persons > $most
RETURN i.kind AS kind, i.scope AS scope, i.value AS value, persons
ORDER BY persons DESC, i.key
LIMIT $limit
