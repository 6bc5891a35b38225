// The households whose journeys are to be derived again.
//
// mode     read
// param    after          KEY      ='' where the tenant's households begin
// param    end            END      where they end
// param    limit          INTEGER  =100 how many
// returns  household_id   STRING   the household
// returns  since          STRING   when it was noticed
// calls    stormgraph catch-up
// calls    stormgraph serve
/*
:params { after: 'acme/', end: 'acme0', limit: 100 }
*/
MATCH (u:Unthreaded)
WHERE u.key > $after AND u.key < $end
RETURN u.household_id AS household_id, u.since AS since
ORDER BY u.key
LIMIT $limit
