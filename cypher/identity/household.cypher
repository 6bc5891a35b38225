// One household, and the building it lived in on a given day.
//
// mode     read
// param    household     KEY      the household (callers pass its id, the library adds the tenant)
// param    as_of         STRING   the day (ISO 8601 date)
// returns  household_id  STRING   its id
// returns  kind          STRING   family or group_quarters
// returns  persons       INTEGER  how many persons are members now
// returns  home          LIST     property_id, street_address, unit, city, state, zip, from; null where unknown
// returns  version       INTEGER  grows by one with every change
// returns  created_at    STRING   when it was made
// returns  alias_of      STRING   the household it was merged into, if it was
// returns  also          LIST     the other households its persons went to, if it was split
// calls    GET /v1/households/{household_id}
/*
:params { household: 'acme/01930000-0000-7000-8000-0000000000aa', as_of: '2026-11-21' }
*/
MATCH (h:Household {key: $household})
OPTIONAL MATCH (h)-[l:LIVES_AT]->(b:Property)
WITH h, l, b,
     CASE WHEN b IS NULL OR l.from > $as_of OR l.to < $as_of THEN null
          ELSE [b.property_id, b.street_address, b.unit, b.city, b.state, b.zip, l.from] END AS home
ORDER BY coalesce(l.from, '') DESC, b.key
WITH h, collect(home) AS homes
RETURN h.household_id AS household_id, h.kind AS kind, h.persons AS persons, homes[0] AS home,
       h.version AS version, h.created_at AS created_at, h.alias_of AS alias_of, h.also AS also
