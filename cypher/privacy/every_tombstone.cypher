// Every seal of something that was erased: an ingest compares its rows with them.
//
// mode     read
// scans    an ingest reads every seal once
// pages    Tombstone
// param    after         KEY ='' where the tenant's begin
// param    end           END      where they end
// returns  seal          STRING   one of them
// calls    stormgraph ingest
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (t:Tombstone)
WHERE t.key > $after AND t.key <= $end
RETURN t.seal AS seal
ORDER BY t.key
