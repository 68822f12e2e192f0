-- The database roles of the function load_warehouse, and of those who read the reports. IAM roles and users get them by the
-- tag RedshiftDbRoles.
-- https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-iam-access-federated-db-roles.html
CREATE ROLE loader;

CREATE ROLE reader;

GRANT SELECT, INSERT, DELETE ON TABLE device_hour, device_day, fleet_hour, fleet_day, loads TO ROLE loader;

GRANT SELECT ON TABLE device_hour, device_day, fleet_hour, fleet_day, loads TO ROLE reader;
