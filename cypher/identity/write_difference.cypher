// Bring what follows from a few rows up to date at once: persons, households, what leads to whom, matches, changes.
//
// What is gone is taken back before what is new is written; every list may be empty. In one statement, because a round
// trip costs more than what it writes.
//
// mode     write
// param    tenant        STRING   whose they are
// param    now           STRING   the moment
// param    persons       ROWS     begin: the person; own: its id; content: what is said of it
// param    households    ROWS     begin: the household; own: its id; content: what is said of it
// param    undescribed   ROWS     rows that no longer describe a person
// param    described     ROWS     rows and whom they describe
// param    unled         ROWS     identifiers that do not lead to a person as they did
// param    led           ROWS     identifiers and to whom they lead; content: strength, records, last_seen
// param    left          ROWS     persons that do not belong to a household as they did
// param    joined        ROWS     persons and the household they belong to; content: from, to
// param    moved_out     ROWS     households that do not live in a building as they did
// param    moved_in      ROWS     households and where they live; content: from, to
// param    matched       ROWS     two rows; content: weight, probability, model
// param    changes       ROWS     begin: the change; content: what it says
// row      begin         KEY      where the edge begins, or the node
// row      end           KEY      where it ends; of a node, nothing
// row      own           STRING   the node's own id; of an edge, nothing
// row      content       MAP      what the node or edge carries
// returns  changes       INTEGER  how many changes were noted
// calls    POST /v1/records
/*
:params { tenant: 'acme', now: '2026-11-21T12:00:00Z', persons: [], households: [], undescribed: [], described: [{ begin: 'acme/crm/17', end: 'acme/0192', own: '', content: {} }], unled: [], led: [], left: [], joined: [], moved_out: [], moved_in: [], matched: [], changes: [] }
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
UNWIND $undescribed AS row
MATCH (a:Record {key: row.begin})-[e:DESCRIBES]->(b:Person {key: row.end})
WITH DISTINCT e
DELETE e
WITH count(*) AS undescribed
UNWIND $described AS row
MATCH (a:Record {key: row.begin})
MATCH (b:Person {key: row.end})
WHERE NOT (a)-[:DESCRIBES]->(b)
CREATE (a)-[e:DESCRIBES {since: $now}]->(b)
WITH count(*) AS described
UNWIND $unled AS row
MATCH (a:Identifier {key: row.begin})-[e:IDENTIFIES]->(b:Person {key: row.end})
WITH DISTINCT e
DELETE e
WITH count(*) AS unled
UNWIND $led AS row
MATCH (a:Identifier {key: row.begin})
MATCH (b:Person {key: row.end})
WHERE NOT (a)-[:IDENTIFIES]->(b)
CREATE (a)-[e:IDENTIFIES {strength: row.content.strength, records: row.content.records, last_seen: row.content.last_seen}]->(b)
WITH count(*) AS led
UNWIND $left AS row
MATCH (a:Person {key: row.begin})-[e:MEMBER_OF]->(b:Household {key: row.end})
WITH DISTINCT e
DELETE e
WITH count(*) AS left
UNWIND $joined AS row
MATCH (a:Person {key: row.begin})
MATCH (b:Household {key: row.end})
WHERE NOT (a)-[:MEMBER_OF]->(b)
CREATE (a)-[e:MEMBER_OF {from: row.content.from, to: row.content.to}]->(b)
WITH count(*) AS joined
UNWIND $moved_out AS row
MATCH (a:Household {key: row.begin})-[e:LIVES_AT]->(b:Property {key: row.end})
WITH DISTINCT e
DELETE e
WITH count(*) AS moved_out
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
WITH count(*) AS matched
UNWIND $changes AS row
MERGE (c:Change {key: row.begin})
SET c.tenant = $tenant, c += row.content
WITH c, row
WHERE c.feed IS NULL
MERGE (u:Unplaced {key: row.begin})
SET u.tenant = $tenant, u.change_id = c.change_id
RETURN count(u) AS changes
