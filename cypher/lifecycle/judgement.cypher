// One judgement, withdrawn or not, and the rows it is still about.
//
// mode     read
// param    judgement     KEY      the judgement
// returns  judgement_id  STRING   its id
// returns  verdict       STRING   same or different
// returns  actor         STRING   who decided
// returns  reason        STRING   why
// returns  judged_at     STRING   when
// returns  withdrawn_at  STRING   when it was taken back; null while it stands
// returns  records       INTEGER  how many rows it was about when it was made
// returns  named         LIST     which further ids were named before it, as "id other"
// returns  housed        LIST     whose household it changed besides, as "person before after"
// returns  rows          LIST     per row: side, source, record_id, person then, household then
// calls    stormgraph match
/*
:params { judgement: 'acme/0193' }
*/
MATCH (j:Judgement {key: $judgement})
OPTIONAL MATCH (j)-[about:ABOUT]->(r:Record)
WITH j, about, r, CASE WHEN r IS NULL THEN null
     ELSE [about.side, r.source, r.record_id, about.person, about.household] END AS one
ORDER BY about.side, r.key
WITH j, collect(one) AS rows
RETURN j.judgement_id AS judgement_id, j.verdict AS verdict, j.actor AS actor, j.reason AS reason,
       j.judged_at AS judged_at, j.withdrawn_at AS withdrawn_at, j.records AS records, j.named AS named,
       j.housed AS housed, rows
