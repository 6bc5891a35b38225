// Make journeys that a household took, each for its storm; a storm that only events have named is made without a window.
//
// mode     write
// param    tenant         STRING   whose they are
// param    rows           ROWS     the journeys; one that is there already is an error
// row      journey        KEY      the journey
// row      household      KEY      the household
// row      storm          KEY      the storm; anything where its id is empty
// row      journey_id     STRING   its id
// row      storm_id       STRING   the storm's id, or empty
// row      household_id   STRING   the household's id
// row      zip            STRING   ZIP of the home, or empty
// row      opened_at      STRING   when its first event happened
// row      closed_at      STRING   when its last event happened
// row      window_end     STRING   until when a conversion could still end it
// row      outcome        STRING   converted or null
// row      touches        INTEGER  how many touches its chain holds
// row      value_usd      FLOAT    what its conversion is worth
// row      anonymous      BOOLEAN  whether the household is unknown
// row      first_order    STRING   the order of its first event
// row      last_order     STRING   the order of its last event
// returns  journeys       INTEGER  how many were made
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { tenant: 'acme', rows: [{ journey: 'acme/j-1', household: 'acme/hendersons', storm: 'acme/hail', journey_id: 'j-1', storm_id: 'hail', household_id: 'hendersons', zip: '75209', opened_at: '2026-04-02T15:30:00.000Z', closed_at: '2026-04-02T15:30:00.000Z', window_end: '2026-05-01T00:00:00.000Z', outcome: 'null', touches: 1, value_usd: 0.0, anonymous: false, first_order: '2026-04-02T15:30:00.000Z 0 calls c-1', last_order: '2026-04-02T15:30:00.000Z 0 calls c-1' }] }
*/
UNWIND $rows AS row
MATCH (h:Household {key: row.household})
CREATE (j:Journey {
          key: row.journey, tenant: $tenant, journey_id: row.journey_id, storm_id: row.storm_id,
          household_id: row.household_id, zip: row.zip, opened_at: row.opened_at, closed_at: row.closed_at,
          window_end: row.window_end, outcome: row.outcome, touches: row.touches, value_usd: row.value_usd,
          anonymous: row.anonymous, first_order: row.first_order, last_order: row.last_order})
CREATE (h)-[:TOOK]->(j)
FOREACH (storm IN CASE WHEN row.storm_id = '' THEN [] ELSE [row.storm_id] END |
  MERGE (s:Storm {key: row.storm})
  ON CREATE SET s.tenant = $tenant, s.storm_id = storm
  CREATE (j)-[:DURING]->(s))
RETURN count(j) AS journeys
