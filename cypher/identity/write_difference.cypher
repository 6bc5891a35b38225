// Bring what follows from a few rows up to date at once: persons, households, buildings, what leads to whom, matches.
//
// What is gone is taken back before (`identity.take_back`); every list may be empty. In one statement, because a round
// trip costs more than what it writes.
//
// mode     write
// param    tenant        STRING   whose they are
// param    now           STRING   the moment
// param    persons       ROWS     begin: the person; own: its id; content: what is said of it
// param    households    ROWS     begin: the household; own: its id; content: what is said of it
// param    built         ROWS     begin: the building; own: its id; content: its address, whole and in parts
// param    stood         ROWS     addresses and the building they stand for
// param    described     ROWS     rows and whom they describe
// param    restated      ROWS     identifiers and to whom they lead already; content: strength, records, last_seen
// param    led           ROWS     identifiers and to whom they lead; content: strength, records, last_seen
// param    stayed        ROWS     persons and the household they belong to already; content: from, to
// param    joined        ROWS     persons and the household they belong to; content: from, to
// param    remained      ROWS     households and where they live already; content: from, to
// param    moved_in      ROWS     households and where they live; content: from, to
// param    matched       ROWS     two rows; content: weight, probability, model
// row      begin         KEY      where the edge begins, or the node
// row      end           KEY      where it ends; of a node, nothing
// row      own           STRING   the node's own id; of an edge, nothing
// row      content       MAP      what the node or edge carries
// returns  matched       INTEGER  how many matches were written
// calls    POST /v1/records
/*
:params { tenant: 'acme', now: '2026-11-21T12:00:00Z', persons: [], households: [], built: [], stood: [], described: [{ begin: 'acme/crm/17', end: 'acme/0192', own: '', content: {} }], restated: [], led: [], stayed: [], joined: [], remained: [], moved_in: [], matched: [] }
*/
UNWIND $persons AS row
MERGE (p:Person {key: row.begin})
ON CREATE SET p.tenant = $tenant, p.person_id = row.own, p.created_at = $now
SET p.version = coalesce(p.version, 0) + 1, p += row.content
WITH count(*) AS persons
UNWIND $households AS row
MERGE (h:Household {key: row.begin})
ON CREATE SET h.tenant = $tenant, h.household_id = row.own, h.created_at = $now
SET h.version = coalesce(h.version, 0) + 1, h += row.content
WITH count(*) AS households
UNWIND $built AS row
MERGE (b:Property {key: row.begin})
SET b.tenant = $tenant, b.property_id = row.own, b += row.content
WITH count(*) AS built
UNWIND $stood AS row
MATCH (a:Identifier {key: row.begin})
MATCH (b:Property {key: row.end})
WHERE NOT (a)-[:LOCATES]->(b)
CREATE (a)-[e:LOCATES]->(b)
WITH count(*) AS stood
UNWIND $described AS row
MATCH (a:Record {key: row.begin})
MATCH (b:Person {key: row.end})
WHERE NOT (a)-[:DESCRIBES]->(b)
CREATE (a)-[e:DESCRIBES {since: $now}]->(b)
WITH count(*) AS described
UNWIND $restated AS row
MATCH (a:Identifier {key: row.begin})-[e:IDENTIFIES]->(b:Person {key: row.end})
SET e.strength = row.content.strength, e.records = row.content.records, e.last_seen = row.content.last_seen
WITH count(*) AS restated
UNWIND $led AS row
MATCH (a:Identifier {key: row.begin})
MATCH (b:Person {key: row.end})
WHERE NOT (a)-[:IDENTIFIES]->(b)
CREATE (a)-[e:IDENTIFIES {strength: row.content.strength, records: row.content.records, last_seen: row.content.last_seen}]->(b)
WITH count(*) AS led
UNWIND $stayed AS row
MATCH (a:Person {key: row.begin})-[e:MEMBER_OF]->(b:Household {key: row.end})
SET e.from = row.content.from, e.to = row.content.to
WITH count(*) AS stayed
UNWIND $joined AS row
MATCH (a:Person {key: row.begin})
MATCH (b:Household {key: row.end})
WHERE NOT (a)-[:MEMBER_OF]->(b)
CREATE (a)-[e:MEMBER_OF {from: row.content.from, to: row.content.to}]->(b)
WITH count(*) AS joined
UNWIND $remained AS row
MATCH (a:Household {key: row.begin})-[e:LIVES_AT]->(b:Property {key: row.end})
SET e.from = row.content.from, e.to = row.content.to
WITH count(*) AS remained
UNWIND $moved_in AS row
MATCH (a:Household {key: row.begin})
MATCH (b:Property {key: row.end})
WHERE NOT (a)-[:LIVES_AT]->(b)
CREATE (a)-[e:LIVES_AT {from: row.content.from, to: row.content.to}]->(b)
WITH count(*) AS moved_in
UNWIND $matched AS row
MATCH (a:Record {key: row.begin})
MATCH (b:Record {key: row.end})
WHERE NOT (a)-[:MATCHES]->(b)
CREATE (a)-[e:MATCHES {weight: row.content.weight, probability: row.content.probability, model: row.content.model}]->(b)
RETURN count(e) AS matched
