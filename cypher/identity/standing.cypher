// What the graph says of persons and households now, as far as it follows from their rows: a line for each kind of edge.
//
// mode     read
// param    persons       KEYS     whose identifiers
// param    everybody     KEYS     whose memberships
// param    households    KEYS     whose residences
// param    identifiers   KEYS     (kind, scope, value) each: how many rows carry them
// param    carried       KEYS     (kind, scope, value) each: to whom they lead
// param    addresses     KEYS     (address, '', value) each: which buildings they stand for
// param    most          INTEGER =200 how many persons of one carried identifier
// returns  what          STRING   identifiers, members, residences, carriers, leads, places
// returns  found         LIST     per edge: the ends' own ids, then what it carries
// calls    POST /v1/records
/*
:params { persons: ['acme/0192'], everybody: ['acme/0192'], households: ['acme/0193'], identifiers: ['acme/email//jane@example.com'], carried: ['acme/email//jane@example.com'], addresses: ['acme/address//14 elm st||||75209'], most: 200 }
*/
UNWIND $persons AS own
MATCH (p:Person {key: own})<-[e:IDENTIFIES]-(i:Identifier)
WITH p, e, i
ORDER BY i.key, p.key, e.last_seen, e.records, e.strength
WITH collect([i.kind, i.scope, i.value, p.person_id, e.strength, e.records, e.last_seen]) AS found
RETURN 'identifiers' AS what, found
UNION ALL
UNWIND $everybody AS own
MATCH (p:Person {key: own})-[m:MEMBER_OF]->(h:Household)
WITH p, m, h
ORDER BY p.key, h.key, m.from, m.to
WITH collect([p.person_id, h.household_id, m.from, m.to]) AS found
RETURN 'members' AS what, found
UNION ALL
UNWIND $households AS own
MATCH (h:Household {key: own})-[l:LIVES_AT]->(b:Property)
WITH h, l, b
ORDER BY h.key, b.key, l.from, l.to
WITH collect([h.household_id, b.property_id, l.from, l.to]) AS found
RETURN 'residences' AS what, found
UNION ALL
UNWIND $identifiers AS own
MATCH (i:Identifier {key: own})<-[:HAS]-(r:Record)
WITH i, count(DISTINCT r) AS rows
ORDER BY i.key
WITH collect([i.kind, i.scope, i.value, rows]) AS found
RETURN 'carriers' AS what, found
UNION ALL
UNWIND $carried AS own
MATCH (i:Identifier {key: own})-[e:IDENTIFIES]->(p:Person)
WITH i, e, p
ORDER BY i.key, p.key, e.last_seen, e.records, e.strength
WITH i, collect([i.kind, i.scope, i.value, p.person_id, p.confidence, e.strength, e.records, e.last_seen]) AS leads
UNWIND leads[0..$most] AS lead
WITH collect(lead) AS found
RETURN 'leads' AS what, found
UNION ALL
UNWIND $addresses AS own
MATCH (i:Identifier {key: own})-[:LOCATES]->(b:Property)
WITH i, b
ORDER BY i.key, b.key
WITH collect([i.kind, i.scope, i.value, b.property_id]) AS found
RETURN 'places' AS what, found
