// Every scored pair of rows that we keep.
//
// mode     read
// scans    a match run compares all of them with its answer
// param    after          KEY ='' start behind this node
// param    end            END      where the tenant's nodes end
// returns  left           STRING   key of one row
// returns  right          STRING   key of the other
// returns  weight         FLOAT    log-odds of being one person, in bits
// calls    stormgraph match
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (r:Record)-[m:MATCHES]->(other:Record)
WHERE r.key > $after AND r.key < $end
RETURN r.key AS left, other.key AS right, m.weight AS weight
ORDER BY left, right
