// Those of these households that fit what is asked for, with the building each lives in on a given day.
//
// mode     read
// param    households    KEYS     the households
// param    as_of         STRING   the day (ISO 8601 date)
// param    kind          STRING ='' family, group_quarters or anonymous; empty: any
// param    least         INTEGER =0 fewest members
// param    most          INTEGER =1000000 most members
// param    zip           STRING ='' the ZIP of the home; empty: any
// param    since         STRING ='' made at this moment or later (ISO 8601); empty: ever
// returns  household_id  STRING   its id
// returns  kind          STRING   family, group_quarters or anonymous
// returns  persons       INTEGER  how many persons are members now
// returns  home          LIST     property_id, street_address, unit, city, state, zip, from; null where unknown
// returns  version       INTEGER  grows by one with every change
// returns  created_at    STRING   when it was made
// calls    GET /v1/households
/*
:params { households: ['acme/0192', 'acme/0193'], as_of: '2026-11-21', kind: '', least: 0, most: 1000000, zip: '75209', since: '' }
*/
UNWIND $households AS key
MATCH (h:Household {key: key})
WHERE h.alias_of IS NULL AND ($kind = '' OR coalesce(h.kind, '') = $kind) AND coalesce(h.persons, 0) >= $least
  AND coalesce(h.persons, 0) <= $most AND ($since = '' OR coalesce(h.created_at, '') >= $since)
OPTIONAL MATCH (h)-[l:LIVES_AT]->(b:Property)
WITH h, l, b,
     CASE WHEN b IS NULL OR l.from > $as_of OR l.to < $as_of THEN null
          ELSE [b.property_id, b.street_address, b.unit, b.city, b.state, b.zip, l.from] END AS home
ORDER BY coalesce(l.from, '') DESC, b.key
WITH h, collect(home) AS homes
WITH h, homes[0] AS home
WHERE $zip = '' OR (home IS NOT NULL AND coalesce(home[5], '') = $zip)
RETURN h.household_id AS household_id, h.kind AS kind, h.persons AS persons, home, h.version AS version,
       h.created_at AS created_at
ORDER BY h.key
