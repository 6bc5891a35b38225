// Remember that somebody judged two sets of rows to be, or not to be, the same person; kept for ever.
//
// mode     write
// param    tenant        STRING   whose it is
// param    judgement     KEY      the judgement's id
// param    content       MAP      judgement_id, verdict (same or different), actor, reason, judged_at, records
// param    left          KEYS     the rows of one side: (source, record_id) each
// param    right         KEYS     the rows of the other
// returns  rows_judged   INTEGER  how many rows it is about
// calls    stormgraph match
/*
:params { tenant: 'acme', judgement: 'acme/0193', left: ['acme/crm/1'], right: ['acme/crm/2'], content: { judgement_id: '0193', verdict: 'different', actor: 'jo', reason: 'father and son', judged_at: '2026-11-21T12:00:00Z', records: 2 } }
*/
MERGE (j:Judgement {key: $judgement})
SET j.tenant = $tenant, j += $content
WITH j
UNWIND $left AS one
MATCH (r:Record {key: one})
OPTIONAL MATCH (r)-[:DESCRIBES]->(p:Person)
MERGE (j)-[about:ABOUT {side: 'left'}]->(r)
ON CREATE SET about.person = p.person_id, about.household = p.household_id
WITH j, count(about) AS lefts
UNWIND $right AS other
MATCH (r:Record {key: other})
OPTIONAL MATCH (r)-[:DESCRIBES]->(p:Person)
MERGE (j)-[about:ABOUT {side: 'right'}]->(r)
ON CREATE SET about.person = p.person_id, about.household = p.household_id
WITH lefts, count(about) AS rights
RETURN lefts + rights AS rows_judged
