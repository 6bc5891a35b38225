// To which persons each identifier leads now.
//
// mode     read
// scans    a match run compares all of them with its answer
// param    after          KEY ='' start behind this node
// param    end            END      where the tenant's nodes end
// returns  key            STRING   tenant/kind/scope/value
// returns  person_id      STRING   the person
// returns  strength       FLOAT    how surely, 0 to 1
// returns  records        INTEGER  rows of that person that carry it
// returns  last_seen      STRING   when one of them was last seen
// calls    stormgraph match
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (i:Identifier)-[e:IDENTIFIES]->(p:Person)
WHERE i.key > $after AND i.key < $end
RETURN i.key AS key, p.person_id AS person_id, e.strength AS strength, e.records AS records, e.last_seen AS last_seen
ORDER BY key, person_id
