// Hold new signed jobs with the first identifier that each carried; an identifier that nobody has named before is made.
//
// mode     write
// param    tenant         STRING   whose they are
// param    rows           ROWS     the events; one that is held already is an error
// row      event          KEY      the event: (source, event_id)
// row      source         STRING   its source
// row      event_id       STRING   its id there
// row      kind           STRING   conversion
// row      occurred_at    STRING   when (ISO 8601, UTC, milliseconds)
// row      at             INTEGER  the same in milliseconds since 1970
// row      order          STRING   its place among all events
// row      channel        STRING   its channel, or null
// row      direction      STRING   outbound or inbound
// row      play           STRING   its play, or null
// row      storm_id       STRING   the storm that it names, or null
// row      value_usd      FLOAT    what the job is worth
// row      attributes     STRING   further fields as JSON, or null
// row      content_hash   STRING   hash of its body
// row      version        INTEGER  how many bodies it has had
// row      household_id   STRING   its household
// row      journey_id     STRING   its journey
// row      identifier     KEY      the first identifier: (kind, scope, value)
// row      sort           STRING   the identifier's kind
// row      scope          STRING   its scope
// row      value          STRING   its value
// returns  conversions    INTEGER  how many were made
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { tenant: 'acme', rows: [{ event: 'acme/calls/c-1', source: 'calls', event_id: 'c-1', kind: 'conversion', occurred_at: '2026-04-02T15:30:00.000Z', at: 1775143800000, order: '2026-04-02T15:30:00.000Z 0 calls c-1', channel: 'call', direction: 'outbound', play: 'spring', storm_id: null, value_usd: 9000.0, attributes: null, content_hash: '5d41', version: 1, household_id: 'hendersons', journey_id: 'j-1', identifier: 'acme/phone//+12145552368', sort: 'phone', scope: '', value: '+12145552368' }] }
*/
UNWIND $rows AS row
MERGE (i:Identifier {key: row.identifier})
ON CREATE SET i.tenant = $tenant, i.kind = row.sort, i.scope = row.scope, i.value = row.value
CREATE (e:Conversion {
          key: row.event, tenant: $tenant, source: row.source, event_id: row.event_id,
          kind: row.kind, occurred_at: row.occurred_at, at: row.at, order: row.order,
          channel: row.channel, direction: row.direction, play: row.play, storm_id: row.storm_id,
          value_usd: row.value_usd, attributes: row.attributes, content_hash: row.content_hash,
          version: row.version, household_id: row.household_id, journey_id: row.journey_id})
CREATE (e)-[:CARRIED]->(i)
RETURN count(e) AS conversions
