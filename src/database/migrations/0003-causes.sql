-- Why rollouts and deployments did not go well, the main cause first.

alter table deploy_rollouts add column causes jsonb;

alter table deploy_deployments add column causes jsonb;
