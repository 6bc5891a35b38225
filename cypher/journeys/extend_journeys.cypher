// Bring up to date what we say of journeys that no further touch came to, but a conversion.
//
// mode     write
// param    rows           ROWS     the journeys
// row      journey        KEY      the journey
// row      closed_at      STRING   when its last event happened
// row      window_end     STRING   until when a conversion could still end it
// row      outcome        STRING   converted or null
// row      touches        INTEGER  how many touches its chain holds
// row      value_usd      FLOAT    what its conversion is worth
// row      last_order     STRING   the order of its last event
// returns  journeys       INTEGER  how many there are
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { rows: [{ journey: 'acme/j-1', closed_at: '2026-04-02T15:30:00.000Z', window_end: '2026-05-01T00:00:00.000Z', outcome: 'null', touches: 1, value_usd: 0.0, last_order: '2026-04-02T15:30:00.000Z 0 calls c-1' }] }
*/
UNWIND $rows AS row
MATCH (j:Journey {key: row.journey})
SET j.closed_at = row.closed_at, j.window_end = row.window_end, j.outcome = row.outcome, j.touches = row.touches,
    j.value_usd = row.value_usd, j.last_order = row.last_order
RETURN count(j) AS journeys
