// The changes of a tenant's persons and households from a place in the feed on, in the order of their places.
//
// mode     read
// param    after         KEY ='' the place of the last one known
// param    end           END      where the tenant's places end
// param    limit         INTEGER =100 how many at most
// returns  place         STRING   tenant/number in the feed
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
// calls    GET /v1/identity/changes
/*
:params { after: 'acme/000000000000', end: 'acme0', limit: 100 }
*/
MATCH (c:Change)
WHERE c.feed > $after AND c.feed < $end
RETURN c.feed AS place, c.change_id AS change_id, c.kind AS kind, c.subject AS subject, c.others AS others,
       c.judgement_id AS judgement_id, c.run_id AS run_id, c.actor AS actor, c.reason AS reason, c.undoes AS undoes,
       c.changed_at AS changed_at
ORDER BY c.feed
LIMIT $limit
