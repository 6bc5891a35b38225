// How many rows wait to be decided on.
//
// mode     read
// param    after         KEY      ='' where the tenant's begin
// param    end           END      where they end
// returns  rows          INTEGER  how many wait
// calls    stormgraph decide
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (r:Record)
WHERE r.waiting > $after AND r.waiting < $end
RETURN count(r) AS rows
ORDER BY rows
LIMIT 1
