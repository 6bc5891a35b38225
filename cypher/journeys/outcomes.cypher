// The conversions that closed journeys.
//
// mode     read
// param    journeys       KEYS     the journeys
// returns  kind           STRING   touch, conversion, response or milestone
// returns  occurred_at    STRING   when it happened
// returns  source         STRING   the system it came from
// returns  event_id       STRING   its id there
// returns  channel        STRING   the channel
// returns  direction      STRING   outbound or inbound
// returns  play_id        STRING   the play
// returns  milestone      STRING   lead, inspection or claim_filed
// returns  value_usd      FLOAT    a conversion's worth
// returns  journey_id     STRING   the journey it is part of
// returns  attributes     STRING   whatever else the source said (JSON)
// calls    GET /v1/households/{household_id}/timeline
// calls    GET /v1/journeys/{journey_id}
/*
:params { journeys: ['acme/j-1'] }
*/
UNWIND $journeys AS journey
MATCH (j:Journey {key: journey})-[:ENDED_IN]->(e:Conversion)
RETURN e.kind AS kind, e.occurred_at AS occurred_at, e.source AS source, e.event_id AS event_id, e.channel AS channel,
       e.direction AS direction, e.play AS play_id, null AS milestone, e.value_usd AS value_usd,
       e.journey_id AS journey_id, e.attributes AS attributes
ORDER BY coalesce(e.order, ''), e.key, e.kind
