// The ids of households in their order, a page at a time; those of merged households too.
//
// mode     read
// param    after         KEY ='' start behind this household
// param    end           END      where the tenant's households end
// param    limit         INTEGER =500 how many at most
// returns  household_id  STRING   its id
// calls    GET /v1/households
/*
:params { after: 'acme/', end: 'acme0', limit: 500 }
*/
MATCH (h:Household)
WHERE h.key > $after AND h.key < $end
RETURN h.household_id AS household_id
ORDER BY h.key
LIMIT $limit
