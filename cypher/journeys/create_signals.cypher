// Hold new responses and milestones with the first identifier that each carried, and who showed them; an identifier that nobody has named before is made.
//
// mode     write
// param    tenant         STRING   whose they are
// param    rows           ROWS     the events; one that is held already is an error
// row      event          KEY      the event: (source, event_id)
// row      source         STRING   its source
// row      event_id       STRING   its id there
// row      kind           STRING   response or milestone
// row      milestone      STRING   lead, inspection or claim_filed; null for a response
// row      occurred_at    STRING   when (ISO 8601, UTC, milliseconds)
// row      at             INTEGER  the same in milliseconds since 1970
// row      order          STRING   its place among all events
// row      channel        STRING   its channel, or null
// row      direction      STRING   outbound or inbound
// row      play           STRING   its play, or null
// row      storm_id       STRING   the storm that it names, or null
// row      attributes     STRING   further fields as JSON, or null
// row      content_hash   STRING   hash of its body
// row      version        INTEGER  how many bodies it has had
// row      household_id   STRING   its household
// row      identifier     KEY      the first identifier: (kind, scope, value)
// row      sort           STRING   the identifier's kind
// row      scope          STRING   its scope
// row      value          STRING   its value
// row      household      KEY      the household
// returns  signals        INTEGER  how many were made
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { tenant: 'acme', rows: [{ event: 'acme/calls/c-1', source: 'calls', event_id: 'c-1', kind: 'response', milestone: null, occurred_at: '2026-04-02T15:30:00.000Z', at: 1775143800000, order: '2026-04-02T15:30:00.000Z 0 calls c-1', channel: 'call', direction: 'outbound', play: 'spring', storm_id: null, attributes: null, content_hash: '5d41', version: 1, household_id: 'hendersons', identifier: 'acme/phone//+12145552368', sort: 'phone', scope: '', value: '+12145552368', household: 'acme/hendersons' }] }
*/
UNWIND $rows AS row
MATCH (h:Household {key: row.household})
MERGE (i:Identifier {key: row.identifier})
ON CREATE SET i.tenant = $tenant, i.kind = row.sort, i.scope = row.scope, i.value = row.value
CREATE (e:Signal {
          key: row.event, tenant: $tenant, source: row.source, event_id: row.event_id,
          kind: row.kind, milestone: row.milestone, occurred_at: row.occurred_at, at: row.at,
          order: row.order, channel: row.channel, direction: row.direction, play: row.play,
          storm_id: row.storm_id, attributes: row.attributes, content_hash: row.content_hash,
          version: row.version, household_id: row.household_id})
CREATE (e)-[:CARRIED]->(i)
CREATE (h)-[:SHOWED]->(e)
RETURN count(e) AS signals
