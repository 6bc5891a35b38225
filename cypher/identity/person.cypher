// One person: the name most of its records carry, its household, and where it went if it was merged or split.
//
// mode     read
// param    person        KEY      the person (callers pass its id, the library adds the tenant)
// returns  person_id     STRING   its id
// returns  household_id  STRING   its present household
// returns  first_name    STRING   the name most of its records carry
// returns  last_name     STRING   the family name most of its records carry
// returns  records       INTEGER  how many live records describe it
// returns  confidence    FLOAT    how sure the weakest join inside it is, 0 to 1
// returns  version       INTEGER  grows by one with every change
// returns  created_at    STRING   when it was made
// returns  alias_of      STRING   the person it was merged into, if it was
// returns  also          LIST     the other persons its records went to, if it was split
// calls    GET /v1/persons/{person_id}
/*
:params { person: 'acme/01930000-0000-7000-8000-000000000001' }
*/
MATCH (p:Person {key: $person})
RETURN p.person_id AS person_id, p.household_id AS household_id, p.first_name AS first_name, p.last_name AS last_name,
       p.records AS records, p.confidence AS confidence, p.version AS version, p.created_at AS created_at,
       p.alias_of AS alias_of, p.also AS also
