"""The six steps of `deploy up`, in the order in which `deploy.up` runs them.

1. Resources: cloudformation (with template, stack_events)
2. Settings: chalice_config
3. Functions, event source mappings, preview API: chalice_deploy (with chalice_cli, chalice_record, code_update,
   loading, package, requirements)
4. Settings of event sources, public API: event_sources, async_invocations, api_stage (with api_settings,
   gateway_responses)
5. Distribution: cloudformation
6. Site and demo data: site, demo_users
"""
