-- The account that a deployment is for, and the endpoint where it is not AWS's own: who has other credentials leaves it alone.

alter table deploy_deployments add column cloud jsonb;
