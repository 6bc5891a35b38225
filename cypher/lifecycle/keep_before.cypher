// Remember with a judgement what was before it, for its undo: further ids, and the households of bystanders.
//
// mode     write
// param    tenant        STRING   whose it is
// param    judgement     KEY      the judgement
// param    named         LIST     "id other" each: the id named the other in `also`
// param    housed        LIST     "person before after" each: whose household it changed, by other rows
// returns  judgements    INTEGER  1, or 0 where there is none of this id
// calls    POST /v1/identity/merge
/*
:params { tenant: 'acme', judgement: 'acme/0193', named: ['0191 0192'], housed: ['0191 0188 0187'] }
*/
MATCH (j:Judgement {key: $judgement})
WHERE j.tenant = $tenant
SET j.named = $named, j.housed = $housed
RETURN count(j) AS judgements
