"""What AWS has of an app in one stage: functions, event source mappings, REST APIs. Nothing here changes it."""
