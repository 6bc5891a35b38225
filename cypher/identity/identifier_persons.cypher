// To which persons each identifier leads now.
//
// mode     read
// scans    a match run compares all of them with its answer
// pages    Identifier
// param    after          KEY ='' start behind this node
// param    end            END      where the tenant's nodes, or those of a page, end
// returns  kind           STRING   email, phone, ...
// returns  scope          STRING   the system whose id it is, or empty
// returns  value          STRING   the normalised value
// returns  person_id      STRING   the person
// returns  strength       FLOAT    how surely, 0 to 1
// returns  records        INTEGER  rows of that person that carry it
// returns  last_seen      STRING   when one of them was last seen
// calls    stormgraph match
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (i:Identifier)
WHERE i.key > $after AND i.key <= $end
MATCH (i)-[e:IDENTIFIES]->(p:Person)
RETURN i.kind AS kind, i.scope AS scope, i.value AS value, p.person_id AS person_id, e.strength AS strength,
       e.records AS records, e.last_seen AS last_seen
ORDER BY kind, scope, value, person_id
