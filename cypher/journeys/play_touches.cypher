// Say under which play touches were made; a play that nobody has named before is made.
//
// mode     write
// param    tenant         STRING   whose they are
// param    rows           ROWS     one per touch
// row      event          KEY      the touch: (source, event_id)
// row      play           KEY      the play
// row      play_id        STRING   the same, as a value
// returns  edges          INTEGER  how many were made
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { tenant: 'acme', rows: [{ event: 'acme/doors/d-1', play: 'acme/free-roof-check', play_id: 'free-roof-check' }] }
*/
UNWIND $rows AS row
MATCH (t:Touch {key: row.event})
MERGE (p:Play {key: row.play})
ON CREATE SET p.tenant = $tenant, p.play_id = row.play_id
WITH t, p
WHERE NOT (t)-[:UNDER]->(p)
CREATE (t)-[u:UNDER]->(p)
RETURN count(u) AS edges
