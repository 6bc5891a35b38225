// Bring what we say of journeys up to date; those that go on are no longer held to end where they did.
//
// mode     write
// param    rows           ROWS     the journeys
// row      journey        KEY      the journey
// row      content        MAP      what changes
// row      ends_anew      BOOLEAN  whether touches were added to its end
// returns  journeys       INTEGER  how many there are
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { rows: [{ journey: 'acme/j-1', content: { touches: 2 }, ends_anew: true }] }
*/
UNWIND $rows AS row
MATCH (j:Journey {key: row.journey})
SET j += row.content
WITH j, row
OPTIONAL MATCH (j)-[e:ENDS_WITH]->(:Touch)
WHERE row.ends_anew
DELETE e
RETURN count(DISTINCT j) AS journeys
