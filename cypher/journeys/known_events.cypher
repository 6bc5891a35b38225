// Which of these events we hold, and which were taken back.
//
// mode     read
// param    events         KEYS     the events: (source, event_id)
// returns  known          LIST     one row with those that are known: source, event_id, kind (of what is held; null where it was only taken back), at (ms), value_usd, household_id, journey_id, content_hash, version, retracted_by (the event that took it back, or null)
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
WITH event, t, c, s, r
ORDER BY event
RETURN collect([coalesce(t.source, c.source, s.source, r.source),
                coalesce(t.event_id, c.event_id, s.event_id, r.event_id),
                CASE WHEN t IS NOT NULL THEN 'touch' WHEN c IS NOT NULL THEN 'conversion' ELSE s.kind END,
                coalesce(t.at, c.at, s.at), c.value_usd, coalesce(t.household_id, c.household_id, s.household_id),
                coalesce(t.journey_id, c.journey_id), coalesce(t.content_hash, c.content_hash, s.content_hash),
                coalesce(t.version, c.version, s.version), r.retracted_by]) AS known
