// What happened to one person, the oldest first.
//
// mode     read
// param    person        KEY      the person
// param    limit         INTEGER =1000 how many at most
// returns  change_id     STRING   the change
// returns  kind          STRING   what happened
// returns  subject       STRING   the person or household it happened to
// returns  others        LIST     the further ids concerned
// returns  judgement_id  STRING   the judgement behind it, where there is one
// returns  run_id        STRING   the run that did it, where it was one
// returns  actor         STRING   who did it
// returns  reason        STRING   why
// returns  undoes        STRING   the change it takes back
// returns  changed_at    STRING   when
// calls    GET /v1/persons/{person_id}/history
/*
:params { person: 'acme/0192', limit: 1000 }
*/
MATCH (:Person {key: $person})<-[:CONCERNS]-(c:Change)
RETURN c.change_id AS change_id, c.kind AS kind, c.subject AS subject, c.others AS others,
       c.judgement_id AS judgement_id, c.run_id AS run_id, c.actor AS actor, c.reason AS reason, c.undoes AS undoes,
       c.changed_at AS changed_at
ORDER BY c.key
LIMIT $limit
