// Say with which touches new journeys start and end.
//
// mode     write
// param    rows           ROWS     the journeys
// row      journey        KEY      the journey
// row      first          KEY      its first touch: (source, event_id)
// row      last           KEY      its last touch
// returns  journeys       INTEGER  how many there are
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { rows: [{ journey: 'acme/j-1', first: 'acme/calls/c-1', last: 'acme/calls/c-2' }] }
*/
UNWIND $rows AS row
MATCH (j:Journey {key: row.journey})
MATCH (a:Touch {key: row.first})
MATCH (b:Touch {key: row.last})
CREATE (j)-[:STARTS_WITH]->(a)
CREATE (j)-[:ENDS_WITH]->(b)
RETURN count(j) AS journeys
