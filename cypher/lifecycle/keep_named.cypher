// Remember with a judgement which further ids the persons and households it touched named before it, for its undo.
//
// mode     write
// param    tenant        STRING   whose it is
// param    judgement     KEY      the judgement
// param    named         LIST     "id other" each: the id named the other in `also`
// returns  judgements    INTEGER  1, or 0 where there is none of this id
// calls    POST /v1/identity/merge
/*
:params { tenant: 'acme', judgement: 'acme/0193', named: ['0191 0192'] }
*/
MATCH (j:Judgement {key: $judgement})
WHERE j.tenant = $tenant
SET j.named = $named
RETURN count(j) AS judgements
