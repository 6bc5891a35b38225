// Some seals of things that were erased: all there are, where they are fewer than asked for.
//
// mode     read
// param    after         KEY      ='' where the tenant's begin
// param    end           END      where they end
// param    limit         INTEGER  =100 how many
// returns  seal          STRING   one of them
// calls    POST /v1/records
/*
:params { after: 'acme/', end: 'acme0', limit: 100 }
*/
MATCH (t:Tombstone)
WHERE t.key > $after AND t.key < $end
RETURN t.seal AS seal
ORDER BY t.key
LIMIT $limit
