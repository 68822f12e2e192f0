"""MyTodoList: a user's to-dos and account. The domain imports no AWS and no HTTP; adapters are one file a service."""
