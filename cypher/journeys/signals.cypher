// What a household answered, and the milestones it reached.
//
// mode     read
// param    household      KEY      the household
// param    limit          INTEGER  =10000 how many
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
/*
:params { household: 'acme/hendersons', limit: 10000 }
*/
MATCH (h:Household {key: $household})-[:SHOWED]->(e:Signal)
RETURN e.kind AS kind, e.occurred_at AS occurred_at, e.source AS source, e.event_id AS event_id, e.channel AS channel,
       e.direction AS direction, e.play AS play_id, e.milestone AS milestone, null AS value_usd,
       null AS journey_id, e.attributes AS attributes
ORDER BY coalesce(e.order, ''), e.key, e.kind
LIMIT $limit
