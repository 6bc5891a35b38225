// Which of these events we hold, and which were taken back.
//
// mode     read
// param    events         KEYS     the events: (source, event_id)
// returns  source         STRING   the system
// returns  event_id       STRING   the event's id in it
// returns  kind           STRING   touch, conversion, response or milestone; null where we do not hold it
// returns  at             INTEGER  when, in milliseconds since 1970
// returns  value_usd      FLOAT    a conversion's worth
// returns  household_id   STRING   the household it is bound to
// returns  journey_id     STRING   the journey it is part of
// returns  content_hash   STRING   hash of the body we hold
// returns  version        INTEGER  which body that is
// returns  retracted_by   STRING   the event that took it back, if one did
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { events: ['acme/calls/c-1'] }
*/
UNWIND $events AS event
OPTIONAL MATCH (t:Touch {key: event})
OPTIONAL MATCH (c:Conversion {key: event})
OPTIONAL MATCH (s:Signal {key: event})
OPTIONAL MATCH (r:Retraction {key: event})
WITH event, t, c, s, r
WHERE t IS NOT NULL OR c IS NOT NULL OR s IS NOT NULL OR r IS NOT NULL
RETURN coalesce(t.source, c.source, s.source, r.source) AS source,
       coalesce(t.event_id, c.event_id, s.event_id, r.event_id) AS event_id,
       CASE WHEN t IS NOT NULL THEN 'touch' WHEN c IS NOT NULL THEN 'conversion' ELSE s.kind END AS kind,
       coalesce(t.at, c.at, s.at) AS at, c.value_usd AS value_usd,
       coalesce(t.household_id, c.household_id, s.household_id) AS household_id,
       coalesce(t.journey_id, c.journey_id) AS journey_id,
       coalesce(t.content_hash, c.content_hash, s.content_hash) AS content_hash,
       coalesce(t.version, c.version, s.version) AS version, r.retracted_by AS retracted_by
ORDER BY event
