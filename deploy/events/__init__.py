"""Sample events of the sources that call functions, each as AWS documents it."""
