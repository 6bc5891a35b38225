// Everyone who belonged to one household on a given day, those with most records first.
//
// mode     read
// param    household   KEY      the household
// param    as_of       STRING   the day (ISO 8601 date)
// param    limit       INTEGER =1000 how many persons
// returns  person_id   STRING   the person
// returns  first_name  STRING   the name most of its records carry
// returns  last_name   STRING   the family name most of its records carry
// returns  records     INTEGER  how many live records describe it
// returns  confidence  FLOAT    how sure the weakest join inside it is, 0 to 1
// returns  since       STRING   first day in the household, where known
// returns  until       STRING   last day in the household; null while it lasts
// calls    GET /v1/households/{household_id}/members
/*
:params { household: 'acme/01930000-0000-7000-8000-0000000000aa', as_of: '2026-11-21', limit: 1000 }
*/
MATCH (h:Household {key: $household})<-[m:MEMBER_OF]-(p:Person)
WHERE (m.from IS NULL OR m.from <= $as_of) AND (m.to IS NULL OR m.to >= $as_of)
RETURN p.person_id AS person_id, p.first_name AS first_name, p.last_name AS last_name, p.records AS records,
       p.confidence AS confidence, m.from AS since, m.to AS until
ORDER BY coalesce(p.records, 0) DESC, p.key
LIMIT $limit
